/** `frontrow doctor`: looks at everything a sync stands on, and says of each what is wrong and what to do. */
import { resolve } from "node:path";
import process from "node:process";
import { type Finding, skipped } from "../doctor/finding.ts";
import { EXIT } from "./frame/exit.ts";
import { plural, wrapped } from "./frame/text.ts";
import type { Call, Verb } from "./frame/verb.ts";

export const doctor: Verb = {
  name: "doctor",
  summary: "check runtime, settings, project and folder, and say what to do",
  notes:
    "Ends with 1 when something failed; warnings end with 0. Changes nothing; it makes and removes a folder to see what the file system tells apart.",
  examples: ["frontrow doctor", "frontrow doctor --json"],
  define() {},
  async run(call) {
    const { out, io } = call;
    const findings = await findingsOf(call);
    for (const finding of findings) for (const line of linesOf(finding, call)) out.say(line);
    const failures = findings.filter(({ status }) => status === "fail").length;
    const warnings = findings.filter(({ status }) => status === "warn").length;
    out.say();
    const told = warnings === 0 ? "" : ` ${plural(warnings, "warning")}.`;
    out.say(
      failures === 0
        ? `${out.paint.green("All works.")}${told}`
        : `${out.paint.red(`${plural(failures, "check")} failed.`)}${told} Mend the first, and type: ${io.program} doctor`,
    );
    return {
      code: failures === 0 ? EXIT.ok : EXIT.attention,
      json: { ok: failures === 0, failures, warnings, checks: findings },
    };
  },
};

async function findingsOf(call: Call): Promise<Finding[]> {
  const [{ checkRuntime }, { checkSettings }, { checkReach, checkHub }, { checkClone }, { checkFolder }] =
    await Promise.all([
      import("../doctor/runtime.ts"),
      import("../doctor/settings.ts"),
      import("../doctor/origin.ts"),
      import("../doctor/clone.ts"),
      import("../doctor/folder.ts"),
    ]);
  const { findings, project, config, address } = await checkSettings(call);
  const folder = project === null ? call.io.folder : resolve(project.folder, project.directory.syncPath);
  const reach = address === null ? [] : await checkReach(address.url);
  const isDirect = address === null && findings.every(({ status }) => status !== "fail");
  const isThere = address !== null && reach.every(({ status }) => status !== "fail");
  const hub = isThere || isDirect ? await checkHub(call, config) : [skipped("hub", "it cannot be reached")];
  const clone = project === null ? [] : await checkClone(call, project, isThere);
  return [checkRuntime(process.versions), ...findings, ...reach, ...hub, ...clone, await checkFolder(folder)];
}

/** Where messages begin. */
const INDENT = 26;

function linesOf({ check, status, message, hint }: Finding, { out: { paint }, io }: Call): string[] {
  const colour = { ok: paint.green, warn: paint.yellow, fail: paint.red, skipped: paint.dim }[status];
  const width = Math.max(40, io.columns - INDENT);
  const said = message.split("\n").flatMap((line) => wrapped(line, width));
  const told = hint === null ? [] : wrapped(hint, width).map(paint.dim);
  const name = `${colour(status.padEnd(7))}  ${check.padEnd(INDENT - 11)}  `;
  return [...said, ...told].map((line, at) => `${at === 0 ? name : " ".repeat(INDENT)}${line}`);
}

/** `frontrow export <dir>`: writes the documents into a folder; what people changed there stays. */
import { mkdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { displayPath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { EXIT } from "./frame/exit.ts";
import { countsText } from "./frame/outcomes.ts";
import { createProgress } from "./frame/progress.ts";
import { scrubbingOfProject } from "./frame/scrubbing.ts";
import { reportOf, total } from "./frame/state.ts";
import { plural } from "./frame/text.ts";
import type { Call, Verb } from "./frame/verb.ts";

/** People see so many paths of each kind; `--json` has them all. */
const MOST = 20;

export const exportVerb: Verb = {
  name: "export",
  summary: "write the documents into a folder; what was edited there stays",
  notes:
    "Writes what the project last agreed on: sync first for the newest. A file is overwritten only if an export wrote it and nobody edited it since; others that differ are listed, and it ends with 1. To keep an edit, import the folder first. What stores.directory.scrub in frontrow.yaml names is taken out of every file.",
  examples: ["frontrow export content", "frontrow export content --delete --dry-run"],
  define(command) {
    command
      .argument("<dir>", "the folder; it is made where there is none")
      .option("--force", "overwrite files that differ, too")
      .option("--delete", "remove the files of documents that are gone, if nobody edited them")
      .option("--any-name", "also names that Windows cannot hold")
      .option("--dry-run", "say what would be written; change nothing");
  },
  async run(call) {
    const { out, io, options, shared } = call;
    const named = call.arguments[0]!;
    const [{ openEngine }, { exportFolder }] = await Promise.all([
      import("./frame/engine.ts"),
      import("./frame/export-folder.ts"),
    ]);
    const started = performance.now();
    const folder = resolve(io.folder, named);
    const isDry = options.dryRun === true;
    const engine = await openEngine({ ...call, arguments: [] });
    const scrubbing = await scrubbingOfProject(call);
    await makeFolder(folder, named, isDry);
    const report = await reportOf(engine.hub, shared.collection);
    const pending = total(report, "pending") + total(report, "in_flight");
    if (pending > 0) {
      out.note(`${plural(pending, "document")} not synced yet: the folder gets what was agreed on before.`);
    }
    const progress = createProgress("exporting", total(report, "documents"), out, io);
    const done = await exportFolder(engine, call, {
      folder,
      project: engine.identity,
      force: options.force === true,
      remove: options.delete === true,
      portable: options.anyName !== true,
      dryRun: isDry,
      scrubbing,
      onOutcome: () => progress.advance(),
    });
    progress.end();

    const seconds = Math.round(performance.now() - started) / 1000;
    const { counts, differs, errors, gone, held, scrubbed } = done;
    out.say(`${countsText(counts)}${isDry ? "; nothing was changed" : ` in ${seconds} s`}`);
    if (scrubbing !== null) {
      const what = Object.entries(scrubbed).map(([rule, values]) => `${values} by ${rule}`);
      out.say(`Scrubbed: ${what.length === 0 ? "nothing" : what.join(", ")}`);
    }
    list(
      call,
      "differs",
      differs.map((path) => [path, ""]),
    );
    list(
      call,
      "refused",
      errors.map(({ path, message, hint }) => [path ?? "", `${message} ${hint ?? ""}`]),
    );
    if (differs.length > 0) {
      out.say(
        `Edited in the folder: ${io.program} import ${named} keeps the edits, --force overwrites them.`,
      );
    }
    if (held.length > 0)
      out.say(
        `${plural(held.length, "file")} of documents that are gone: too many at once; nothing was removed.`,
      );
    else if (gone.length > 0)
      out.say(`${plural(gone.length, "file")} of documents that are gone: --delete removes them.`);
    if (done.interrupted) out.say("Interrupted: the rest was not written.");
    const isWhole = differs.length === 0 && errors.length === 0 && held.length === 0 && !done.interrupted;
    return {
      code: isWhole ? EXIT.ok : EXIT.attention,
      json: {
        ...(isDry ? { dry_run: true } : {}),
        documents: done.documents,
        counts,
        differs,
        refused: errors.map(({ path, code, rule, message, hint }) => ({
          path: path ?? null,
          code,
          rule: rule ?? null,
          message,
          hint: hint ?? null,
        })),
        gone,
        held,
        pending,
        scrubbed: scrubbing === null ? null : scrubbed,
        interrupted: done.interrupted,
        seconds,
      },
    };
  },
};

async function makeFolder(folder: string, named: string, isDry: boolean): Promise<void> {
  const found = await stat(folder).catch((error: { code?: string }) => {
    if (error.code === "ENOENT") return null;
    throw unusable(named, error.code ?? "no answer");
  });
  if (found !== null && !found.isDirectory()) throw unusable(named, "it is a file");
  if (found !== null || isDry) return;
  await mkdir(folder, { recursive: true }).catch((error: { code?: string }) => {
    throw unusable(named, error.code ?? "no answer");
  });
}

function unusable(named: string, why: string): FrontrowError {
  return new FrontrowError("USAGE", `Cannot write into "${named}", as it must be a folder (${why}).`, {
    path: named,
    rule: "no-folder",
  });
}

function list({ out }: Call, what: string, rows: readonly (readonly [path: string, said: string])[]): void {
  for (const [path, said] of rows.slice(0, MOST)) {
    out.say(`${out.paint.yellow(what)}  ${displayPath(path)}  ${said}`.trimEnd());
  }
  if (rows.length > MOST) out.say(`… and ${rows.length - MOST} more (--json lists them)`);
}

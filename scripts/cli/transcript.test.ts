/**
 * The README's transcript of the command line, played: what it says is printed is what is printed, in 80 columns. With
 * FRONTROW_TRANSCRIPT=write the README gets what was printed.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import teamConfig from "../../examples/team-cache/config.ts";
import { startApi } from "../../functions/api/test-api.ts";
import { root } from "./test-cli.ts";
import { openLine } from "./test-line.ts";

const README = join(root, "README.md");
const SHOWN_URL = "https://abcdefghijklmnopqrst.supabase.co";
const FENCE = /^```console\n([\s\S]*?)^```$/m;
/** Words that are others each time. */
const SEEN = /--seen [0-9a-f]{10}/g;

test("the README's transcript is what the command line prints", async () => {
  const readme = await readFile(README, "utf8");
  const transcript = FENCE.exec(readme)?.[1];
  assert.ok(transcript, "the README has a transcript");
  const home = await mkdtemp(join(tmpdir(), "frontrow-transcript-"));
  const schema = await readFile(join(root, "examples/team-cache/schema.sql"), "utf8");
  const api = await startApi({ config: teamConfig, schema });
  const line = await openLine(api.garden.stack.url);
  try {
    await writeFile(
      join(home, "frontrow"),
      `#!/bin/sh\nexec ${process.execPath} run -A --no-check ${join(root, "scripts/frontrow.ts")} "$@"\n`,
    );
    await chmod(join(home, "frontrow"), 0o755);
    const printed: string[] = [];
    const known = new Set<string>();
    let seen = "";
    for (const one of transcript.split("\n").filter((text) => /^(?:[a-z]+\$ |# )/.test(text))) {
      printed.push(one);
      if (one.startsWith("# ")) {
        line.isUp = !one.includes("goes away");
        continue;
      }
      const [, who, command] = /^([a-z]+)\$ (.*)$/.exec(one) as unknown as [string, string, string];
      const folder = join(home, who);
      if (!known.has(who)) await settleIn(folder);
      known.add(who);
      const real = command.replaceAll(SHOWN_URL, line.url).replace(SEEN, () => seen);
      const output = await shell(real, folder, {
        PATH: `${home}:${process.env.PATH}`,
        HOME: home,
        USER: who,
        SUPABASE_SECRET_KEY: api.garden.stack.secretKey,
      });
      seen = SEEN.exec(output)?.[0] ?? seen;
      SEEN.lastIndex = 0;
      printed.push(
        ...output
          .replaceAll(line.url, SHOWN_URL)
          .replace(/\b\d+ s ago/g, "5 s ago")
          .replace(SEEN, "--seen 3f9c2a71b0")
          .split("\n")
          .slice(0, -1),
      );
    }
    for (const text of printed) assert.ok([...text].length <= 80, `wider than 80 columns: ${text}`);
    const now = `${printed.join("\n")}\n`;
    if (process.env.FRONTROW_TRANSCRIPT === "write")
      await writeFile(
        README,
        readme.replace(transcript, () => now),
      );
    else assert.equal(now, transcript);
  } finally {
    await line.close();
    await api.garden.stop();
    await rm(home, { recursive: true, force: true });
  }
});

/** A folder as a person has it who has checked out the team's repository. */
async function settleIn(folder: string): Promise<void> {
  await mkdir(folder);
  await cp(join(root, "examples/team-cache/templates"), join(folder, "templates"), { recursive: true });
  await writeFile(
    join(folder, "frontrow.config.ts"),
    `export { default } from ${JSON.stringify(join(root, "examples/team-cache/config.ts"))};\n`,
  );
}

/** What a terminal would show, both streams in their order. */
function shell(command: string, cwd: string, env: Record<string, string>): Promise<string> {
  return new Promise((done) => {
    execFile("bash", ["-c", `exec 2>&1; ${command}`], { cwd, env }, (_, stdout) => done(stdout));
  });
}

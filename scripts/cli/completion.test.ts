/** Completion as a shell does it: the scripts run in the shells that are there. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { completionFor, SHELLS } from "../completion/shells.ts";
import type { Words } from "../completion/words.ts";
import { EXIT } from "./frame/exit.ts";
import { cli, folderOf } from "./test-cli.ts";
import { verbs } from "./verbs.ts";

const script = async (shell: string): Promise<string> => {
  const { code, stdout, stderr } = await cli(["completion", shell]);
  assert.deepEqual([code, stderr], [EXIT.ok, ""]);
  return stdout;
};
const has = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

/** What bash offers after these words; the last one is being typed. */
async function offered(words: string[], source?: string): Promise<string[]> {
  const folder = await folderOf({
    "notes/a.md": "",
    "nothing.txt": "",
    completion: source ?? (await script("bash")),
  });
  const typed = words.map((word) => `'${word}'`).join(" ");
  const run = `source ./completion && COMP_WORDS=(frontrow ${typed}) COMP_CWORD=${words.length} && _frontrow && printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-euc", run], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.split("\n").filter((word) => word !== "");
}

test("bash: verbs, options, collections, files, each in its place", { skip: !has("bash") }, async () => {
  assert.deepEqual(await offered(["st"]), ["status"]);
  assert.deepEqual(
    (await offered([""])).slice(0, verbs.length),
    verbs.map(({ name }) => name),
  );
  assert.deepEqual(await offered(["status", "--w"]), ["--watch"]);
  assert.deepEqual(await offered(["--json", "status", "--js"]), ["--json"]);
  assert.deepEqual(
    await offered(["--collection", "parts", "st"]),
    ["status"],
    "an option's value is no verb",
  );
  assert.deepEqual(await offered(["status", "--collection", ""]), ["parts"]);
  assert.deepEqual(await offered(["sync", "p"]), ["parts"]);
  assert.deepEqual((await offered(["import", "no"])).sort(), ["notes", "nothing.txt"]);
  assert.deepEqual(await offered(["import", "--no"]), ["--no-upload"]);
  assert.deepEqual(await offered(["--config", "noth"]), ["nothing.txt"]);
  assert.deepEqual(await offered(["status", "--key", ""]), [], "nobody offers keys");
  assert.deepEqual(await offered(["completion", "f"]), ["fish"]);
  assert.deepEqual(await offered(["help", "stat"]), ["status"]);
});

test("every verb and every option of it is in every script", async () => {
  const help = new Map<string, string>();
  for (const { name } of verbs) help.set(name, (await cli([name, "--help"])).stdout);
  for (const shell of SHELLS) {
    const text = await script(shell);
    for (const [name, shown] of help) {
      assert.ok(text.includes(name), `${shell}: ${name}`);
      for (const [, option] of shown.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)) {
        assert.ok(
          text.includes(shell === "fish" ? `-l ${option}` : `--${option}`),
          `${shell}: ${name} --${option}`,
        );
      }
    }
  }
});

test("without a config it completes all but collections; an unknown shell is a usage error", async () => {
  const nowhere = await folderOf({});
  const { code, stdout, stderr } = await cli(["completion", "bash"], { root: nowhere, folder: nowhere });
  assert.deepEqual([code, stderr], [EXIT.ok, ""]);
  assert.deepEqual(await offered(["st"], stdout), ["status"]);
  assert.deepEqual(await offered(["status", "--collection", ""], stdout), []);
  assert.equal((await cli(["completion", "csh"])).code, EXIT.usage);
});

const HOSTILE: Words = {
  verbs: [
    {
      name: "odd",
      about: 'it\'s [all] `here`: $HOME \\ "x"',
      flags: [{ long: "--it", about: "what's [this]: $(no)", takes: { kind: "one of", words: ["a", "b"] } }],
      takes: { kind: "file" },
    },
  ],
  flags: [],
  collections: [],
};

for (const shell of SHELLS) {
  test(`${shell} reads its script, whatever is said in it`, {
    skip: !has(shell) && `no ${shell} here`,
  }, async () => {
    const folder = await folderOf({});
    for (const text of [await script(shell), completionFor(shell, HOSTILE)]) {
      await writeFile(join(folder, "script"), text);
      const { status, stderr } = spawnSync(shell, ["-n", join(folder, "script")], { encoding: "utf8" });
      assert.deepEqual([status, stderr], [0, ""]);
    }
  });
}

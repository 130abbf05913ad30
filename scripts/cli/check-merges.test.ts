import assert from "node:assert/strict";
import { test } from "node:test";
import { cli, folderOf } from "./test-cli.ts";

test("check --merge says what became of the edits, and repeats it for the same seed", async () => {
  const folder = await folderOf({ "a.md": "---\ntitle: A\n---\n\n# One\n\na\nb\n\n# Two\n\nc\nd\n" });
  const [ran, again] = [
    await cli(["check", folder, "--merge", "--seed", "7", "--json"]),
    await cli(["check", folder, "--merge", "--seed", "7", "--json"]),
  ];
  const { seconds, ...found } = ran.json;
  assert.equal(typeof seconds, "number");
  assert.deepEqual([ran.code, found.merges, found.lost_edits, found.seed], [0, 3, 0, 7]);
  assert.deepEqual({ ...again.json, seconds }, ran.json);
});

test("check --merge ends with 1 where nothing was merged, and with 2 for a seed that is none", async () => {
  assert.equal((await cli(["check", await folderOf({}), "--merge", "--json"])).code, 1);
  assert.equal((await cli(["check", await folderOf({}), "--merge", "--seed", "x"])).code, 2);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { play } from "./git.ts";

test("two people, a project and a clone each, and a remote between them: nothing is lost", {
  timeout: 600_000,
}, async () => {
  assert.deepEqual(
    (await play({ values: {}, seed: 1, progress: () => undefined, isShort: true })).broken,
    [],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { discover } from "./discover.ts";

test("a folder is everything under it, a file itself", async () => {
  const { deno } = await discover(["scripts/testing"]);
  assert.ok(deno.length > 2 && deno.every((file) => file.startsWith("scripts/testing/")));
  assert.deepEqual((await discover(["scripts/testing/count.test.ts"])).deno, [
    "scripts/testing/count.test.ts",
  ]);
});

test("a word that is no path chooses every file with it in its path", async () => {
  const { deno } = await discover(["hostile"]);
  assert.ok(deno.includes("shared/document/hostile.test.ts"), deno.join(", "));
  assert.ok(deno.every((file) => file.includes("hostile")));
  assert.deepEqual((await discover(["no-such-word"])).deno, []);
});

/** A protection whose text is gone from the SQL is switched off in vain: then nobody knows whether a test would fail. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { renderFirst } from "../migrations.ts";
import { MUTATIONS, mutate } from "./mutations.ts";

test("every protection is there, once, to be switched off", async () => {
  const sql = await renderFirst();
  for (const name of Object.keys(MUTATIONS)) assert.notEqual(mutate(sql, name), sql, name);
});

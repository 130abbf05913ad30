/** A person's decision, as pure data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { markedText } from "./marked-text.ts";
import type { MergeRules } from "./merge.ts";
import { choiceOf, isSettled, mergeBodyAs, mergeFieldsAs, type Resolution } from "./resolution.ts";
import { MAPPING } from "./test-codec.ts";

const RULES: MergeRules = { mapping: MAPPING, lists: {}, prefer: "theirs", strict: false };
const changes = (fields: Record<string, string>) => new Map(Object.entries(fields));

test("a key's word counts before its column's, a column's for all of its keys", () => {
  const resolution: Resolution = { fields: { meta: "file", "meta.home": "row" } };
  assert.equal(choiceOf(resolution, { column: "meta", key: "blog" }), "file");
  assert.equal(choiceOf(resolution, { column: "meta", key: "home" }), "row");
  assert.equal(choiceOf(resolution, { column: "title" }), null);
  assert.equal(choiceOf({ fields: {} }, { column: "toString" }), null);
  assert.equal(isSettled(resolution, [{ column: "meta", key: "x" }, { column: "title" }]), false);
  assert.equal(isSettled(null, [{ column: "title" }]), false);
});

test("whichever side is ours, the chosen one is taken: columns, keys of an object, keys that one side removed", () => {
  const base = { title: "one", meta: '{"a":1,"b":1.0,"c":{"x":1}}' };
  const file = changes({ title: "uno", meta: '{"a":2,"b":20.50,"c":{"x":2}}' });
  const row = changes({ title: "eins", meta: '{"b":3,"c":{"x":3}}' });
  const resolution: Resolution = {
    fields: { title: "file", "meta.a": "row", "meta.b": "file", "meta.c": "row" },
  };
  for (const prefer of ["ours", "theirs"] as const) {
    for (const fileSide of ["ours", "theirs"] as const) {
      const [ours, theirs] = fileSide === "ours" ? [file, row] : [row, file];
      const merged = mergeFieldsAs(resolution, fileSide, base, ours, theirs, { ...RULES, prefer });
      assert.deepEqual(Object.fromEntries(merged.changes), {
        title: "uno",
        meta: '{"b":20.50,"c":{"x":3}}',
      });
      const body = { fields: { "(body)": "file" } } as const;
      const texts: [string, string] = fileSide === "ours" ? ["f\n", "r\n"] : ["r\n", "f\n"];
      assert.equal(mergeBodyAs(body, fileSide, "b\n", ...texts, "lines", { ...RULES, prefer }).value, "f\n");
    }
  }
});

test("a marked text: markers only where both changed the same lines differently, each on a line of its own", () => {
  assert.equal(
    markedText("a\nb\nc\n", "A\nb\nC", "a\nb\nc!"),
    "A\nb\n<<<<<<< file\nC\n||||||| base\nc\n=======\nc!\n>>>>>>> row\n",
  );
  assert.equal(markedText("a\nb\n\nc\n", "A\nb\n\nc\n", "a\nb\n\nC\n"), "A\nb\n\nC\n");
  assert.equal(
    markedText("a\n", null, "b\n"),
    "<<<<<<< file (deleted)\n||||||| base\na\n=======\nb\n>>>>>>> row\n",
  );
  assert.equal(markedText(null, "x\n", "y\n").split("\n")[2], "||||||| base (none)");
});

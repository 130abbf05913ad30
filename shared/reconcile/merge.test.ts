import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fields, Value } from "../document/mod.ts";
import { changesOf, mergeFields } from "./merge.ts";
import { mergeBody } from "./merge-body.ts";
import { mergeJson } from "./merge-json.ts";
import { mergeLines } from "./merge-lines.ts";
import { MAPPING } from "./test-codec.ts";

type Maybe = Value | undefined;
const RULES = {
  mapping: MAPPING,
  lists: { tags: "set", labels: "list" },
  prefer: "ours",
  strict: false,
} as const;
const fields = (column: string, value: Maybe): Fields => (value === undefined ? {} : { [column]: value });

function merged(column: string, base: Maybe, ours: Maybe, theirs: Maybe, rules = {}) {
  const from = fields(column, base);
  const sides = [ours, theirs].map((value) => changesOf(from, fields(column, value)));
  const { changes, overlaps } = mergeFields(from, sides[0]!, sides[1]!, { ...RULES, ...rules });
  return [
    changes.has(column) ? (changes.get(column) ?? (changes.get(column) === null ? null : "gone")) : "same",
    overlaps,
  ];
}

const clean = (value: unknown) => [value, []];

test("scalars", () => {
  assert.deepEqual(merged("title", "a", "a", "a"), clean("same"));
  assert.deepEqual(merged("title", "a", "b", "a"), clean("b"));
  assert.deepEqual(merged("title", "a", "a", "b"), clean("b"));
  assert.deepEqual(merged("title", "a", "b", "b"), clean("b"));
  assert.deepEqual(merged("title", "a", "b", "c"), ["b", [{ column: "title" }]]);
  assert.deepEqual(merged("title", "a", "b", "c", { prefer: "theirs" }), ["c", [{ column: "title" }]]);
});

test("a key that was never there is no opinion; one that is gone, or null, is a clear", () => {
  assert.deepEqual(merged("title", undefined, undefined, "b"), clean("b"));
  assert.deepEqual(merged("title", "a", undefined, "a"), clean("gone"));
  assert.deepEqual(merged("title", "a", "a", null), clean(null));
  assert.deepEqual(merged("title", "a", undefined, "b"), ["gone", [{ column: "title" }]]);
});

test("two ways to clear are one change; the explicit one counts", () => {
  assert.deepEqual(merged("title", "a", undefined, null), clean(null));
  assert.deepEqual(merged("title", "a", null, undefined), clean(null));
  assert.deepEqual(merged("tags", ["a"], undefined, []), clean([]));
});

test("sets take both sides' additions and removals", () => {
  assert.deepEqual(merged("tags", ["a", "b", "c"], ["a", "b", "x"], ["y", "b", "c"]), clean(["y", "b", "x"]));
  assert.deepEqual(merged("tags", undefined, ["a", "b"], ["b", "c"]), clean(["a", "b", "c"]));
  assert.deepEqual(merged("tags", ["a", "b"], undefined, ["a", "b", "c"]), clean(["c"]));
  assert.deepEqual(merged("tags", ["a", "b"], undefined, ["a"]), clean("gone"));
  assert.deepEqual(merged("tags", ["a", null], ["a", null, "null"], [null]), clean([null, "null"]));
});

test("lists merge by position", () => {
  assert.deepEqual(
    merged("labels", ["a", "b", "c"], ["x", "a", "b", "c"], ["a", "b", "y"]),
    clean(["x", "a", "b", "y"]),
  );
  assert.deepEqual(merged("labels", ["a"], ["b"], ["c"]), [["b"], [{ column: "labels" }]]);
  assert.deepEqual(merged("labels", ["a", null, "z"], ["a", "null", "z"], ["a", null, "z", "q"]), [
    ["a", "null", "z", "q"],
    [],
  ]);
});

test("an undeclared list is atomic, and a strict merge merges nothing", () => {
  assert.deepEqual(merged("tags", ["a"], ["a", "b"], ["c", "a"], { lists: {} }), [
    ["a", "b"],
    [{ column: "tags" }],
  ]);
  assert.deepEqual(merged("tags", ["a"], ["a", "b"], ["a", "c"], { strict: true }), [
    ["a", "b"],
    [{ column: "tags" }],
  ]);
  assert.equal(
    mergeBody("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "lines", { ...RULES, strict: true }).overlap,
    true,
  );
});

test("JSON objects merge by key, all the way down", () => {
  assert.deepEqual(merged("meta", '{"a":1,"b":2}', '{"a":1,"b":3}', '{"a":9,"b":2}'), clean('{"a":9,"b":3}'));
  assert.deepEqual(
    merged("meta", '{"o":{"a":1,"b":2}}', '{"o":{"a":1}}', '{"o":{"a":3,"b":2}}'),
    clean('{"o":{"a":3}}'),
  );
  assert.deepEqual(merged("meta", '{"a":1}', '{"a":2,"b":1}', '{"a":3,"c":1}'), [
    '{"a":2,"b":1,"c":1}',
    [{ column: "meta", key: "a" }],
  ]);
  assert.deepEqual(merged("meta", '{"a":1}', null, '{"a":1,"b":2}'), [null, [{ column: "meta" }]]);
  assert.deepEqual(merged("meta", "[1]", "[1,2]", "[3]"), ["[1,2]", [{ column: "meta" }]]);
});

test("a catch-all that is gone has no keys", () => {
  assert.deepEqual(merged("rest", '{"a":1}', undefined, '{"a":1,"b":2}'), clean('{"b":2}'));
});

test("JSON keeps every digit and every escape", () => {
  const theirs = '{"big":12345678901234567890.10,"q\\"}":"a,{\\"b\\":1}","z":{}}';
  assert.equal(
    mergeJson("{}", '{"a":[1,{"x":"]"}]}', theirs, "ours")?.value,
    `{"a":[1,{"x":"]"}],${theirs.slice(1)}`,
  );
  assert.equal(mergeJson("{}", '{"é":1,"z":1}', '{"\\u0001":1}', "ours")?.value, '{"\\u0001":1,"z":1,"é":1}');
});

test("bodies merge by lines and keep their terminators", () => {
  const ok = (value: string) => ({ value, overlap: false });
  assert.deepEqual(mergeLines("a\r\nb\r\nc", "A\r\nb\r\nc", "a\r\nb\r\nC", "ours"), ok("A\r\nb\r\nC"));
  assert.deepEqual(mergeLines("a\nb\nc\n", "a\nb\nc", "A\nb\nc\n", "ours"), ok("A\nb\nc"));
  assert.deepEqual(mergeLines("a\nb\nc\n", "b\nc\n", "a\nb\nc\nd\n", "ours"), ok("b\nc\nd\n"));
  assert.deepEqual(mergeLines("a\n", "b\n", "c\n", "theirs"), { value: "c\n", overlap: true });
  assert.deepEqual(
    mergeLines("constructor\n__proto__\n", "x\n__proto__\n", "constructor\n__proto__\ny\n", "ours"),
    {
      value: "x\n__proto__\ny\n",
      overlap: false,
    },
  );
});

test("5,000 lines of which half are blank, and lines that are all alike, merge by what was edited", () => {
  const base = Array.from({ length: 5000 }, (_, index) => (index % 2 ? "\n" : `line ${index}\n`));
  const ours = base.with(0, "first\n").toSpliced(4000, 0, "\n", "new\n");
  const theirs = base.with(4998, "last\n").toSpliced(1000, 2);
  const expected = ours.with(5000, "last\n").toSpliced(1000, 2).join("");
  assert.deepEqual(mergeLines(base.join(""), ours.join(""), theirs.join(""), "ours"), {
    value: expected,
    overlap: false,
  });
  const blank = (count: number) => "\n".repeat(count);
  assert.deepEqual(
    mergeLines(blank(5000), `a\n${blank(5000)}`, `${blank(4000)}b\n${blank(2000)}`, "theirs"),
    { value: `a\n${blank(4000)}b\n${blank(2000)}`, overlap: false },
  );
});

test("what would take too long to compare counts as one block, and overlaps", () => {
  // Two letters in orders that have little in common: every comparison is expensive.
  const letters = (seed: number) =>
    Array.from({ length: 100_000 }, (_, index) => ((((index + 1) * seed) % 9973) % 2 ? "a\n" : "b\n")).join(
      "",
    );
  const merged = mergeLines(letters(7919), `x\n${letters(6007)}`, `${letters(4999)}y\n`, "theirs");
  assert.deepEqual(merged, { value: `${letters(4999)}y\n`, overlap: true });
});

test("of equal lines the last is the new one, so that merging the result again adds nothing", () => {
  const base = "a\nA\n\n# A\n\nb\n";
  const ours = base.replace("# A\n", "# A\n# A\n");
  const theirs = base.replace("A\n", "x\n");
  const { value } = mergeLines(base, ours, theirs, "ours");
  assert.deepEqual(mergeLines(base, value, ours, "ours"), { value, overlap: false });
});

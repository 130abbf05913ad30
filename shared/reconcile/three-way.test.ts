/** What a person is shown of a conflict. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hunksOf } from "./match-sequences.ts";
import { threeWay } from "./three-way.ts";

const BASE = "---\ntitle: one\nmood: calm\ntags: [a, b]\n---\n# Top\n\nfirst\n\n## Below\n\nsecond\nthird\n";

test("fields: who changed what; quoting and layout make no difference", () => {
  const file = BASE.replace("one", "uno").replace("[a, b]", "\n  - a\n  - b").replace("calm", '"calm"');
  const row = BASE.replace("one", "eins").replace("calm", "merry");
  assert.deepEqual(threeWay(BASE, file, row).fields, [
    { field: "title", changed: "both", base: "one", file: "uno", row: "eins" },
    { field: "mood", changed: "row", base: "calm", file: "calm", row: "merry" },
  ]);
});

test("the body: hunks with their heading and context, and whose they are", () => {
  const file = BASE.replace("first", "FIRST").replace("third", "drei");
  const row = BASE.replace("third", "trois\nquatre");
  const { body } = threeWay(BASE, file, row);
  assert.deepEqual(
    body.map(({ changed, line, heading }) => [changed, line, heading]),
    [
      ["file", 3, "# Top\n"],
      ["both", 8, "## Below\n"],
    ],
  );
  const { before, base, file: f, row: r, after } = body[1]!;
  assert.deepEqual(
    [before, base, f, r, after],
    [["## Below\n", "\n", "second\n"], ["third\n"], ["drei\n"], ["trois\n", "quatre\n"], []],
  );
});

test("a side that is gone, no base, and what is no document", () => {
  assert.deepEqual(
    threeWay("---\na: 1\n---\n", null, "---\na: 2\n---\n").fields.map(({ changed, file }) => [changed, file]),
    [["both", null]],
  );
  assert.deepEqual(
    threeWay(null, "x\n", "x\n").body.map(({ changed }) => changed),
    ["alike"],
  );
  assert.equal(threeWay("---\na: [\n---\n", "", "").body.length, 1);
});

test("a line break that is missing or another is a difference", () => {
  assert.deepEqual(
    threeWay("a\nb\n", "a\nb", "a\r\nb\n").body.map(({ changed }) => changed),
    ["both"],
  );
});

const lines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 });

test("hunks lead from one sequence to the other", () => {
  fc.assert(
    fc.property(lines, lines, (base, file) => {
      const rebuilt: string[] = [];
      let at = 0;
      for (const { start, end, from, to } of hunksOf(base, file)) {
        rebuilt.push(...base.slice(at, start), ...file.slice(from, to));
        at = end;
      }
      assert.deepEqual([...rebuilt, ...base.slice(at)], file);
    }),
  );
});

test("every stretch of the three bodies is where it was found", () => {
  const body = (list: string[]) => list.map((line) => `${line}\n`).join("");
  fc.assert(
    fc.property(lines, lines, lines, (base, file, row) => {
      for (const one of threeWay(body(base), body(file), body(row)).body) {
        assert.ok(body(base).includes(one.base.join("")) && body(row).includes(one.row.join("")));
        assert.deepEqual(
          file.slice(one.line - 1, one.line - 1 + one.file.length),
          one.file.map((line) => line.trim()),
        );
        if (one.changed === "file") assert.deepEqual(one.base, one.row);
        if (one.changed === "row") assert.deepEqual(one.base, one.file);
      }
      const differs = body(base) !== body(file) || body(base) !== body(row);
      assert.equal(threeWay(body(base), body(file), body(row)).body.length > 0, differs);
    }),
  );
});

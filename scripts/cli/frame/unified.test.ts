/** The unified diff: what `patch` would make of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { unifiedDiff } from "./unified.ts";

const diff = (before: string, after: string) => unifiedDiff(before, after, { before: "a", after: "b" });

const cases: [name: string, before: string, after: string, lines: string[]][] = [
  ["equal texts", "a\n", "a\n", []],
  [
    "a changed line, with its context",
    "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
    "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
    ["--- a", "+++ b", "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"],
  ],
  ["from nothing", "", "a\nb\n", ["--- a", "+++ b", "@@ -0,0 +1,2 @@", "+a", "+b"]],
  ["to nothing", "a\n", "", ["--- a", "+++ b", "@@ -1 +0,0 @@", "-a"]],
  [
    "the last line break",
    "a\n",
    "a",
    ["--- a", "+++ b", "@@ -1 +1 @@", "-a", "+a", "\\ No newline at end of file"],
  ],
  ["CRLF is a difference", "a\r\n", "a\n", ["--- a", "+++ b", "@@ -1 +1 @@", "-a\r", "+a"]],
  [
    "two places far apart are two hunks",
    "x\n1\n2\n3\n4\n5\n6\n7\ny\n",
    "X\n1\n2\n3\n4\n5\n6\n7\nY\n",
    [
      "--- a",
      "+++ b",
      "@@ -1,4 +1,4 @@",
      "-x",
      "+X",
      " 1",
      " 2",
      " 3",
      "@@ -6,4 +6,4 @@",
      " 5",
      " 6",
      " 7",
      "-y",
      "+Y",
    ],
  ],
];

for (const [name, before, after, lines] of cases) {
  test(`a unified diff: ${name}`, () => assert.deepEqual(diff(before, after), lines));
}

test("applied to the old text it gives the new one", () => {
  const line = fc.constantFrom("a", "b", "", "c", "a\r");
  const text = fc
    .tuple(fc.array(line, { maxLength: 30 }), fc.boolean())
    .map(([all, ended]) => all.join("\n") + (ended ? "\n" : ""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      assert.equal(patched(before, diff(before, after)), after);
    }),
    { numRuns: 2000 },
  );
});

test("a long text that was rewritten takes no time", () => {
  const long = (word: string) =>
    Array.from({ length: 20_000 }, (_, i) => (i % 2 ? "\n" : `${word} ${i}\n`)).join("");
  assert.equal(patched(long("a"), diff(long("a"), long("b"))), long("b"));
});

function patched(before: string, lines: readonly string[]): string {
  if (lines.length === 0) return before;
  const olds = before.match(/[^\n]*\n|[^\n]+/g) ?? [];
  const out: string[] = [];
  let at = 0;
  for (const [index, line] of lines.entries()) {
    if (index < 2) continue;
    const range = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line);
    if (range) {
      const from = Number(range[1]) - (range[2] === "0" ? 0 : 1);
      while (at < from) out.push(olds[at++]!);
      continue;
    }
    if (line.startsWith("\\")) continue;
    const isBare = lines[index + 1]?.startsWith("\\");
    const content = line.slice(1) + (isBare ? "" : "\n");
    if (line[0] !== "+") assert.equal(olds[at++], content);
    if (line[0] !== "-") out.push(content);
  }
  return [...out, ...olds.slice(at)].join("");
}

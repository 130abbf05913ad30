import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "./merge-lines.ts";
import { outlineOf } from "./sections.ts";

const titles = (text: string) => outlineOf(linesOf(text)).sections.map(({ title }) => title);

const CASES: [name: string, text: string, titles: (string | null)[]][] = [
  ["an empty body is an empty preamble", "", [null]],
  ["what precedes the first heading is a section", "a\n# A\nb\n", [null, "A"]],
  [
    "ATX headings of every level, closed or not",
    "# A\n###### B ##\n#\n#C\n####### D\n",
    [null, "A", "B", ""],
  ],
  ["an ATX heading may be indented by three spaces, not by four", "   # A\n\n    # code\n", [null, "A"]],
  ["setext headings, of several lines too", "A\n===\n\nB\nc\n---\n", [null, "A", "B c"]],
  ["a rule is no heading", "a\n\n---\n\n- b\n---\n> c\n---\n", [null]],
  ["what is in a fence is no heading", "```\n# A\n```\n~~~ md\n# B\n```\n# C\n~~~\n# D\n", [null, "D"]],
  ["a fence closes with as many marks or more", "````\n```\n# A\n`````\n# B\n", [null, "B"]],
  ["a fence that is not closed goes to the end", "# A\n```\n# B\n", [null, "A"]],
  ["backticks in a line open no fence", "```a``` b\n# A\n", [null, "A"]],
  ["the same heading twice is two sections", "# A\n# A\n", [null, "A", "A"]],
  ["line endings make no difference", "# A\r\nb\r\n\r\nC\r\n===\r\n", [null, "A", "C"]],
];

for (const [name, text, expected] of CASES) test(name, () => assert.deepEqual(titles(text), expected));

test("every line is in one place, and blank ones between sections in neither", () => {
  const lines = linesOf("\n\nfirst\n\n\n# A\n\na\n\n## B\nb\n\n\n");
  const { sections, tail } = outlineOf(lines);
  assert.deepEqual(
    sections.map(({ lead, lines }) => [lead.length, lines.join("")]),
    [
      [2, "first\n"],
      [2, "# A\n\na\n"],
      [1, "## B\nb\n"],
    ],
  );
  assert.deepEqual([...sections.flatMap(({ lead, lines }) => [...lead, ...lines]), ...tail], lines);
  assert.deepEqual(
    sections.map(({ path }) => path.join("/")),
    ["", "A", "A/B"],
  );
});

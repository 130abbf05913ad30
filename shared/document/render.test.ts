import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sameValue } from "./canonical.ts";
import { parseDocument } from "./document.ts";
import { readFields } from "./field-value.ts";
import { MAX_HEADER_LENGTH } from "./front-matter.ts";
import { newDocument, renderDocument } from "./render.ts";
import { mappingOf, refusal, refusedAs } from "./test-documents.ts";
import type { ColumnType, Fields, Value } from "./value.ts";

type Changes = Readonly<Record<string, Value | undefined>>;

/** The columns these tables use; every other key belongs to the extra column. */
const MAPPING = mappingOf(
  {
    title: "text",
    tags: "text[]",
    count: "int8",
    price: "numeric",
    draft: "bool",
    day: "date",
    at: "timestamptz",
    data: "jsonb",
  },
  "extra",
);

const render = (text: string, changes: Changes, body?: string): string =>
  renderDocument(parseDocument(text), MAPPING, new Map(Object.entries(changes)), body);

/** One edit of the lines between two fences. */
type Case = [name: string, before: string, changes: Changes, after: string];

function table(cases: readonly Case[]): void {
  for (const [name, before, changes, after] of cases) {
    it(name, () => {
      const around = (header: string): string => `---\n${header}---\nBody\n`;
      assert.equal(render(around(before), changes), around(after));
      const crlf = (text: string): string => around(text).replaceAll("\n", "\r\n");
      // A line break inside a value is the value's own, so only what has none is the same with CRLF.
      if (!JSON.stringify(Object.values(changes)).includes("\\n")) {
        assert.equal(render(crlf(before), changes), crlf(after), "with CRLF");
      }
    });
  }
}

describe("a changed scalar keeps", () => {
  table([
    ["its line", "a: 1\ntitle: Old\nb: 2\n", { title: "New" }, "a: 1\ntitle: New\nb: 2\n"],
    ["its comment", "title: Old # why\n", { title: "New" }, "title: New # why\n"],
    [
      "the alignment of its value",
      "title:     Old\nx:         1\n",
      { title: "New" },
      "title:     New\nx:         1\n",
    ],
    ["the alignment of its comment's gap", "count: 1   # why\n", { count: "10" }, "count: 10   # why\n"],
    ["the blanks after it", "title: Old  \n", { title: "New" }, "title: New  \n"],
    ["single quotes", "title: 'Old'\n", { title: "It's new" }, "title: 'It''s new'\n"],
    ["double quotes", 'title: "Old"\n', { title: 'So "new"' }, 'title: "So \\"new\\""\n'],
    ["double quotes where single ones cannot", "title: 'Old'\n", { title: "a\tb" }, 'title: "a\\tb"\n'],
    ["quotes around a date", 'day: "2024-01-01"\n', { day: "2024-02-01" }, 'day: "2024-02-01"\n'],
    ["quotes around a number", "count: '1'\n", { count: "2" }, "count: '2'\n"],
    ["a quoted key", '"title": Old\n', { title: "New" }, '"title": New\n'],
    ["blanks before its colon", "title : Old\n", { title: "New" }, "title : New\n"],
    [
      "blank lines and comments around it",
      "# a\n\ntitle: Old\n\n# b\n",
      { title: "New" },
      "# a\n\ntitle: New\n\n# b\n",
    ],
    [
      "a literal block",
      "title: |\n  Old\n  text\nb: 1\n",
      { title: "New\ntext\n" },
      "title: |\n  New\n  text\nb: 1\n",
    ],
    ["a literal block's margin", "title: |\n      Old\n", { title: "New\n" }, "title: |\n      New\n"],
    ["a literal block's comment", "title: |- # why\n  Old\n", { title: "New" }, "title: |- # why\n  New\n"],
    ["a literal block, with other ends", "title: |\n  Old\n", { title: "New" }, "title: |-\n  New\n"],
    [
      "a literal block, with blank lines in it",
      "title: |\n  Old\n",
      { title: "a\n\nb\n" },
      "title: |\n  a\n\n  b\n",
    ],
    ["a folded block", "title: >\n  Old\n  text\n", { title: "New text\n" }, "title: >\n  New text\n"],
    [
      "a folded block's width",
      "title: >-\n  a line that is twenty-nine wide\n",
      { title: "a line that is twenty-nine wide and goes on" },
      "title: >-\n  a line that is twenty-nine wide\n  and goes on\n",
    ],
    ["a folded block's line breaks", "title: >-\n  Old\n", { title: "a\nb" }, "title: >-\n  a\n\n  b\n"],
    [
      "the zone it was written in",
      "at: 2024-01-01T10:00:00+02:00\n",
      { at: "2024-01-01T09:00:00Z" },
      "at: 2024-01-01T11:00:00+02:00\n",
    ],
    [
      "the form it was written in",
      "at: 2024-01-01 10:00\n",
      { at: "2024-01-02T11:30:00Z" },
      "at: 2024-01-02 11:30\n",
    ],
    [
      "its form, with the seconds it needs",
      "at: 2024-01-01 10:00\n",
      { at: "2024-01-02T11:30:05Z" },
      "at: 2024-01-02 11:30:05\n",
    ],
    ["a day alone at midnight", "at: 2024-01-01\n", { at: "2024-01-02T00:00:00Z" }, "at: 2024-01-02\n"],
    [
      "its milliseconds",
      "at: 2024-01-01T10:00:00.000Z\n",
      { at: "2024-01-01T10:00:01Z" },
      "at: 2024-01-01T10:00:01.000Z\n",
    ],
    [
      "and joins several lines into one",
      "title: Old\n  text\nb: 1\n",
      { title: "New" },
      "title: New\nb: 1\n",
    ],
    [
      "and joins quoted lines into one",
      'title: "Old\n  text" # why\nb: 1\n',
      { title: "New" },
      'title: "New" # why\nb: 1\n',
    ],
    ["a value on the next line there", "title:\n  Old\nb: 1\n", { title: "New" }, "title:\n  New\nb: 1\n"],
    [
      "the other keys' odd spacing",
      "a:    1\ntitle: Old\nb:   [ x,y ]\n",
      { title: "New" },
      "a:    1\ntitle: New\nb:   [ x,y ]\n",
    ],
  ]);
});

describe("a text is written so that everybody reads a text", () => {
  const cases: [value: string, source: string][] = [
    ["yes", '"yes"'],
    ["No", '"No"'],
    ["on", '"on"'],
    ["y", '"y"'],
    ["true", '"true"'],
    ["null", '"null"'],
    ["~", '"~"'],
    ["", '""'],
    ["1.10", '"1.10"'],
    ["012", '"012"'],
    ["1_000", '"1_000"'],
    ["1e3", '"1e3"'],
    ["0x1F", '"0x1F"'],
    [".inf", '".inf"'],
    ["12:30:45", '"12:30:45"'],
    ["2024-01-01", '"2024-01-01"'],
    ["2024-1-1", '"2024-1-1"'],
    ["2024-01-01T10:00:00Z", '"2024-01-01T10:00:00Z"'],
    ["=", '"="'],
    ["<<", '"<<"'],
    ["- x", '"- x"'],
    ["-", '"-"'],
    ["-x", "-x"],
    ["--- x", '"--- x"'],
    ["...", '"..."'],
    ["? x", '"? x"'],
    [": ", '": "'],
    ["a: b", '"a: b"'],
    ["a:", '"a:"'],
    ["a:b", "a:b"],
    ["# x", '"# x"'],
    ["a #b", '"a #b"'],
    ["a#b", "a#b"],
    ["[a]", '"[a]"'],
    ["a [b], {c}", "a [b], {c}"],
    ["{a}", '"{a}"'],
    [", a", '", a"'],
    ["&a", '"&a"'],
    ["*a", '"*a"'],
    ["!a", '"!a"'],
    ["| a", '"| a"'],
    ["> a", '"> a"'],
    ["%a", '"%a"'],
    ["@a", '"@a"'],
    ["`a`", '"`a`"'],
    ["'a'", "\"'a'\""],
    ['"a"', '"\\"a\\""'],
    ["it's", "it's"],
    ['say "x"', 'say "x"'],
    [" a", '" a"'],
    ["a ", '"a "'],
    ["a\tb", '"a\\tb"'],
    ["a\rb", '"a\\rb"'],
    ["a\\b", "a\\b"],
    ["é日本", "é日本"],
    ["🌱 grows", "🌱 grows"],
    ["\uFEFFa", '"\\ufeffa"'],
    ["a\u0085b", '"a\\u0085b"'],
    ["a\u2028b", '"a\\u2028b"'],
    ["a\u200bb", "a\u200bb"],
    ["http://x.y/z?a=1#b", "http://x.y/z?a=1#b"],
    ["a\nb", "|-\n  a\n  b"],
    ["a\nb\n", "|\n  a\n  b"],
    ["a\nb\n\n", "|+\n  a\n  b\n"],
    ["a\n", "|\n  a"],
    ["\n", '"\\n"'],
    ["\na", '"\\na"'],
    [" a\nb", '" a\\nb"'],
    ["a\n b", "|-\n  a\n   b"],
    ["a\n \nb", '"a\\n \\nb"'],
    ["a\r\nb", '"a\\r\\nb"'],
    ["---\na: 1\n---\n", "|\n  ---\n  a: 1\n  ---"],
    ["x".repeat(5000), "x".repeat(5000)],
    ["word ".repeat(1000).trim(), "word ".repeat(1000).trim()],
  ];
  for (const [value, source] of cases) {
    const shown = JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    it(`as a new key: ${shown}`, () => {
      assert.equal(
        render("---\na: 1\n\nb: 2\n---\n", { title: value }),
        `---\na: 1\n\nb: 2\ntitle: ${source}\n---\n`,
      );
    });

    it(`over another text, and in a list, block or flow: ${shown}`, () => {
      for (const before of [
        "---\ntitle: Old\n\nb: 2\n---\n",
        "---\ntitle: 'Old'\n---\n",
        "---\ntitle: >\n  Old\n\nb: 2\n---\n",
      ]) {
        const after = parseDocument(render(before, { title: value }));
        assert.equal(readFields(after, MAPPING).title, value);
      }
      for (const before of [
        "---\ntags: [a]\nb: 2\n---\n",
        "---\ntags:\n  - a\n\nb: 2\n---\n",
        "---\ntags:\n- a\n---\n",
      ]) {
        const after = parseDocument(render(before, { tags: ["a", value, "b", value] }));
        assert.deepEqual(readFields(after, MAPPING).tags, ["a", value, "b", value]);
      }
      for (const before of ['+++\ntitle = "Old"\ntags = []\n+++\n', '{"title": "Old", "tags": []}\n']) {
        const fields = readFields(parseDocument(render(before, { title: value, tags: [value] })), MAPPING);
        assert.deepEqual([fields.title, fields.tags], [value, [value]]);
      }
    });
  }

  table([
    [
      "unless it was plain and stays the same sort of thing",
      "title: 1.10\n",
      { title: "1.20" },
      "title: 1.20\n",
    ],
    ["a version that becomes a word", "title: 1.10\n", { title: "next" }, "title: next\n"],
    ["a word that becomes a version", "title: next\n", { title: "1.10" }, 'title: "1.10"\n'],
    ["in the quotes the file likes", "a: 'x'\n", { title: "yes" }, "a: 'x'\ntitle: 'yes'\n"],
  ]);
});

describe("a value that comes, goes or is emptied", () => {
  table([
    ["a new key goes to the end", "a: 1\n", { title: "New" }, "a: 1\ntitle: New\n"],
    [
      "a new key goes after comments and blank lines",
      "a: 1\n\n# end\n",
      { title: "New" },
      "a: 1\n\n# end\ntitle: New\n",
    ],
    ["new keys keep the mapping's order", "", { count: "1", title: "A" }, "title: A\ncount: 1\n"],
    ["the first key after a comment", "# only\n", { title: "A" }, "# only\ntitle: A\n"],
    ["an indented header keeps its margin", "  a: 1\n", { title: "A" }, "  a: 1\n  title: A\n"],
    ["null where there is nothing", "a: 1\n", { title: null }, "a: 1\n"],
    ["null empties", "title: Old\nb: 1\n", { title: null }, "title:\nb: 1\n"],
    ["null empties before a comment", "title: Old # why\n", { title: null }, "title: # why\n"],
    ["null empties quotes", "title: 'Old'\n", { title: null }, "title:\n"],
    ["null empties a block", "title: |\n  Old\n  text\nb: 1\n", { title: null }, "title:\nb: 1\n"],
    ["null empties a list", "tags:\n  - a\n  - b\nb: 1\n", { tags: null }, "tags:\nb: 1\n"],
    ["null empties a flow list", "tags: [a]\nb: 1\n", { tags: null }, "tags: null\nb: 1\n"],
    ["undefined removes the line", "a: 1\ntitle: Old # why\nb: 1\n", { title: undefined }, "a: 1\nb: 1\n"],
    ["undefined removes a block", "title: |\n  Old\n\n  text\nb: 1\n", { title: undefined }, "b: 1\n"],
    ["undefined removes a list", "tags:\n  - a\n  - b\nb: 1\n", { tags: undefined }, "b: 1\n"],
    ["undefined removes the only key", "title: Old\n", { title: undefined }, ""],
    ["undefined where there is nothing", "a: 1\n", { title: undefined }, "a: 1\n"],
    ["an empty value is filled", "title:\nb: 1\n", { title: "New" }, "title: New\nb: 1\n"],
    ["an empty value with blanks is filled", "title:   \nb: 1\n", { title: "New" }, "title: New\nb: 1\n"],
    ["an empty value is filled before its comment", "title: # why\n", { title: "New" }, "title: New # why\n"],
    ["~ is filled", "title: ~\n", { title: "New" }, "title: New\n"],
    ["an empty value becomes a list", "tags:\nb: 1\n", { tags: ["a", "b"] }, "tags:\n  - a\n  - b\nb: 1\n"],
    ["a value the column cannot hold is replaced", "count: many\n", { count: "1" }, "count: 1\n"],
    ["one text where a list must be becomes a list", "tags: one\n", { tags: ["one"] }, "tags:\n  - one\n"],
    ["a number", "count: 1\n", { count: "-2" }, "count: -2\n"],
    [
      "a long number",
      "price: 1\n",
      { price: "123456789012345678901234567890.5" },
      "price: 123456789012345678901234567890.5\n",
    ],
    ["infinity and NaN, as YAML spells them", "price: 1\n", { price: "-Infinity" }, "price: -.inf\n"],
    ["a truth", "draft: true\n", { draft: "false" }, "draft: false\n"],
    ["a day", "day: 2024-01-01\n", { day: "2024-01-31" }, "day: 2024-01-31\n"],
    ["a day before Christ", "day: 2024-01-01\n", { day: "0044-03-15 BC" }, "day: 0044-03-15 BC\n"],
    [
      "several at once",
      "title: A\ncount: 1\ntags: [a]\n",
      { title: "B", count: undefined, tags: ["b"] },
      "title: B\ntags: [b]\n",
    ],
    [
      "several new lines at once",
      "tags:\n- a\n",
      { tags: ["a", "b"], title: "A" },
      "tags:\n- a\n- b\ntitle: A\n",
    ],
  ]);
});

describe("a list", () => {
  table([
    ["in brackets gains one", "tags: [a, b]\n", { tags: ["a", "b", "c"] }, "tags: [a, b, c]\n"],
    ["in brackets gains one in the middle", "tags: [a, b]\n", { tags: ["a", "x", "b"] }, "tags: [a, x, b]\n"],
    ["in brackets gains its first", "tags: []\n", { tags: ["a"] }, "tags: [a]\n"],
    ["in brackets loses one", "tags: [a, b, c] # why\n", { tags: ["a", "c"] }, "tags: [a, c] # why\n"],
    ["in brackets loses its last", "tags: [a]\n", { tags: [] }, "tags: []\n"],
    ["in brackets keeps its spacing", "tags: [ 'a' ,  b ]\n", { tags: ["a", "c"] }, "tags: [ 'a' ,  c ]\n"],
    ["in brackets keeps its quotes", "tags: ['a', \"b\"]\n", { tags: ["x", "y"] }, "tags: ['x', \"y\"]\n"],
    [
      "in brackets over several lines",
      "tags: [\n  a,\n  b,\n]\n",
      { tags: ["a", "b", "c"] },
      "tags: [\n  a,\n  b,\n  c,\n]\n",
    ],
    [
      "in brackets with what must be quoted",
      "tags: [a]\n",
      { tags: ["a", "b, c", "[d]"] },
      'tags: [a, "b, c", "[d]"]\n',
    ],
    [
      "of lines gains one",
      "tags:\n  - a\n  - b\nb: 1\n",
      { tags: ["a", "b", "c"] },
      "tags:\n  - a\n  - b\n  - c\nb: 1\n",
    ],
    ["of lines gains its new first", "tags:\n  - a\n", { tags: ["x", "a"] }, "tags:\n  - x\n  - a\n"],
    [
      "of lines loses one",
      "tags:\n  - a\n  - b # why\n  - c\n",
      { tags: ["a", "c"] },
      "tags:\n  - a\n  - c\n",
    ],
    ["of lines loses its first", "tags:\n  - a\n  - b\n", { tags: ["b"] }, "tags:\n  - b\n"],
    ["of lines loses all", "tags:\n  - a\n  - b\nb: 1\n", { tags: [] }, "tags: []\nb: 1\n"],
    [
      "of lines changes one",
      "tags:\n  - a # one\n  - 'b' # two\n",
      { tags: ["a", "c"] },
      "tags:\n  - a # one\n  - 'c' # two\n",
    ],
    ["of lines keeps its margin", "tags:\n- a\nb: 1\n", { tags: ["a", "b"] }, "tags:\n- a\n- b\nb: 1\n"],
    [
      "of lines keeps a deep margin",
      "tags:\n      - a\n",
      { tags: ["a", "b"] },
      "tags:\n      - a\n      - b\n",
    ],
    [
      "of lines keeps comments and blank lines",
      "tags:\n  # x\n  - a\n\n  # y\n  - b\n",
      { tags: ["a", "b", "c"] },
      "tags:\n  # x\n  - a\n\n  # y\n  - b\n  - c\n",
    ],
    ["of lines keeps the key's comment", "tags: # why\n  - a\n", { tags: ["b"] }, "tags: # why\n  - b\n"],
    [
      "of lines holds nothing in its midst",
      "tags:\n  - a\n",
      { tags: ["a", null, "b"] },
      "tags:\n  - a\n  -\n  - b\n",
    ],
    ["turns round", "tags:\n  - a\n  - b\n", { tags: ["b", "a"] }, "tags:\n  - b\n  - a\n"],
    [
      "is written as the file's other lists are: lines",
      "x:\n- 1\n",
      { tags: ["a"] },
      "x:\n- 1\ntags:\n- a\n",
    ],
    [
      "is written as the file's other lists are: brackets",
      "x: [1]\n",
      { tags: ["a", "b"] },
      "x: [1]\ntags: [a, b]\n",
    ],
  ]);
});

describe("nested data", () => {
  table([
    [
      "changes one key",
      "data:\n  a: 1 # one\n  b: 2 # two\nz: 1\n",
      { data: '{"a":1,"b":3}' },
      "data:\n  a: 1 # one\n  b: 3 # two\nz: 1\n",
    ],
    ["gains a key", "data:\n  a: 1\nz: 1\n", { data: '{"a":1,"b":"x"}' }, "data:\n  a: 1\n  b: x\nz: 1\n"],
    ["loses a key", "data:\n  a: 1\n  b: 2\nz: 1\n", { data: '{"b":2}' }, "data:\n  b: 2\nz: 1\n"],
    ["loses all", "data:\n  a: 1\nz: 1\n", { data: "{}" }, "data: {}\nz: 1\n"],
    [
      "changes deep inside",
      "data:\n  list:\n    - name: a # one\n      url:  x\n    - name: b\n",
      { data: '{"list":[{"name":"a","url":"z"},{"name":"b"}]}' },
      "data:\n  list:\n    - name: a # one\n      url:  z\n    - name: b\n",
    ],
    [
      "gains an item",
      "data:\n  - k: 1\n    l: 2\nz: 1\n",
      { data: '[{"k":1,"l":2},{"k":3,"m":["x"]}]' },
      "data:\n  - k: 1\n    l: 2\n  - k: 3\n    m:\n      - x\nz: 1\n",
    ],
    ["loses an item", "data:\n  - k: 1\n    l: 2\n  - k: 3\n", { data: '[{"k":3}]' }, "data:\n  - k: 3\n"],
    [
      "between braces changes one key",
      "data: { a: 1, b: [x, y] }\n",
      { data: '{"a":2,"b":["x","y"]}' },
      "data: { a: 2, b: [x, y] }\n",
    ],
    [
      "between braces gains a key",
      "data: { a: 1 }\n",
      { data: '{"a":1,"b":"x y"}' },
      "data: { a: 1, b: x y }\n",
    ],
    [
      "between braces loses a key",
      "data: {a: 1, b: 2, c: 3}\n",
      { data: '{"a":1,"c":3}' },
      "data: {a: 1, c: 3}\n",
    ],
    [
      "keeps numbers and texts apart",
      "data:\n  a: '1'\n  b: 1\n",
      { data: '{"a":"2","b":2}' },
      "data:\n  a: '2'\n  b: 2\n",
    ],
    [
      "writes texts that look like something else in quotes",
      "data:\n  a: x\n",
      { data: '{"a":"true"}' },
      'data:\n  a: "true"\n',
    ],
    [
      "from nothing",
      "a: 1\n",
      { data: '{"x":[1,{"y":null}],"z":{}}' },
      "a: 1\ndata:\n  x:\n    - 1\n    - y:\n  z: {}\n",
    ],
    ["becomes a scalar", "data:\n  a: 1\nz: 1\n", { data: "3" }, "data: 3\nz: 1\n"],
    ["was a scalar", "data: 3 # why\nz: 1\n", { data: '{"a":1}' }, "data: # why\n  a: 1\nz: 1\n"],
    [
      "keys nobody maps, one by one",
      "x: 1 # one\ny:  2\n",
      { extra: '{"x":1,"y":3,"w":[]}' },
      "x: 1 # one\ny:  3\nw: []\n",
    ],
    [
      "keys nobody maps go when their column drops them",
      "x: 1\ntitle: A\ny: 2\n",
      { extra: '{"y":2}' },
      "title: A\ny: 2\n",
    ],
    ["keys nobody maps all go with null", "x: 1\ntitle: A\ny: 2\n", { extra: null }, "title: A\n"],
  ]);
});

describe("a text comes back as the very same string", () => {
  const cases: [name: string, text: string, changes: Changes][] = [
    ["when nothing is asked", "---\ntitle: A\n---\n", {}],
    ["when the value is there already", "---\ntitle: 'A' # x\n---\n", { title: "A" }],
    ["when a number is equal: 1.10 is 1.1", "---\nprice: 1.10\n---\n", { price: "1.1" }],
    ["when a number is equal: 0x1F is 31", "---\ncount: 0x1F\n---\n", { count: "31" }],
    ["when an instant is equal", "---\nat: 2024-01-01T12:00:00+02:00\n---\n", { at: "2024-01-01T10:00:00Z" }],
    ["when a day is equal", "---\nday: 2024-1-1\n---\n", { day: "2024-01-01" }],
    ["when a truth is equal", "---\ndraft: TRUE\n---\n", { draft: "true" }],
    ["when a list is equal", "---\ntags:\n  - a\n  - 'b'\n---\n", { tags: ["a", "b"] }],
    ["when JSON is equal", "---\ndata: {b: 1.10, a: [~]}\n---\n", { data: '{"a":[null],"b":1.1}' }],
    ["when nothing is nothing", "---\ntitle: ~\n---\n", { title: null, count: null }],
    ["when the extra keys are equal", "---\nx: 1.0\ntitle: A\n---\n", { extra: '{"x":1}' }],
    ["with a BOM and CRLF", "\uFEFF---\r\ntitle: A\r\n---\r\n", { title: "A" }],
    ["in TOML", "+++\ntitle = 'A'\nprice = 1.10\n+++\n", { title: "A", price: "1.1" }],
    ["in JSON", '{ "title" : "A" ,"price":1.10}\n', { title: "A", price: "1.1" }],
    ["without a header", "Body\n", { title: null }],
    ["when it is empty", "", {}],
  ];
  for (const [name, text, changes] of cases) {
    it(name, () => {
      const document = parseDocument(text);
      assert.ok(renderDocument(document, MAPPING, new Map(Object.entries(changes))) === document.text);
      assert.equal(renderDocument(document, MAPPING, new Map(Object.entries(changes)), document.body), text);
    });
  }
});

describe("the text around", () => {
  const cases: [name: string, text: string, changes: Changes, body: string | undefined, after: string][] = [
    ["a header for a text without one", "Body\n", { title: "A" }, undefined, "---\ntitle: A\n---\nBody\n"],
    ["a header for an empty text", "", { title: "A" }, undefined, "---\ntitle: A\n---\n"],
    [
      "a header with CRLF for a text with CRLF",
      "a\r\nb\r\n",
      { title: "A" },
      undefined,
      "---\r\ntitle: A\r\n---\r\na\r\nb\r\n",
    ],
    ["a header after the BOM", "\uFEFFBody\n", { title: "A" }, undefined, "\uFEFF---\ntitle: A\n---\nBody\n"],
    ["no header for null", "Body\n", { title: null }, "B\n", "B\n"],
    ["the first key between two fences", "---\n---\nB", { title: "A" }, undefined, "---\ntitle: A\n---\nB"],
    ["the first key of a TOML header", "+++\n+++\nB", { title: "A" }, undefined, '+++\ntitle = "A"\n+++\nB'],
    ["the first key of a JSON header", "{}\nB", { title: "A" }, undefined, '{"title": "A"}\nB'],
    [
      "the first key of a fenced JSON header",
      "---json\n---\nB",
      { title: "A" },
      undefined,
      '---json\n{"title": "A"}\n---\nB',
    ],
    ["a BOM", "\uFEFF---\ntitle: A\n---\n", { title: "B" }, undefined, "\uFEFF---\ntitle: B\n---\n"],
    ["a missing last line break", "---\ntitle: A\n---", { title: "B" }, undefined, "---\ntitle: B\n---"],
    [
      "a missing last line break of the body",
      "---\ntitle: A\n---\nBody",
      { title: "B" },
      undefined,
      "---\ntitle: B\n---\nBody",
    ],
    ["another body", "---\ntitle: A\n---\nOld\n", {}, "New", "---\ntitle: A\n---\nNew"],
    [
      "another body and another value",
      "---\ntitle: A\n---\nOld\n",
      { title: "B" },
      "New\n",
      "---\ntitle: B\n---\nNew\n",
    ],
    ["no body any more", "---\ntitle: A\n---\nOld\n", {}, "", "---\ntitle: A\n---\n"],
    ["a body after a fence that ended the file", "---\ntitle: A\n---", {}, "New", "---\ntitle: A\n---\nNew"],
    ["a body after JSON that ended the file", '{"title": "A"}', {}, "New", '{"title": "A"}\nNew'],
    [
      "a body's own line ends",
      "---\ntitle: A\n---\nOld\n",
      {},
      "a\r\nb\r\n",
      "---\ntitle: A\n---\na\r\nb\r\n",
    ],
    ["a body that would read as a header", "Old\n", {}, "---\na: 1\n---\n", "---\n---\n---\na: 1\n---\n"],
    ["a body that would read as JSON", "Old\n", {}, '{"a": 1}\n', '---\n---\n{"a": 1}\n'],
    ["a body that only starts like one", "Old\n", {}, "---\nrule\n", "---\nrule\n"],
    [
      "LF, where a CRLF body follows an LF header",
      "---\na: 1\n---\nx\r\ny\r\n",
      { title: "A" },
      undefined,
      "---\na: 1\ntitle: A\n---\nx\r\ny\r\n",
    ],
    [
      "CRLF, where an LF body follows a CRLF header",
      "---\r\na: 1\r\n---\r\nx\ny\nz\n",
      { title: "A" },
      undefined,
      "---\r\na: 1\r\ntitle: A\r\n---\r\nx\ny\nz\n",
    ],
  ];
  for (const [name, text, changes, body, after] of cases) {
    it(name, () => assert.equal(render(text, changes, body), after));
  }
});

describe("TOML and JSON", () => {
  const cases: [name: string, text: string, changes: Changes, after: string][] = [
    [
      "TOML: one line",
      "+++\n# c\ntitle = 'Old' # why\nx = 1\n+++\n",
      { title: "New" },
      "+++\n# c\ntitle = 'New' # why\nx = 1\n+++\n",
    ],
    ["TOML: alignment", '+++\ntitle   = "Old"\n+++\n', { title: "New" }, '+++\ntitle   = "New"\n+++\n'],
    ["TOML: a number", "+++\ncount = 1_000\n+++\n", { count: "2000" }, "+++\ncount = 2000\n+++\n"],
    ["TOML: a truth", "+++\ndraft = true\n+++\n", { draft: "false" }, "+++\ndraft = false\n+++\n"],
    ["TOML: a day", "+++\nday = 2024-01-01\n+++\n", { day: "2024-02-01" }, "+++\nday = 2024-02-01\n+++\n"],
    [
      "TOML: a quoted day",
      '+++\nday = "2024-01-01"\n+++\n',
      { day: "2024-02-01" },
      '+++\nday = "2024-02-01"\n+++\n',
    ],
    [
      "TOML: an instant in its zone",
      "+++\nat = 2024-01-01T10:00:00+02:00\n+++\n",
      { at: "2024-01-01T09:00:00Z" },
      "+++\nat = 2024-01-01T11:00:00+02:00\n+++\n",
    ],
    ["TOML: infinity", "+++\nprice = 1.5\n+++\n", { price: "-Infinity" }, "+++\nprice = -inf\n+++\n"],
    [
      "TOML: a list",
      "+++\ntags = [ 'a', 'b' ]\n+++\n",
      { tags: ["a", "b", "c"] },
      "+++\ntags = [ 'a', 'b', \"c\" ]\n+++\n",
    ],
    [
      "TOML: a list over lines",
      '+++\ntags = [\n  "a",\n  "b",\n]\n+++\n',
      { tags: ["a", "c"] },
      '+++\ntags = [\n  "a",\n  "c",\n]\n+++\n',
    ],
    [
      "TOML: inline data",
      "+++\ndata = { a = 1, b = 'x' }\n+++\n",
      { data: '{"a":2,"b":"x"}' },
      "+++\ndata = { a = 2, b = 'x' }\n+++\n",
    ],
    ["TOML: null removes", "+++\ntitle = 'A'\nx = 1\n+++\n", { title: null }, "+++\nx = 1\n+++\n"],
    ["TOML: undefined removes", "+++\ntitle = 'A'\nx = 1\n+++\n", { title: undefined }, "+++\nx = 1\n+++\n"],
    [
      "TOML: a new key goes before the tables",
      "+++\nx = 1\n\n[t]\ny = 2\n+++\n",
      { title: "A" },
      '+++\nx = 1\ntitle = "A"\n\n[t]\ny = 2\n+++\n',
    ],
    [
      "TOML: a new key where only tables are",
      "+++\n[t]\ny = 2\n+++\n",
      { title: "A" },
      '+++\ntitle = "A"\n[t]\ny = 2\n+++\n',
    ],
    ["TOML: a new day", "+++\nx = 1\n+++\n", { day: "2024-01-01" }, "+++\nx = 1\nday = 2024-01-01\n+++\n"],
    [
      "TOML: CRLF",
      "+++\r\ntitle = 'A'\r\n+++\r\n",
      { title: "B", count: "1" },
      "+++\r\ntitle = 'B'\r\ncount = 1\r\n+++\r\n",
    ],
    [
      "JSON: one value",
      '{\n  "title": "Old",\n  "x":  1\n}\nB',
      { title: "New" },
      '{\n  "title": "New",\n  "x":  1\n}\nB',
    ],
    [
      "JSON: a new key, in its own lines",
      '{\n  "x": 1,\n  "y": 2\n}\n',
      { title: "A" },
      '{\n  "x": 1,\n  "y": 2,\n  "title": "A"\n}\n',
    ],
    [
      "JSON: a second key, in its own lines",
      '{\n  "x": 1\n}\n',
      { title: "A" },
      '{\n  "x": 1,\n  "title": "A"\n}\n',
    ],
    [
      "JSON: a key goes",
      '{\n  "x": 1,\n  "title": "A",\n  "y": 2\n}\n',
      { title: undefined },
      '{\n  "x": 1,\n  "y": 2\n}\n',
    ],
    ["JSON: the first key goes", '{"title": "A", "y": 2}\n', { title: undefined }, '{"y": 2}\n'],
    ["JSON: the only key goes", '{"title": "A"}\n', { title: undefined }, "{}\n"],
    ["JSON: null", '{"title": "A"}\n', { title: null }, '{"title": null}\n'],
    ["JSON: from null", '{"title": null}\n', { title: "A" }, '{"title": "A"}\n'],
    [
      "JSON: numbers keep all digits",
      '{"price": 1}\n',
      { price: "123456789012345678901234567890.5" },
      '{"price": 123456789012345678901234567890.5}\n',
    ],
    ["JSON: a list", '{"tags": [ "a" ]}\n', { tags: ["a", "b"] }, '{"tags": [ "a", "b" ]}\n'],
    ["JSON: fenced", '---json\n{"title": "A"}\n---\n', { title: "B" }, '---json\n{"title": "B"}\n---\n'],
  ];
  for (const [name, text, changes, after] of cases)
    it(name, () => assert.equal(render(text, changes), after));
});

describe("what cannot be changed in place is refused by name, line and rule", () => {
  const cases: [name: string, text: string, changes: Changes, key: string, refused: string][] = [
    ["an alias", "---\na: &x Old\ntitle: *x\n---\n", { title: "New" }, "title", "alias 3:8"],
    ["an alias inside", "---\na: &x 1\ndata:\n  b: *x\n---\n", { data: '{"b":2}' }, "data", "alias 4:6"],
    ["what others borrow", "---\ntitle: &x Old\na: *x\n---\n", { title: "New" }, "title", "anchor 2:11"],
    [
      "what others borrow inside",
      "---\ndata:\n  b: &x 1\n  c: 2\na: *x\n---\n",
      { data: '{"b":1,"c":3}' },
      "data",
      "anchor 3:9",
    ],
    [
      "what is borrowed, removed",
      "---\ntitle: &x Old\na: *x\n---\n",
      { title: undefined },
      "title",
      "anchor 2:11",
    ],
    [
      "what a merge key brings",
      "---\nb: &b {title: A}\n<<: *b\n---\n",
      { title: "New" },
      "title",
      "merge 3:5",
    ],
    ["a tag", "---\ntitle: !foo Old\n---\n", { title: "New" }, "title", "tag 2:13"],
    ["a core tag", "---\ntitle: !!str 12\n---\n", { title: "New" }, "title", "tag 2:14"],
    ["a lone pair in a list", "---\ndata: [a: 1]\n---\n", { data: '[{"a":2}]' }, "data", "lone-pair 2:8"],
    ["a TOML table", "+++\n[data]\na = 1\n+++\n", { data: '{"a":2}' }, "data", "table 2:1"],
    ["TOML tables", "+++\n[[data]]\na = 1\n+++\n", { data: '[{"a":2}]' }, "data", "table 2:1"],
    ["a dotted TOML key", "+++\ndata.a = 1\n+++\n", { data: '{"a":2}' }, "data", "dotted-key 2:1"],
    [
      "a multi-line TOML string",
      '+++\ntitle = """\nOld"""\n+++\n',
      { title: "New" },
      "title",
      "multi-line-string 2:9",
    ],
    ["null in new TOML data", "+++\nx = 1\n+++\n", { data: '{"a":null}' }, "data", "no-null 2:1"],
    ["null in a TOML list", '+++\ntags = ["a"]\n+++\n', { tags: ["a", null] }, "tags", "no-null 2:1"],
    [
      "more than a header may hold",
      "---\ntitle: Old\n---\n",
      { title: "x".repeat(MAX_HEADER_LENGTH) },
      "title",
      "header-too-large 2:1",
    ],
  ];
  for (const [name, text, changes, key, refused] of cases) {
    it(name, () => {
      const run = () => render(text, changes);
      assert.equal(refusedAs(run), `CANNOT_SPLICE ${refused}`);
      const { message, hint } = refusal(run);
      assert.ok(message.startsWith(`Cannot change the field "${key}" in place: `), message);
      assert.match(hint ?? "", /^[A-Z].*\.$/);
    });
  }

  it("but their neighbours can be changed", () => {
    const aliased = "---\na: &x Old\nb: *x\ntitle: A\n---\n";
    assert.equal(render(aliased, { title: "B" }), aliased.replace("A", "B"));
    const toml = '+++\ntitle = "A"\nm = """\nx\n"""\na.b = 1\n[t]\nc = 1\n+++\n';
    assert.equal(render(toml, { title: "B" }), toml.replace("A", "B"));
    const merged = "---\nb: &b {x: A}\n<<: *b\ntitle: A\n---\n";
    assert.equal(render(merged, { title: "B" }), merged.replace("title: A", "title: B"));
  });

  it("and an extra column that is no object, or holds a mapped key, is refused", () => {
    assert.equal(
      refusedAs(() => render("---\na: 1\n---\n", { extra: "[1]" })),
      "CANNOT_SPLICE extra-not-object",
    );
    const mapped = () => render("---\na: 1\n---\n", { extra: '{"title":"x"}' });
    assert.equal(refusedAs(mapped), "CANNOT_SPLICE extra-key-mapped");
  });

  it("and so is a body or value UTF-8 or Postgres cannot hold", () => {
    for (const changes of [{ title: "a\0b" }, { title: "\ud800" }]) {
      assert.equal(refusal(() => render("---\ntitle: Old\n---\n", changes)).code, "CANNOT_SPLICE");
    }
  });
});

describe("a new document", () => {
  const types: Record<string, ColumnType> = { title: "text", tags: "text[]", count: "int8", data: "jsonb" };
  const mapping = mappingOf(types, "extra");

  it("holds its fields in the mapping's order, then the extra ones, and no empty ones", () => {
    const fields = {
      extra: '{"a":{"b":null},"z":1}',
      data: '{"k":["v"]}',
      tags: ["a", "b"],
      title: "A",
      count: null,
    };
    assert.equal(
      newDocument(mapping, fields, "Body\n"),
      "---\ntitle: A\ntags:\n  - a\n  - b\ndata:\n  k:\n    - v\na:\n  b:\nz: 1\n---\nBody\n",
    );
  });

  it("is only its body when no field holds anything", () => {
    assert.equal(newDocument(mapping, { title: null }, "Body\n"), "Body\n");
    assert.equal(newDocument(mapping, {}, ""), "");
  });

  it("keeps a body that reads as a header, and one that starts with a BOM", () => {
    for (const body of [
      "---\na: 1\n---\n",
      "---js\n1\n---\n",
      '{"a":1}\n',
      "\uFEFFx",
      "+++\n+++\n",
      "\r\n",
      "---",
    ]) {
      for (const fields of [{}, { title: "A" }] as Fields[]) {
        const document = parseDocument(newDocument(mapping, fields, body));
        assert.equal(document.body, body);
        assert.ok(sameValue(readFields(document, mapping).title, fields.title));
      }
    }
  });
});

/**
 * What holds for every edit: what was written reads back, what was not touched keeps its bytes, and nothing changes
 * when nothing did. fast-check prints the seed of a failure.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonical, sameValue } from "./canonical.ts";
import { parseDocument } from "./document.ts";
import { readFields } from "./field-value.ts";
import type { Mapping } from "./mapping.ts";
import { newDocument, renderDocument } from "./render.ts";
import type { ColumnType, Fields, Value } from "./value.ts";

const TRICKY =
  `|yes|No|null|~|1.10|012|0x1F|1_000|12:30:45|2024-01-01|.inf|-|- a|a: b|a #b|#a|:a|a:|"|'|it's|"a"|[|{a}|a, b|
*x|&x|!x|%x|@x|\`x\`|?|? a|>|\\|---|...|<<|=| a|a |a\tb|\ta|a\nb|a\n|\na|a\n\n|a\n\nb\n|a\n  b|  a\nb|a\n \nb|é|\u0085|\u2028|\uFEFF|\u0007|a\r\nb|😀|
long words that go on and on so that a folded scalar has to break them somewhere, which it does at single blanks|true|on|{{ x }}|key: |`
    .split("|")
    .map((text) => text.replace(/^\n/, ""));
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TRICKY) },
  fc.tuple(fc.constantFrom(...TRICKY), fc.constantFrom(...TRICKY)).map(([a, b]) => a + b),
  fc
    .string({ unit: "grapheme", maxLength: 20 })
    .filter((value) => value.isWellFormed() && !value.includes("\0")),
);
const json = fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" }).filter((value) => {
  const source = JSON.stringify(value);
  return (
    value !== null &&
    source.isWellFormed() &&
    !/\\u0000|\\ud[89a-f]/i.test(source) &&
    !/"__proto__"/.test(source)
  );
});
const when = fc.date({
  min: new Date("0001-01-01T00:00:00Z"),
  max: new Date("9999-12-31T00:00:00Z"),
  noInvalidDate: true,
});

const values: Readonly<Record<ColumnType, fc.Arbitrary<Value>>> = {
  text,
  enum: fc.constantFrom("draft", "in review", "no"),
  bool: fc.constantFrom("true", "false"),
  int2: fc.integer({ min: -32768, max: 32767 }).map(String),
  int4: fc.integer().map(String),
  int8: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  numeric: fc.oneof(
    fc.constantFrom("NaN", "Infinity", "-Infinity"),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value) => canonical("numeric", String(value)) as string),
  ),
  float8: fc.double().map((value) => canonical("float8", String(value)) as string),
  date: fc.oneof(
    fc.constantFrom("infinity", "0044-03-15 BC", "12024-01-01"),
    when.map((date) => date.toISOString().slice(0, 10)),
  ),
  timestamptz: fc.oneof(
    fc.constantFrom("-infinity", "0044-03-15T12:00:00.5Z BC", "2024-01-01T00:00:00.000001Z"),
    when.map((date) => canonical("timestamptz", date.toISOString()) as string),
  ),
  uuid: fc.uuid(),
  "text[]": fc.array(fc.option(text), { maxLength: 5 }),
  jsonb: json.map((value) => canonical("jsonb", JSON.stringify(value))),
};

const TYPES = Object.keys(values) as ColumnType[];
const mapping: Mapping = {
  fields: TYPES.map((type) => ({
    field: `f ${type}`.replace(/\W+$/, " list"),
    column: type,
    type,
    labels: type === "enum" ? ["draft", "in review", "no"] : undefined,
  })),
  extra: "extra",
};

const someFields = fc.record(Object.fromEntries(TYPES.map((type) => [type, fc.option(values[type])])), {
  requiredKeys: [],
}) as fc.Arbitrary<Fields>;
const extra = fc
  .dictionary(
    fc.oneof(
      text.filter((key) => key !== "" && key.length < 60),
      fc.constantFrom("x", "n", "y z"),
    ),
    json,
    { maxKeys: 3 },
  )
  .map((object) => canonical("jsonb", JSON.stringify(object)) as string)
  .filter((object) => !object.includes('"f '));
const body = fc.oneof(
  fc.constantFrom("", "body\n", "---\na: 1\n---\n", "\uFEFFx", "{}\n", "\r\nx", "---js\nx\n---\n"),
  text,
);

function held(fields: Fields): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

function sameFields(actual: Fields, expected: Fields, why: string): void {
  const [a, b] = [held(actual), held(expected)];
  for (const column of new Set([...Object.keys(a), ...Object.keys(b)])) {
    assert(
      sameValue(a[column], b[column]),
      `${why}: ${column} is ${JSON.stringify(a[column])}, not ${JSON.stringify(b[column])}`,
    );
  }
}

test("a new document reads back as what it was made of", () => {
  fc.assert(
    fc.property(someFields, extra, body, (fields, more, content) => {
      const wanted = more === "{}" ? fields : { ...fields, extra: more };
      const written = newDocument(mapping, wanted, content);
      const document = parseDocument(written);
      assert.equal(document.body, content);
      sameFields(readFields(document, mapping), wanted, written);
      assert.equal(
        renderDocument(document, mapping, new Map(Object.entries(readFields(document, mapping)))),
        written,
      );
    }),
    { numRuns: 400 },
  );
});

/** A header as people write one: each key in a style of its own, with comments, blank lines and unknown keys between. */
const STYLES: Readonly<Record<string, readonly string[]>> = {
  text: [
    "old",
    "'old one'",
    '"old\\n1"',
    "1.10",
    "yes",
    "|\n  a\n  b\n",
    "|+\n  a\n\n",
    ">-\n  folded text\n  goes on\n\n  and on",
    "",
    "~",
    "!!str 12",
    "a\n  b",
  ],
  enum: ["draft", "'draft'", "no"],
  bool: ["true", "'true'", "False", ""],
  int2: ["1", '"1"', "0x1F", ""],
  int4: ["1", "+1"],
  int8: ["9007199254740993"],
  numeric: ["1.10", "-0.0", ".inf", "1e3"],
  float8: ["1.5", ".nan", "'2'"],
  date: ["2024-01-31", '"2024-01-31"', "infinity"],
  timestamptz: ["2024-01-31", "2024-01-31 10:00:00 +0200", "2024-01-31T10:00:00.500Z", '"2024-01-31T10:00Z"'],
  uuid: ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"],
  "text[]": [
    "[a, 'b', \"c\"]",
    "[ a ]",
    "[]",
    "",
    "\n  - a # one\n  # two\n  - b\n  - c",
    "\n- a\n- 'b'\n-",
    "[\n    a, # one\n    b,\n  ]",
    "\n  - |\n    x\n  - y",
  ],
  jsonb: [
    "{a: 1, b: [x, 'y'], c: {}}",
    "\n  a: 1 # one\n  # two\n  b:\n    - x\n    - k: v\n      l: w\n  c: {d: e}",
    "\n  - n: a\n    v: 1\n\n  - n: b\n    v: [1, 2]",
    "\n- - a\n  - b\n- c",
    "text",
    '"quoted"',
    "3",
    "",
    "[1, [2, {a: b}], null]",
  ],
};
const comment = fc.constantFrom("", "", "", " # comment", "   # äöü: [");
const between = fc.constantFrom(
  "",
  "",
  "",
  "\n",
  "# comment: x\n",
  "unknown: {a: [1,  2]}\n",
  "  # indented\n",
  "u2 :   'x'  # y\n",
);
const line = (type: ColumnType): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...(STYLES[type] as string[])), comment, fc.constantFrom(" ", "    "))
    .map(([source, tail, gap]) => {
      const { field } = mapping.fields.find((held) => held.type === type) ?? assert.fail();
      const simple = !source.includes("\n");
      return `${field}:${source === "" || source.startsWith("\n") ? "" : gap}${source}${simple ? tail : ""}\n`;
    });
const header = fc
  .shuffledSubarray(TYPES, { minLength: 0 })
  .chain((types) => fc.tuple(...types.map((type) => fc.tuple(between, line(type)))))
  .map((parts) => {
    const seen = new Set<string>();
    // An unknown key may stand once.
    return parts
      .map(([gap, key]) => (/^u/.test(gap) && seen.has(gap) ? key : seen.add(gap) && gap + key))
      .join("");
  });
const file = fc
  .tuple(header, fc.boolean(), fc.boolean(), fc.constantFrom("body\n", "", "b\r\nc"))
  .map(([source, crlf, bom, content]) => {
    const lf = `${bom ? "\uFEFF" : ""}---\n${source}---\n`;
    return (crlf ? lf.replaceAll("\n", "\r\n") : lf) + content;
  });
const edits = fc
  .dictionary(fc.constantFrom(...TYPES), fc.nat(), { maxKeys: 4, minKeys: 1 })
  .chain((chosen) => {
    const columns = Object.keys(chosen) as ColumnType[];
    return fc.tuple(
      ...columns.map((type) =>
        fc.tuple(fc.constant(type), fc.option(fc.option(values[type]), { nil: undefined })),
      ),
    );
  });

test("an edit of a YAML header reads back, and leaves every other line alone", () => {
  fc.assert(
    fc.property(file, edits, (before, changes) => {
      const document = parseDocument(before);
      const fields = readFields(document, mapping);
      assert.equal(renderDocument(document, mapping, new Map(Object.entries(fields))), before);
      let after: string;
      try {
        after = renderDocument(document, mapping, new Map(changes as [string, Value | undefined][]));
      } catch (error) {
        // Refused: a tag, and removing the key that keeps a comment or blank lines out of a block scalar above it.
        const { rule = "", message } = error as { rule?: string; message: string };
        const refusable = / {2}# indented|\|\+/.test(before) ? ["tag", "neighbour"] : ["tag"];
        assert(refusable.includes(rule), `${message} in ${JSON.stringify(before)}`);
        return;
      }
      const read = parseDocument(after);
      assert.equal(read.body, document.body);
      sameFields(
        readFields(read, mapping),
        { ...fields, ...Object.fromEntries(changes) } as Fields,
        JSON.stringify([before, after]),
      );
      const changed = new Set(
        changes.map(([type]) => mapping.fields.find((field) => field.type === type)?.field),
      );
      const kept = before.split("\n").filter((_, index) => !ownedBy(before, changed, index));
      let at = 0;
      for (const text of after.split("\n")) if (text === kept[at]) at++;
      assert.equal(
        at,
        kept.length,
        `line ${JSON.stringify(kept[at])} is gone: ${JSON.stringify([before, after])}`,
      );
      if (/^.?---\r/.test(before))
        assert.equal(after.slice(0, read.bodyStart).replaceAll("\r\n", "").includes("\n"), false, after);
      assert.equal(renderDocument(read, mapping, new Map(Object.entries(readFields(read, mapping)))), after);
    }),
    { numRuns: 2500 },
  );
});

/** Whether a line (from 0) holds a part of one of some keys' values. */
function ownedBy(text: string, keys: ReadonlySet<string | undefined>, line: number): boolean {
  const document = parseDocument(text);
  return [...document.entries.values()].some(({ key, keyStart, value }) => {
    const first = text.slice(0, keyStart).split("\n").length - 1;
    const last = text.slice(0, value.end).split("\n").length - 1;
    return keys.has(key) && first <= line && line <= last;
  });
}

const OTHER_HEADERS = [
  '{\n  "f text": "old",\n  "f list": ["a",  "b"], "f int4":1,\n\t"unknown": {"a": [1, 2]},\n  "f jsonb": {"a": 1, "b": [ 1 ]}\n}\n',
  '{"f text": "1.10"}\n',
  "{}\n",
  '---json\n{ "f bool": true }\n---\n',
  '+++\n"f text" = "old" # c\n"f list" = ["a", \'b\'] # d\n\n# e\n"f int4"   = 1_0\nunknown.a = 1\n"f timestamptz" = 1979-05-27T07:32:00-08:00\n"f jsonb" = { a = 1, b = [ 2 ] }\n[table]\nx = 1\n[[many]]\ny = 2\n+++\n',
  "+++\n+++\n",
  "---toml\n[only]\na = 1\n---\n",
];

test("an edit of a JSON or TOML header reads back, or is refused for a null TOML does not have", () => {
  fc.assert(
    fc.property(fc.constantFrom(...OTHER_HEADERS), edits, fc.boolean(), (source, changes, crlf) => {
      const before = crlf ? source.replaceAll("\n", "\r\n") : source;
      const document = parseDocument(before);
      const fields = readFields(document, mapping);
      assert.equal(renderDocument(document, mapping, new Map(Object.entries(fields))), before);
      let after: string;
      try {
        after = renderDocument(document, mapping, new Map(changes as [string, Value | undefined][]));
      } catch (error) {
        const { rule, message } = error as { rule?: string; message: string };
        assert.equal(
          document.language === "toml" && rule,
          "no-null",
          `${message} in ${JSON.stringify([before, changes])}`,
        );
        return;
      }
      const wanted = { ...fields, ...Object.fromEntries(changes) } as Fields;
      sameFields(readFields(parseDocument(after), mapping), wanted, JSON.stringify([before, after]));
    }),
    { numRuns: 1500 },
  );
});

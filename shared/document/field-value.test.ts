import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FrontrowError } from "../errors.ts";
import { parseDocument } from "./document.ts";
import { readFields } from "./field-value.ts";
import { mappingOf, refusal, refusedAs, yaml } from "./test-documents.ts";
import { COLUMN_TYPES, type ColumnType, type Value } from "./value.ts";

const read = (source: string, type: ColumnType, labels?: readonly string[]): Value | undefined =>
  readFields(yaml(`k: ${source}`), {
    fields: [{ field: "k", column: "k", type, ...(labels ? { labels } : {}) }],
  }).k;

describe("what readers disagree on is decided by the column", () => {
  const no = Symbol("refused");
  type Cell = string | null | typeof no;
  const TYPES = ["numeric", "int8", "bool", "date", "timestamptz"] as const;
  /** The text column always holds the source itself. jsonb follows the YAML 1.2 core schema. */
  const cases: [
    source: string,
    numeric: Cell,
    int8: Cell,
    bool: Cell,
    date: Cell,
    timestamptz: Cell,
    jsonb: string,
  ][] = [
    ["yes", no, no, no, no, no, '"yes"'],
    ["no", no, no, no, no, no, '"no"'],
    ["on", no, no, no, no, no, '"on"'],
    ["off", no, no, no, no, no, '"off"'],
    ["y", no, no, no, no, no, '"y"'],
    ["NO", no, no, no, no, no, '"NO"'],
    ["True", no, no, "true", no, no, "true"],
    ["FALSE", no, no, "false", no, no, "false"],
    ["012", "12", "12", no, no, no, "12"],
    ["0o14", "12", "12", no, no, no, "12"],
    ["0x1F", "31", "31", no, no, no, "31"],
    ["1_000", no, no, no, no, no, '"1_000"'],
    ["1e3", "1000", no, no, no, no, "1000"],
    ["1E400", `1${"0".repeat(400)}`, no, no, no, no, `1${"0".repeat(400)}`],
    ["12:30:45", no, no, no, no, no, '"12:30:45"'],
    ["12:30", no, no, no, no, no, '"12:30"'],
    ["2024-01-01", no, no, no, "2024-01-01", "2024-01-01T00:00:00Z", '"2024-01-01"'],
    ["2024-1-1", no, no, no, "2024-01-01", "2024-01-01T00:00:00Z", '"2024-1-1"'],
    ["2024-01-01 10:00:00", no, no, no, no, "2024-01-01T10:00:00Z", '"2024-01-01 10:00:00"'],
    ["2024-01-01T10:00:00Z", no, no, no, no, "2024-01-01T10:00:00Z", '"2024-01-01T10:00:00Z"'],
    ["2024-01-01T10:00:00+02:00", no, no, no, no, "2024-01-01T08:00:00Z", '"2024-01-01T10:00:00+02:00"'],
    ["12345678901234567890", "12345678901234567890", no, no, no, no, "12345678901234567890"],
    ["9007199254740993", "9007199254740993", "9007199254740993", no, no, no, "9007199254740993"],
    ["1.10", "1.1", no, no, no, no, "1.1"],
    ["1.0", "1", no, no, no, no, "1"],
    ["+1", "1", "1", no, no, no, "1"],
    [".5", "0.5", no, no, no, no, "0.5"],
    ["-0", "0", "0", no, no, no, "0"],
    [".inf", "Infinity", no, no, no, no, '".inf"'],
    [".nan", "NaN", no, no, no, no, '".nan"'],
    ["=", no, no, no, no, no, '"="'],
    ["<<", no, no, no, no, no, '"<<"'],
  ];
  for (const [source, ...cells] of cases) {
    it(source, () => {
      assert.equal(read(source, "text"), source);
      assert.equal(read(source, "jsonb"), cells[5]);
      for (const [index, type] of TYPES.entries()) {
        const expected = cells[index] as Cell;
        if (expected === no) {
          assert.equal(
            refusedAs(() => read(source, type)),
            `SCHEMA_VIOLATION not-${type} 2:4`,
          );
        } else assert.equal(read(source, type), expected, type);
      }
    });
  }

  const special: [source: string, text: string, jsonb: string][] = [
    ['"1.0"', "1.0", '"1.0"'],
    ["'yes'", "yes", '"yes"'],
    ["a #b", "a", '"a"'],
    ["&a b", "b", '"b"'],
    ["!foo bar", "bar", '"bar"'],
    ["!!str 12", "12", '"12"'],
    ["!!binary aGk=", "aGk=", '"aGk="'],
    ["a\n  b", "a b", '"a b"'],
    [">\n  a\n  b", "a b\n", '"a b\\n"'],
    ["|\n  a\n  b", "a\nb\n", '"a\\nb\\n"'],
    ['"a\n  b"', "a b", '"a b"'],
    ['"\\u00e9\\t\\u2028"', "é\t\u2028", '"é\\t\u2028"'],
  ];
  for (const [source, text, jsonb] of special) {
    it(JSON.stringify(source), () => {
      assert.equal(read(source, "text"), text);
      assert.equal(read(source, "jsonb"), jsonb);
    });
  }

  it("and nothing, in each of its spellings, is null in every column", () => {
    for (const source of ["", "~", "null", "Null", "NULL", "# a comment"]) {
      for (const type of COLUMN_TYPES) assert.equal(read(source, type), null, `${source} in ${type}`);
    }
    assert.equal(read('""', "text"), "");
    assert.equal(read('"null"', "text"), "null");
  });
});

describe("a column", () => {
  const cases: [type: ColumnType, source: string, value: Value][] = [
    ["text", "it's a#b:c", "it's a#b:c"],
    ["enum", "yes", "yes"],
    ["bool", '"true"', "true"],
    ["int2", "-32768", "-32768"],
    ["int4", "2147483647", "2147483647"],
    ["int8", "-9223372036854775808", "-9223372036854775808"],
    ["numeric", "123456789012345678901234567890.12345", "123456789012345678901234567890.12345"],
    ["numeric", "1e-30", `0.${"0".repeat(29)}1`],
    ["numeric", "-.Inf", "-Infinity"],
    ["numeric", "5.", "5"],
    ["float8", "1e21", "1e+21"],
    ["float8", "0.1000", "0.1"],
    ["float8", "12345678901234567890", "12345678901234567000"],
    ["float8", "-.inf", "-Infinity"],
    ["date", "0044-03-15 BC", "0044-03-15 BC"],
    ["date", "infinity", "infinity"],
    ["date", "10000-01-01", "10000-01-01"],
    ["timestamptz", "2024-01-01T10:00:00.123456+05:30", "2024-01-01T04:30:00.123456Z"],
    ["timestamptz", "2024-01-01T10:00:00.500Z", "2024-01-01T10:00:00.5Z"],
    ["timestamptz", "2024-01-01 10:00", "2024-01-01T10:00:00Z"],
    ["timestamptz", "2024-01-01 23:00:00 -05:00", "2024-01-02T04:00:00Z"],
    ["timestamptz", "-infinity", "-infinity"],
    ["uuid", "0190F5FE-7C00-7A00-8000-00000000000A", "0190f5fe-7c00-7a00-8000-00000000000a"],
    ["text[]", "[yes, 1.10, 'a b', null, \"\"]", ["yes", "1.10", "a b", null, ""]],
    ["text[]", "[]", []],
    ["text[]", "\n  - 2024-01-01\n  -\n  - ~\n  - x # why", ["2024-01-01", null, null, "x"]],
    ["jsonb", "{b: [1.10, no, ~], a: {d: 1e2, c: 'x'}}", '{"a":{"c":"x","d":100},"b":[1.1,"no",null]}'],
    ["jsonb", "[]", "[]"],
  ];
  for (const [type, source, value] of cases) {
    it(`${type} holds ${JSON.stringify(source)}`, () => assert.deepEqual(read(source, type), value));
  }

  const refused: [type: ColumnType, source: string, refused: string][] = [
    ["text", "[a]", "not-a-scalar 2:4"],
    ["text", "\n  a: b", "not-a-scalar 3:3"],
    ["bool", "1", "not-bool 2:4"],
    ["bool", "t", "not-bool 2:4"],
    ["int2", "32768", "not-int2 2:4"],
    ["int4", "2147483648", "not-int4 2:4"],
    ["int8", "9223372036854775808", "not-int8 2:4"],
    ["int8", "1.0", "not-int8 2:4"],
    ["int8", "''", "not-int8 2:4"],
    ["numeric", "twelve", "not-numeric 2:4"],
    ["numeric", "1e999999999", "not-numeric 2:4"],
    ["numeric", "1e-16384", "not-numeric 2:4"],
    ["float8", "1e400", "not-float8 2:4"],
    ["float8", "1e-400", "not-float8 2:4"],
    ["date", "2023-02-29", "not-date 2:4"],
    ["date", "2024-01-01T00:00:00Z", "not-date 2:4"],
    ["date", "5874898-01-01", "not-date 2:4"],
    ["date", "0000-01-01", "not-date 2:4"],
    ["timestamptz", "2024-01-01T24:00:00Z", "not-timestamptz 2:4"],
    ["timestamptz", "2024-01-01T10:60:00Z", "not-timestamptz 2:4"],
    ["timestamptz", "2024-01-01T10:00:60Z", "not-timestamptz 2:4"],
    ["timestamptz", "2024-01-01T10:00:00+16:00", "not-timestamptz 2:4"],
    ["timestamptz", "294277-01-01", "not-timestamptz 2:4"],
    ["timestamptz", "yesterday", "not-timestamptz 2:4"],
    ["uuid", "0190f5fe", "not-uuid 2:4"],
    ["enum", "Yes", "not-a-label 2:4"],
    ["enum", "{a: b}", "not-a-scalar 2:4"],
    ["text[]", "one", "not-a-list 2:4"],
    ["text[]", "{a: b}", "not-a-list 2:4"],
    ["text[]", "\n  - a\n  - [b]", "not-a-scalar 4:5"],
    ["jsonb", "[1e131071]", "number-too-long 2:5"],
  ];
  for (const [type, source, rule] of refused) {
    it(`${type} cannot hold ${JSON.stringify(source)}, and says what it wants`, () => {
      const run = () => read(source, type, type === "enum" ? ["yes", "no"] : undefined);
      assert.equal(refusedAs(run), `SCHEMA_VIOLATION ${rule}`);
      const { message, hint } = refusal(run);
      if (type !== "jsonb") assert.match(message, /^Cannot read the field "k" as it must be /);
      assert.match(hint ?? "", /^[A-Z].*\.$/);
    });
  }

  it("never repeats what it cannot hold", () => {
    for (const type of COLUMN_TYPES) {
      if (type === "text" || type === "enum" || type === "jsonb") continue;
      assert.doesNotMatch(JSON.stringify(refusal(() => read("hunter2", type))), /hunter2/);
    }
  });

  it("cannot hold what Postgres cannot: NUL, half a surrogate pair", () => {
    assert.equal(
      refusedAs(() => read('"\\0"', "text")),
      "NUL_BYTE nul-byte 2:4",
    );
    assert.equal(
      refusedAs(() => read('"\\ud800"', "text")),
      "NOT_WELL_FORMED lone-surrogate 2:4",
    );
    assert.equal(
      refusedAs(() => read('["a", "\\0"]', "text[]")),
      "NUL_BYTE nul-byte 2:10",
    );
    assert.equal(
      refusedAs(() => read('{"\\0": 1}', "jsonb")),
      "NUL_BYTE nul-byte 2:5",
    );
    assert.equal(
      refusedAs(() => read('{a: "\\udc00"}', "jsonb")),
      "NOT_WELL_FORMED lone-surrogate 2:8",
    );
    assert.equal(read('"\\ud83c\\udf31"', "text"), "🌱");
  });
});

describe("the fields of a document", () => {
  it("are those the header has: a missing key is no opinion, an empty one is null", () => {
    const fields = readFields(yaml("a:\nb: x"), mappingOf({ a: "text", b: "text", c: "text" }));
    assert.deepEqual({ ...fields }, { a: null, b: "x" });
  });

  it("go by column, whatever the key is called", () => {
    const mapping = { fields: [{ field: "last active", column: "last_active", type: "date" as const }] };
    assert.deepEqual(
      { ...readFields(yaml("last active: 2024-01-01"), mapping) },
      { last_active: "2024-01-01" },
    );
  });

  it("leave every other key to the extra column, as one JSON object", () => {
    const mapping = mappingOf({ title: "text" }, "extra");
    const fields = readFields(yaml("z: 1.10\ntitle: A\na: [x, {b: ~}]"), mapping);
    assert.deepEqual({ ...fields }, { title: "A", extra: '{"a":["x",{"b":null}],"z":1.1}' });
    assert.deepEqual({ ...readFields(yaml("title: A"), mapping) }, { title: "A" });
  });

  it("are the same in YAML, TOML and JSON", () => {
    const types = { t: "text", n: "numeric", b: "bool", d: "timestamptz", l: "text[]", j: "jsonb" } as const;
    const expected = {
      t: "x",
      n: "1.1",
      b: "true",
      d: "2024-01-01T10:00:00Z",
      l: ["a", "b"],
      j: '{"k":[1,"2"]}',
    };
    const texts = [
      "---\nt: x\nn: 1.10\nb: true\nd: 2024-01-01T10:00:00Z\nl: [a, b]\nj: {k: [1, '2']}\n---\n",
      '+++\nt = "x"\nn = 1.10\nb = true\nd = 2024-01-01T10:00:00Z\nl = ["a", "b"]\n[j]\nk = [1, "2"]\n+++\n',
      '{"t":"x","n":1.10,"b":true,"d":"2024-01-01T10:00:00Z","l":["a","b"],"j":{"k":[1,"2"]}}\n',
    ];
    for (const text of texts)
      assert.deepEqual({ ...readFields(parseDocument(text), mappingOf(types)) }, expected);
  });

  it("in TOML keep their digits too", () => {
    const document = parseDocument(
      "+++\na = 1_000\nb = 0b101\nc = inf\nd = 9007199254740993\ne = 07:32:00\nf = -nan\n+++\n",
    );
    const types = { a: "int8", b: "int4", c: "float8", d: "int8", e: "text", f: "float8" } as const;
    const expected = { a: "1000", b: "5", c: "Infinity", d: "9007199254740993", e: "07:32:00", f: "NaN" };
    assert.deepEqual({ ...readFields(document, mappingOf(types)) }, expected);
  });

  it("in TOML tables, dotted keys and multi-line strings are read like any other", () => {
    const text =
      '+++\na.b.c = 1\n[t]\nx = """\none\ntwo"""\n[t.u]\ny = [1,\n 2]\n[[l]]\nz = 1\n[[l]]\nz = 2\n[l.m]\n"q k" = 3\n+++\n';
    const { all } = readFields(parseDocument(text), { fields: [], extra: "all" });
    assert.deepEqual(JSON.parse(all as string), {
      a: { b: { c: 1 } },
      t: { x: "one\ntwo", u: { y: [1, 2] } },
      l: [{ z: 1 }, { z: 2, m: { "q k": 3 } }],
    });
  });

  it("stop at the first that cannot be held, with its line", () => {
    const error = refusal(() => readFields(yaml("a: 1\n\nb: x"), mappingOf({ a: "int4", b: "int4" })));
    assert.ok(error instanceof FrontrowError);
    assert.deepEqual([error.line, error.column], [4, 4]);
  });
});

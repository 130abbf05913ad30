import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonical, sameValue } from "./canonical.ts";
import { digest, digestText } from "./digest.ts";
import { readFields } from "./field-value.ts";
import { refusal, refusedAs, yaml } from "./test-documents.ts";
import { toJs } from "./to-js.ts";
import type { ColumnType, Fields, Value } from "./value.ts";

describe("what Postgres gives as text", () => {
  // Left: `column::text` as PostgreSQL 15 to 17 prints it. Middle: the same in a header.
  const cases: [type: ColumnType, postgres: string, header: string, value: Value][] = [
    ["text", "1.10", "1.10", "1.10"],
    ["enum", "draft", "draft", "draft"],
    ["bool", "true", "True", "true"],
    ["bool", "f", "false", "false"],
    ["int2", "-1", "-0001", "-1"],
    ["int8", "9007199254740993", "9007199254740993", "9007199254740993"],
    ["numeric", "1.10", "1.1", "1.1"],
    ["numeric", "0.0", "-0", "0"],
    ["numeric", "100", "1e2", "100"],
    ["numeric", "0.000000000000000000000000000001", "1e-30", "0.000000000000000000000000000001"],
    ["numeric", "NaN", ".nan", "NaN"],
    ["numeric", "-Infinity", "-.inf", "-Infinity"],
    ["float8", "1.1", "1.10", "1.1"],
    ["float8", "1e-07", "0.0000001", "1e-7"],
    ["float8", "1e+21", "1e21", "1e+21"],
    ["float8", "1e+16", "10000000000000000", "10000000000000000"],
    ["float8", "-0", "0", "0"],
    ["float8", "5e-324", "4.9e-324", "5e-324"],
    ["float8", "Infinity", ".inf", "Infinity"],
    ["date", "2024-01-31", "2024-1-31", "2024-01-31"],
    ["date", "0044-03-15 BC", "0044-03-15 BC", "0044-03-15 BC"],
    ["date", "4714-11-24 BC", "4714-11-24 BC", "4714-11-24 BC"],
    ["date", "5874897-12-31", "5874897-12-31", "5874897-12-31"],
    ["date", "infinity", "infinity", "infinity"],
    ["timestamptz", "2024-01-01 10:00:00+00", "2024-01-01T12:00:00+02:00", "2024-01-01T10:00:00Z"],
    ["timestamptz", "2024-01-01 10:00:00.12+00", "2024-01-01T10:00:00.120Z", "2024-01-01T10:00:00.12Z"],
    ["timestamptz", "2024-01-01 15:30:00+05:30", "2024-01-01 10:00", "2024-01-01T10:00:00Z"],
    ["timestamptz", "1890-01-01 00:53:28+00:53:28", "1890-01-01", "1890-01-01T00:00:00Z"],
    ["timestamptz", "0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00Z BC", "0044-03-15T00:00:00Z BC"],
    ["timestamptz", "10000-01-01 00:00:00+00", "10000-01-01", "10000-01-01T00:00:00Z"],
    [
      "timestamptz",
      "294276-12-31 23:59:59.999999+00",
      "294276-12-31T23:59:59.999999Z",
      "294276-12-31T23:59:59.999999Z",
    ],
    ["timestamptz", "-infinity", "-infinity", "-infinity"],
    [
      "uuid",
      "0190f5fe-7c00-7a00-8000-00000000000a",
      "0190F5FE-7C00-7A00-8000-00000000000A",
      "0190f5fe-7c00-7a00-8000-00000000000a",
    ],
    ["jsonb", '{"b": 1, "aa": 1.10, "é": null}', "{é: ~, aa: 1.1, b: 0x1}", '{"aa":1.1,"b":1,"é":null}'],
    ["jsonb", '"x"', "x", '"x"'],
    ["jsonb", "[]", "[]", "[]"],
  ];
  for (const [type, postgres, header, value] of cases) {
    it(`means the same as in a header: ${type} ${postgres}`, () => {
      assert.deepEqual(canonical(type, postgres), value);
      const mapping = { fields: [{ field: "k", column: "k", type }] };
      assert.deepEqual(readFields(yaml(`k: ${header}`), mapping).k, value);
      if (typeof value === "string")
        assert.equal(canonical(type, value), value, "canonical text is its own canonical");
    });
  }

  it("is a list as the driver or as JSON gives it", () => {
    assert.deepEqual(canonical("text[]", ["a", null, ""]), ["a", null, ""]);
    assert.deepEqual(canonical("text[]", '["a", null, "null", "\\u00e9"]'), ["a", null, "null", "é"]);
    assert.deepEqual(canonical("text[]", []), []);
  });

  it("is null for null, and for JSON's own null, which no header can tell from it", () => {
    assert.equal(canonical("text", null), null);
    assert.equal(canonical("jsonb", null), null);
    assert.equal(canonical("jsonb", "null"), null);
    assert.equal(canonical("jsonb", "[null]"), "[null]");
  });

  const refused: [type: ColumnType, value: unknown, refused: string][] = [
    ["bool", "yes", "not-bool"],
    ["int4", "1.0", "not-int4"],
    ["numeric", "", "not-numeric"],
    ["numeric", " 1", "not-numeric"],
    ["float8", "1e400", "not-float8"],
    ["date", "01/02/2024", "not-date"],
    ["timestamptz", "now", "not-timestamptz"],
    ["uuid", "x", "not-uuid"],
    ["text", ["a"], "not-text"],
    ["jsonb", "{", "not-jsonb"],
    ["jsonb", '{"a":1,"a":2}', "not-jsonb"],
    ["text[]", [["a"]], "not-a-list"],
    ["text[]", [1], "not-a-list"],
    ["text[]", [undefined], "not-a-list"],
    ["text[]", '[["a"]]', "not-a-list"],
    ["text[]", "[1]", "not-a-list"],
    ["text[]", "{a,b}", "not-a-list"],
  ];
  for (const [type, value, rule] of refused) {
    it(`is refused where it is not of the type: ${type} ${JSON.stringify(value)}`, () => {
      const run = () => canonical(type, value as string);
      assert.equal(refusedAs(run), `SCHEMA_VIOLATION ${rule}`);
      assert.match(refusal(run).hint ?? "", /^[A-Z].*\.$/);
    });
  }

  it("is read in linear time, whatever it is", () => {
    const zeros = "0".repeat(120_000);
    const started = performance.now();
    canonical("jsonb", JSON.stringify("x\\\n".repeat(2_000_000)));
    for (const text of [`0.${zeros}1`, `1.${zeros}1`, `${zeros}.1`, `1${zeros}1`, `1${zeros}${zeros}x`]) {
      try {
        canonical("numeric", text);
      } catch {
        // Too long for Postgres too.
      }
    }
    for (const type of ["numeric", "float8", "date", "timestamptz", "uuid", "jsonb", "int8"] as const) {
      refusal(() => canonical(type, `2024-01-01${" ".repeat(1_000_000)}x`));
      refusal(() => canonical(type, `${"[".repeat(100_000)}`));
    }
    // Quadratic time would be minutes; the machine may be busy.
    assert.ok(performance.now() - started < 30_000, `${performance.now() - started} ms`);
  });
});

describe("two values are the same", () => {
  it("when their canonical texts are; no opinion equals only itself", () => {
    assert.ok(sameValue(["a", null], ["a", null]));
    assert.ok(!sameValue(["a"], ["a", null]));
    assert.ok(!sameValue(["a"], "a"));
    assert.ok(!sameValue([], null));
    assert.ok(!sameValue(undefined, null));
    assert.ok(sameValue(undefined, undefined));
  });
});

describe("a schema sees", () => {
  const cases: [type: ColumnType, value: Value, seen: unknown][] = [
    ["text", "1", "1"],
    ["bool", "false", false],
    ["int4", "12", 12],
    ["int8", "9007199254740991", 9007199254740991],
    ["int8", "9007199254740993", "9007199254740993"],
    ["numeric", "1.1", 1.1],
    ["numeric", "123456789012345678901234567890", "123456789012345678901234567890"],
    ["numeric", "0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"],
    ["numeric", "NaN", Number.NaN],
    ["numeric", "-Infinity", Number.NEGATIVE_INFINITY],
    ["float8", "1e+21", 1e21],
    ["date", "2024-01-31", "2024-01-31"],
    ["text[]", ["a", null], ["a", null]],
    [
      "jsonb",
      '{"a":[1,1.5,"1",null,true],"b":9007199254740993}',
      { a: [1, 1.5, "1", null, true], b: "9007199254740993" },
    ],
    ["jsonb", null, null],
  ];
  for (const [type, value, seen] of cases) {
    it(`${type} ${JSON.stringify(value)}`, () => assert.deepEqual(toJs(type, value), seen));
  }

  it("a copy of a list, never ours", () => {
    const list: Value = ["a"];
    assert.notEqual(toJs("text[]", list), list);
  });

  it("__proto__ as a key like any other", () => {
    const seen = toJs("jsonb", '{"__proto__":{"x":1}}') as object;
    assert.deepEqual(Object.keys(seen), ["__proto__"]);
    assert.equal(Object.getPrototypeOf(seen), Object.prototype);
  });
});

describe("a digest", () => {
  it("is SHA-256 in lower-case hex, and the same for ever", () => {
    assert.equal(digestText(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const known = digestText('["frontrow-2",[["a","x"],["b",["y",null]]]]\nBody\n');
    assert.equal(digest({ b: ["y", null], a: "x" }, "Body\n"), known);
  });

  it("does not depend on the order of the columns, nor on null columns", () => {
    const one = digest({ a: "1", b: "2" }, "x");
    assert.equal(digest({ b: "2", a: "1" }, "x"), one);
    assert.equal(digest({ b: "2", c: null, a: "1" }, "x"), one);
  });

  it("differs where documents differ, however alike they look", () => {
    const documents: [Fields, string][] = [
      [{}, ""],
      [{}, "a"],
      [{ a: "" }, ""],
      [{ a: "" }, "a"],
      [{ a: "a" }, ""],
      [{ a: "b" }, ""],
      [{ b: "a" }, ""],
      [{ a: "a", b: "b" }, ""],
      [{ a: 'a"],["b","b' }, ""],
      [{ a: "a" }, "b"],
      [{ a: ["a"] }, ""],
      [{ a: '["a"]' }, ""],
      [{ a: [] }, ""],
      [{ a: [null] }, ""],
      [{ a: ["null"] }, ""],
      [{ a: "null" }, ""],
      [{ a: ["a", "b"] }, ""],
      [{ a: ["a,b"] }, ""],
      [{ a: ['a","b'] }, ""],
      [{}, '"]'],
      [{}, "a\n"],
      [{}, "a\r\n"],
      [{}, "\uFEFFa"],
      [{ a: "é" }, ""],
      [{ a: "e\u0301" }, ""],
    ];
    const digests = documents.map(([fields, body]) => digest(fields, body));
    assert.equal(new Set(digests).size, documents.length);
  });

  it("is equal for two documents exactly when they are the same document", () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab",[]\\\n'), maxLength: 4 });
    const value: fc.Arbitrary<Value> = fc.oneof(
      text,
      fc.constant(null),
      fc.array(fc.option(text), { maxLength: 2 }),
    );
    const fields = fc.dictionary(fc.constantFrom("a", "b", "c"), value, { maxKeys: 3 });
    const key = (fields: Fields, body: string): string =>
      JSON.stringify([["a", "b", "c"].map((column) => fields[column] ?? null), body]);
    fc.assert(
      fc.property(fields, text, fields, text, (a, x, b, y) => {
        assert.equal(digest(a, x) === digest(b, y), key(a, x) === key(b, y));
      }),
      { numRuns: 500 },
    );
  });

  it("is refused for half a surrogate pair, which UTF-8 would silently change", () => {
    assert.throws(() => digestText("\ud800"), { code: "NOT_WELL_FORMED" });
  });
});

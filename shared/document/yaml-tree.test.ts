import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readFields } from "./field-value.ts";
import { MAX_DEPTH, MAX_NODES } from "./node.ts";
import { refusal, refusedAs, yaml } from "./test-documents.ts";
import { toJs } from "./to-js.ts";

/** A header of maps, one inside the other. */
const nested = (levels: number): string =>
  Array.from({ length: levels }, (_, level) => `${"  ".repeat(level)}a:`).join("\n");

/** A header's keys as JSON, read as a jsonb column reads them. */
function json(header: string): unknown {
  return JSON.parse(readFields(yaml(header), { fields: [], extra: "all" }).all as string);
}

describe("a YAML header is refused, with rule, line and column", () => {
  const tenTimes = (name: string, of: string): string => `${name}: &${name} [${`${of}, `.repeat(10)}]\n`;
  const cases: [name: string, header: string, refused: string][] = [
    ["a key written twice", "a: 1\nb: 2\na: 3", "duplicate-key 4:1"],
    ["a key written twice, once in quotes", 'a: 1\n"a": 3', "duplicate-key 3:1"],
    ["a key written twice, once escaped", 'a: 1\n"\\u0061": 2', "duplicate-key 3:1"],
    ["a nested key written twice", "m:\n  a: 1\n  a: 2", "duplicate-key 4:3"],
    ["a key written twice between braces", "m: {a: 1, a: 2}", "duplicate-key 2:11"],
    ["an alias to nothing", "a: *x", "alias 2:4"],
    ["an alias to itself", "a: &x [*x]", "alias 2:8"],
    ["an alias to what comes later", "a: *x\nb: &x 1", "alias 2:4"],
    [
      "aliases of aliases of aliases",
      tenTimes("a", "x") + tenTimes("b", "*a") + tenTimes("c", "*b") + tenTimes("d", "*c"),
      "too-many-nodes 5:7",
    ],
    ["aliases of a long text", `a: &a ${"x".repeat(30_000)}\nb: [${"*a, ".repeat(40)}]`, "alias-bomb 3:4"],
    ["more than 32 levels of maps", nested(MAX_DEPTH + 1), "too-deep 2:1"],
    ["more than 32 levels of lists", `a: ${"[".repeat(33)}${"]".repeat(33)}`, "too-deep 2:1"],
    ["10,000 levels", `a: ${"[".repeat(10_000)}`, "too-deep 2:37"],
    ["more than 10,000 values", `a: [${"x,".repeat(MAX_NODES + 1)}]`, "too-many-nodes 2:4"],
    ["a list as a key", "[a, b]: 1", "complex-key 2:1"],
    ["an explicit key", "? a\n: 1", "complex-key 2:3"],
    ["a block scalar as a key", "? |\n  a\n: 1", "complex-key 2:3"],
    ["no key", ": 1", "complex-key 2:1"],
    ["an anchored key", "&x a: 1", "complex-key 2:4"],
    ["an aliased key", "a: &x b\n*x : 1", "complex-key 3:1"],
    ["a tagged key", "!!str a: 1", "complex-key 2:7"],
    ["a Mustache value, which YAML reads as a map for a key", "a: {{ b }}", "complex-key 2:5"],
    ["a tag nobody declared", "a: !e!x b", "tag-resolve-failed 2:4"],
    ["a second document", "a: 1\n...\nb: 2", "multi-document 3:1"],
    ["a document's end", "a: 1\n...", "multi-document 3:1"],
    ["a directive", "%YAML 1.1\na: 1", "missing-char 3:1"],
    ["a directive alone", "%x", "missing-char 3:1"],
    ["a conflict marker", "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x", "conflict-marker 3:1"],
    ["what is left of a conflict", "a: 1\n=======\nb: 2", "conflict-marker 3:1"],
    ["a tab before a dash", "a:\n\t- x", "tab-as-indent 3:1"],
    ["a tab before a key", "a:\n\tb: 1", "tab-as-indent 3:1"],
    ["a line that ends in a lone CR", "a: 1\rb: 2", "carriage-return 2:5"],
    ["a list", "- a", "not-a-map 2:1"],
    ["a text", "hello", "not-a-map 2:1"],
    ["null", "~", "not-a-map 2:1"],
    ["a bracket never closed", "a: [x\nb: 1", "bad-indent 3:1"],
    ["a quote never closed", 'a: "x\nb: 1', "missing-char 4:1"],
    ["an unquoted @", "a: @foo", "bad-scalar-start 2:4"],
    ["an unquoted backtick", "a: `x`", "bad-scalar-start 2:4"],
    ["an unquoted %", "a: %x", "bad-scalar-start 2:4"],
    ["an unquoted colon", "title: Foo: bar", "block-as-implicit-key 2:8"],
    ["a dash after a key", "a: - b", "unexpected-token 2:4"],
    ["a line too far left", "a:\n    b: 1\n  c: 2", "bad-indent 4:1"],
    ["an unknown escape", 'a: "\\q"', "bad-dq-escape 2:5"],
    ["two anchors", "a: &x &y b", "multiple-anchors 2:7"],
  ];
  for (const [name, header, expected] of cases) {
    it(name, () => {
      assert.equal(
        refusedAs(() => yaml(header)),
        `FRONT_MATTER_INVALID ${expected}`,
      );
      assert.equal(
        refusedAs(() => yaml(header)),
        `FRONT_MATTER_INVALID ${expected}`,
        "a second look is as bad",
      );
    });
  }

  it("naming both lines of a key written twice", () => {
    assert.match(
      refusal(() => yaml("title: 1\nb: 2\ntitle: 3")).message,
      /"title" is written twice, on lines 2 and 4/,
    );
  });

  it("counting CRLF lines once, and no column for a BOM", () => {
    const error = refusal(() => yaml("a: 1\r\nb: @x\r"));
    assert.deepEqual([error.line, error.column], [3, 4]);
  });

  it("without any of its content", () => {
    for (const header of ["password: [hunter2", 'password: "hunter2\\q"', "password: @hunter2", "hunter2"]) {
      assert.doesNotMatch(JSON.stringify(refusal(() => yaml(header))), /hunter2/);
    }
  });
});

describe("a YAML header is read", () => {
  it("at the very limits", () => {
    assert.equal(yaml(nested(MAX_DEPTH - 1)).entries.size, 1);
    assert.equal(yaml(`a: [${"x,".repeat(MAX_NODES - 10)}]`).entries.size, 1);
  });

  it("with aliases followed, where they are few", () => {
    assert.deepEqual(json("a: &a [x, y]\nb: *a\nc: {d: *a}"), {
      a: ["x", "y"],
      b: ["x", "y"],
      c: { d: ["x", "y"] },
    });
  });

  it("with the nearest anchor above, where one name is used twice", () => {
    assert.deepEqual(json("a: &x 1\nb: *x\nc: &x 2\nd: *x"), { a: 1, b: 1, c: 2, d: 2 });
  });

  it("with << as a key like any other", () => {
    assert.deepEqual(json("a: &x {q: 1}\nb:\n  <<: *x\n  r: 2"), {
      a: { q: 1 },
      b: { "<<": { q: 1 }, r: 2 },
    });
  });

  it("with keys that pollute nothing", () => {
    const header =
      "__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\nm: {__proto__: {polluted: 1}}";
    const value = readFields(yaml(header), { fields: [], extra: "all" }).all as string;
    const seen = toJs("jsonb", value) as Record<string, unknown>;
    assert.deepEqual(Object.keys(seen).sort(), ["__proto__", "constructor", "m"]);
    assert.equal(Object.getPrototypeOf(seen), Object.prototype);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    const fields = ["__proto__", "constructor"].map((key) => ({
      field: key,
      column: key,
      type: "jsonb" as const,
    }));
    const columns = readFields(yaml(header), { fields });
    assert.deepEqual(Object.keys(columns), ["__proto__", "constructor"]);
    assert.equal((columns as { polluted?: unknown }).polluted, undefined);
  });

  it("with keys of every kind as the text they are", () => {
    assert.deepEqual(json("1: a\n2.50: b\ntrue: c\nnull: d\n2024-01-01: e\n~: f"), {
      "1": "a",
      "2.50": "b",
      true: "c",
      null: "d",
      "2024-01-01": "e",
      "~": "f",
    });
  });

  it("with tags it never obeys: the text stays", () => {
    assert.deepEqual(
      json("a: !foo bar\nb: !!js/function 'x'\nc: !!python/object:x {k: v}\nd: !!binary aGk="),
      {
        a: "bar",
        b: "x",
        c: { k: "v" },
        d: "aGk=",
      },
    );
  });

  it("with the core schema's tags where they are true", () => {
    assert.deepEqual(json('a: !!str 12\nb: !!int "12"\nc: !!float 1\nd: !!null ""\ne: !!int x'), {
      a: "12",
      b: 12,
      c: 1,
      d: null,
      e: "x",
    });
  });

  it("between braces as well", () => assert.deepEqual(json("{a: 1, b: [x]}"), { a: 1, b: ["x"] }));

  it("with a tab after a colon or inside a text", () =>
    assert.deepEqual(json("a:\tx\nb: x\ty"), { a: "x", b: "x\ty" }));
});

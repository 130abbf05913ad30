import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parse } from "smol-toml";
import { parseDocument } from "./document.ts";
import { type Node, resolved, walk } from "./node.ts";
import { refusal, refusedAs } from "./test-documents.ts";
import { readToml } from "./toml-tree.ts";

/** A tree with its strings as they are and every other scalar as `=` and its source, less what TOML only decorates. */
function plain(node: Node): unknown {
  const real = resolved(node);
  if (real.kind === "list") return real.items.map(plain);
  if (real.kind === "map") return new Map([...real.entries].map(([key, { value }]) => [key, plain(value)]));
  return real.style === "plain" ? `=${literal(real.text)}` : real.text;
}

/** The same, of what smol-toml read. */
function theirs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(theirs);
  if (value instanceof Date) return `=${literal(value.toISOString())}`;
  if (typeof value === "string") return value;
  if (value !== null && typeof value === "object") {
    return new Map(Object.entries(value).map(([key, member]) => [key, theirs(member)]));
  }
  return `=${literal(String(value))}`;
}

/** Numbers and truths by value. */
function literal(text: string): string {
  const special = /^([-+]?)\.?(inf|nan|Infinity|NaN)$/.exec(text);
  if (special)
    return `${special[1] === "-" && special[2]?.startsWith("i") ? "-" : ""}${special[2]?.[0]?.toLowerCase()}`;
  if (/^[-+]?\d+$|^0[xo]/.test(text)) return String(BigInt(text.replace(/^\+/, "")));
  const number = Number(text);
  return Number.isNaN(number) ? text : String(number === 0 ? 0 : number);
}

const key = fc.constantFrom(
  ...'a b-c 1 "q k" \'l.t\' a.b d.e.f "" "\\u00e9" a . b'.split(" ").filter((k) => k !== "."),
  "a . b",
  "x",
);
const scalar = fc.constantFrom(
  ...'1 -0 +7 1_000 0xDEAD_beef 0o17 0b101 1.5 -1e3 6.02e+2_3 inf -nan true false "s" \'l\' "\\n\\"]#" \'a"#]\' ""'.split(
    " ",
  ),
  '"""\nfirst\nsecond"""',
  '"""a ""quoted"" b"""',
  '"""ends in ""\\""""',
  '"""x\\\n   y"""',
  "'''\nraw \\ 'text' '''",
  '"""]#\n[t]\nk = 1\n"""',
);
const value: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { weight: 4, arbitrary: scalar },
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc
      .array(tie("value"), { maxLength: 3 })
      .map((items) => `[ # c ]\n  ${items.map((item) => `${item}, # x\n`).join("")}]`),
    fc
      .tuple(fc.uniqueArray(fc.constantFrom("p", '"q"', "r.s"), { maxLength: 3 }), tie("value"))
      .map(([keys, one]) => `{ ${keys.map((name) => `${name} = ${one}`).join(", ")} }`),
  ),
})).value;
const statement = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(key, fc.constantFrom(" = ", "=", "   =\t"), value).map((parts) => parts.join("")),
  },
  key.map((name) => `[${name}]`),
  key.map((name) => `[[ ${name} ]] # t`),
  fc.constantFrom("# comment = [", "", "  \t"),
);

describe("a TOML header", () => {
  it("is read as smol-toml reads it, with every value where its source stands", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), fc.boolean(), (lines, crlf) => {
        const text = `${lines.join("\n")}\n`.replaceAll("\n", crlf ? "\r\n" : "\n");
        let expected: unknown;
        try {
          expected = theirs(parse(text, { integersAsBigInt: true }));
        } catch {
          assert.match(
            refusedAs(() => readToml(text, 0, text.length)),
            /^FRONT_MATTER_INVALID toml-syntax \d+:\d+$/,
          );
          return;
        }
        read++;
        const root = readToml(text, 0, text.length);
        assert.deepEqual(plain(root), expected);
        for (const node of walk(root)) {
          if (node.kind === "scalar" && node.style !== "plain")
            assert.match(text[node.start] as string, /["']/);
          assert.ok(node.start <= node.end && node.end <= text.length);
        }
      }),
      { numRuns: 3000 },
    );
    assert.ok(read > 500, `only ${read} were TOML`);
  });

  it("keeps dates and times as they are written", () => {
    const source =
      "a = 1979-05-27T07:32:00-08:00\nb = 1979-05-27 07:32:00.5Z\nc = 1979-05-27\nd = 07:32:00\ne = 1979-05-27T07:32:00 # x\n";
    const texts = [...readToml(source, 0, source.length).entries.values()].map(
      ({ value }) => value.kind === "scalar" && value.text,
    );
    assert.deepEqual(texts, [
      "1979-05-27T07:32:00-08:00",
      "1979-05-27 07:32:00.5Z",
      "1979-05-27",
      "07:32:00",
      "1979-05-27T07:32:00",
    ]);
  });

  const cases: [name: string, header: string, refused: string][] = [
    ["a key written twice", "a = 1\nb = 2\na = 3", "toml-syntax 4:1"],
    ["a table written twice", "[a]\n[b]\n[a]", "toml-syntax 4:1"],
    ["a bare word", "a = word", "toml-syntax 2:5"],
    ["a key without a value", "a = 1\nb =", "toml-syntax 3:4"],
    ["a string never closed", 'a = "x', "toml-syntax 2:5"],
    ["YAML", "a: 1", "toml-syntax 2:2"],
    ["a date that does not exist", "a = 2024-13-01", "toml-syntax 2:5"],
  ];
  for (const [name, header, refused] of cases) {
    it(`is refused with its line: ${name}`, () => {
      const run = () => parseDocument(`+++\n${header}\n+++\n`);
      assert.match(refusedAs(run), new RegExp(`^FRONT_MATTER_INVALID ${refused.replace(/:\d+$/, "")}:\\d+$`));
      assert.ok(refusal(run).hint);
    });
  }
});

describe("a JSON header", () => {
  it("is read as JSON.parse reads it", () => {
    const json = (node: Node): unknown => {
      const real = resolved(node);
      if (real.kind === "list") return real.items.map(json);
      if (real.kind === "map")
        return new Map([...real.entries].map(([name, entry]) => [name, json(entry.value)]));
      return real.style === "plain" ? (JSON.parse(real.text) as unknown) : real.text;
    };
    const asMaps = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(asMaps);
      if (value === null || typeof value !== "object") return value;
      return new Map(Object.entries(value).map(([name, member]) => [name, asMaps(member)]));
    };
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4, stringUnit: "grapheme" }),
        fc.constantFrom(0, 2, "\t"),
        (value, indent) => {
          const source = JSON.stringify({ value }, null, indent);
          assert.deepEqual(json(parseDocument(`---json\n${source}\n---\n`).root), asMaps(JSON.parse(source)));
          assert.deepEqual(json(parseDocument(`${source}\nBody`).root), asMaps(JSON.parse(source)));
        },
      ),
      { numRuns: 500 },
    );
  });

  const cases: [name: string, header: string, refused: string][] = [
    ["a key written twice", '{\n"a": 1,\n"a": 2}', "duplicate-key 4:1"],
    ["a comma too many", '{"a": 1,\n}', "json-syntax 3:1"],
    ["a comment", '{"a": 1 // x\n}', "json-syntax 2:9"],
    ["a single quote", "{'a': 1}", "json-syntax 2:2"],
    ["a raw line break in a text", '{"a": "x\ny"}', "json-syntax 2:7"],
    ["a leading zero", '{"a": 012}', "json-syntax 2:8"],
    ["an unknown escape", '{"a": "\\q"}', "json-syntax 2:7"],
    ["a list", "[1]", "not-a-map 2:1"],
    ["a second value", '{"a": 1} {"b": 2}', "json-syntax 2:10"],
    ["more than 32 levels", `{"a": ${"[".repeat(40)}${"]".repeat(40)}}`, "too-deep 2:39"],
  ];
  for (const [name, header, refused] of cases) {
    it(`is refused with its place: ${name}`, () => {
      const run = () => parseDocument(`---json\n${header}\n---\n`);
      assert.equal(refusedAs(run), `FRONT_MATTER_INVALID ${refused}`);
      assert.ok(refusal(run).hint);
    });
  }
});

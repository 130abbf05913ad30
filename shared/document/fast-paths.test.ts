/**
 * What was made fast says what the plain way says. (The quick YAML reader has a file of its own.) The same cases each
 * time; `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others, and more.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { FrontrowError } from "../errors.ts";
import { decode } from "./bytes.ts";
import { canonical } from "./canonical.ts";
import { digest, digestText } from "./digest.ts";
import { readFields } from "./field-value.ts";
import { readJson } from "./json-tree.ts";
import { MAX_JSON_DEPTH } from "./json-value.ts";
import { type Node, resolved } from "./node.ts";
import { canonicalNumeric } from "./numbers.ts";
import { coreKind } from "./scalar-kind.ts";
import { mappingOf, realTexts, skipWithoutCorpora, yaml } from "./test-documents.ts";
import { anyText } from "./test-headers.ts";
import { toJs } from "./to-js.ts";
import type { Fields } from "./value.ts";

const SEED = Number(process.env.FRONTROW_SEED ?? 20261121);
const runs = (most: number) => ({ numRuns: Number(process.env.FRONTROW_RUNS ?? most), seed: SEED });

async function webCrypto(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("the digest is what WebCrypto says", () => {
  const fields = fc.dictionary(anyText, fc.oneof(anyText, fc.constant(null), fc.array(fc.option(anyText))));

  it("of any text, and of any document", async () => {
    const check = async (held: Fields, body: string): Promise<void> => {
      assert.equal(digestText(body), await webCrypto(body));
      const pairs = Object.entries(held).filter(([, value]) => value !== null);
      pairs.sort(([a], [b]) => (a < b ? -1 : 1));
      assert.equal(digest(held, body), await webCrypto(`${JSON.stringify(["frontrow-2", pairs])}\n${body}`));
    };
    await fc.assert(
      fc.asyncProperty(fields, anyText, (held, body) => check(held, body.toWellFormed())),
      runs(2000),
    );
  });

  it("of real texts", { skip: skipWithoutCorpora }, async () => {
    for (const { text } of realTexts(7)) assert.equal(digestText(text), await webCrypto(text));
  });
});

describe("bytes are read as a strict decoder reads them", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const piece = fc.constantFrom(
    ...[[0], [0x41], [0xc3, 0xa9], [0xef, 0xbb, 0xbf], [0xef, 0xbf, 0xbd], [0xf0, 0x9f, 0x8c, 0xb1]],
    ...[[0xc3], [0xed, 0xa0, 0x80], [0xff], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x0a], [0x80]],
  );

  it("or are refused as it refuses them", () => {
    const check = (pieces: number[][]): void => {
      const bytes = Uint8Array.from(pieces.flat());
      let expected: string | undefined;
      try {
        expected = strict.decode(bytes);
      } catch {}
      const code = expected === undefined ? "NOT_UTF8" : expected.includes("\0") ? "NUL_BYTE" : null;
      if (code === null) assert.equal(decode(bytes), expected);
      else
        assert.throws(
          () => decode(bytes),
          (error: FrontrowError) => error.code === code,
        );
    };
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), check), runs(3000));
  });
});

/** JSON as `toJs` reads it where a number is long. */
function slowly(node: Node): unknown {
  const real = resolved(node);
  if (real.kind === "list") return real.items.map(slowly);
  if (real.kind === "map")
    return Object.fromEntries([...real.entries.values()].map(({ key, value }) => [key, slowly(value)]));
  if (real.style !== "plain") return real.text;
  if (real.text === "null") return null;
  if (real.text === "true" || real.text === "false") return real.text === "true";
  const value = Number(real.text);
  return canonicalNumeric(String(value)) === canonicalNumeric(real.text) ? value : real.text;
}

describe("canonical JSON", () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.bigInt().map(String),
    fc.tuple(fc.nat(99_999_999), fc.nat(99_999_999)).map(([a, b]) => `${a}.${b}`),
    fc.constantFrom("0.000000000001", "0.0000000000001", "999999999999999", "9999999999999999", "0.1", "-0"),
  );
  const key = fc.oneof(
    fc.constantFrom("a", "b", "B", "1", "10", "__proto__", "é", "\u{1f331}", "\uffff"),
    anyText,
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      number,
      fc.constantFrom("null", "true", "false", '""'),
      anyText.map((text) => JSON.stringify(text.toWellFormed())),
      fc.array(tie("json") as fc.Arbitrary<string>, { maxLength: 4 }).map((items) => `[${items.join(", ")}]`),
      fc
        .uniqueArray(fc.tuple(key, tie("json") as fc.Arbitrary<string>), {
          maxLength: 16,
          selector: ([name]) => name.toWellFormed(),
        })
        .map((members) => {
          const parts = members.map(([name, value]) => `${JSON.stringify(name.toWellFormed())}: ${value}`);
          return `{${parts.join(", ")}}`;
        }),
    ),
  }));

  it("has its keys in order, however many, and says what the JSON said", () => {
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted);
      // Postgres has one zero.
      if (typeof value !== "object" || value === null) return value === 0 ? 0 : value;
      const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      return members.map(([name, member]) => [name, sorted(member)]);
    };
    fc.assert(
      fc.property(json as fc.Arbitrary<string>, (text) => {
        const held = canonical("jsonb", text);
        if (held === null) return assert.equal(text, "null");
        const order: string[][] = [];
        const note = (node: Node): void => {
          if (node.kind === "list") node.items.forEach(note);
          if (node.kind !== "map") return;
          order.push([...node.entries.keys()]);
          for (const { value } of node.entries.values()) note(value);
        };
        note(readJson(held as string));
        for (const keys of order) assert.deepEqual(keys, [...keys].sort());
        assert.deepEqual(sorted(JSON.parse(held as string)), sorted(JSON.parse(text)));
      }),
      runs(1500),
    );
  });

  it("is shown to a schema as the slow way shows it", () => {
    fc.assert(
      fc.property(json as fc.Arbitrary<string>, (text) => {
        const held = canonical("jsonb", text) as string | null;
        if (held === null) return;
        assert.deepEqual(toJs("jsonb", held), slowly(readJson(held, 0, held.length, MAX_JSON_DEPTH)));
      }),
      runs(2000),
    );
  });
});

describe("a plain scalar", () => {
  const INT = /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$/;
  const FLOAT =
    /^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN))$/;

  /** The core schema, rule by rule (YAML 1.2.2, 10.3.2), and the `+.nan` that readers take besides. */
  function byTheBook(text: string): string {
    if (/^(?:~|null|Null|NULL|)$/.test(text)) return "null";
    if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return "bool";
    if (INT.test(text)) return "int";
    if (!FLOAT.test(text) || /^[-+]\.(?:NaN|NAN)$/.test(text)) return "string";
    return "float";
  }

  it("is what the core schema says", () => {
    const piece = fc.constantFrom(
      ..."0 1 9 07 + - . e E x o a F _ : / , ~ null Null NULL nULL true True false FALSE inf Inf nan NaN NAN".split(
        " ",
      ),
    );
    const text = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.oneof(text, anyText), (made) => assert.equal(coreKind(made), byTheBook(made))),
      runs(6000),
    );
  });

  it("reaches its column as it is", () => {
    const document = yaml("a: 1.10\nb: '1.10'\nc: no\nd: \"x\"  \ne:   y z  # no\n");
    const types = { a: "text", b: "text", c: "text", d: "text", e: "text" } as const;
    assert.deepEqual(
      { ...readFields(document, mappingOf(types)) },
      { a: "1.10", b: "1.10", c: "no", d: "x", e: "y z" },
    );
  });
});

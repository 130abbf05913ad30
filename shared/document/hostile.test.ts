/** Input nobody meant well with: every answer is a document or one of our errors, and it comes soon. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrontrowError } from "../errors.ts";
import { decode, encode, MAX_DOCUMENT_BYTES } from "./bytes.ts";
import { type Document, parseDocument } from "./document.ts";
import { readFields } from "./field-value.ts";
import { renderDocument } from "./render.ts";
import { realFiles, skipWithoutCorpora } from "./test-documents.ts";
import { soup } from "./test-headers.ts";
import { COLUMN_TYPES, type ColumnType } from "./value.ts";

/** Reads bytes in every way there is; what comes back must be the same bytes. */
function survive(bytes: Uint8Array, type: ColumnType): void {
  try {
    const document = parseDocument(decode(bytes));
    assert.deepEqual(encode(renderDocument(document, { fields: [] }, new Map())), bytes);
    attempt(() => readFields(document, { fields: [], extra: "all" }));
    const fields = [...document.entries.keys()].map((key) => ({ field: key, column: key, type }));
    attempt(() => readFields(document, { fields }));
    change(document);
  } catch (error) {
    assert.ok(error instanceof FrontrowError, (error as Error).stack);
    assert.ok(error.line !== undefined && error.line >= 1, `${error.code} has no line`);
    assert.ok(error.hint !== undefined, `${error.code} ${error.rule} has no hint`);
  }
}

function change(document: Document): void {
  const [key = "new"] = document.entries.keys();
  const mapping = { fields: [{ field: key, column: key, type: "text" as const }] };
  for (const value of ["edited: #", null, undefined]) {
    attempt(() => {
      const after = renderDocument(document, mapping, new Map([[key, value]]), `${document.body}x`);
      assert.equal(parseDocument(after).body, `${document.body}x`);
    });
  }
}

function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof FrontrowError, (error as Error).stack);
  }
}

const types = fc.constantFrom(...COLUMN_TYPES);
const utf8 = new TextEncoder();

describe("hostile input is a document or one of our errors", () => {
  it("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), types, survive), { numRuns: 1000 });
  });

  it("random bytes in a header", () => {
    const fence = fc.constantFrom("---\n", "---toml\n", "+++\n", "---json\n{", '{"');
    const bytes = fc.tuple(fence, fc.uint8Array({ max: 127, maxLength: 60 })).map(([open, inner]) => {
      const close = open.startsWith("+") ? "+++" : "---";
      return utf8.encode(`${open}${String.fromCharCode(...inner)}\n${close}\n`);
    });
    fc.assert(fc.property(bytes, types, survive), { numRuns: 2000 });
  });

  it("pieces of YAML, TOML and JSON in no order", () => {
    const piece = fc.constantFrom(
      ...'a b.c [t] [[t]] = " \' """ \'\'\' { } [ ] , : 1 1.5 true null 2024-01-01 07:32:00 \\ \\u0041 # \n \n \r\n inf 0x1 "k" {"a": 1e999}'.split(
        " ",
      ),
      "\n",
      " ",
      "k = 1\n",
      'k = "v"\n',
      '"k": 1',
    );
    const mixed = fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join(""));
    const open = fc.constantFrom("---\n", "---toml\n", "+++\n", "---json\n", '{"a":');
    const file = fc.tuple(open, fc.oneof(mixed, soup)).map(([fence, inner]) => {
      return utf8.encode(`${fence}${inner}\n${fence.startsWith("+") ? "+++" : "---"}\nBody`);
    });
    fc.assert(fc.property(file, types, survive), { numRuns: 4000 });
  });

  it("real files, a little damaged", { skip: skipWithoutCorpora }, () => {
    const files = [...realFiles(23)].filter(({ bytes }) => bytes.length < 20_000);
    const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(3), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...files), damage, types, ({ bytes }, hits, type) => {
        const damaged = [...bytes];
        for (const [at, kind, byte] of hits) {
          const place = at % (damaged.length + 1);
          const char = (utf8.encode("\n: -#'\"[]{}|>&*!\t\r\\")[byte % 20] ?? 0x20) as number;
          if (kind === 0) damaged.splice(place, 1);
          else if (kind === 1) damaged.splice(place, 0, char);
          else if (kind === 2) damaged[place] = char;
          else damaged.splice(place, 0, byte);
        }
        survive(Uint8Array.from(damaged), type);
      }),
      { numRuns: 3000 },
    );
  });

  it("a real file cut off anywhere", { skip: skipWithoutCorpora }, () => {
    const [file] = [...realFiles(1)].filter(({ path }) => path.startsWith("endoflife"));
    assert.ok(file);
    for (let end = 0; end < Math.min(file.bytes.length, 1500); end += 7)
      survive(file.bytes.slice(0, end), "text");
  });
});

describe("hostile input costs little time", () => {
  const header = (yaml: string): string => `---\n${yaml}\n---\nBody\n`;
  const toml = (source: string): string => `+++\n${source}\n+++\nBody\n`;
  const N = 60_000;
  const cases: [name: string, text: string][] = [
    ["one line of 5 MB", "x".repeat(MAX_DOCUMENT_BYTES)],
    ["one line of 5 MB in a header", header(`a: ${"x".repeat(MAX_DOCUMENT_BYTES - 100)}`)],
    ["5 MB of blanks after the fence", `---${" ".repeat(MAX_DOCUMENT_BYTES - 10)}!`],
    ["5 MB of blanks in a header", header(" ".repeat(MAX_DOCUMENT_BYTES - 100))],
    ["5 MB of line breaks", `---${"\n".repeat(MAX_DOCUMENT_BYTES - 10)}`],
    ["a million almost-fences", `---\n${"---x\n".repeat(1_000_000)}`],
    ["5 MB of JSON never closed", `{"${"x".repeat(MAX_DOCUMENT_BYTES - 10)}`],
    ["5 MB of braces", `{"a":${"{".repeat(MAX_DOCUMENT_BYTES - 10)}`],
    ["60,000 brackets", header(`a: ${"[".repeat(N)}`)],
    ["60,000 braces", header(`a: ${"{".repeat(N)}`)],
    ["30,000 brackets, closed", header(`a: ${"[".repeat(N / 2)}${"]".repeat(N / 2)}`)],
    ["100,000 brackets in the body", `---\na: 1\n---\n${"[".repeat(100_000)}`],
    ["30,000 dashes", header("- ".repeat(N / 2))],
    ["30,000 question marks", header("? ".repeat(N / 2))],
    ["60,000 single quotes", header(`a: ${"'".repeat(N + 1)}`)],
    ["60,000 double quotes", header(`a: ${'"'.repeat(N)}`)],
    ["30,000 escaped quotes", header(`a: "${'\\"'.repeat(N / 2)}"`)],
    ["nested quotes", header(`a: ${"\"'".repeat(N / 2)}`)],
    ["20,000 anchors", header(`a: ${"&a ".repeat(N / 3)}x`)],
    ["20,000 aliases", header(`a: &a x\nb: [${"*a,".repeat(N / 3)}]`)],
    ["20,000 tags", header(`a: ${"!a ".repeat(N / 3)}x`)],
    ["20,000 colons", header(`a: ${"b: ".repeat(N / 3)}`)],
    ["60,000 commas", header(`a: [${",".repeat(N)}]`)],
    ["a long run of blanks inside a text", header(`a: x${" ".repeat(N)}y `)],
    ["a long run of blanks inside brackets", header(`a: [x${" ".repeat(N)}y ]`)],
    ["a long run of tabs", header(`a:${"\t".repeat(N)}x`)],
    ["20,000 lines of one text", header(`a: x\n${" y\n".repeat(N / 3)}`)],
    ["20,000 lines of a folded text", header(`a: >\n${"  x\n\n".repeat(N / 5)}`)],
    ["20,000 directives", header("%x\n".repeat(N / 3))],
    ["8,000 keys", header(Array.from({ length: 8000 }, (_, at) => `k${at}: `).join("\n"))],
    [
      "many empty merges",
      header(`a: &a {}\n${Array.from({ length: 3000 }, (_, at) => `k${at}: {<<: *a}`).join("\n")}`),
    ],
    ["300 levels of maps", header(Array.from({ length: 300 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"))],
    ["TOML: 60,000 brackets", toml(`a = ${"[".repeat(N)}`)],
    ["TOML: 20,000 dots", toml(`${"a.".repeat(N / 3)}a = 1`)],
    ["TOML: 8,000 tables", toml("[[a]]\n".repeat(8000))],
    ["TOML: 20,000 quotes", toml(`a = """${'\\\\"'.repeat(N / 4)}"""`)],
    ["TOML: 20,000 texts", toml(`a = [${'"",'.repeat(N / 4)}]`)],
    ["JSON: 60,000 brackets", `---json\n{"a":${"[".repeat(N)}}\n---\n`],
    ["JSON: 60,000 escapes", `---json\n{"a":"${"\\n".repeat(N / 2)}"}\n---\n`],
  ];
  for (const [name, text] of cases) {
    it(name, () => {
      const started = performance.now();
      survive(encode(text), "text");
      const took = performance.now() - started;
      // Quadratic time would be minutes; the machine may be busy.
      assert.ok(took < 5000, `${took} ms`);
    });
  }

  it("and an edit of a large header, with long lists and texts, is soon made", () => {
    const started = performance.now();
    const list = Array.from({ length: 4000 }, (_, at) => `item-${at}`);
    const mapping = { fields: [{ field: "tags", column: "tags", type: "text[]" as const }] };
    const document = parseDocument(`---\ntags:\n${list.map((item) => `  - ${item}\n`).join("")}---\n`);
    const after = renderDocument(document, mapping, new Map([["tags", list.slice(1).reverse()]]));
    assert.deepEqual(readFields(parseDocument(after), mapping).tags, list.slice(1).reverse());
    assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
  });
});

/**
 * Hostile input costs time in proportion to its size. A busy machine makes everything slower, so sizes are compared with
 * each other: four times the input may cost ten times as much; what is quadratic costs sixteen times.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "./bytes.ts";
import { parseDocument } from "./document.ts";
import { readFields } from "./field-value.ts";
import { renderDocument } from "./render.ts";
import { survive } from "./test-hostile.ts";

/** Characters: what is all body, or no header as it is too long. */
const LARGE = 1_000_000;
/** What still is a header. */
const SMALL = 60_000;
/** Below this many milliseconds nothing can be told, and nothing is wrong. */
const NOTHING = 4;

const header = (yaml: string): string => `---\n${yaml}\n---\nBody\n`;
const toml = (source: string): string => `+++\n${source}\n+++\nBody\n`;
const CASES: [name: string, size: number, text: (size: number) => string][] = [
  ["one long line", LARGE, (n) => "x".repeat(n)],
  ["one long line in a header", LARGE, (n) => header(`a: ${"x".repeat(n)}`)],
  ["nothing but blanks after the fence", LARGE, (n) => `---${" ".repeat(n)}!`],
  ["nothing but blanks in a header", LARGE, (n) => header(" ".repeat(n))],
  ["nothing but line breaks", LARGE, (n) => `---${"\n".repeat(n)}`],
  ["almost-fences", LARGE, (n) => `---\n${"---x\n".repeat(n / 5)}`],
  ["nothing but JSON never closed", LARGE, (n) => `{"${"x".repeat(n)}`],
  ["nothing but braces", LARGE, (n) => `{"a":${"{".repeat(n)}`],
  ["many brackets", SMALL, (n) => header(`a: ${"[".repeat(n)}`)],
  ["many braces", SMALL, (n) => header(`a: ${"{".repeat(n)}`)],
  ["many brackets, closed", SMALL, (n) => header(`a: ${"[".repeat(n / 2)}${"]".repeat(n / 2)}`)],
  ["many brackets in the body", LARGE, (n) => `---\na: 1\n---\n${"[".repeat(n)}`],
  ["many dashes", SMALL, (n) => header("- ".repeat(n / 2))],
  ["many question marks", SMALL, (n) => header("? ".repeat(n / 2))],
  ["many single quotes", SMALL, (n) => header(`a: ${"'".repeat(n + 1)}`)],
  ["many double quotes", SMALL, (n) => header(`a: ${'"'.repeat(n)}`)],
  ["many escaped quotes", SMALL, (n) => header(`a: "${'\\"'.repeat(n / 2)}"`)],
  ["nested quotes", SMALL, (n) => header(`a: ${"\"'".repeat(n / 2)}`)],
  ["many anchors", SMALL, (n) => header(`a: ${"&a ".repeat(n / 3)}x`)],
  ["many aliases", SMALL, (n) => header(`a: &a x\nb: [${"*a,".repeat(n / 3)}]`)],
  ["many tags", SMALL, (n) => header(`a: ${"!a ".repeat(n / 3)}x`)],
  ["many colons", SMALL, (n) => header(`a: ${"b: ".repeat(n / 3)}`)],
  ["many commas", SMALL, (n) => header(`a: [${",".repeat(n)}]`)],
  ["a long run of blanks inside a text", SMALL, (n) => header(`a: x${" ".repeat(n)}y `)],
  ["a long run of blanks inside brackets", SMALL, (n) => header(`a: [x${" ".repeat(n)}y ]`)],
  ["a long run of tabs", SMALL, (n) => header(`a:${"\t".repeat(n)}x`)],
  ["many lines of one text", SMALL, (n) => header(`a: x\n${" y\n".repeat(n / 3)}`)],
  ["many lines of a folded text", SMALL, (n) => header(`a: >\n${"  x\n\n".repeat(n / 5)}`)],
  ["many directives", SMALL, (n) => header("%x\n".repeat(n / 3))],
  ["many keys", SMALL, (n) => header(Array.from({ length: n / 8 }, (_, at) => `k${at}: `).join("\n"))],
  [
    "many empty merges",
    SMALL,
    (n) => header(`a: &a {}\n${Array.from({ length: n / 20 }, (_, at) => `k${at}: {<<: *a}`).join("\n")}`),
  ],
  [
    "many levels of maps",
    SMALL,
    (n) => header(Array.from({ length: Math.sqrt(n) }, (_, at) => `${" ".repeat(at)}a:`).join("\n")),
  ],
  ["TOML: many brackets", SMALL, (n) => toml(`a = ${"[".repeat(n)}`)],
  ["TOML: many dots", SMALL, (n) => toml(`${"a.".repeat(n / 3)}a = 1`)],
  ["TOML: many tables", SMALL, (n) => toml("[[a]]\n".repeat(n / 8))],
  ["TOML: many quotes", SMALL, (n) => toml(`a = """${'\\\\"'.repeat(n / 4)}"""`)],
  ["TOML: many texts", SMALL, (n) => toml(`a = [${'"",'.repeat(n / 4)}]`)],
  ["JSON: many brackets", SMALL, (n) => `---json\n{"a":${"[".repeat(n)}}\n---\n`],
  ["JSON: many escapes", SMALL, (n) => `---json\n{"a":"${"\\n".repeat(n / 2)}"}\n---\n`],
];

/** Tried again while it looks bad, as the machine may have been busy just then; a quadratic reader looks bad each time. */
function assertProportional(cost: (size: number, turns: number) => number, size: number): void {
  const ratios: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    const large = cost(size, 1 + Math.min(attempt, 3));
    if (large < NOTHING) return;
    const ratio = large / cost(size / 4, 3);
    if (ratio < 10) return;
    ratios.push(ratio);
  }
  assert.fail(
    `four times the input costs ${ratios.map((ratio) => ratio.toFixed(1)).join(", ")} times as much`,
  );
}

/** What some work costs for a size, in milliseconds. */
function timed(work: (size: number) => () => void): (size: number, turns: number) => number {
  return (size, turns) => leastOf(turns, work(size));
}

function leastOf(count: number, work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < count; turn++) {
    const started = performance.now();
    work();
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

describe("hostile input costs time in proportion to its size", () => {
  for (const [name, size, text] of CASES) {
    it(name, () => {
      const cost = timed((length) => {
        const bytes = encode(text(length));
        return () => survive(bytes, "text");
      });
      assertProportional(cost, size);
    });
  }

  it("and so does an edit of a header with a long list", () => {
    const mapping = { fields: [{ field: "tags", column: "tags", type: "text[]" as const }] };
    const cost = timed((length) => {
      const list = Array.from({ length }, (_, at) => `item-${at}`);
      const document = parseDocument(`---\ntags:\n${list.map((item) => `  - ${item}\n`).join("")}---\n`);
      return () => {
        const after = renderDocument(document, mapping, new Map([["tags", list.slice(1).reverse()]]));
        assert.deepEqual(readFields(parseDocument(after), mapping).tags, list.slice(1).reverse());
      };
    });
    assertProportional(cost, 4000);
  });

  it("which a quadratic cost is not, but a sort's is", () => {
    assert.throws(() => assertProportional((size) => size ** 2, 1000), /four times the input/);
    assertProportional((size) => size * Math.log2(size), 1000);
  });
});

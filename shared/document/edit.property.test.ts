/** One edit of one key, anywhere in any header people might write: what holds then. fast-check prints the seed. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrontrowError } from "../errors.ts";
import { canonical, sameValue } from "./canonical.ts";
import { type Document, parseDocument } from "./document.ts";
import { readFields } from "./field-value.ts";
import type { Mapping } from "./mapping.ts";
import type { Entry } from "./node.ts";
import { renderDocument } from "./render.ts";
import { realTexts, skipWithoutCorpora } from "./test-documents.ts";
import { anyText, header } from "./test-headers.ts";
import type { ColumnType, Fields, Value } from "./value.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Numbers in `0..1` that steer one edit; the same steps give the same edit. */
type Steer = () => number;

/** Every key a column of its own: a text, a list of texts, or JSON for whatever is neither. */
function mappingFor(document: Document): Mapping {
  const fields = [...document.entries.values()].map((entry) => ({
    field: entry.key,
    column: entry.key,
    type: typeFor(entry),
  }));
  return { fields };
}

function typeFor({ value }: Entry): ColumnType {
  if (value.kind === "scalar") return "text";
  return value.kind === "list" && value.items.every((item) => item.kind === "scalar") ? "text[]" : "jsonb";
}

/** Another value near the old one: a list with an item more or less, JSON with one leaf changed. */
function another(type: ColumnType, old: Value, text: string, steer: Steer): Value | undefined {
  const dice = steer();
  if (dice < 0.05) return null;
  if (dice < 0.1) return undefined;
  if (type === "text") return text;
  if (type === "text[]") {
    const items = [...((old as readonly (string | null)[] | null) ?? [])];
    changeList(items, text, steer);
    return items;
  }
  const value = changed(JSON.parse((old as string | null) ?? "null") as Json, text, steer);
  return canonical("jsonb", JSON.stringify(value));
}

function changeList<T>(items: (T | string)[], item: string, steer: Steer): void {
  const at = Math.floor(steer() * (items.length + 1));
  const kind = steer();
  if (kind < 0.3) items.splice(at, 0, item);
  else if (kind < 0.6) items.splice(at, 1);
  else if (kind < 0.7) items.reverse();
  else if (items.length > 0) items[at % items.length] = item;
}

function changed(value: Json, text: string, steer: Steer): Json {
  if (Array.isArray(value)) {
    const inner = Math.floor(steer() * value.length);
    if (value.length > 0 && steer() < 0.6) value[inner] = changed(value[inner] as Json, text, steer);
    else changeList(value, text, steer);
    return value;
  }
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value);
    const key = keys[Math.floor(steer() * keys.length)];
    const kind = steer();
    if (key === undefined || kind < 0.2)
      value[kind < 0.1 ? "new" : `new ${[...text].slice(0, 10).join("")}`] = text;
    else if (kind < 0.4) delete value[key];
    else value[key] = changed(value[key] as Json, text, steer);
    return value;
  }
  return ([text, null, true, 1.5, -3, [], {}, [text], { k: text }, [{ a: 1, b: [text] }]] as Json[])[
    Math.floor(steer() * 10)
  ] as Json;
}

/** What an edit may be refused for: never anything else, and never another kind of error. */
const REFUSABLE = new Set([
  "alias",
  "anchor",
  "merge",
  "tag",
  "lone-pair",
  "shared-line",
  "neighbour",
  "unreadable",
  "read-back",
]);

/** Makes one edit and checks everything; `refused` is the rule when it was refused. */
function edit(text: string, pick: number, value: string, steer: Steer): { refused?: string } {
  const document = parseDocument(text);
  const mapping = mappingFor(document);
  const entries = [...document.entries.values()];
  const entry = entries[pick % entries.length];
  if (!entry) return {};
  const fields = readFields(document, mapping);
  assert.ok(
    renderDocument(document, mapping, new Map(Object.entries(fields))) === text,
    "unchanged is identical",
  );
  const wanted = another(typeFor(entry), fields[entry.key] ?? null, value, steer);
  let after: string;
  try {
    after = renderDocument(document, mapping, new Map([[entry.key, wanted]]));
  } catch (error) {
    assert.ok(error instanceof FrontrowError, (error as Error).stack);
    assert.equal(error.code, "CANNOT_SPLICE");
    assert.ok(REFUSABLE.has(error.rule ?? ""), `${error.rule}: ${error.message}`);
    assert.ok(error.line !== undefined && error.hint !== undefined);
    return { refused: error.rule as string };
  }
  const read = parseDocument(after);
  const now: Fields = readFields(read, mapping);
  assert.equal(read.body, document.body, "the body is the same");
  for (const { column } of mapping.fields) {
    const expected = column === entry.key ? wanted : fields[column];
    assert.ok(sameValue(now[column], expected), `${column} is ${JSON.stringify(now[column])}`);
  }
  onlyOwnLines(document, entry, after);
  const again = renderDocument(read, mapping, new Map(Object.entries(now)));
  assert.equal(again, after, "and what was written is stable");
  return {};
}

/** Every line above the key and below its value is the same, in the same place from the top or the bottom. */
function onlyOwnLines(document: Document, entry: Entry, after: string): void {
  const above = document.text.slice(0, document.text.lastIndexOf("\n", entry.keyStart - 1) + 1);
  const end = document.text.indexOf("\n", entry.value.end);
  const below = end < 0 ? "" : document.text.slice(end + 1);
  assert.ok(after.startsWith(above), "the lines above are the same");
  assert.ok(after.endsWith(below), "the lines below are the same");
  assert.ok(after.length >= above.length + below.length, "no line is lost");
}

const steers = fc.array(fc.nat(999), { minLength: 12, maxLength: 12 });

function steerOf(numbers: readonly number[]): Steer {
  let at = 0;
  return () => (numbers[at++ % numbers.length] as number) / 1000;
}

describe("one edit of one key", () => {
  it("in a header people might write: reads back, and touches nothing else", () => {
    let [made, refused] = [0, 0];
    const rules: Record<string, number> = {};
    fc.assert(
      fc.property(header, fc.boolean(), fc.nat(20), anyText, steers, (lines, crlf, pick, text, numbers) => {
        const source = `---\n${lines}---\nBody\n\n---\n`;
        const result = edit(crlf ? source.replaceAll("\n", "\r\n") : source, pick, text, steerOf(numbers));
        made++;
        if (result.refused === undefined) return;
        refused++;
        rules[result.refused] = (rules[result.refused] ?? 0) + 1;
      }),
      { numRuns: 2500 },
    );
    assert.ok(refused / made < 0.02, `${refused} of ${made} edits were refused: ${JSON.stringify(rules)}`);
  });

  it("in a real file: reads back, and touches nothing else", { skip: skipWithoutCorpora }, () => {
    const texts = [...realTexts(11)].filter(({ text }) => {
      try {
        return parseDocument(text).entries.size > 0;
      } catch {
        return false;
      }
    });
    const rules: Record<string, number> = {};
    let [made, refused] = [0, 0];
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.nat(20),
        anyText,
        steers,
        ({ text }, pick, value, numbers) => {
          const result = edit(text, pick, value, steerOf(numbers));
          made++;
          if (result.refused === undefined) return;
          refused++;
          rules[result.refused] = (rules[result.refused] ?? 0) + 1;
        },
      ),
      { numRuns: 2500 },
    );
    assert.ok(refused / made < 0.01, `${refused} of ${made} edits were refused: ${JSON.stringify(rules)}`);
  });
});

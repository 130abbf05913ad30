/**
 * Header values become column values, typed by the column from the source text and never by a guess: `1.10` in a text
 * column is "1.10", `no` is "no", and a value the column cannot hold is an error with its line.
 */

import { FrontrowError } from "../errors.ts";
import { canonicalScalar } from "./canonical.ts";
import type { Document } from "./document.ts";
import { canonicalJson, canonicalObject, refuseUnstorable } from "./json-value.ts";
import type { FieldMapping, Mapping } from "./mapping.ts";
import { type Entry, type Node, placeAt, quoteKey, resolved, type ScalarNode } from "./node.ts";
import { isNull } from "./scalar-kind.ts";
import { hintFor, named } from "./type-words.ts";
import type { Fields, Value } from "./value.ts";

/**
 * The mapped fields of a document by column; a key the header does not have is absent.
 * @throws {FrontrowError} `SCHEMA_VIOLATION`, `NUL_BYTE` or `NOT_WELL_FORMED`, with line and column.
 */
export function readFields(document: Document, mapping: Mapping): Fields {
  const fields: Record<string, Value> = Object.create(null);
  for (const field of mapping.fields) {
    const entry = document.entries.get(field.field);
    if (entry) fields[field.column] = readValue(document.text, entry, field);
  }
  if (mapping.extra !== undefined) {
    const extra = extraEntries(document, mapping);
    if (extra.length > 0) fields[mapping.extra] = canonicalObject(document.text, extra);
  }
  return fields;
}

/** The top-level entries no field maps. */
export function extraEntries(document: Document, mapping: Mapping): Entry[] {
  const mapped = new Set(mapping.fields.map((field) => field.field));
  return [...document.entries.values()].filter(({ key }) => !mapped.has(key));
}

/** One entry's value, typed by its column. */
export function readValue(text: string, entry: Entry, field: FieldMapping): Value {
  const node = resolved(entry.value);
  if (node.kind === "scalar" && isNull(node)) return null;
  if (field.type === "jsonb") return canonicalJson(text, node);
  if (field.type === "text[]") return readList(text, entry, node);
  if (node.kind !== "scalar") {
    throw violation(
      text,
      entry.value,
      entry.key,
      "not-a-scalar",
      `must be ${named(field.type)}, not a ${node.kind}`,
      hintFor(field.type),
    );
  }
  refuseUnstorable(text, node.text, entry.value.start);
  const value = canonicalScalar(field.type, node.text);
  if (value === null) {
    const must = `must be ${named(field.type)}`;
    throw violation(text, entry.value, entry.key, `not-${field.type}`, must, hintFor(field.type));
  }
  if (field.type === "enum" && field.labels && !field.labels.includes(value)) {
    const hint = `Use one of: ${field.labels.join(", ")}.`;
    throw violation(text, entry.value, entry.key, "not-a-label", "must be one of the column's labels", hint);
  }
  return value;
}

function readList(text: string, entry: Entry, node: Node): (string | null)[] {
  if (node.kind !== "list") {
    throw violation(text, entry.value, entry.key, "not-a-list", "must be a list", hintFor("text[]"));
  }
  return node.items.map((item) => {
    const real = resolved(item);
    if (real.kind !== "scalar") {
      throw violation(
        text,
        item,
        entry.key,
        "not-a-scalar",
        `must be a list of texts, and holds a ${real.kind}`,
        "Write each item as one text.",
      );
    }
    return readItem(text, real);
  });
}

/** A list item's text; `null` for an empty one. */
export function readItem(text: string, item: ScalarNode): string | null {
  if (isNull(item)) return null;
  refuseUnstorable(text, item.text, item.start);
  return item.text;
}

function violation(
  text: string,
  node: Node,
  key: string,
  rule: string,
  must: string,
  hint: string,
): FrontrowError {
  const message = `Cannot read the field ${quoteKey(key)} as it ${must}`;
  return new FrontrowError("SCHEMA_VIOLATION", message, { ...placeAt(text, node.start), rule, hint });
}

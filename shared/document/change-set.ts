/** From column values to key changes: what of a header really has to change, and into what. */

import { FrontrowError } from "../errors.ts";
import { sameValue } from "./canonical.ts";
import type { Document } from "./document.ts";
import { extraEntries, readValue } from "./field-value.ts";
import type { Language } from "./front-matter.ts";
import { readJson } from "./json-tree.ts";
import { canonicalJson } from "./json-value.ts";
import type { FieldMapping, Mapping } from "./mapping.ts";
import { type Entry, resolved } from "./node.ts";
import { NULL, type Target, targetOfJson } from "./target.ts";
import { instantLike } from "./times.ts";
import type { Value } from "./value.ts";

/** One top-level key that must change. */
export interface KeyChange {
  /** Typed as its column is; keys of the extra column are `jsonb`. */
  field: FieldMapping;
  /** What the key must say; `undefined` when it must be gone. */
  value: Value | undefined;
  /** `null` removes the key. */
  target: Target | null;
}

/** The changes a document needs; none for a value it already holds, nor for null where it holds nothing. */
export function changeSet(
  document: Document,
  mapping: Mapping,
  changes: ReadonlyMap<string, Value | undefined>,
): KeyChange[] {
  const found: KeyChange[] = [];
  for (const field of mapping.fields) {
    if (!changes.has(field.column)) continue;
    const value = changes.get(field.column);
    const held = document.entries.has(field.field);
    // A column that is null needs no key; in TOML, which has no null, it must not have one.
    if (value === null && (!held || document.language === "toml")) {
      if (held) addChange(found, document, field, undefined);
    } else addChange(found, document, field, value);
  }
  if (mapping.extra !== undefined && changes.has(mapping.extra)) {
    addExtra(found, document, mapping, changes.get(mapping.extra));
  }
  return found;
}

function addChange(
  found: KeyChange[],
  document: Document,
  field: FieldMapping,
  value: Value | undefined,
): void {
  const entry = document.entries.get(field.field);
  if (!entry && value === undefined) return;
  if (entry && value !== undefined && holds(document.text, entry, field, value)) return;
  const target = value === undefined ? null : targetOf(field, value, document.language ?? "yaml", entry);
  found.push({ field, value, target });
}

/** Whether an entry reads as a value; what its column cannot hold does not, so any value replaces it. */
export function holds(text: string, entry: Entry, field: FieldMapping, value: Value): boolean {
  try {
    return sameValue(readValue(text, entry, field), value);
  } catch (error) {
    if (error instanceof FrontrowError) return false;
    throw error;
  }
}

/** The extra column's object, key by key. */
function addExtra(found: KeyChange[], document: Document, mapping: Mapping, value: Value | undefined): void {
  const text = typeof value === "string" ? value : "{}";
  const object = readJson(text, 0, text.length);
  if (object.kind !== "map")
    throw refused(mapping.extra as string, "extra-not-object", "must hold a JSON object");
  const mapped = new Set(mapping.fields.map((field) => field.field));
  for (const { key, value: node } of object.entries.values()) {
    if (mapped.has(key)) throw refused(key, "extra-key-mapped", "has a column of its own");
    const json = canonicalJson(text, node);
    addChange(found, document, jsonField(key), json === "null" ? null : json);
  }
  for (const { key } of extraEntries(document, mapping)) {
    if (!object.entries.has(key)) addChange(found, document, jsonField(key), undefined);
  }
}

function jsonField(key: string): FieldMapping {
  return { field: key, column: key, type: "jsonb" };
}

function refused(key: string, rule: string, why: string): FrontrowError {
  const hint = "Make the column hold a JSON object with no key that has a column of its own.";
  return new FrontrowError("CANNOT_SPLICE", `Cannot write ${JSON.stringify(key)} as it ${why}`, {
    rule,
    hint,
  });
}

/** A value as the header shall say it. `entry` is what it says now. */
export function targetOf(field: FieldMapping, value: Value, language: Language, entry?: Entry): Target {
  if (value === null) return NULL;
  if (typeof value !== "string") {
    const items = value.map(
      (item): Target => (item === null ? NULL : { kind: "scalar", as: "text", text: item }),
    );
    return { kind: "list", items };
  }
  switch (field.type) {
    case "jsonb":
      return targetOfJson(readJson(value));
    case "text":
    case "enum":
      return { kind: "scalar", as: "text", text: value };
    case "timestamptz": {
      const old = entry && resolved(entry.value);
      const text = old?.kind === "scalar" ? instantLike(value, old.text) : value;
      return { kind: "scalar", as: "typed", text };
    }
    default:
      return { kind: "scalar", as: "typed", text: special(value, language) };
  }
}

/** Infinity and NaN as the language spells them. */
function special(value: string, language: Language): string {
  const match = /^(-?)(?:(Infinity)|NaN)$/.exec(value);
  if (match === null || language === "json") return value;
  const dot = language === "yaml" ? "." : "";
  return `${match[1]}${dot}${match[2] === undefined ? "nan" : "inf"}`;
}

/** JSON in canonical form, from any node: keys sorted, no white space, numbers as `numeric` digits. */

import { FrontrowError } from "../errors.ts";
import { isWellFormed } from "./bytes.ts";
import { type Entry, type Node, placeAt, resolved, type ScalarNode } from "./node.ts";
import { canonicalNumeric } from "./numbers.ts";
import { kindOf } from "./scalar-kind.ts";

// Most keys and texts; quoting them is all there is to do.
const NEEDS_NO_ESCAPE = /^[ !#-[\]-~]*$/;

/** How many zeros an exponent may stand for inside JSON. */
const MAX_ZEROS = 1000;

/** The canonical JSON text of a node of `text`; aliases are followed. */
export function canonicalJson(text: string, node: Node): string {
  const real = resolved(node);
  if (real.kind === "scalar") return scalarJson(text, real);
  if (real.kind === "map") return canonicalObject(text, [...real.entries.values()]);
  let items = "[";
  for (const item of real.items)
    items += items.length === 1 ? canonicalJson(text, item) : `,${canonicalJson(text, item)}`;
  return `${items}]`;
}

/** As one object, some entries of one map; their order is not kept. */
export function canonicalObject(text: string, entries: Entry[]): string {
  let members = "{";
  for (const { key, keyStart, value } of sortByKey(entries)) {
    if (members.length > 1) members += ",";
    members += jsonString(text, key, keyStart);
    members += ":";
    members += canonicalJson(text, value);
  }
  return `${members}}`;
}

/** In place. Most maps are short and nearly in order, where inserting is the cheapest way. */
function sortByKey(entries: Entry[]): Entry[] {
  if (entries.length > 12) return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (let i = 1; i < entries.length; i++) {
    const entry = entries[i]!;
    let at = i;
    for (; at > 0 && entry.key < entries[at - 1]!.key; at--) entries[at] = entries[at - 1]!;
    entries[at] = entry;
  }
  return entries;
}

function scalarJson(text: string, node: ScalarNode): string {
  switch (kindOf(node)) {
    case "null":
      return "null";
    case "bool":
      return node.text.toLowerCase();
    case "int":
    case "float": {
      const digits = canonicalNumeric(node.text);
      if (digits !== null && digits.length > node.text.length + MAX_ZEROS) throw tooLong(text, node.start);
      if (digits !== null && /\d/.test(digits)) return digits;
      // JSON has no infinity; what Postgres could not hold as a number stays text.
      return JSON.stringify(node.text);
    }
    default:
      // Only an escape can spell what decoding the file would have refused.
      return node.style === "double" ? jsonString(text, node.text, node.start) : quoted(node.text);
  }
}

/** `1e131071` is eight characters here and 128 KiB in the database: a bomb, written by nobody else. */
function tooLong(text: string, offset: number): FrontrowError {
  const message = `Cannot keep the number: it has more than ${MAX_ZEROS} zeros that are not written out`;
  const detail = {
    ...placeAt(text, offset),
    rule: "number-too-long",
    hint: "Quote it, or write a smaller one.",
  };
  return new FrontrowError("SCHEMA_VIOLATION", message, detail);
}

function jsonString(text: string, value: string, offset: number): string {
  if (NEEDS_NO_ESCAPE.test(value)) return `"${value}"`;
  refuseUnstorable(text, value, offset);
  return JSON.stringify(value);
}

function quoted(value: string): string {
  return NEEDS_NO_ESCAPE.test(value) ? `"${value}"` : JSON.stringify(value);
}

/** @throws {FrontrowError} `NUL_BYTE` or `NOT_WELL_FORMED` for an escape that spells what Postgres cannot hold. */
export function refuseUnstorable(text: string, value: string, offset: number): void {
  if (value.includes("\0")) {
    const message = "Cannot keep the value: it spells a NUL character (U+0000)";
    throw new FrontrowError("NUL_BYTE", message, {
      ...placeAt(text, offset),
      rule: "nul-byte",
      hint: "Remove the escape.",
    });
  }
  if (!isWellFormed(value)) {
    const message = "Cannot keep the value: it spells half a surrogate pair";
    const detail = { ...placeAt(text, offset), rule: "lone-surrogate", hint: "Write the whole character." };
    throw new FrontrowError("NOT_WELL_FORMED", message, detail);
  }
}

/** How deep the JSON of a jsonb column may be. */
export const MAX_JSON_DEPTH = 512;

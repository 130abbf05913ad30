/** A column's value in canonical text, so that a header's value and a row's value are equal exactly when they mean it. */

import { FrontrowError } from "../errors.ts";
import { readJson } from "./json-tree.ts";
import { canonicalJson, MAX_JSON_DEPTH } from "./json-value.ts";
import { resolved } from "./node.ts";
import { canonicalFloat, canonicalInt, canonicalNumeric } from "./numbers.ts";
import { canonicalDate, canonicalInstant } from "./times.ts";
import { hintFor, named } from "./type-words.ts";
import type { ColumnType, Value } from "./value.ts";

export type ScalarType = Exclude<ColumnType, "text[]" | "jsonb">;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The canonical text of a scalar type, or `null` when the text is not of that type. */
export function canonicalScalar(type: ScalarType, text: string): string | null {
  switch (type) {
    case "text":
    case "enum":
      return text;
    case "bool":
      return canonicalBool(text);
    case "int2":
    case "int4":
    case "int8":
      return canonicalInt(type, text);
    case "numeric":
      return canonicalNumeric(text);
    case "float8":
      return canonicalFloat(text);
    case "date":
      return canonicalDate(text);
    case "timestamptz":
      return canonicalInstant(text);
    case "uuid":
      return UUID.test(text) ? text.toLowerCase() : null;
  }
}

/**
 * The canonical value of what Postgres gives as text: `column::text`, a `text[]` as a list or as JSON, `jsonb::text`.
 * @throws {FrontrowError} `SCHEMA_VIOLATION` for what is not of the type.
 */
export function canonical(type: ColumnType, value: string | null | readonly (string | null)[]): Value {
  if (value === null) return null;
  if (type === "text[]") return typeof value === "string" ? listFromJson(value) : listOfTexts(value);
  if (typeof value !== "string") throw violation(type);
  if (type === "jsonb") return jsonFromText(value);
  const text = type === "bool" && /^[tf]$/.test(value) ? (value === "t" ? "true" : "false") : value;
  const result = canonicalScalar(type, text);
  if (result === null) throw violation(type);
  return result;
}

function canonicalBool(text: string): string | null {
  if (/^(?:true|True|TRUE)$/.test(text)) return "true";
  return /^(?:false|False|FALSE)$/.test(text) ? "false" : null;
}

/** JSON's own null is no value, as it is in a header: there the two look the same. */
function jsonFromText(text: string): string | null {
  try {
    const json = canonicalJson(text, readJson(text, 0, text.length, MAX_JSON_DEPTH));
    return json === "null" ? null : json;
  } catch (cause) {
    if (cause instanceof FrontrowError && cause.code !== "FRONT_MATTER_INVALID") throw cause;
    throw violation("jsonb", cause);
  }
}

/** A list as a driver gives it; what is no text, another list above all, is refused here and not when it is written. */
function listOfTexts(items: readonly unknown[]): (string | null)[] {
  return items.map((item) => {
    if (item !== null && typeof item !== "string") throw violation("text[]");
    return item;
  });
}

function listFromJson(text: string): (string | null)[] {
  let node: ReturnType<typeof readJson>;
  try {
    node = readJson(text);
  } catch (cause) {
    throw violation("text[]", cause);
  }
  if (node.kind !== "list") throw violation("text[]");
  return node.items.map((item) => {
    const real = resolved(item);
    if (real.kind !== "scalar" || (real.style === "plain" && real.text !== "null")) throw violation("text[]");
    return real.style === "plain" ? null : real.text;
  });
}

function violation(type: ColumnType, cause?: unknown): FrontrowError {
  return new FrontrowError("SCHEMA_VIOLATION", `Cannot read the value as it must be ${named(type)}`, {
    rule: `not-${type === "text[]" ? "a-list" : type}`,
    hint: hintFor(type),
    cause,
  });
}

/** Whether two canonical values are the same. `undefined`, no opinion, equals only itself. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => item === b[index]);
  }
  return a === b;
}

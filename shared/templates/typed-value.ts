/** What a person types for a field, as a value of its column. */

import { canonical } from "../document/canonical.ts";
import type { FieldMapping } from "../document/mapping.ts";
import { hintFor, named } from "../document/type-words.ts";
import type { Value } from "../document/value.ts";
import { FrontrowError } from "../errors.ts";

/**
 * A list is written `a, b`; JSON may be left out around a plain text; nothing at all is null.
 * @throws {FrontrowError} `SCHEMA_VIOLATION` naming the field, never the value.
 */
export function typedValue({ field, type }: Pick<FieldMapping, "field" | "type">, text: string): Value {
  if (text === "") return null;
  if (type === "text[]") {
    const items = text.split(",").map((item) => item.trim());
    return items.filter((item) => item !== "");
  }
  if (type === "jsonb") return canonical(type, isJson(text) ? text : JSON.stringify(text));
  try {
    return canonical(type, text);
  } catch (cause) {
    if (!(cause instanceof FrontrowError)) throw cause;
    throw new FrontrowError(
      "SCHEMA_VIOLATION",
      `Cannot set the field "${field}", as it must be ${named(type)}`,
      {
        rule: cause.rule,
        hint: hintFor(type),
        cause,
      },
    );
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

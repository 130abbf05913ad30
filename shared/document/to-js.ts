/** Canonical values as JavaScript values, for validation: numbers only where a double says exactly the same. */

import { readJson } from "./json-tree.ts";
import { MAX_JSON_DEPTH } from "./json-value.ts";
import { type Node, resolved } from "./node.ts";
import { exactNumber } from "./numbers.ts";
import type { ColumnType, Value } from "./value.ts";

const LONG_NUMBER = /[\d.]{16}/;

/** What a schema sees for a column's value. A number too long for a double stays its digits, as a string. */
export function toJs(type: ColumnType, value: Value): unknown {
  if (value === null) return null;
  if (typeof value !== "string") return [...value];
  switch (type) {
    case "bool":
      return value === "true";
    case "int2":
    case "int4":
    case "int8":
    case "numeric":
    case "float8":
      return exactNumber(value);
    case "jsonb":
      // A double says exactly what up to 15 digits say, and canonical JSON has no exponent.
      return LONG_NUMBER.test(value)
        ? plainJson(readJson(value, 0, value.length, MAX_JSON_DEPTH))
        : JSON.parse(value);
    default:
      return value;
  }
}

function plainJson(node: Node): unknown {
  const real = resolved(node);
  if (real.kind === "list") return real.items.map(plainJson);
  // `fromEntries` defines own properties, so a `__proto__` key is data like any other.
  if (real.kind === "map") {
    return Object.fromEntries([...real.entries.values()].map(({ key, value }) => [key, plainJson(value)]));
  }
  if (real.style !== "plain") return real.text;
  if (real.text === "null") return null;
  return real.text === "true" || real.text === "false" ? real.text === "true" : exactNumber(real.text);
}

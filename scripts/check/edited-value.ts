/** Another value of the same type, for trying an edit. */

import type { ColumnType, Value } from "../../shared/document/value.ts";

/** A value that differs from `value` and stays the same sort of thing; always the same one for the same input. */
export function editedValue(type: ColumnType, value: Value): Value {
  if (typeof value !== "string") return type === "text" ? "edited" : value;
  switch (type) {
    case "bool":
      return value === "true" ? "false" : "true";
    case "int8":
      return value === "41" ? "42" : "41";
    case "numeric":
      return value === "4.1" ? "4.2" : "4.1";
    case "date":
      return value === "2031-05-06" ? "2032-05-06" : "2031-05-06";
    case "timestamptz":
      return value === "2031-05-06T07:08:09Z" ? "2032-05-06T07:08:09Z" : "2031-05-06T07:08:09Z";
    default: {
      // The last line grows by a word; a text that ended in a line break still does.
      const end = value.trimEnd().length;
      return `${value.slice(0, end)}${end === 0 ? "" : " "}edited${value.slice(end)}`;
    }
  }
}

/** A mapping guessed from one document, for checks and benches that have no collection to ask. */

import { canonicalScalar } from "../../shared/document/canonical.ts";
import type { Document, FieldMapping, Mapping, Node } from "../../shared/document/mod.ts";
import { resolved } from "../../shared/document/node.ts";
import { kindOf } from "../../shared/document/scalar-kind.ts";
import type { ColumnType } from "../../shared/document/value.ts";

/** Every top-level key as a column of its own name, typed by what it holds. */
export function inferMapping(document: Document): Mapping {
  const fields: FieldMapping[] = [];
  for (const { key, value } of document.entries.values()) {
    fields.push({ field: key, column: key, type: inferType(value) });
  }
  return { fields };
}

function inferType(value: Node): ColumnType {
  const node = resolved(value);
  if (node.kind === "map") return "jsonb";
  if (node.kind === "list")
    return node.items.every((item) => resolved(item).kind === "scalar") ? "text[]" : "jsonb";
  const kind = kindOf(node);
  if (kind === "bool") return "bool";
  if (kind === "int") return canonicalScalar("int8", node.text) === null ? "numeric" : "int8";
  if (kind === "float") return "numeric";
  if (kind === "null" || node.style !== "plain") return "text";
  if (canonicalScalar("date", node.text) !== null) return "date";
  return canonicalScalar("timestamptz", node.text) === null ? "text" : "timestamptz";
}

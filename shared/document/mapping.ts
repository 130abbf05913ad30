import type { ColumnType } from "./value.ts";

/** One front matter field and the column it is. */
export interface FieldMapping {
  /** The top-level front matter key. */
  field: string;
  column: string;
  type: ColumnType;
  /** The allowed texts of an enum column, in the database's order. */
  labels?: readonly string[];
}

/** How a document's header maps to columns. The body is not part of it. */
export interface Mapping {
  fields: readonly FieldMapping[];
  /** A jsonb column that holds every top-level key no field maps, as one JSON object. */
  extra?: string;
}

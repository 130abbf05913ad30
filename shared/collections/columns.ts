/** What the database answered about a collection's columns, made into the mapping that documents are read with. */

import type { FieldMapping, Mapping } from "../document/mapping.ts";
import { COLUMN_TYPES, type ColumnType } from "../document/value.ts";
import { FrontrowError } from "../errors.ts";
import type { ResolvedCollection } from "./resolve.ts";

/** One column of the table, as registration answers it: the fields, `extra` and keys; others may be there too. */
export interface ColumnFacts {
  readonly column: string;
  /** A `ColumnType`, or whatever Postgres calls a type that Frontrow does not know. */
  readonly type: string;
  /** Of an enum, in the database's order. */
  readonly labels?: readonly string[] | null;
  readonly not_null: boolean;
  /** Also true of generated and identity columns. */
  readonly has_default: boolean;
}

export interface KeyColumn {
  readonly column: string;
  readonly type: KeyType;
}

/** A collection's columns with their types: what turns texts into values and back. */
export interface Columns {
  readonly mapping: Mapping;
  /** In the order of the template. */
  readonly keys: readonly KeyColumn[];
}

/** Types whose values have one readable text each, so that a file name can be made of them. */
const KEY_TYPES = ["text", "int2", "int4", "int8", "date", "uuid"] as const;
type KeyType = (typeof KEY_TYPES)[number];

/**
 * Checks the table against the collection.
 * @throws {FrontrowError} `CONFIG_INVALID` (`column-missing`, `body-column`, `extra-column`, `lists`, `lines`,
 * `column-unfilled`) or `COLUMN_UNSUPPORTED`.
 */
export function columnsFrom(collection: ResolvedCollection, facts: readonly ColumnFacts[]): Columns {
  const known = new Map(facts.map((fact) => [fact.column, fact]));
  const table = `${collection.schema}.${collection.table}`;

  function find(column: string): ColumnFacts {
    const fact = known.get(column);
    if (fact === undefined) throw refused("column-missing", `table ${table} must have column "${column}"`);
    return fact;
  }
  function refused(rule: string, because: string): FrontrowError {
    return new FrontrowError("CONFIG_INVALID", `Cannot use collection "${collection.name}", as ${because}`, {
      rule,
    });
  }
  function unsupported(fact: ColumnFacts, types: readonly string[]): FrontrowError {
    const wanted = `must be one of ${types.join(", ")}: it is ${fact.type}`;
    const message = `Cannot use collection "${collection.name}", as column "${fact.column}" of ${table} ${wanted}`;
    return new FrontrowError("COLUMN_UNSUPPORTED", message, { rule: "column-type" });
  }

  const fields = collection.fields.map(({ field, column }): FieldMapping => {
    const fact = find(column);
    if (!isOneOf(COLUMN_TYPES, fact.type)) throw unsupported(fact, COLUMN_TYPES);
    const merge = collection.policies.lists[field];
    if (merge !== "set" && fact.type !== "text[]" && fact.type !== "jsonb") {
      throw refused(
        "lists",
        `field "${field}" is merged as "${merge}", but its column "${column}" is no list`,
      );
    }
    if (collection.lines.includes(field) && (fact.type === "text[]" || fact.type === "jsonb")) {
      throw refused(
        "lines",
        `field "${field}" stands on a line of the body, which cannot hold its ${fact.type}`,
      );
    }
    return { field, column, type: fact.type, ...labelsOf(fact) };
  });
  const keys = collection.path.params.map(({ name }): KeyColumn => {
    const fact = find(name);
    if (!isOneOf(KEY_TYPES, fact.type)) throw unsupported(fact, KEY_TYPES);
    return { column: name, type: fact.type };
  });
  const { body, extra } = collection;
  const bodyType = body === null ? "text" : known.get(body)?.type; // registration answers for the body itself
  if (bodyType !== undefined && bodyType !== "text") {
    throw refused("body-column", `its body column "${body}" must be text: it is ${bodyType}`);
  }
  if (extra !== null && find(extra).type !== "jsonb") {
    throw refused("extra-column", `its extra column "${extra}" must be jsonb: it is ${find(extra).type}`);
  }

  const filled = new Set([...fields, ...keys].map(({ column }) => column).concat(body ?? [], extra ?? []));
  const unfilled = facts.find((fact) => fact.not_null && !fact.has_default && !filled.has(fact.column));
  if (unfilled !== undefined && collection.policies.direction !== "rows-to-files") {
    const because = `column "${unfilled.column}" of ${table} must not be null and has no default, so no file could become a row`;
    throw refused("column-unfilled", because);
  }
  return { mapping: { fields, ...(extra === null ? {} : { extra }) }, keys };
}

function labelsOf({ labels }: ColumnFacts): { labels?: readonly string[] } {
  return labels === undefined || labels === null ? {} : { labels };
}

function isOneOf<T extends string>(types: readonly T[], type: string): type is T & ColumnType {
  return (types as readonly string[]).includes(type);
}

/** The table store: rows found by path, read, hashed and written under a precondition, as sql/50 and 52 do it. */
import { FrontrowError } from "../../../shared/errors.ts";
import type { Database } from "./database.ts";
import { hash } from "./hash.ts";
import type { Cell, Cells, Collection } from "./records.ts";
import { SqlError } from "./sql-error.ts";
import type { Row } from "./table.ts";

export interface ReadRow {
  version: string;
  fields: Cells;
  body: string | null;
}

/** The key values a path names, in the order of the key columns; null when they cannot be a row's. */
export function pathKeys({ path: template, keyColumns, columns }: Collection, path: string): string[] | null {
  let values: Record<string, string> | null;
  try {
    values = template.parse(path);
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
  if (values === null) return null;
  const keys = keyColumns.map((name) => values[name]!);
  const types = keyColumns.map((name) => columns.find(({ column }) => column === name)?.type);
  return keys.every((key, at) => isKeyText(key, types[at])) ? keys : null;
}

const INT_BOUNDS: Readonly<Record<string, bigint>> = { int2: 1n << 15n, int4: 1n << 31n, int8: 1n << 63n };

/** Whether a value is the one canonical text of that key type. */
function isKeyText(value: string, type: string | undefined): boolean {
  const bound = INT_BOUNDS[type ?? ""];
  if (bound !== undefined) {
    return /^(0|-?[1-9][0-9]{0,18})$/.test(value) && BigInt(value) >= -bound && BigInt(value) < bound;
  }
  if (type === "uuid") return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
  if (type === "date") return /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
  return true;
}

export function rowVersion(fields: Cells, body: string | null): string {
  return hash(JSON.stringify(fields) + (body === null ? "-" : `+${body}`));
}

/** A row as SQL prints it, deleted or not. */
export function printed(collection: Collection, { cells }: Row): ReadRow {
  const fields: Record<string, Cell> = {};
  for (const { column, mapped } of collection.columns) if (mapped) fields[column] = cells[column] ?? null;
  const body =
    collection.bodyColumn === null ? null : ((cells[collection.bodyColumn] ?? null) as string | null);
  return { version: rowVersion(fields, body), fields, body };
}

export function isLive({ softDelete }: Collection, row: Row): boolean {
  return !softDelete || row.deletedAt === null;
}

/** The live row of a path. */
export function readRow(collection: Collection, path: string): ReadRow | null {
  const row = findRow(collection, path);
  return row && isLive(collection, row) ? printed(collection, row) : null;
}

function findRow(collection: Collection, path: string): Row | undefined {
  const keys = pathKeys(collection, path);
  // The table's key may name the same columns in another order.
  const at = (name: string) => keys![collection.keyColumns.indexOf(name)]!;
  return keys === null ? undefined : collection.table.find(collection.table.spec.key.map(at));
}

export interface RowChange {
  set: Cells;
  clear: readonly string[];
  body: string | null;
}

/** Inserts or updates. Answers false when the row is not at `expected` (null: no live row). */
export function putRow(
  collection: Collection,
  path: string,
  expected: string | null,
  change: RowChange,
): boolean {
  const { table, bodyColumn, keyColumns, columns } = collection;
  const keys = pathKeys(collection, path);
  if (keys === null) throw new SqlError("22023", `frontrow: ${path} names no possible row`);
  const written: Record<string, Cell> = { ...change.set };
  if (bodyColumn !== null && change.body !== null) written[bodyColumn] = change.body;
  const row = findRow(collection, path);
  requireUnlocked(collection, keys);
  const live = row !== undefined && isLive(collection, row);
  if ((live ? printed(collection, row).version : null) !== expected) return false;
  if (row === undefined) {
    const named = Object.fromEntries(keyColumns.map((name, at) => [name, keys[at]!]));
    requireTouched(table.insert([{ ...written, ...named }]), path);
    return true;
  }
  // A softly deleted row comes back; what the file does not mention returns to its default.
  const cleared = live
    ? change.clear
    : columns
        .filter(({ column, mapped }) => mapped && !(column in written) && !keyColumns.includes(column))
        .map(({ column }) => column);
  const assigned: Record<string, Cell> = {};
  for (const [name, cell] of Object.entries(written)) if (!keyColumns.includes(name)) assigned[name] = cell;
  for (const name of cleared) assigned[name] = table.default(name);
  if (live && Object.keys(assigned).length === 0) return true;
  requireTouched(
    table.update(({ id }) => id === row.id, assigned, live ? undefined : null),
    path,
  );
  return true;
}

/** Deletes, softly where the collection says so. Answers false when the row is not at `expected`. */
export function deleteRow(
  db: Database,
  collection: Collection,
  path: string,
  expected: string | null,
): boolean {
  const row = findRow(collection, path);
  const live = row !== undefined && isLive(collection, row);
  if (live) requireUnlocked(collection, pathKeys(collection, path)!);
  if ((live ? printed(collection, row).version : null) !== expected) return false;
  if (!live) return true;
  const { table, rowDelete } = collection;
  const isIt = ({ id }: Row) => id === row.id;
  requireTouched(rowDelete === "soft" ? table.update(isIt, {}, db.now()) : table.delete(isIt), path);
  return true;
}

/** SELECT … FOR UPDATE under a lock_timeout. */
function requireUnlocked({ table, keyColumns }: Collection, keys: readonly string[]): void {
  const at = (name: string) => keys[keyColumns.indexOf(name)]!;
  table.requireUnlocked(table.spec.key.map(at));
}

function requireTouched(touched: number, path: string): void {
  if (touched === 0) throw new SqlError("FR002", `frontrow: the write of ${path} changed no row`);
}

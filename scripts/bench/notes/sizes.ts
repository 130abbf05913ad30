/** How much room the hub and the rows take. */
import type { Project } from "../../start/project.ts";
import { round } from "../case.ts";

/** Bytes for each document, tables and their indexes apart; tables of less than a byte each are left out. */
export type Sizes = Record<string, { table: number; indexes: number }>;

export async function sizesOf({ stack: { sql } }: Project, documents: number): Promise<Sizes> {
  const tables = await sql.query<{ name: string; total: number; indexes: number }>(
    `select c.oid::regclass::text as name, pg_total_relation_size(c.oid)::float8 as total,
       pg_indexes_size(c.oid)::float8 as indexes
     from pg_catalog.pg_class as c where c.relkind = 'r'
       and (c.relnamespace = 'frontrow'::regnamespace or c.oid in ('public.notes'::regclass, 'storage.objects'::regclass))
     order by 2 desc`,
  );
  return Object.fromEntries(
    tables
      .map(({ name, total, indexes }) => ({
        name,
        table: (total - indexes) / documents,
        indexes: indexes / documents,
      }))
      .filter(({ table, indexes }) => table + indexes >= 1)
      .map(({ name, table, indexes }) => [name, { table: round(table), indexes: round(indexes) }]),
  );
}

/** Of the hub alone, with its indexes. */
export function hubBytes(sizes: Sizes): number {
  return Object.entries(sizes)
    .filter(([name]) => name.startsWith("frontrow."))
    .reduce((sum, [, { table, indexes }]) => sum + table + indexes, 0);
}

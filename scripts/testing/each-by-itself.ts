import type { Sql } from "../local/database/sql.ts";

/** Makes apply carry out every item by itself, as it does when the fast path cannot; answers how to end that. */
export async function takeEachByItself(sql: Sql): Promise<() => Promise<unknown>> {
  return await replaceFunction(
    sql,
    "frontrow.apply_together",
    `create or replace function frontrow.apply_together(c frontrow.collections, run_id uuid, items jsonb)
     returns jsonb language plpgsql as $$ begin raise exception 'each by itself'; end $$`,
  );
}

/** Makes apply fail at every item it would carry out by itself; answers how to end that. */
export async function refuseEachByItself(sql: Sql): Promise<() => Promise<unknown>> {
  return await replaceFunction(
    sql,
    "frontrow.apply_item",
    `create or replace function frontrow.apply_item(c frontrow.collections, item jsonb)
     returns jsonb language plpgsql as $$ begin raise exception 'the slow path'; end $$`,
  );
}

async function replaceFunction(sql: Sql, name: string, replacement: string): Promise<() => Promise<unknown>> {
  const [before] = await sql.query<{ definition: string }>(
    "select pg_get_functiondef($1::regproc) as definition",
    [name],
  );
  await sql.exec(replacement);
  return () => sql.exec(before!.definition);
}

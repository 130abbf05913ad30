import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sql } from "./sql.ts";

const folder = join(import.meta.dirname!, "..", "sql");

/** Our SQL files by name, in number order. */
export async function bootstrapFiles(): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}

/** Whether the pg_cron of `sql`'s server can be, or already is, the real one. */
async function realCron(sql: Sql): Promise<boolean> {
  const [cron] = await sql.query<{ ready: boolean }>(`
    select exists (select from pg_catalog.pg_extension where extname = 'pg_cron')
      or (exists (select from pg_catalog.pg_available_extensions where name = 'pg_cron')
        and current_setting('shared_preload_libraries', true) like '%pg_cron%'
        and current_setting('cron.database_name', true) = current_database()) as ready`);
  return cron!.ready;
}

/**
 * Makes an empty database look like a Supabase project. Idempotent; concurrent callers wait for each other.
 * Never run it on a real project: that has all of this already.
 * @throws when the role that connects is not a superuser
 */
export async function bootstrap(sql: Sql): Promise<{ cron: "real" | "stand-in" }> {
  const [me] = await sql.query<{ name: string; rolsuper: boolean }>(
    "select current_user::text as name, rolsuper from pg_catalog.pg_roles where rolname = current_user",
  );
  if (!me?.rolsuper) {
    throw new Error(`Cannot prepare the database as its role must be a superuser: "${me?.name}" is not`);
  }
  const cron = (await realCron(sql)) ? "real" : "stand-in";
  const files = await bootstrapFiles();
  await sql.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock(70982411, 1)");
    for (const [name, text] of files) {
      if (name === "40_cron.sql" && cron === "real") await tx.exec(REAL_CRON);
      else await tx.exec(text);
    }
  });
  return { cron };
}

const REAL_CRON = `
  create extension if not exists pg_cron;
  grant usage on schema cron to hosted_postgres with grant option;
  grant all on all functions in schema cron to hosted_postgres with grant option;
  grant select on all tables in schema cron to hosted_postgres with grant option;
`;

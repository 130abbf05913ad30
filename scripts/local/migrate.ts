import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sql } from "./database/sql.ts";

export interface MigrateOptions {
  /**
   * The role that installs. `hosted_postgres` may do what `postgres` may on hosted Supabase, no more: it is not a
   * superuser and does not own `storage.objects`. `postgres` is the local superuser.
   * @default "hosted_postgres"
   */
  as?: "hosted_postgres" | "postgres";
}

/**
 * Applies a folder's `.sql` files once each, in name order, each in one transaction, and records them in
 * `supabase_migrations.schema_migrations` as the supabase CLI does. Returns the names applied now.
 * @throws the server's error, with the file's name put before its message; nothing of that file remains
 */
export async function migrate(
  sql: Sql,
  folder: string,
  { as = "hosted_postgres" }: MigrateOptions = {},
): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const applied: string[] = [];
  for (const file of files) {
    const [, version = file.replace(/\.sql$/, ""), name = ""] = /^([0-9]+)_(.*)\.sql$/.exec(file) ?? [];
    const text = await readFile(join(folder, file), "utf8");
    const isNew = await sql.transaction(async (tx) => {
      await tx.query("select pg_advisory_xact_lock(70982411, 2)");
      const done = await tx.query("select from supabase_migrations.schema_migrations where version = $1", [
        version,
      ]);
      if (done.length > 0) return false;
      try {
        if (as === "hosted_postgres") await tx.exec("set local role hosted_postgres");
        await tx.exec(text);
      } catch (error) {
        if (error instanceof Error) error.message = `${file}: ${error.message}`;
        throw error;
      }
      await tx.exec("reset role");
      await tx.query(
        "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, array[$3])",
        [version, name, text],
      );
      return true;
    });
    if (isNew) applied.push(file);
  }
  return applied;
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "../local/database/open.ts";
import type { Sql } from "../local/database/sql.ts";
import { migrate } from "../local/migrate.ts";
import { migrationsFolder, sqlFiles, sqlFolder } from "../migrations.ts";

/** A PGlite database in memory as sql/ describes it, installed by the role that installs on hosted Supabase. Close it. */
export async function openFromSql(): Promise<Sql> {
  return await opened(async (sql) => {
    for (const name of await sqlFiles()) {
      const text = await readFile(join(sqlFolder, name), "utf8");
      await sql.transaction(async (tx) => {
        await tx.exec("set local role hosted_postgres");
        await tx.exec(text).catch((error) => {
          throw new Error(`sql/${name}: ${error.message}`, { cause: error });
        });
      });
    }
  });
}

/** The same, as supabase/migrations/ builds it. */
export async function openFromMigrations(): Promise<Sql> {
  return await opened((sql) => migrate(sql, migrationsFolder));
}

/** Uses a database and closes it. */
export async function using<T>(opening: Promise<Sql>, use: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = await opening;
  try {
    return await use(sql);
  } finally {
    await sql.close();
  }
}

async function opened(build: (sql: Sql) => Promise<unknown>): Promise<Sql> {
  const { sql } = await openDatabase({});
  try {
    await build(sql);
    return sql;
  } catch (error) {
    await sql.close();
    throw error;
  }
}

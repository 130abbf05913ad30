import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, draftOf } from "../cache.ts";
import { migrate } from "../migrate.ts";
import { bootstrap, bootstrapFiles } from "./bootstrap.ts";
import { openPglite, type PgliteSql } from "./pglite.ts";
import { openPostgres } from "./postgres-js.ts";
import type { Sql } from "./sql.ts";

export interface OpenOptions {
  /** A real, empty Postgres, reached as superuser. Absent: PGlite. */
  databaseUrl?: string;
  /** Folder PGlite persists in. Absent: in memory. */
  folder?: string;
  /** A folder of migrations to be applied at once; see `migrate`. */
  migrations?: string;
}

export interface OpenDatabase {
  sql: Sql;
  cron: "real" | "stand-in";
}

/**
 * Opens a database and makes it look like a Supabase project, with the migrations in it.
 *
 * A fresh PGlite needs seconds for initdb, and one more for the migrations; its data directory is therefore kept as a
 * snapshot, named after everything that went into it, and the next start loads that.
 */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  const { databaseUrl, folder, migrations } = options;
  if (migrations && !databaseUrl && !folder) return await openInstalled(migrations);
  const opened = await openBare(options);
  try {
    if (migrations) await migrate(opened.sql, migrations);
  } catch (error) {
    await opened.sql.close();
    throw error;
  }
  return opened;
}

/** In memory, from the snapshot that has the migrations. */
async function openInstalled(migrations: string): Promise<OpenDatabase> {
  const path = await snapshotPath("installed", migrations);
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes) return { sql: await openPglite({ snapshot: new Blob([bytes]) }), cron: "stand-in" };
  const opened = await openBare({});
  try {
    await migrate(opened.sql, migrations);
    await keepSnapshot("installed", path, await (opened.sql as PgliteSql).dump());
  } catch (error) {
    await opened.sql.close();
    throw error;
  }
  return opened;
}

async function openBare({ databaseUrl, folder }: OpenOptions): Promise<OpenDatabase> {
  if (databaseUrl) {
    const sql = openPostgres(databaseUrl);
    try {
      return { sql, ...(await bootstrap(sql)) };
    } catch (error) {
      await sql.close();
      throw error;
    }
  }
  const path = await snapshotPath("pglite");
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes && !folder) {
    return { sql: await openPglite({ snapshot: new Blob([bytes]) }), cron: "stand-in" };
  }
  if (folder) await mkdir(folder, { recursive: true });
  const fresh = folder ? !(await readFile(join(folder, "PG_VERSION")).catch(() => undefined)) : true;
  const snapshot = bytes && fresh ? new Blob([bytes]) : undefined;
  const sql = await openPglite({ ...(folder ? { folder } : {}), ...(snapshot ? { snapshot } : {}) });
  const { cron } = await bootstrap(sql);
  if (fresh && !snapshot) await keepSnapshot("pglite", path, await sql.dump());
  return { sql, cron };
}

type Kind = "pglite" | "installed";

async function snapshotPath(kind: Kind, migrations?: string): Promise<string> {
  const hash = createHash("sha256");
  hash.update(await readFile(new URL("../package.json", import.meta.resolve("@electric-sql/pglite"))));
  for (const [name, text] of await bootstrapFiles()) hash.update(name).update(text);
  for (const name of migrations ? (await readdir(migrations)).sort() : [])
    hash.update(name).update(await readFile(join(migrations!, name)));
  return join(cacheFolder, `${kind}-${hash.digest("hex").slice(0, 16)}.tar`);
}

/** Snapshots of older SQL go. */
async function keepSnapshot(kind: Kind, path: string, dump: Blob): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const draft = draftOf(path);
  await writeFile(draft, new Uint8Array(await dump.arrayBuffer()));
  await rename(draft, path);
  const older = (await readdir(cacheFolder))
    .filter((name) => name.startsWith(`${kind}-`) && name.endsWith(".tar"))
    .map((name) => join(cacheFolder, name))
    .filter((other) => other !== path);
  await Promise.all(older.map((other) => rm(other, { force: true })));
}

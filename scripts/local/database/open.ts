import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bootstrap, bootstrapFiles } from "./bootstrap.ts";
import { openPglite } from "./pglite.ts";
import { openPostgres } from "./postgres-js.ts";
import type { Sql } from "./sql.ts";

/** Git-ignored; safe to delete. */
const cacheFolder = join(import.meta.dirname!, "..", "..", "..", ".frontrow", "cache");

export interface OpenOptions {
  /** A real, empty Postgres, reached as superuser. Absent: PGlite. */
  databaseUrl?: string;
  /** Folder PGlite persists in. Absent: in memory. */
  folder?: string;
}

export interface OpenDatabase {
  sql: Sql;
  cron: "real" | "stand-in";
}

/**
 * Opens a database and makes it look like a Supabase project.
 *
 * A fresh PGlite needs seconds for initdb; its bootstrapped data directory is therefore kept as a snapshot, named
 * after everything that went into it, and the next start loads that.
 */
export async function openDatabase({ databaseUrl, folder }: OpenOptions): Promise<OpenDatabase> {
  if (databaseUrl) {
    const sql = openPostgres(databaseUrl);
    try {
      return { sql, ...(await bootstrap(sql)) };
    } catch (error) {
      await sql.close();
      throw error;
    }
  }
  const path = await snapshotPath();
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes && !folder) {
    return { sql: await openPglite({ snapshot: new Blob([bytes]) }), cron: "stand-in" };
  }
  if (folder) await mkdir(folder, { recursive: true });
  const fresh = folder ? !(await readFile(join(folder, "PG_VERSION")).catch(() => undefined)) : true;
  const snapshot = bytes && fresh ? new Blob([bytes]) : undefined;
  const sql = await openPglite({ ...(folder ? { folder } : {}), ...(snapshot ? { snapshot } : {}) });
  const { cron } = await bootstrap(sql);
  if (fresh && !snapshot) await keepSnapshot(path, await sql.dump());
  return { sql, cron };
}

async function snapshotPath(): Promise<string> {
  const hash = createHash("sha256");
  hash.update(await readFile(new URL("../package.json", import.meta.resolve("@electric-sql/pglite"))));
  for (const [name, text] of await bootstrapFiles()) hash.update(name).update(text);
  return join(cacheFolder, `pglite-${hash.digest("hex").slice(0, 16)}.tar`);
}

/** Written beside and renamed, so that a reader never sees half of it. Snapshots of older SQL go. */
async function keepSnapshot(path: string, dump: Blob): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const draft = `${path}.${process.pid}.${crypto.randomUUID()}`;
  await writeFile(draft, new Uint8Array(await dump.arrayBuffer()));
  await rename(draft, path);
  const names = await readdir(cacheFolder);
  const older = names
    .map((name) => join(cacheFolder, name))
    .filter((other) => other.endsWith(".tar") && other !== path);
  await Promise.all(older.map((other) => rm(other, { force: true })));
}

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FrontrowError } from "../../shared/errors.ts";
import type { Sql } from "./database/sql.ts";
import { type Keys, makeKeys } from "./keys.ts";
import type { Bodies } from "./storage/bodies.ts";

/** The file in a data folder that names the process it belongs to. */
export const LOCK = "stack.pid";

/**
 * Takes a data folder for this process: two PGlites in one folder would destroy it. A lock left by a process that is
 * gone is taken over. Returns what gives it back.
 * @throws {FrontrowError} `USAGE` when a running process holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, LOCK);
  const take = () => writeFile(path, String(process.pid), { flag: "wx" });
  try {
    await take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const holder = Number(await readFile(path, "utf8").catch(() => ""));
    if (holder > 0 && isRunning(holder)) {
      throw new FrontrowError(
        "USAGE",
        `Cannot use the folder "${folder}", as process ${holder} runs a stack on it.`,
        {
          hint: "End that one first: Ctrl-C where it runs.",
        },
      );
    }
    await rm(path, { force: true });
    await take();
  }
  return () => rm(path, { force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Keys are made once per folder, so that a client's settings survive a restart. */
export async function loadKeys(folder: string | undefined): Promise<Keys> {
  if (!folder) return makeKeys();
  const path = join(folder, "keys.json");
  const kept = await readFile(path, "utf8").catch(() => undefined);
  if (kept) return JSON.parse(kept);
  const keys = makeKeys();
  await writeFile(path, JSON.stringify(keys, null, 2), { mode: 0o600 });
  return keys;
}

/** Removes bodies that a crash left between storing a body and committing its row. */
export async function removeOrphans(sql: Sql, bodies: Bodies): Promise<void> {
  const held = await bodies.versions();
  if (held.length === 0) return;
  const orphans = await sql.query<{ version: string }>(
    `select v as version from jsonb_array_elements_text($1::text::jsonb) as v
    where not exists (select from storage.objects as o where o.version = v)`,
    [JSON.stringify(held)],
  );
  await bodies.remove(orphans.map((orphan) => orphan.version));
}

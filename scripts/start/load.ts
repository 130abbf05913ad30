/** Puts an example's files into the bucket, as a user's program would: one upload each, only those not there yet. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeFilePath } from "../../shared/document/path-disk.ts";
import { encodePath } from "../../shared/stores/bucket-store.ts";
import { pooled } from "../../shared/sync/pool.ts";
import type { Project } from "./project.ts";

/** Uploads every markdown file below a folder whose object does not exist; answers how many it uploaded. */
export async function loadContent(project: Project, folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(md|mdx|markdown)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\/+/, ""))
    .sort();
  const objects = new Set(
    (
      await project.stack.sql.query<{ name: string }>(
        "select name from storage.objects where bucket_id = $1",
        [project.bucketName],
      )
    ).map(({ name }) => name),
  );
  const missing = files.filter((file) => !objects.has(encodeFilePath(file)));
  await pooled(missing, 4, async (file) => {
    const path = encodePath(encodeFilePath(file));
    const { error } = await project.client.storage
      .from(project.bucketName)
      .upload(path, await readFile(join(folder, file)), {
        contentType: "text/markdown; charset=utf-8",
        cacheControl: "0",
      });
    if (error) throw error;
  });
  return missing.length;
}

export interface Totals {
  /** Objects that belong to a collection. */
  documents: number;
  rows: number;
  conflicts: number;
  quarantined: number;
  /** Objects that belong to none. */
  ignored: number;
  pending: number;
}

export async function totalsOf({ hub }: Project): Promise<Totals> {
  const { collections } = await hub.report();
  const sum = (count: (of: (typeof collections)[number]) => number): number =>
    collections.reduce((total, one) => total + count(one), 0);
  return {
    documents: sum((one) => one.objects),
    rows: sum((one) => one.rows ?? 0),
    conflicts: sum((one) => one.conflicts),
    quarantined: sum((one) => one.quarantined),
    ignored: Math.max(0, ...collections.map((one) => one.ignored)),
    pending: sum((one) => one.pending),
  };
}

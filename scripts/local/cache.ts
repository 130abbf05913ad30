import { join } from "node:path";

/** What took seconds to make and is kept: git-ignored, shared by all processes, safe to delete. */
export const cacheFolder = join(import.meta.dirname!, "..", "..", ".frontrow", "cache");

/** A name for what is kept beside `path` until it is complete: then it is renamed, so that nobody meets half of it. */
export function draftOf(path: string): string {
  return `${path}.${process.pid}.${crypto.randomUUID()}`;
}

/** What comes from outside: sql/82_signals.sql. */
import type { Database } from "./database.ts";
import { keyOf } from "./journal.ts";

export interface SignalKey {
  bucket?: string;
  collection?: string;
  path: string;
}

/** Names that belong to no collection are ignored and counted. */
export function signal(db: Database, keys: readonly SignalKey[]): { marked: number; ignored: number } {
  const known = new Map<string, { collection: string; path: string }>();
  for (const { bucket, collection, path } of keys) {
    for (const { name, bucket: own, pattern } of db.state.collections.list()) {
      if ((own !== bucket && name !== collection) || !pattern.test(path)) continue;
      known.set(keyOf(name, path), { collection: name, path });
    }
  }
  for (const { collection, path } of known.values()) db.mark(collection, "bucket", path, false);
  if (known.size > 0) db.ring();
  return { marked: known.size, ignored: Math.max(keys.length - known.size, 0) };
}

/** Anti-entropy: what no trigger saw. sql/80_backfill.sql. */
import type { ClaimedDocument } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { openConflict, readDocument } from "./documents.ts";
import { heldIn, sameVersions } from "./halts.ts";
import { keyOf } from "./journal.ts";
import type { Collection } from "./records.ts";
import { usableCollections } from "./register.ts";
import { isLive, printed } from "./rows.ts";
import { pathOf } from "./table.ts";

export interface BackfillRequest {
  collection?: string;
  full?: boolean;
  hours?: number;
}

/** Marks every document dirty whose replicas or base differ; answers how many. */
export function markDifferences(db: Database, collection: Collection): number {
  const objects = new Map<string, string>();
  for (const { bucket, name } of db.objects.rows.list()) {
    const version = bucket === collection.bucket ? db.objects.live(bucket, name)?.version : undefined;
    if (version !== undefined && collection.pattern.test(name)) objects.set(name, version);
  }
  const rows = new Map<string, string>();
  for (const row of collection.table.rows()) {
    const path = isLive(collection, row) ? pathOf(collection, row.cells) : null;
    if (path !== null) rows.set(path, printed(collection, row).version);
  }
  const paths = new Set([...objects.keys(), ...rows.keys()]);
  for (const { collection: name, path } of db.state.documents.list()) {
    if (name === collection.name && collection.pattern.test(path)) paths.add(path);
  }
  for (const { collection: name, path } of db.state.quarantine.list())
    if (name === collection.name) paths.add(path);

  let marked = 0;
  for (const path of paths) {
    const found = differing(db, collection, path, objects.get(path) ?? null, rows.get(path) ?? null);
    if (found === null) continue;
    db.mark(
      collection.name,
      found.rowGone && !found.objectGone ? "table" : "bucket",
      path,
      found.objectGone || found.rowGone,
    );
    marked++;
  }
  return marked;
}

/** How one document differs, when something is to be done about it. */
function differing(
  db: Database,
  { name, policies, pattern }: Collection,
  path: string,
  object: string | null,
  row: string | null,
): { objectGone: boolean; rowGone: boolean } | null {
  const { state } = db;
  const known = pattern.test(path) ? state.documents.get(keyOf(name, path)) : undefined;
  const bucketBase = known && state.bases.get(keyOf(name, path, "bucket"));
  const tableBase = known && state.bases.get(keyOf(name, path, "table"));
  const aside = state.quarantine.get(keyOf(name, path));
  const isBehind =
    known !== undefined &&
    (known.deletedAt === null
      ? bucketBase?.revision !== known.revision || tableBase?.revision !== known.revision
      : bucketBase !== undefined || tableBase !== undefined);
  const differs =
    object !== (bucketBase?.version ?? null) || row !== (tableBase?.version ?? null) || isBehind;
  const waits = aside !== undefined && (aside.retryAt === null || aside.retryAt > db.now());
  const isSetAside = waits && [object, row, ""].includes(aside.version);
  // What was set aside and is nowhere any more is nobody's concern: one more look forgets it.
  const isNowhere = aside !== undefined && object === null && row === null;
  if (!((differs && !isSetAside) || isNowhere)) return null;
  const objectGone = bucketBase !== undefined && object === null;
  const rowGone = tableBase !== undefined && row === null;
  // What a one-way collection never takes over is nobody's difference.
  const missing = { "files-to-rows": object, "rows-to-files": row, "two-way": "" }[policies.direction];
  if (known === undefined && missing === null) return null;
  if (db.dirtyOf(name, path).length > 0) return null;
  const conflict = openConflict(db, name, path);
  const isAsked =
    conflict?.decision === null && conflict.bucketVersion === object && conflict.tableVersion === row;
  if (isAsked) return null;
  // What is held stays different until a person has looked: a parked document, the file of one already deleted.
  const isWaiting = ({ halt, item }: ReturnType<typeof heldIn>[number]) =>
    halt.state === "open" &&
    (objectGone || rowGone || sameVersions(item.versions, { bucket: object, table: row }));
  if (heldIn(db, name, path).some(isWaiting)) return null;
  return { objectGone, rowGone };
}

/** A collection-level event (TRUNCATE) says only that anything may have changed. */
export function expandCollectionEvents(db: Database, names: readonly string[]): void {
  const events = db.state.dirty.filter(({ path, collection }) => path === "" && names.includes(collection));
  for (const { id } of events) db.state.dirty.delete(String(id));
  for (const name of new Set(events.map(({ collection }) => collection))) {
    markDifferences(db, db.state.collections.get(name)!);
  }
}

export function backfill(db: Database, request: BackfillRequest): { marked: number } {
  let marked = 0;
  for (const collection of db.state.collections.list()) {
    const { name } = collection;
    if (request.collection !== undefined && request.collection !== name) continue;
    marked += markDifferences(db, collection);
    const isWide = request.full === true || request.hours !== undefined;
    for (const path of isWide ? lookedAtAgain(db, name, request) : []) {
      if (db.dirtyOf(name, path).length > 0) continue;
      db.mark(name, "bucket", path, false);
      marked++;
    }
  }
  return { marked };
}

function lookedAtAgain(db: Database, name: string, { full, hours }: BackfillRequest): Set<string> {
  const since = full ? Number.NEGATIVE_INFINITY : db.now() - (hours ?? 0) * 3_600_000;
  const documents = db.state.documents.filter(
    ({ collection, updatedAt }) => collection === name && updatedAt > since,
  );
  const aside = db.state.quarantine.filter(({ collection }) => collection === name);
  return new Set([...documents, ...aside].map(({ path }) => path));
}

export interface PreviewRequest extends BackfillRequest {
  limit: number;
  digests: Readonly<Record<string, string>>;
}

/** What a backfill would look at, read but not leased; leaves no trace. */
export function preview(db: Database, request: PreviewRequest): ClaimedDocument[] {
  return db.rolledBack(() => {
    const names = usableCollections(db, request.digests);
    backfill(db, request);
    expandCollectionEvents(db, names);
    const wanted = names.filter((name) => (request.collection ?? name) === name);
    return wanted.flatMap((name) => {
      const collection = db.state.collections.get(name)!;
      const paths = db.state.dirty.filter((dirty) => dirty.collection === name).map(({ path }) => path);
      const first = [...new Set(paths)].sort().slice(0, request.limit);
      return first.map((path) => {
        const lease = { collection: name, path, token: "0", attempts: 0 };
        return { ...lease, ...readDocument(db, collection, path) };
      });
    });
  });
}

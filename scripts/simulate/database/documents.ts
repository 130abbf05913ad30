/** What a worker is shown of a document: sql/58_documents.sql. */
import type { ClaimedDocument, ObjectInfo, WireBase } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { keyOf } from "./journal.ts";
import type { BaseRecord, Collection, Conflict, HubDocument } from "./records.ts";
import { pathKeys, readRow } from "./rows.ts";

/** Everything of a document but its lease. */
export type Shown = Omit<ClaimedDocument, "collection" | "path" | "token" | "attempts">;

export function readDocument(db: Database, collection: Collection, path: string): Shown {
  const { state } = db;
  const document = state.documents.get(keyOf(collection.name, path)) ?? null;
  const bucketBase = state.bases.get(keyOf(collection.name, path, "bucket"));
  const tableBase = state.bases.get(keyOf(collection.name, path, "table"));
  const object = objectInfo(db, collection, path);
  const row = readRow(collection, path);
  const conflict = openConflict(db, collection.name, path);
  const isAsSeen =
    (conflict?.bucketVersion ?? null) === (object?.version ?? null) &&
    (conflict?.tableVersion ?? null) === (row?.version ?? null) &&
    conflict?.revision === (document?.revision ?? 0);
  return {
    hub: document && {
      revision: document.revision,
      text: document.text,
      deleted: document.deletedAt !== null,
    },
    bases: {
      bucket: bucketBase ? wireBase(db, document, bucketBase) : null,
      table: tableBase
        ? { ...wireBase(db, document, tableBase), fields: tableBase.fields, body: tableBase.body }
        : null,
    },
    bucket: object,
    table: row,
    isKey: pathKeys(collection, path) !== null,
    // A decision is about the two versions the person saw; after another edit the question is asked again.
    resolution: conflict && isAsSeen ? conflict.decision : null,
    dirtyAt: signals(db, collection.name, path),
  };
}

export function openConflict(db: Database, collection: string, path: string): Conflict | undefined {
  return db.state.conflicts.filter(
    (conflict) => conflict.collection === collection && conflict.path === path && conflict.state === "open",
  )[0];
}

/** The text of one revision; the newest one's is the document's own. */
function revisionText(db: Database, document: HubDocument | null, base: BaseRecord): string | null {
  const revision = db.state.revisions.get(keyOf(base.collection, base.path, base.revision));
  return revision === undefined || document === null ? null : (revision.text ?? document.text);
}

function wireBase(db: Database, document: HubDocument | null, base: BaseRecord): WireBase {
  const { version, revision } = base;
  return {
    version,
    revision,
    text: revision === document?.revision ? null : revisionText(db, document, base),
  };
}

function objectInfo(db: Database, { bucket }: Collection, path: string): ObjectInfo | null {
  const object = db.objects.live(bucket, path);
  if (object === undefined) return null;
  const isChecked = !db.without.has("stale-read-check");
  return {
    version: object.version,
    size: isChecked ? object.size : null,
    etag: isChecked ? object.etag : null,
    contentType: object.contentType,
    cacheControl: object.cacheControl,
    userMetadata: object.userMetadata,
  };
}

function signals(db: Database, collection: string, path: string): Record<string, string> | null {
  const latest: Record<string, number> = {};
  for (const { store, at } of db.dirtyOf(collection, path)) latest[store] = Math.max(latest[store] ?? at, at);
  const stores = Object.entries(latest);
  return stores.length === 0 ? null : Object.fromEntries(stores.map(([store, at]) => [store, instant(at)]));
}

/** As Postgres prints a timestamptz in JSON. */
export function instant(at: number): string {
  return new Date(at).toISOString().replace("Z", "000+00:00");
}

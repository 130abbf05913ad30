/** What apply writes down beside the row: revisions, bases, conflicts, quarantine. sql/66_history.sql. */
import type { ApplyItem, WireQuarantine } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { openConflict } from "./documents.ts";
import { keyOf } from "./journal.ts";
import { backoff } from "./queue.ts";
import type { Cells, Collection, Revision } from "./records.ts";

/** Appends revisions and makes the last one the document; answers its number. */
export function appendRevisions(
  db: Database,
  { name }: Collection,
  item: ApplyItem,
  current: number,
): number {
  const { path, revisions: entries, tombstone, editor } = item;
  if (entries.length === 0 && !tombstone) return current;
  const { documents, revisions } = db.state;
  const before = documents.get(keyOf(name, path));
  let latest = current;
  const put = (entry: Pick<Revision, "store" | "digest" | "text" | "deleted">) => {
    latest++;
    revisions.put(keyOf(name, path, latest), {
      collection: name,
      path,
      revision: latest,
      ...entry,
      createdAt: db.now(),
    });
  };
  if (entries.length > 0) {
    // The text of the revision before moves into its own row: long texts are kept once.
    for (const revision of revisionsOf(db, name, path)) {
      if (revision.text !== null || revision.deleted) continue;
      revisions.put(keyOf(name, path, revision.revision), { ...revision, text: before?.text ?? null });
    }
    entries.forEach(({ store, digest, text }, place) => {
      put({ store, digest, text: place === entries.length - 1 ? null : text, deleted: false });
    });
  }
  if (tombstone) put({ store: editor, digest: null, text: null, deleted: true });
  const newest = entries.at(-1);
  documents.put(keyOf(name, path), {
    collection: name,
    path,
    text: newest?.text ?? before?.text ?? null,
    digest: newest?.digest ?? before?.digest ?? null,
    revision: latest,
    updatedBy: editor,
    updatedAt: db.now(),
    deletedAt: tombstone ? db.now() : null,
  });
  return latest;
}

export function revisionsOf(db: Database, collection: string, path: string): Revision[] {
  return db.state.revisions.filter(
    (revision) => revision.collection === collection && revision.path === path,
  );
}

/** Forgets the revisions that the collection does not keep, but none a base or an open conflict stands on. */
export function trimHistory(
  db: Database,
  { name, policies }: Collection,
  path: string,
  latest: number,
): void {
  const { history } = policies;
  if (history === "all") return;
  const { keep, days } = typeof history === "number" ? { keep: history } : history;
  const stood = ["bucket", "table"].map((store) => db.state.bases.get(keyOf(name, path, store))?.revision);
  stood.push(openConflict(db, name, path)?.revision);
  for (const { revision, text, deleted, createdAt } of revisionsOf(db, name, path)) {
    const isBeyond = keep !== undefined && revision < latest - keep;
    const isOld = days !== undefined && createdAt < db.now() - days * 86_400_000;
    const isNewest = revision === latest || (text === null && !deleted);
    if ((!isBeyond && !isOld) || isNewest || stood.includes(revision)) continue;
    db.state.revisions.delete(keyOf(name, path, revision));
  }
}

type Stated = ApplyItem["bases"]["bucket"] | ApplyItem["bases"]["table"];

/** Records or drops what one store agreed on; revisions count from the current one. */
export function setBase(
  db: Database,
  collection: string,
  path: string,
  store: "bucket" | "table",
  base: Stated,
  current: number,
): void {
  const key = keyOf(collection, path, store);
  if (base === undefined) return;
  if (base === "drop") {
    db.state.bases.delete(key);
    return;
  }
  const { fields, body } = { fields: null, body: null, ...base };
  const agreed = { version: base.version, revision: current + base.revision };
  db.state.bases.put(key, { collection, path, store, ...agreed, fields: fields as Cells | null, body });
}

/** Sets a replica aside; a table's refusal is tried again now and then, since its cause may be elsewhere. */
export function setQuarantine(db: Database, collection: string, path: string, said: WireQuarantine): void {
  if (db.without.has("quarantine")) {
    db.mark(collection, said.store, path, false);
    return;
  }
  const key = keyOf(collection, path);
  const before = db.state.quarantine.get(key);
  const { store, version, code, rule, message, line, column, hint } = said;
  const retryAt = store === "table" ? db.now() + backoff(db, before ? before.retries + 4 : 3) : null;
  const counted = { retries: before ? before.retries + 1 : 0, createdAt: before?.createdAt ?? db.now() };
  const told = { store, version, code, rule, message, line, column, hint };
  db.state.quarantine.put(key, { collection, path, ...told, retryAt, ...counted });
}

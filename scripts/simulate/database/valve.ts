/** The valve of sql/65_valve.sql: whether a deletion may be carried out now. */
import { valveTrips } from "../../../shared/reconcile/valve.ts";
import type { Database } from "./database.ts";
import { openConflict } from "./documents.ts";
import { heldIn, hold, openHalt, sameVersions } from "./halts.ts";
import { keyOf } from "./journal.ts";
import type { Collection, HaltItem } from "./records.ts";
import { isLive, readRow } from "./rows.ts";

const WINDOW = 10 * 60 * 1000;

/** The valve's answer for one deletion; a refusal is recorded in a halt. `versions`: what it was decided on. */
export function mayDelete(
  db: Database,
  collection: Collection,
  path: string,
  missingIn: string,
  versions: HaltItem["versions"],
): boolean {
  if (db.without.has("valve")) return true;
  const held = heldIn(db, collection.name, path);
  if (held.some(({ item }) => item.confirmed && sameVersions(item.versions, versions))) return true;
  const [blocking] = db.state.halts
    .filter(({ collection: name, state, kind }) => {
      return (
        name === collection.name && state === "open" && (kind === "deletions" || kind === "scope-changed")
      );
    })
    .sort((a, b) => a.id - b.id);
  const evidence = blocking ? null : tripped(db, collection, path);
  if (blocking === undefined && evidence === null) return true;
  const reason = `documents of "${collection.name}" are gone from one side: nothing is deleted until a person confirms`;
  const halt = blocking ?? openHalt(db, collection.name, "deletions", { reason, evidence: evidence! });
  hold(db, halt, path, missingIn, versions);
  return false;
}

/** What speaks against these deletions; null when they may go on. */
function tripped(db: Database, collection: Collection, path: string): Record<string, unknown> | null {
  const { name, policies, bucket } = collection;
  const documents = db.state.documents.filter((document) => document.collection === name);
  const live = documents.filter(({ deletedAt }) => deletedAt === null).length;
  const gone = db.state.dirty.filter((dirty) => dirty.gone && dirty.collection === name);
  const paths = new Set(gone.map((dirty) => dirty.path));
  const pending = documents.filter((document) => {
    const isAsked = document.deletedAt === null && paths.has(document.path);
    return isAsked && !isConfirmed(db, name, document.path);
  }).length;
  // What a person confirmed does not count against what comes after.
  const decided = db.state.halts.filter((halt) => halt.collection === name && halt.kind === "deletions");
  const since = Math.max(
    db.now() - WINDOW,
    ...decided.map(({ closedAt }) => closedAt ?? Number.NEGATIVE_INFINITY),
  );
  const recent = documents.filter(({ deletedAt }) => deletedAt !== null && deletedAt > since).length;
  const lost = countGone(db, collection);
  const deleting = Math.max(pending, 1, lost.files, lost.rows);
  const { sentinel } = policies.valve;
  const isUnseen =
    sentinel !== undefined &&
    (sentinel === path || !db.objects.live(bucket, sentinel) || readRow(collection, sentinel) === null);
  const counts = { live: live + recent, deleting, recent, remaining: live - deleting };
  if (!isUnseen && !valveTrips(counts, policies.valve)) return null;
  return { cause: isUnseen ? "sentinel" : live > deleting ? "many" : "all", live, pending: deleting, recent };
}

function isConfirmed(db: Database, collection: string, path: string): boolean {
  return heldIn(db, collection, path).some(({ item }) => item.confirmed);
}

/** What a side lost, whether or not a trigger saw it. A side whose absences are given back loses nothing. */
function countGone(db: Database, collection: Collection): { files: number; rows: number } {
  const { name, bucket, pattern, policies, table } = collection;
  const known = db.state.documents.filter(
    (document) =>
      document.collection === name &&
      document.deletedAt === null &&
      pattern.test(document.path) &&
      openConflict(db, name, document.path) === undefined &&
      !db.state.quarantine.has(keyOf(name, document.path)) &&
      !isConfirmed(db, name, document.path),
  );
  const had = (path: string, store: string) => db.state.bases.has(keyOf(name, path, store));
  const files = known.filter(({ path }) => had(path, "bucket") && !db.objects.live(bucket, path)).length;
  const rows = known.filter(({ path }) => had(path, "table")).length;
  const left = table.rows().filter((row) => isLive(collection, row)).length;
  return {
    files: policies.direction === "rows-to-files" ? 0 : files,
    rows: policies.direction === "files-to-rows" ? 0 : Math.max(rows - left, 0),
  };
}

/** Apply: the only code that changes documents and rows. One transaction per batch, one outcome per item. sql/70_apply.sql. */
import type { Applied, ApplyItem, WireQuarantine } from "../../../shared/hub/hub.ts";
import { mayWrite } from "./breaker.ts";
import { recordConflict } from "./conflicts.ts";
import type { Database } from "./database.ts";
import { forgetHalt } from "./halts.ts";
import { appendRevisions, setBase, setQuarantine, trimHistory } from "./history.ts";
import { openIntent } from "./intents.ts";
import { keyOf } from "./journal.ts";
import { complete, fail, heldLease } from "./queue.ts";
import type { Cells, Collection } from "./records.ts";
import { deleteRow, putRow, readRow, rowVersion } from "./rows.ts";
import { logItem } from "./runs.ts";
import { SqlError } from "./sql-error.ts";
import { mayDelete } from "./valve.ts";

/** What became of one item, before it is answered. */
type Outcome = Omit<Applied, "collection" | "path"> & { again?: boolean };

export function apply(db: Database, run: string, items: readonly ApplyItem[]): Applied[] {
  return items.map((item) => {
    const { collection: name, path, token } = item;
    const collection = db.state.collections.get(name);
    const result = collection ? applyOne(db, collection, item) : FENCED;
    const { again, ...outcome } = result;
    const said = { collection: name, path, code: outcome.code, message: outcome.message };
    if (outcome.outcome === "stale" || outcome.outcome === "deferred") {
      const kind = outcome.outcome === "stale" ? "stale" : "transient";
      fail(db, run, [{ ...said, token, class: kind, code: outcome.code!, message: outcome.message! }]);
    } else if (outcome.outcome !== "fenced") {
      if (outcome.intent === null) complete(db, name, path, token);
      if (again) {
        db.mark(name, "table", path, false);
        db.ring();
      }
      logItem(db, run, { ...said, outcome: outcome.outcome });
    }
    return { ...outcome, collection: name, path };
  });
}

const FENCED: Outcome = { outcome: "fenced", intent: null, code: "LEASE_LOST" };

function applyOne(db: Database, collection: Collection, item: ApplyItem): Outcome {
  if (heldLease(db, item, true) === null) return FENCED;
  if (item.quarantine) {
    // An imported file is nobody's replica yet: its refusal is the import's answer, not a state of the document.
    if (item.quarantine.store !== "directory") setQuarantine(db, collection.name, item.path, item.quarantine);
    return { ...item.quarantine, outcome: "quarantined", intent: null };
  }
  try {
    return db.transaction(() => {
      db.session.isEngine = true;
      try {
        return applyItem(db, collection, item);
      } finally {
        db.session.isEngine = false;
      }
    });
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return refused(db, collection, item, error);
  }
}

function refused(db: Database, collection: Collection, item: ApplyItem, error: SqlError): Outcome {
  const { message, code } = error;
  if (code === "FR409") return { outcome: "stale", intent: null, code: "REPLICA_MOVED", message };
  if (code === "FR503") return { outcome: "deferred", intent: null, code: "FENCE_INACTIVE", message };
  if (BUSY.test(code)) {
    const said = { code: "STORE_UNAVAILABLE", message: `the table was busy (SQLSTATE ${code})` };
    return { outcome: code === "55P03" ? "stale" : "deferred", intent: null, ...said };
  }
  const quarantine: WireQuarantine = {
    store: "table",
    version: item.expect.bucket ?? item.expect.table ?? "",
    code: "ROW_CONSTRAINT",
    rule: error.constraint ?? error.column ?? code,
    message: `the table refuses the row: ${reasonOf(error)} (SQLSTATE ${code})`,
    line: null,
    column: null,
    hint: "change the file so that the table accepts it, or change the table; it is tried again by itself",
  };
  setQuarantine(db, collection.name, item.path, quarantine);
  return { ...quarantine, outcome: "quarantined", intent: null };
}

/** SQLSTATEs that pass by themselves. */
const BUSY = /^(?:40001|40P01|55P03|55006|42P01|42703|53...|08...)$/;

function reasonOf({ code, constraint, column }: SqlError): string {
  if (constraint) return `constraint "${constraint}"`;
  if (column) return `column "${column}"`;
  if (code === "P0001") return "one of its triggers raised an error";
  return code === "FR002" ? "one of its triggers swallowed the write" : "a value does not fit its column";
}

/** Carries out one plan. @throws {SqlError} FR409 when something moved since it was read. */
function applyItem(db: Database, collection: Collection, item: ApplyItem): Outcome {
  const { path, expect, row, object } = item;
  const known = db.state.documents.get(keyOf(collection.name, path))?.revision ?? null;
  if (known !== expect.revision) throw new SqlError("FR409", "the hub moved");
  // The bytes that were read are still the object's.
  if (expect.bucket !== (db.objects.live(collection.bucket, path)?.version ?? null)) {
    throw new SqlError("FR409", "the object moved");
  }
  if (object?.op === "delete" && db.state.settings.get("fence") === "inactive") {
    const message = "Storage does not deliver the intent header: nothing is deleted without the fence";
    throw new SqlError("FR503", message);
  }
  const deletes = item.tombstone || row?.op === "delete" || object?.op === "delete";
  const missingIn = expect.bucket === null ? "bucket" : "table";
  if (deletes && !mayDelete(db, collection, path, missingIn, { bucket: expect.bucket, table: expect.table }))
    return HALTED;
  if (!mayWrite(db, collection, item)) return HALTED;
  const current = known ?? 0;
  const latest = appendRevisions(db, collection, item, current);
  setBase(db, collection.name, path, "bucket", item.bases.bucket, current);
  const again = applyRow(db, collection, item, current, latest);
  trimHistory(db, collection, path, latest);
  recordConflict(db, collection, item, current);
  if (!item.conflict?.held) {
    db.state.quarantine.delete(keyOf(collection.name, path));
    forgetHalt(db, collection.name, path);
  }
  const planned = { path, baseVersion: expect.bucket, revision: latest, token: Number(item.token) };
  const intent = object && openIntent(db, collection, { ...planned, operation: object.op });
  return { outcome: item.outcome, intent, again, revision: latest };
}

const HALTED: Outcome = { outcome: "halted", intent: null, code: "HALTED" };

/** The row's part of a plan; answers whether another pass is needed. */
function applyRow(
  db: Database,
  collection: Collection,
  item: ApplyItem,
  current: number,
  latest: number,
): boolean {
  const { path, expect, row, bases } = item;
  const moved = new SqlError("FR409", "the row moved");
  if (row?.op === "put") return writeRow(db, collection, item, latest);
  if (row?.op === "delete") {
    if (!deleteRow(db, collection, path, expect.table)) throw moved;
  } else if (bases.table !== undefined && expect.table !== (readRow(collection, path)?.version ?? null)) {
    throw moved;
  }
  setBase(db, collection.name, path, "table", bases.table, current);
  return false;
}

/**
 * Writes the row and takes the table's base from what it reads back. A user's trigger may have changed what we wrote, or
 * what we left alone: then the base keeps what we meant, so that the next pass sees it as an edit of the row, once.
 */
function writeRow(db: Database, collection: Collection, item: ApplyItem, revision: number): boolean {
  const { path, expect, row } = item;
  if (row?.op !== "put") throw new Error("no row to write");
  const meant = collection.table.normalized(row.set);
  const before = readRow(collection, path);
  if (!putRow(collection, path, expect.table, row)) throw new SqlError("FR409", "the row moved");
  const back = readRow(collection, path);
  if (back === null) throw new SqlError("FR002", `the row of ${path} was gone again after it was written`);
  const left = Object.entries(before?.fields ?? {}).filter(([name]) => !row.clear.includes(name));
  const fields: Cells = { ...back.fields, ...Object.fromEntries(left), ...pick(meant, back.fields) };
  const body = collection.bodyColumn === null ? null : (row.body ?? before?.body ?? back.body);
  const version = rowVersion(fields, body);
  const key = keyOf(collection.name, path, "table");
  db.state.bases.put(key, {
    collection: collection.name,
    path,
    store: "table",
    version,
    revision,
    fields,
    body,
  });
  return version !== back.version;
}

/** A column that is only a key is no field. */
function pick(cells: Cells, like: Cells): Cells {
  return Object.fromEntries(Object.entries(cells).filter(([name]) => name in like));
}

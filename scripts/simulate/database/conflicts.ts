/** Conflicts: what apply keeps of them, and a person's answer. sql/67_conflicts.sql. */
import type {
  ApplyItem,
  ConflictRecord,
  ConflictsRequest,
  Decision,
  Seen,
  WireOverlap,
} from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { instant, openConflict } from "./documents.ts";
import { keyOf } from "./journal.ts";
import type { Collection, Conflict } from "./records.ts";
import { readRow } from "./rows.ts";
import { SqlError } from "./sql-error.ts";

/** Part of apply. A plan without a conflict ends an open one: the sides agree again, or one of them is gone. */
export function recordConflict(db: Database, { name }: Collection, item: ApplyItem, current: number): void {
  const { path, conflict: note, expect } = item;
  const open = openConflict(db, name, path);
  if (!note?.held) {
    if (open) put(db, { ...open, state: "resolved", decidedBy: note?.decidedBy ?? "agreement" });
    // What a person decided about is the open record itself: it has these very texts.
    if (note === null || (open && note.decidedBy === "person")) return;
  }
  const versions = { bucketVersion: expect.bucket, tableVersion: expect.table, revision: current };
  // An answer given since this pass read the document stays; one about other texts, or one that came to nothing, goes.
  const isSame = open && JSON.stringify(versionsOf(open)) === JSON.stringify(versions);
  const stays = note.held && isSame && !same(open.decision, note.decision);
  put(db, {
    id: note.held && open ? open.id : db.nextId(),
    collection: name,
    path,
    state: note.held ? "open" : "resolved",
    overlapping: note.overlaps,
    decidedBy: note.decidedBy,
    baseText: note.base,
    fileText: note.file,
    rowText: note.row,
    mergedText: note.merged,
    ...versions,
    decision: stays ? open.decision : null,
    createdAt: (note.held ? open?.createdAt : undefined) ?? db.now(),
  });
}

export interface Answer {
  collection: string;
  path: string;
  seen: Seen;
  keep?: unknown;
  fields?: unknown;
  text?: unknown;
}

/** A person's answer to an open conflict; the next pass carries it out. The same answer twice is one answer. */
export function resolve(db: Database, request: Answer): { conflict: number; state: string } {
  const { collection: name, path, seen } = request;
  const open = openConflict(db, name, path);
  if (open === undefined) {
    const last = db.state.conflicts
      .filter((conflict) => conflict.collection === name && conflict.path === path)
      .at(-1);
    const isSame =
      last?.decidedBy === "person" && isAsSeen(last, seen) && same(last.decision, decisionOf(request, last));
    if (last && isSame) return { conflict: last.id, state: last.state };
    throw new SqlError("FR404", `frontrow: ${path} has no open conflict`);
  }
  if (!isAsSeen(open, seen) || !isAsRecorded(db, db.state.collections.get(name)!, open)) {
    const message = `frontrow: ${path} has changed since you looked at its conflict: nothing was decided; look again`;
    throw new SqlError("FR409", message);
  }
  put(db, { ...open, decision: decisionOf(request, open) });
  db.mark(name, "table", path, false);
  db.ring();
  return { conflict: open.id, state: open.state };
}

function put(db: Database, conflict: Conflict): void {
  db.state.conflicts.put(String(conflict.id), conflict);
}

function versionsOf({ bucketVersion, tableVersion, revision }: Conflict) {
  return { bucketVersion, tableVersion, revision };
}

function isAsSeen(conflict: Conflict, seen: Seen): boolean {
  return (
    conflict.bucketVersion === seen.bucket_version &&
    conflict.tableVersion === seen.table_version &&
    conflict.revision === seen.revision
  );
}

function isAsRecorded(db: Database, collection: Collection, conflict: Conflict): boolean {
  const { path } = conflict;
  return (
    conflict.bucketVersion === (db.objects.live(collection.bucket, path)?.version ?? null) &&
    conflict.tableVersion === (readRow(collection, path)?.version ?? null) &&
    conflict.revision === (db.state.documents.get(keyOf(collection.name, path))?.revision ?? 0)
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function labelOf({ column, key }: WireOverlap): string {
  return key === undefined ? column : `${column}.${key}`;
}

/** The decision in a request, as it is kept. @throws {SqlError} FR422 for what is none. */
function decisionOf({ keep, fields, text }: Answer, { overlapping }: Conflict): Decision {
  const given = Object.entries({ keep, fields, text }).filter(([, value]) => value != null);
  const isSide = (value: unknown) => value === "file" || value === "row";
  const isOne =
    given.length === 1 && (isSide(keep) || typeof text === "string" || typeof fields === "object");
  if (!isOne) throw invalid("a decision must be one of keep (file or row), fields, or text");
  if (fields != null) {
    const decided = Object.entries(fields);
    if (!decided.every(([, side]) => isSide(side)))
      throw invalid('every field must be decided for "file" or "row"');
    const unknown = decided.filter(
      ([name]) => !overlapping.some((o) => [labelOf(o), o.column].includes(name)),
    );
    if (unknown.length > 0)
      throw invalid(`nothing is to be decided about ${unknown.map(([name]) => name).join(", ")}`);
    const names = decided.map(([name]) => name);
    const left = overlapping
      .map(labelOf)
      .filter((label, at) => ![label, overlapping[at]!.column].some((name) => names.includes(name)));
    if (left.length > 0) throw invalid(`not decided yet: ${[...new Set(left)].sort().join(", ")}`);
  }
  return Object.fromEntries(given) as Decision;
}

function invalid(message: string): SqlError {
  return new SqlError("FR422", `frontrow: ${message}`);
}

/** Newest first, whole. */
export function conflicts(db: Database, request: ConflictsRequest & { path?: string }): ConflictRecord[] {
  const { collection, path, state, limit = 1000 } = request;
  return db.state.conflicts
    .filter(
      (conflict) =>
        (collection === undefined || conflict.collection === collection) &&
        (path === undefined || conflict.path === path) &&
        (state === "all" || conflict.state === "open"),
    )
    .toSorted((a, b) => b.id - a.id)
    .slice(0, limit)
    .map(shown);
}

function shown(conflict: Conflict): ConflictRecord {
  const { id, collection, path, state, overlapping, decision } = conflict;
  const nobody = {
    file_author: null,
    row_author: null,
    file_at: null,
    row_at: null,
    decider: null,
    decided_at: null,
    copy: null,
  };
  return {
    ...nobody,
    id,
    collection,
    path,
    state,
    overlapping: overlapping.map((o) => ({ ...o, label: labelOf(o), name: labelOf(o) })),
    decided_by: conflict.decidedBy,
    bucket_version: conflict.bucketVersion,
    table_version: conflict.tableVersion,
    revision: conflict.revision,
    created_at: instant(conflict.createdAt),
    resolved_at: null,
    base_text: conflict.baseText,
    file_text: conflict.fileText,
    row_text: conflict.rowText,
    merged_text: conflict.mergedText,
    decision,
  };
}

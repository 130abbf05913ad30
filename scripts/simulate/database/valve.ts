/** The valve of sql/65_valve.sql: whether a deletion may be carried out now, and a person's decision on a halt. */
import { valveTrips } from "../../../shared/reconcile/valve.ts";
import { markDifferences } from "./backfill.ts";
import type { Database } from "./database.ts";
import { keyOf } from "./journal.ts";
import type { Collection, Halt, HaltItem } from "./records.ts";
import { SqlError } from "./sql-error.ts";

const WINDOW = 10 * 60 * 1000;

/** The places of a document in halts of its collection that are in that state. */
export function heldIn(
  db: Database,
  collection: string,
  path: string,
  state: Halt["state"],
): { kind: Halt["kind"]; seen: HaltItem["seen"] }[] {
  const halts = db.state.halts.filter((halt) => halt.collection === collection && halt.state === state);
  return halts.flatMap(({ id, kind }) => {
    const item = db.state.haltItems.get(keyOf(id, path));
    return item ? [{ kind, seen: item.seen }] : [];
  });
}

export function isHeld(db: Database, collection: string, path: string, state: Halt["state"]): boolean {
  return heldIn(db, collection, path, state).length > 0;
}

/** The valve's answer for one deletion; a refusal is recorded in a halt. */
export function mayDelete(db: Database, collection: Collection, path: string, missingIn: string): boolean {
  if (db.without.has("valve")) return true;
  if (isHeld(db, collection.name, path, "apply")) return true;
  const blocking = db.state.halts
    .filter(
      ({ collection: name, state, kind }) => name === collection.name && state === "open" && stops(kind),
    )
    .sort((a, b) => a.id - b.id)[0];
  const id = blocking?.id ?? tripped(db, collection);
  if (id === null) return true;
  db.state.haltItems.put(keyOf(id, path), { halt: id, path, store: missingIn });
  return false;
}

function stops(kind: Halt["kind"]): boolean {
  return kind === "deletions" || kind === "scope-changed";
}

/** The halt that these deletions open; null when they may go on. */
function tripped(db: Database, { name, policies }: Collection): number | null {
  const documents = db.state.documents.filter(({ collection }) => collection === name);
  const live = documents.filter(({ deletedAt }) => deletedAt === null).length;
  const gone = db.state.dirty.filter(({ collection, gone }) => gone && collection === name);
  const paths = new Set(gone.map(({ path }) => path));
  const pending = Math.max(
    documents.filter(({ path, deletedAt }) => deletedAt === null && paths.has(path)).length,
    1,
  );
  // What a person confirmed does not count against what comes after.
  const decided = db.state.halts.filter(
    ({ collection, kind }) => collection === name && kind === "deletions",
  );
  const since = Math.max(
    db.now() - WINDOW,
    ...decided.map(({ closedAt }) => closedAt ?? Number.NEGATIVE_INFINITY),
  );
  const recent = documents.filter(({ deletedAt }) => deletedAt !== null && deletedAt > since).length;
  const counts = { live: live + recent, deleting: pending, recent, remaining: live - pending };
  if (!valveTrips(counts, policies.valve)) return null;
  return openHalt(db, name, "deletions", {
    reason: `${pending} of ${live} documents of "${name}" are gone from one side: nothing is deleted until a person confirms`,
    evidence: { live, pending, recent },
  }).id;
}

/** Opens a halt, or the one of its kind that is not closed once more. */
export function openHalt(
  db: Database,
  collection: string,
  kind: Halt["kind"],
  { reason, evidence }: Pick<Halt, "reason" | "evidence">,
): Halt {
  const before = db.state.halts.filter(
    (halt) => halt.collection === collection && halt.kind === kind && halt.state !== "closed",
  )[0];
  const halt: Halt = before
    ? { ...before, state: "open" }
    : {
        id: db.nextId(),
        collection,
        kind,
        state: "open",
        reason,
        evidence,
        createdAt: db.now(),
        closedAt: null,
      };
  db.state.halts.put(String(halt.id), halt);
  return halt;
}

export function close(db: Database, halt: Halt): void {
  db.state.halts.put(String(halt.id), { ...halt, state: "closed", closedAt: db.now() });
}

/** A document whose replicas agree again needs no decision any more. */
export function forgetHalt(db: Database, collection: string, path: string): void {
  const halts = db.state.halts.filter((halt) => halt.collection === collection && halt.state !== "closed");
  const left = halts.filter(({ id }) => db.state.haltItems.has(keyOf(id, path)));
  if (left.length === 0) return;
  for (const { id } of left) db.state.haltItems.delete(keyOf(id, path));
  forgetFlows(db, collection, path);
  for (const halt of halts) {
    const isOver = halt.kind === "deletions" || halt.kind === "oscillation" || halt.state === "apply";
    if (isOver && itemsOf(db, halt.id).length === 0) close(db, halt);
  }
}

function forgetFlows(db: Database, collection: string, path: string): void {
  for (const [key, flow] of [...db.state.flows.entries()]) {
    if (flow.collection === collection && flow.path === path) db.state.flows.delete(key);
  }
}

function itemsOf(db: Database, halt: number) {
  return db.state.haltItems.filter((item) => item.halt === halt);
}

export function resume(db: Database, id: number, decision: "apply" | "restore"): { documents: number } {
  const halt = db.state.halts.get(String(id));
  if (halt?.state !== "open") throw new SqlError("FR404", `frontrow: there is no open halt ${id}`);
  // Deciding before all of it was looked at would decide about documents nobody has seen.
  if (halt.kind === "scope-changed") {
    const collection = db.state.collections.get(halt.collection);
    if (collection) markDifferences(db, collection, 0, 1);
    if (db.state.dirty.some((dirty) => dirty.collection === halt.collection)) {
      throw new SqlError("FR400", `frontrow: halt ${id} is still being looked into: run a sync, then decide`);
    }
  }
  const items = itemsOf(db, id);
  if (decision !== "apply" && decision !== "restore") {
    throw new SqlError("22023", "frontrow: decision must be apply or restore");
  }
  if (halt.kind === "oscillation") {
    if (decision === "restore")
      throw new SqlError("FR400", `frontrow: halt ${id} holds nothing to give back`);
    for (const { path } of items) forgetFlows(db, halt.collection, path);
  } else if (decision === "restore") {
    for (const { path, store } of items) db.state.bases.delete(keyOf(halt.collection, path, store));
  }
  const isToBeDone = decision === "apply" && halt.kind !== "oscillation" && items.length > 0;
  if (isToBeDone) db.state.halts.put(String(id), { ...halt, state: "apply" });
  else {
    for (const { path } of items) db.state.haltItems.delete(keyOf(id, path));
    close(db, halt);
  }
  for (const { path } of items) db.mark(halt.collection, "table", path, false);
  db.ring();
  return { documents: items.length };
}

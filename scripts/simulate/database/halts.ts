/** Halts: what the engine will not do until a person has looked, with the exact set. sql/65_valve.sql. */
import type { Database } from "./database.ts";
import { keyOf } from "./journal.ts";
import type { Halt, HaltItem } from "./records.ts";

type Versions = HaltItem["versions"];

/** The places of a document in halts of its collection that are not closed. */
export function heldIn(db: Database, collection: string, path: string): { halt: Halt; item: HaltItem }[] {
  const halts = db.state.halts.filter((halt) => halt.collection === collection && halt.state !== "closed");
  return halts.flatMap((halt) => {
    const item = db.state.haltItems.get(keyOf(halt.id, path));
    return item ? [{ halt, item }] : [];
  });
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
  const said = before?.state === "open" ? {} : { reason, evidence };
  const fresh = { id: db.nextId(), collection, kind, reason, evidence, createdAt: db.now(), closedAt: null };
  const halt: Halt = { ...fresh, ...before, ...said, state: "open" };
  db.state.halts.put(String(halt.id), halt);
  return halt;
}

/**
 * Adds a document to a halt. One that is held already is asked about anew when a replica of it has changed since: a
 * person's yes, and what they have seen, were about the one that was there.
 */
export function hold(db: Database, { id }: Halt, path: string, store: string, versions: Versions): void {
  const before = db.state.haltItems.get(keyOf(id, path));
  const isSame = before !== undefined && sameVersions(before.versions, versions);
  const asked = isSame ? before : { confirmed: false, noted: db.nextId() };
  const { confirmed, noted } = asked;
  db.state.haltItems.put(keyOf(id, path), { halt: id, path, store, versions, confirmed, noted });
}

export function sameVersions(a: Versions, b: Versions): boolean {
  return a.bucket === b.bucket && a.table === b.table;
}

export function close(db: Database, halt: Halt): void {
  db.state.halts.put(String(halt.id), { ...halt, state: "closed", closedAt: db.now() });
}

export function itemsOf(db: Database, halt: number): HaltItem[] {
  const items = db.state.haltItems.filter((item) => item.halt === halt);
  return items.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** A document whose replicas agree again needs no decision any more. */
export function forgetHalt(db: Database, collection: string, path: string): void {
  const left = heldIn(db, collection, path);
  if (left.length === 0) return;
  for (const { halt } of left) db.state.haltItems.delete(keyOf(halt.id, path));
  forgetFlows(db, collection, path);
  const halts = db.state.halts.filter((halt) => halt.collection === collection && halt.state !== "closed");
  for (const halt of halts) {
    const isOver = halt.kind === "deletions" || halt.kind === "oscillation" || halt.state === "apply";
    if (isOver && itemsOf(db, halt.id).length === 0) close(db, halt);
  }
}

/** What the breaker remembers of a document. */
export function forgetFlows(db: Database, collection: string, path: string): void {
  for (const [key, flow] of [...db.state.flows.entries()]) {
    if (flow.collection === collection && flow.path === path) db.state.flows.delete(key);
  }
}

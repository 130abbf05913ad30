/** What a person does about a halt: look at the exact set, and decide about what they saw. sql/68_resume.sql. */
import type { HeldSet, Resumed } from "../../../shared/hub/hub.ts";
import { markDifferences } from "./backfill.ts";
import type { Database } from "./database.ts";
import { instant } from "./documents.ts";
import { close, forgetFlows, itemsOf } from "./halts.ts";
import { keyOf } from "./journal.ts";
import type { Halt, HaltItem } from "./records.ts";
import { SqlError } from "./sql-error.ts";

/** One halt with the documents it holds. */
export function held(db: Database, id: number): HeldSet {
  const halt = db.state.halts.get(String(id));
  if (halt === undefined) throw new SqlError("FR404", `frontrow: there is no halt ${id}`);
  const { collection, kind, state, reason, evidence, createdAt } = halt;
  const items = itemsOf(db, id).map(({ path, store, confirmed, versions }) => ({
    path,
    store,
    confirmed,
    evidence: versions,
  }));
  const said = { id, collection, kind, state, reason, evidence, since: instant(createdAt) };
  return { ...said, seen: String(db.nextId()), items };
}

export interface ResumeRequest {
  halt: number;
  decision: "apply" | "restore";
  seen?: string;
  dryRun?: boolean;
}

export function resume(db: Database, request: ResumeRequest): Resumed {
  const { decision, seen, dryRun } = request;
  const halt = decidable(db, request);
  const { id, kind, collection } = halt;
  const isSeen = (noted: number) => seen === undefined || kind === "oscillation" || noted <= Number(seen);
  const items = itemsOf(db, id).filter(({ noted }) => isSeen(noted));
  const paths = items.map(({ path }) => path);
  const left = itemsOf(db, id).filter(({ path, confirmed }) => !confirmed && !paths.includes(path)).length;
  if (dryRun !== true) {
    if (kind === "fence") db.state.settings.delete("fence");
    for (const item of items) {
      if (kind === "oscillation") forgetFlows(db, collection, item.path);
      else if (decision === "restore") forgetMissing(db, collection, item);
      const key = keyOf(id, item.path);
      const isToBeDone = decision === "apply" && (kind === "deletions" || kind === "scope-changed");
      if (isToBeDone) db.state.haltItems.put(key, { ...item, confirmed: true });
      else db.state.haltItems.delete(key);
      db.mark(collection, "table", item.path, false);
    }
    const isDone = itemsOf(db, id).length === 0;
    if (left === 0 && isDone) close(db, halt);
    else db.state.halts.put(String(id), { ...halt, state: left > 0 ? "open" : "apply" });
    db.ring();
  }
  return { kind, documents: paths.length, left, paths: paths.slice(0, 20) };
}

/** What is gone from both sides is given back to both. */
function forgetMissing(db: Database, collection: string, { path, store, versions }: HaltItem): void {
  for (const side of ["bucket", "table"] as const) {
    if (side === store || versions[side] === null) db.state.bases.delete(keyOf(collection, path, side));
  }
}

/** The halt, when this decision can be made about it. */
function decidable(db: Database, { halt: id, decision }: ResumeRequest): Halt {
  const halt = db.state.halts.get(String(id));
  if (halt?.state !== "open") throw new SqlError("FR404", `frontrow: there is no open halt ${id}`);
  if (decision !== "apply" && decision !== "restore") {
    throw new SqlError("22023", "frontrow: decision must be apply or restore");
  }
  if (halt.kind === "schema-changed") throw new SqlError("FR400", `frontrow: halt ${id} ends by itself`);
  if (decision === "restore" && (halt.kind === "oscillation" || halt.kind === "fence")) {
    throw new SqlError("FR400", `frontrow: halt ${id} holds nothing to give back: it can only be let go on`);
  }
  // Deciding before all of it was looked at would decide about documents nobody has seen.
  if (halt.kind === "scope-changed") {
    const collection = db.state.collections.get(halt.collection);
    if (collection) markDifferences(db, collection);
    if (db.state.dirty.some((dirty) => dirty.collection === halt.collection)) {
      throw new SqlError("FR400", `frontrow: halt ${id} is still being looked into: run a sync, then decide`);
    }
  }
  return halt;
}

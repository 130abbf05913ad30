/** Runs: one per execution, with a heartbeat and what became of each document. sql/62_runs.sql. */
import type { ClaimRequest } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { hasWork } from "./queue.ts";
import { usableCollections } from "./register.ts";

export function beat(db: Database, { run, worker, cause }: ClaimRequest): void {
  const before = db.state.runs.get(run);
  const now = db.now();
  if (before) {
    if (before.heartbeatAt < now - 1000) db.state.runs.put(run, { ...before, heartbeatAt: now });
    return;
  }
  const times = { startedAt: now, heartbeatAt: now, finishedAt: null };
  db.state.runs.put(run, { id: run, worker, cause, ...times, counts: {}, error: null });
}

export interface Outcome {
  collection: string;
  path: string;
  outcome: string;
  code?: string | undefined;
  message?: string | undefined;
}

/** Counts an outcome in its run and logs it unless nothing happened. */
export function logItem(
  db: Database,
  run: string,
  { collection, path, outcome, code, message }: Outcome,
): void {
  const record = db.state.runs.get(run);
  if (record) {
    const counts = { ...record.counts, [outcome]: (record.counts[outcome] ?? 0) + 1 };
    db.state.runs.put(run, { ...record, counts });
  }
  if (outcome === "unchanged") return;
  const id = db.nextId();
  const said = { code: code ?? null, message: message ?? null };
  db.state.runItems.put(String(id), { id, run, collection, path, outcome, ...said, at: db.now() });
}

export function finish(
  db: Database,
  run: string,
  { ring, digests, error }: { ring: boolean; digests?: Readonly<Record<string, string>>; error?: string },
): { more: boolean } {
  const record = db.state.runs.get(run);
  if (record && record.finishedAt === null) {
    db.state.runs.put(run, { ...record, finishedAt: db.now(), error: error ?? null });
  }
  // Only what the caller could have claimed: a worker of another config would be woken for nothing.
  const more = hasWork(db, digests && usableCollections(db, digests));
  // The budget is spent but work is left: the next worker is woken by this transaction.
  if (more && ring) db.ring();
  return { more };
}

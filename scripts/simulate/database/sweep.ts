/** The sweep, pg_cron's only job: sql/84_sweep.sql. */
import { markDifferences } from "./backfill.ts";
import type { Database } from "./database.ts";
import { keyOf } from "./journal.ts";
import { hasWork } from "./queue.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Retries, the backfill of one collection (here they are small enough for one sweep), the doorbell, pruning. Answers how many documents it marked. */
export function sweep(db: Database): { marked: number } {
  return db.transaction(() => {
    retry(db);
    const marked = nextCollection(db);
    prune(db);
    db.state.settings.put("sweep", db.now());
    if (hasWork(db)) db.ring();
    return { marked };
  });
}

function retry(db: Database): void {
  for (const { collection, path, retryAt } of db.state.quarantine.list()) {
    if (retryAt === null || retryAt > db.now() || db.dirtyOf(collection, path).length > 0) continue;
    db.mark(collection, "table", path, false);
  }
}

function nextCollection(db: Database): number {
  const place = db.state.settings.get("backfill") as { collection: string } | undefined;
  const collections = db.state.collections.list().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const collection = collections.find(({ name }) => name >= (place?.collection ?? "")) ?? collections[0];
  if (collection === undefined) return 0;
  const after = collections.find(({ name }) => name > collection.name)?.name ?? "";
  db.state.settings.put("backfill", { collection: after });
  return markDifferences(db, collection);
}

function prune(db: Database): void {
  const { runs, runItems, intents, leases } = db.state;
  const now = db.now();
  for (const { id, at } of runItems.list()) if (at < now - 7 * DAY) runItems.delete(String(id));
  for (const run of runs.list()) {
    const isIdle = Object.keys(run.counts).length === 0 && (run.finishedAt ?? now) < now - DAY / 24;
    if (run.startedAt < now - 7 * DAY || isIdle) runs.delete(run.id);
    else if (run.finishedAt === null && run.heartbeatAt < now - 5 * 60_000) {
      runs.put(run.id, { ...run, finishedAt: run.heartbeatAt, error: "no heartbeat" });
    }
  }
  for (const { id, state, settledAt } of intents.list()) {
    const isOver = state === "confirmed" || state === "cancelled";
    if (isOver && settledAt !== null && settledAt < now - DAY) intents.delete(id);
  }
  for (const { collection, path, until } of leases.list()) {
    if (until < now - DAY && db.dirtyOf(collection, path).length === 0)
      leases.delete(keyOf(collection, path));
  }
}

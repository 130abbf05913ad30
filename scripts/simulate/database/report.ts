/** What people read: sql/85_views.sql. */
import type { CollectionReport, LogItem, Report } from "../../../shared/hub/hub.ts";
import type { Database } from "./database.ts";
import { instant } from "./documents.ts";
import { itemsOf } from "./halts.ts";
import type { Collection } from "./records.ts";
import { isLive } from "./rows.ts";
import { pathOf } from "./table.ts";

export function report(db: Database, wanted?: string): Report {
  const { state } = db;
  const isWanted = ({ collection }: { collection: string }) => wanted === undefined || collection === wanted;
  const recent = state.runs.filter(
    ({ startedAt, counts }) => startedAt > db.now() - 24 * 3_600_000 && Object.keys(counts).length > 0,
  );
  const isFailed = ({ error, counts }: (typeof recent)[number]) => error !== null || "failed" in counts;
  return {
    collections: state.collections
      .list()
      .filter(({ name }) => wanted === undefined || name === wanted)
      .map((collection) => status(db, collection)),
    quarantine: state.quarantine
      .filter(isWanted)
      .map((aside) => ({ ...aside, created_at: instant(aside.createdAt) })),
    conflicts: state.conflicts
      .filter((conflict) => conflict.state === "open" && isWanted(conflict))
      .map(({ collection, path, overlapping, createdAt }) => ({
        collection,
        path,
        overlapping,
        since: instant(createdAt),
      })),
    halts: state.halts
      .filter((halt) => halt.state === "open" && isWanted(halt))
      .map(({ id, collection, kind, reason, evidence, createdAt }) => {
        const documents = itemsOf(db, id).filter(({ confirmed }) => !confirmed).length;
        const said = { id, collection, kind, reason, evidence, since: instant(createdAt) };
        return { ...said, documents, seen: String(db.nextId()) };
      }),
    doorbell: "ready",
    state: Object.fromEntries([...state.settings.entries()].filter(([name]) => !name.startsWith("scope "))),
    last24Hours: { runs: recent.length, failed: recent.filter(isFailed).length },
    running: state.runs.some(
      ({ finishedAt, heartbeatAt }) => finishedAt === null && heartbeatAt > db.now() - 5000,
    ),
  };
}

/** One line per collection: how many documents, and what is not in sync and why. */
export function status(db: Database, collection: Collection): CollectionReport {
  const { state } = db;
  const { name, bucket, pattern, table } = collection;
  const isOwn = (record: { collection: string }) => record.collection === name;
  const dirty = state.dirty.filter(isOwn);
  const objects = db.objects.rows.filter((object) => object.bucket === bucket);
  const rows = table.rows().filter((row) => isLive(collection, row));
  const known = state.collections.filter((other) => other.bucket === bucket);
  return {
    collection: name,
    documents: state.documents.filter((document) => isOwn(document) && document.deletedAt === null).length,
    rows: rows.length,
    unnamed: rows.filter(({ cells }) => pathOf(collection, cells) === null).length,
    objects: objects.filter((object) => pattern.test(object.name)).length,
    ignored: objects.filter((object) => !known.some((other) => other.pattern.test(object.name))).length,
    pending: new Set(dirty.map(({ path }) => path)).size,
    oldest_pending_at: dirty.length === 0 ? null : instant(Math.min(...dirty.map(({ at }) => at))),
    quarantined: state.quarantine.filter(isOwn).length,
    conflicts: state.conflicts.filter((conflict) => isOwn(conflict) && conflict.state === "open").length,
    halts: state.halts.filter((halt) => (isOwn(halt) || halt.collection === "") && halt.state === "open")
      .length,
    in_flight: state.intents.filter(
      (intent) => isOwn(intent) && (intent.state === "open" || intent.state === "landed"),
    ).length,
  };
}

/** Outcomes after an id, oldest first. */
export function log(db: Database, after: number): LogItem[] {
  const items = db.state.runItems.filter(({ id }) => id > after).toSorted((a, b) => a.id - b.id);
  return items.slice(0, 500).map(({ at, ...item }) => ({ ...item, at: instant(at) }));
}

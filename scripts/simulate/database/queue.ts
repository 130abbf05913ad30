/** The queue of sql/60_queue.sql: claim dirty keys under a lease, complete exactly what was seen, fail with back-off. */
import type { ClaimedDocument, ClaimRequest, FailItem } from "../../../shared/hub/hub.ts";
import { expandCollectionEvents } from "./backfill.ts";
import type { Database } from "./database.ts";
import { readDocument } from "./documents.ts";
import { settle } from "./intents.ts";
import { keyOf } from "./journal.ts";
import type { Lease } from "./records.ts";
import { usableCollections } from "./register.ts";
import { beat, logItem } from "./runs.ts";

interface Wanted {
  collection: string;
  path: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** After a race that somebody else won. */
const LOST_RACE = 20;
/** Claims without an answer, after which a key is set aside. */
const MOST_ATTEMPTS = 5;
/** Failed attempts after which a key is claimed alone. */
const ALONE_FROM = 2;

export function claim(db: Database, request: ClaimRequest): ClaimedDocument[] {
  beat(db, request);
  const wanted = wantedKeys(db, request);
  const held: Lease[] = [];
  for (const lease of takeLeases(db, request, withinBytes(db, wanted, request.maxBytes))) {
    if (lease.attempts > MOST_ATTEMPTS && !db.without.has("quarantine")) park(db, lease);
    else held.push(lease);
  }
  return held.map(({ collection: name, path, token, attempts }) => {
    const collection = db.state.collections.get(name)!;
    settle(db, collection, path);
    return { collection: name, path, token: String(token), attempts, ...readDocument(db, collection, path) };
  });
}

function wantedKeys(db: Database, request: ClaimRequest): readonly Wanted[] {
  if (request.paths) {
    const usable = usableCollections(db, request.digests);
    return request.paths.filter(({ collection }) => usable.includes(collection));
  }
  if (db.state.dirty.size === 0) return [];
  const usable = usableCollections(db, request.digests);
  expandCollectionEvents(db, usable);
  const due = claimable(db, usable, request.limit, false);
  if (due.length > 0 && db.random() >= 0.1) return due;
  const alone = claimable(db, usable, 1, true);
  return alone.length > 0 ? alone : due;
}

/** Keys that may be claimed now, oldest signal first. */
function claimable(db: Database, usable: readonly string[], most: number, alone: boolean): Wanted[] {
  const { leases, dirty } = db.state;
  const due = dirty
    .list()
    .filter(({ collection, path }) => {
      if (path === "" || !usable.includes(collection)) return false;
      const lease = leases.get(keyOf(collection, path));
      if (lease === undefined) return !alone;
      return isFree(db, lease) && lease.attempts >= ALONE_FROM === alone;
    })
    .sort((a, b) => a.id - b.id)
    .slice(0, most * 8);
  const keys = new Map(due.map(({ collection, path }) => [keyOf(collection, path), { collection, path }]));
  return [...keys.values()].slice(0, most);
}

function isFree(db: Database, { until, notBefore }: Lease): boolean {
  return (until <= db.now() || db.without.has("per-key-lease")) && notBefore <= db.now();
}

function withinBytes(db: Database, wanted: readonly Wanted[], most: number | undefined): readonly Wanted[] {
  if (most === undefined) return wanted;
  let bytes = 0;
  return wanted.filter(({ collection, path }, place) => {
    const text = db.state.documents.get(keyOf(collection, path))?.text ?? "";
    const { bucket } = db.state.collections.get(collection)!;
    bytes += new TextEncoder().encode(text).length + (db.objects.find(bucket, path)?.size ?? 0);
    return place === 0 || bytes <= most;
  });
}

function takeLeases(db: Database, request: ClaimRequest, wanted: readonly Wanted[]): Lease[] {
  const { leases } = db.state;
  const taken: Lease[] = [];
  for (const { collection, path } of wanted.toSorted((a, b) =>
    keyOf(a.collection, a.path) < keyOf(b.collection, b.path) ? -1 : 1,
  )) {
    const before = leases.get(keyOf(collection, path));
    // A number is used up even where the lease is not free.
    const token = db.nextId();
    if (before && !isFree(db, before)) continue;
    const lease: Lease = {
      collection,
      path,
      worker: request.worker,
      token,
      until: db.now() + request.leaseSeconds * SECOND,
      notBefore: before?.notBefore ?? Number.NEGATIVE_INFINITY,
      attempts: (before?.attempts ?? 0) + 1,
      transientFailures: before?.transientFailures ?? 0,
      seen: db.dirtyOf(collection, path).map(({ id }) => id),
      lastError: before?.lastError ?? null,
    };
    leases.put(keyOf(collection, path), lease);
    taken.push(lease);
  }
  return taken;
}

/** Five claims and never an answer: the document is set aside until something about it changes. */
function park(db: Database, { collection, path, token, lastError }: Lease): void {
  const { bucket } = db.state.collections.get(collection)!;
  const before = db.state.quarantine.get(keyOf(collection, path));
  db.state.quarantine.put(keyOf(collection, path), {
    line: null,
    column: null,
    retryAt: null,
    retries: 0,
    ...before,
    collection,
    path,
    store: "bucket",
    version: db.objects.live(bucket, path)?.version ?? "",
    code: "POISON",
    rule: "five-attempts",
    message: `five attempts failed: ${lastError ?? "the worker never came back"}`,
    hint: "change the file or the row, or see the worker's log",
    createdAt: db.now(),
  });
  complete(db, collection, path, String(token));
}

/** The lease of this token, if it is still held; `within` also asks that its term has not run out. */
export function heldLease(
  db: Database,
  { collection, path, token }: { collection: string; path: string; token: string },
  within: boolean,
): Lease | null {
  const lease = db.state.leases.get(keyOf(collection, path));
  if (lease === undefined) return null;
  if (db.without.has("fence")) return lease;
  return String(lease.token) === token && (!within || lease.until > db.now()) ? lease : null;
}

/** Deletes exactly the dirty ids that were seen; what arrived meanwhile stays and causes one more pass. */
export function complete(db: Database, collection: string, path: string, token: string): void {
  const lease = heldLease(db, { collection, path, token }, false);
  if (lease === null) return;
  db.state.leases.delete(keyOf(collection, path));
  const seen = db.without.has("seen-ids") ? db.dirtyOf(collection, path).map(({ id }) => id) : lease.seen;
  for (const id of seen) db.state.dirty.delete(String(id));
}

/** 5 s doubled per failure, at most 1 h, jittered by half. */
export function backoff(db: Database, failures: number): number {
  return Math.min(5 * SECOND * 2 ** Math.min(failures, 12), HOUR) * (0.5 + db.random());
}

export function fail(db: Database, run: string, items: readonly FailItem[]): void {
  for (const item of items) {
    const { collection, path, token, code, message } = item;
    const isError = item.class === "error";
    const lease = db.state.leases.get(keyOf(collection, path));
    if (lease && String(lease.token) === token) {
      const isCounted = isError && !db.without.has("quarantine");
      const isLost = !isError && hasNewObject(db, collection, path, lease);
      db.state.leases.put(keyOf(collection, path), {
        ...lease,
        until: db.now(),
        attempts: isCounted ? lease.attempts : Math.max(lease.attempts - 1, 0),
        transientFailures: isError || isLost ? 0 : lease.transientFailures + 1,
        notBefore:
          isError && !isCounted ? db.now() : db.now() + (isLost ? LOST_RACE : waitOf(db, item, lease)),
        lastError: `${code}: ${message}`.slice(0, 500),
      });
    }
    logItem(db, run, { collection, path, outcome: isError ? "failed" : "deferred", code, message });
  }
}

/** Whether somebody put another object there since the claim: then the failure is a lost race. */
function hasNewObject(db: Database, collection: string, path: string, { seen }: Lease): boolean {
  return db.dirtyOf(collection, path).some(({ id, store }) => store === "bucket" && !seen.includes(id));
}

function waitOf(db: Database, item: FailItem, { transientFailures, attempts }: Lease): number {
  if (item.class === "stale") return Math.min(LOST_RACE * 2 ** Math.min(transientFailures, 12), MINUTE);
  return backoff(db, item.class === "transient" ? transientFailures : attempts - 1);
}

/** Whether a key (of these collections) could be claimed now. */
export function hasWork(db: Database, names?: readonly string[]): boolean {
  return db.state.dirty.some(({ collection, path }) => {
    if (names && !names.includes(collection)) return false;
    const lease = db.state.leases.get(keyOf(collection, path));
    return lease === undefined || (lease.until <= db.now() && lease.notBefore <= db.now());
  });
}

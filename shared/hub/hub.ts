/**
 * The hub's contract: the only place where all stores of a document meet. Every call is one transaction. Field names
 * here are those on the wire (`public.frontrow_<verb>(request jsonb)`); revisions are numbers, versions and fencing
 * tokens opaque texts.
 */
import type { ColumnType, Fields } from "../document/value.ts";

/** What the database knows of a mapped column. */
export interface RegisteredColumn {
  column: string;
  type: ColumnType;
  /** false: a key column that is no front matter field. */
  mapped: boolean;
  labels: readonly string[] | null;
  not_null: boolean;
  has_default: boolean;
}

export interface RegisteredCollection {
  name: string;
  columns: readonly RegisteredColumn[];
  softDelete: boolean;
  rowDelete: "soft" | "hard";
  digest: string;
  /** Of the mapped columns' definitions. */
  fingerprint: string;
}

/** What SQL said of an object while the lease was held. */
export interface ObjectInfo {
  version: string;
  /** Bytes. */
  size: number | null;
  etag: string | null;
  contentType: string | null;
  cacheControl: string | null;
  userMetadata: Record<string, unknown> | null;
}

/** A row as SQL printed it: column texts (lists for `text[]`), not yet canonical. */
export interface WireRow {
  version: string;
  fields: Record<string, unknown>;
  body: string | null;
}

export interface WireBase {
  version: string;
  revision: number;
  /** null: the hub's current text is this base's text. */
  text: string | null;
  fields?: Record<string, unknown> | null;
  body?: string | null;
}

/** A leased document and everything reconcile needs to know of it, but the object's bytes. */
export interface ClaimedDocument {
  collection: string;
  path: string;
  token: string;
  attempts: number;
  hub: { revision: number; text: string | null; deleted: boolean } | null;
  bases: { bucket: WireBase | null; table: WireBase | null };
  bucket: ObjectInfo | null;
  table: WireRow | null;
  /** false: the path names no possible row (a key that its column cannot hold). */
  isKey: boolean;
  /** A person's decision on the open conflict. */
  resolution: "file" | "row" | null;
  /** When each store's last signal was logged. */
  dirtyAt: { bucket?: string; table?: string } | null;
}

export interface ClaimRequest {
  worker: string;
  /** A UUID; the run exists from its first claim. */
  run: string;
  cause: string;
  /** 1–500. */
  limit: number;
  /** The texts and objects of one claim together; at least one document comes. @default no limit */
  maxBytes?: number;
  leaseSeconds: number;
  /** Collection name → `digest:fingerprint`: what this worker was built for. Others are left alone. */
  digests: Readonly<Record<string, string>>;
  /** Claim just these, dirty or not. */
  paths?: readonly { collection: string; path: string }[];
}

/** One plan on the wire. */
export interface ApplyItem {
  collection: string;
  path: string;
  token: string;
  outcome: string;
  /** Who made the last revision. */
  editor: string;
  /** What must still be so; otherwise the item is `stale` and nothing happens. */
  expect: { revision: number | null; bucket: string | null; table: string | null };
  revisions: readonly { text: string; digest: string; author: string }[];
  tombstone: boolean;
  bases: {
    bucket?: { version: string; revision: number } | "drop";
    table?: { version: string; revision: number; fields: Fields | null; body: string | null } | "drop";
  };
  row: { op: "put"; set: Fields; clear: readonly string[]; body: string | null } | { op: "delete" } | null;
  object: { op: "put" | "delete" } | null;
  quarantine: WireQuarantine | null;
  conflict: {
    overlaps: readonly { column: string; key?: string; section?: string }[];
    held: boolean;
    decidedBy: string;
    base: string | null;
    file: string | null;
    row: string | null;
  } | null;
}

export interface WireQuarantine {
  store: string;
  version: string;
  code: string;
  rule: string | null;
  message: string;
  line: number | null;
  column: number | null;
  hint: string | null;
}

/** `fenced`: the lease was lost · `stale`: something moved, claim again · `halted`: the valve. */
export type AppliedOutcome = string | "fenced" | "stale" | "halted" | "quarantined" | "deferred";

export interface Applied {
  collection: string;
  path: string;
  outcome: AppliedOutcome;
  /** The intent to carry out on the bucket, when the plan has an object. */
  intent: string | null;
  revision?: number;
  code?: string;
  message?: string;
}

export interface ConfirmItem {
  collection: string;
  path: string;
  token: string;
  intent: string;
}

export interface Confirmed {
  collection: string;
  path: string;
  outcome: "confirmed" | "stale" | "fenced" | "fence-inactive";
}

export interface FailItem {
  collection: string;
  path: string;
  token: string;
  /** `error` counts towards quarantine; `transient` backs off; `stale` is tried again at once. */
  class: "error" | "transient" | "stale";
  code: string;
  message: string;
}

export interface CollectionReport {
  collection: string;
  documents: number;
  rows: number | null;
  /** Rows whose key is null or empty: no file can be named after them. */
  unnamed: number | null;
  objects: number;
  /** Objects in the bucket that belong to no collection. */
  ignored: number;
  pending: number;
  oldest_pending_at: string | null;
  quarantined: number;
  conflicts: number;
  halts: number;
  in_flight: number;
}

export interface Report {
  collections: readonly CollectionReport[];
  quarantine: readonly (WireQuarantine & { collection: string; path: string; created_at: string })[];
  conflicts: readonly { collection: string; path: string; overlapping: unknown; since: string }[];
  halts: readonly { id: number; collection: string; kind: string; reason: string; documents: number }[];
  doorbell: "ready" | "no secret" | "no pg_net";
  state: Record<string, unknown>;
  last24Hours: { runs: number; failed: number };
  running: boolean;
}

export interface LogItem {
  id: number;
  collection: string;
  path: string;
  outcome: string;
  code: string | null;
  message: string | null;
  at: string;
}

/**
 * All calls throw `FrontrowError`: `HUB_UNAVAILABLE` (repeat later; leases expire by themselves), `PROTOCOL_MISMATCH`,
 * `UNAUTHORIZED`, `CONFIG_INVALID` (register), `NOT_FOUND` (resume, resolve).
 */
export interface Hub {
  register(collections: readonly unknown[], prune: boolean): Promise<RegisteredCollection[]>;
  claim(request: ClaimRequest): Promise<ClaimedDocument[]>;
  apply(run: string, items: readonly ApplyItem[]): Promise<Applied[]>;
  confirm(items: readonly ConfirmItem[]): Promise<Confirmed[]>;
  fail(run: string, items: readonly FailItem[]): Promise<void>;
  /** Ends a run; with `ring`, wakes another worker when work is left. */
  finish(run: string, options: { ring: boolean; error?: string }): Promise<{ more: boolean }>;
  backfill(request: { collection?: string; full?: boolean; hours?: number }): Promise<{ marked: number }>;
  /** What a backfill would look at, without leases and without leaving a trace. */
  preview(request: {
    collection?: string;
    full?: boolean;
    hours?: number;
    limit: number;
    digests: Readonly<Record<string, string>>;
  }): Promise<ClaimedDocument[]>;
  signal(
    keys: readonly { bucket?: string; collection?: string; path: string }[],
  ): Promise<{ marked: number; ignored: number }>;
  resume(halt: number, decision: "apply" | "restore"): Promise<{ documents: number }>;
  resolve(request: { collection: string; path: string; keep: "file" | "row" }): Promise<void>;
  report(collection?: string): Promise<Report>;
  /** Outcomes after an id, for showing only. */
  log(after: number): Promise<LogItem[]>;
  /** What is registered now; empty before the first `register`. */
  registered(): Promise<RegisteredCollection[]>;
}

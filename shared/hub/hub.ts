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
  /** The hub has no document of it yet, not even a deleted one. Only from `registered`. */
  isEmpty?: boolean;
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
  /** A person's decision on the open conflict, about exactly these versions. */
  resolution: Decision | null;
  /** Only for the name of a conflict copy: the three texts it is to show; null: there must be none. */
  copy?: { base: string | null; file: string | null; row: string | null } | null;
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
  /**
   * Milliseconds to wait for work where there is none, at most 1000. A hub that cannot wait answers at once.
   * @default 0
   */
  wait?: number;
  /**
   * Leave a document that is being written again and again until that pauses, at most 2 s.
   * @default false
   */
  patient?: boolean;
  /** Claim just these, dirty or not. */
  paths?: readonly { collection: string; path: string }[];
}

/** One plan on the wire. */
export interface ApplyItem {
  collection: string;
  path: string;
  token: string;
  outcome: string;
  /** The store whose edit the last revision is, or `merge`. */
  editor: string;
  /** Why, for the history. @default the outcome */
  message?: string;
  /** What must still be so; otherwise the item is `stale` and nothing happens. */
  expect: { revision: number | null; bucket: string | null; table: string | null };
  revisions: readonly { text: string; digest: string; store: string }[];
  tombstone: boolean;
  bases: {
    bucket?: { version: string; revision: number } | "drop";
    table?: { version: string; revision: number; fields: Fields | null; body: string | null } | "drop";
  };
  row: { op: "put"; set: Fields; clear: readonly string[]; body: string | null } | { op: "delete" } | null;
  object: { op: "put" | "delete" } | null;
  quarantine: WireQuarantine | null;
  conflict: {
    overlaps: readonly WireOverlap[];
    held: boolean;
    decidedBy: string;
    base: string | null;
    file: string | null;
    row: string | null;
    merged: string | null;
    /** The decision this pass was given, when it is held all the same. */
    decision: Decision | null;
  } | null;
  /** Logged beside the outcome. @default none */
  warnings?: readonly { rule: string; line: number; message: string }[];
}

/** What both sides changed: a column, one key of its JSON object, a section; or `(body)`, `(document)`. */
export interface WireOverlap {
  column: string;
  key?: string;
  section?: string;
}

/** A person's answer to a conflict. `fields` are by label (`column`, `column.key`) and must cover every overlap. */
export type Decision =
  | { keep: "file" | "row" }
  | { fields: Readonly<Record<string, "file" | "row">> }
  | { text: string };

/** The versions a person saw; null: that side was not there. */
export interface Seen {
  bucket_version: string | null;
  table_version: string | null;
  revision: number;
}

/** A conflict as it is listed. Times are ISO texts by the database's clock. */
export interface ConflictSummary extends Seen {
  id: number;
  collection: string;
  path: string;
  state: "open" | "resolved";
  /** `label` is how a decision names it, `name` how people do: the front matter field. */
  overlapping: readonly (WireOverlap & { label: string; name: string })[];
  /** While open the policy that left it to a person; then a policy, `person` or `agreement`. */
  decided_by: string;
  /** Who changed each side, and when, where known. */
  file_author: string | null;
  row_author: string | null;
  file_at: string | null;
  row_at: string | null;
  /** The copy beside the file, where the policy wants one; `taken`: a file of that name is somebody's own. */
  copy: { name: string; state: "there" | "pending" | "taken" } | null;
  decider: string | null;
  decided_at: string | null;
  created_at: string;
  resolved_at: string | null;
}

/** The whole record; a side's text is null when it was deleted there, or cannot be written as a text. */
export interface ConflictRecord extends ConflictSummary {
  base_text: string | null;
  file_text: string | null;
  row_text: string | null;
  merged_text: string | null;
  decision: Decision | null;
}

export interface ConflictsRequest {
  collection?: string;
  /** Newest first. @default "open" */
  state?: "open" | "all";
  /** At most 1000. @default 1000 */
  limit?: number;
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

export type HaltKind =
  | "deletions"
  | "scope-changed"
  | "schema-changed"
  | "oscillation"
  | "identity"
  | "fence";

export interface OpenHalt {
  id: number;
  /** Empty for what halts the whole project. */
  collection: string;
  kind: HaltKind;
  reason: string;
  /** Counts, kinds of cause, names and paths; never content. */
  evidence: Record<string, unknown>;
  since: string;
  /** How many documents it holds that nobody has confirmed. */
  documents: number;
  /** The moment of looking, for `resume`. */
  seen: string;
}

/** One halt with its exact set. */
export interface HeldSet extends Omit<OpenHalt, "documents"> {
  state: "open" | "apply" | "closed";
  items: readonly { path: string; store: string; confirmed: boolean; evidence: Record<string, unknown> }[];
}

export interface Resumed {
  kind: HaltKind;
  /** How many documents the decision is about. */
  documents: number;
  /** How many the halt still holds, as they came after `seen`. */
  left: number;
  /** The first 20 of them. */
  paths: readonly string[];
}

export interface Report {
  collections: readonly CollectionReport[];
  quarantine: readonly (WireQuarantine & { collection: string; path: string; created_at: string })[];
  conflicts: readonly { collection: string; path: string; overlapping: unknown; since: string }[];
  halts: readonly OpenHalt[];
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
 * `UNAUTHORIZED`, `CONFIG_INVALID` (register, resume), `NOT_FOUND` (held, resume, resolve), `PROJECT_MISMATCH` (register,
 * claim, apply: the database belongs to another project than the caller's), `REPLICA_MOVED` and `REQUEST_INVALID`
 * (resolve).
 */
export interface Hub {
  /** The first registration says whose database it is; `adopt` makes it the caller's project's. */
  register(
    collections: readonly unknown[],
    prune: boolean,
    options?: { adopt?: boolean },
  ): Promise<RegisteredCollection[]>;
  claim(request: ClaimRequest): Promise<ClaimedDocument[]>;
  apply(run: string, items: readonly ApplyItem[]): Promise<Applied[]>;
  confirm(items: readonly ConfirmItem[]): Promise<Confirmed[]>;
  fail(run: string, items: readonly FailItem[]): Promise<void>;
  /** Ends a run; with `ring`, wakes another worker when work is left (with `digests`: that this one could claim). */
  finish(
    run: string,
    options: { ring: boolean; digests?: Readonly<Record<string, string>>; error?: string },
  ): Promise<{ more: boolean }>;
  backfill(request: { collection?: string; full?: boolean; hours?: number }): Promise<{ marked: number }>;
  /** What a backfill would look at, without leases and without leaving a trace. */
  preview(request: {
    collection?: string;
    full?: boolean;
    hours?: number;
    limit: number;
    digests: Readonly<Record<string, string>>;
  }): Promise<ClaimedDocument[]>;
  /** A `delivery` that was seen in the last three days marks nothing and says `repeated`. */
  signal(
    keys: readonly { bucket?: string; collection?: string; path: string }[],
    delivery?: string,
  ): Promise<{ marked: number; ignored: number; repeated?: boolean }>;
  held(halt: number): Promise<HeldSet>;
  /**
   * A person's decision on a halt. With `seen`, only about the documents held at that moment; those that came later, or
   * changed since, stay held. `dryRun` answers the same and changes nothing.
   */
  resume(
    halt: number,
    decision: "apply" | "restore",
    options?: { seen?: string; dryRun?: boolean },
  ): Promise<Resumed>;
  /** Conflicts, newest first. */
  conflicts(request: ConflictsRequest): Promise<ConflictSummary[]>;
  /** One document's conflicts, whole. */
  conflictsOf(path: string, request: ConflictsRequest): Promise<ConflictRecord[]>;
  /**
   * Answers an open conflict; the next pass carries the answer out. The same answer again changes nothing. Nothing is
   * decided when a side has moved since (`REPLICA_MOVED`: look again) or an overlap is left (`REQUEST_INVALID`).
   */
  resolve(
    request: { collection: string; path: string; seen: Seen } & Decision,
  ): Promise<{ conflict: number; state: "open" | "resolved" }>;
  report(collection?: string): Promise<Report>;
  /** Outcomes after an id, for showing only. */
  log(after: number): Promise<LogItem[]>;
  /** What is registered now; empty before the first `register`. */
  registered(): Promise<RegisteredCollection[]>;
}

/** The hub's tables as sql/20_tables.sql has them. Times are milliseconds of the database's clock. */
import type { PathTemplate } from "../../../shared/document/path.ts";
import type {
  Decision,
  HaltKind,
  RegisteredColumn,
  WireOverlap,
  WireQuarantine,
} from "../../../shared/hub/hub.ts";
import type { BreakerLimits } from "./breaker.ts";
import type { Table } from "./table.ts";

/** A column's value as SQL prints it: a text, a list for `text[]`. */
export type Cell = string | null | readonly (string | null)[];
export type Cells = Readonly<Record<string, Cell>>;

export interface Collection {
  name: string;
  table: Table;
  bucket: string;
  path: PathTemplate;
  pattern: RegExp;
  keyColumns: readonly string[];
  bodyColumn: string | null;
  /** Sorted by name, so that a row's hash does not depend on the order of a config. */
  columns: readonly RegisteredColumn[];
  softDelete: boolean;
  rowDelete: "soft" | "hard";
  policies: {
    direction: string;
    history: "all" | number | { readonly keep?: number | undefined; readonly days?: number | undefined };
    valve: { share: number; atLeast: number; sentinel?: string | undefined };
    breaker?: BreakerLimits;
  };
  scope: string;
  digest: string;
  fingerprint: string;
}

export interface HubDocument {
  collection: string;
  path: string;
  text: string | null;
  digest: string | null;
  revision: number;
  updatedBy: string;
  updatedAt: number;
  deletedAt: number | null;
}

export interface BaseRecord {
  collection: string;
  path: string;
  store: "bucket" | "table";
  version: string;
  revision: number;
  fields: Cells | null;
  body: string | null;
}

export interface Revision {
  collection: string;
  path: string;
  revision: number;
  /** Whose edit it was. */
  store: string;
  digest: string | null;
  /** null: the document's own text is this revision's. */
  text: string | null;
  deleted: boolean;
  createdAt: number;
}

export interface Dirty {
  id: number;
  collection: string;
  path: string;
  store: string;
  gone: boolean;
  at: number;
}

export interface Lease {
  collection: string;
  path: string;
  worker: string;
  token: number;
  until: number;
  notBefore: number;
  attempts: number;
  transientFailures: number;
  seen: readonly number[];
  lastError: string | null;
}

export interface Intent {
  id: string;
  collection: string;
  path: string;
  bucket: string;
  operation: "put" | "delete";
  baseVersion: string | null;
  revision: number;
  token: number;
  state: "open" | "landed" | "cancelled" | "confirmed";
  landedVersion: string | null;
  settledAt: number | null;
}

export interface Quarantine extends WireQuarantine {
  collection: string;
  path: string;
  retryAt: number | null;
  retries: number;
  createdAt: number;
}

export interface Conflict {
  id: number;
  collection: string;
  path: string;
  state: "open" | "resolved";
  overlapping: readonly WireOverlap[];
  decidedBy: string;
  baseText: string | null;
  fileText: string | null;
  rowText: string | null;
  mergedText: string | null;
  bucketVersion: string | null;
  tableVersion: string | null;
  revision: number;
  decision: Decision | null;
  createdAt: number;
}

export interface Halt {
  id: number;
  collection: string;
  kind: HaltKind;
  state: "open" | "apply" | "closed";
  reason: string;
  evidence: Record<string, unknown>;
  createdAt: number;
  closedAt: number | null;
}

export interface HaltItem {
  halt: number;
  path: string;
  store: string;
  /** The replicas it was held with; other ones are another question. */
  versions: { bucket: string | null; table: string | null };
  /** A person said yes to this one. */
  confirmed: boolean;
  /** When it was asked: who looked before has not seen this one. */
  noted: number;
}

export interface RunRecord {
  id: string;
  worker: string;
  cause: string;
  startedAt: number;
  heartbeatAt: number;
  finishedAt: number | null;
  counts: Readonly<Record<string, number>>;
  error: string | null;
}

export interface RunItem {
  id: number;
  run: string;
  collection: string;
  path: string;
  outcome: string;
  code: string | null;
  message: string | null;
  at: number;
}

/** One object of Storage. */
export interface StoredObject {
  bucket: string;
  name: string;
  version: string;
  size: number;
  etag: string;
  contentType: string;
  cacheControl: string | null;
  userMetadata: Record<string, unknown> | null;
}

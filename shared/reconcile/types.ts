/**
 * What reconcile looks at and what it decides. Plain data: no store, no clock, no I/O.
 *
 * The hub keeps one text per document. Every store is reconciled only with the hub: first each store's news is
 * *pulled* into the hub's text, then the hub's text is *pushed* to every store that differs.
 */

import type { Document, Fields, Mapping, Value } from "../document/mod.ts";
import type { FrontrowError } from "../errors.ts";
import type { Resolution } from "./resolution.ts";

/**
 * A place where documents live. `directory` is what `import` or a push brings, and `peer` what a clone's origin says: only
 * pulled from, never pushed to here.
 */
export type StoreName = "bucket" | "table" | "directory" | "peer";

/** A text read as a document and typed by the collection's columns. Absent fields have no opinion. */
export interface TextContent {
  kind: "text";
  text: string;
  document: Document;
  fields: Fields;
  body: string;
}

/** A row's mapped columns. Every mapped column is present; `null` is SQL null. `body` is null without a body column. */
export interface RowContent {
  kind: "row";
  fields: Fields;
  body: string | null;
}

export type Content = TextContent | RowContent;

/** A store's own token for a replica: `storage.objects.version`, the row hash. */
export type Version = string;

/** What a store answered about one document. `unknown` never leads to a write; `invalid` is quarantined. */
export type Reading =
  | { state: "found"; version: Version; content: Content }
  /** The store's version is the base's: the content was not even fetched. */
  | { state: "unchanged"; version: Version }
  | { state: "absent" }
  | { state: "unknown"; error: FrontrowError }
  | { state: "invalid"; version: Version; error: FrontrowError };

/** What the hub and one store last agreed on. */
export interface Base {
  version: Version;
  /** The hub revision the replica corresponds to. */
  revision: number;
  /** The hub's text at that revision. */
  text: TextContent;
  /** For the table: the row as it was then, defaults and user triggers' work included. */
  row: RowContent | null;
}

/** One store's side of one document. */
export interface Side {
  store: StoreName;
  /** null before the store's first agreement; for `directory` the bucket's, which is used when none is given. */
  base: Base | null;
  reading: Reading;
  /** When the store's last signal was logged, by the database's clock, ISO text; only for the policy `newest`. */
  dirtyAt: string | null;
}

/** The hub's side of one document. */
export interface HubState {
  revision: number;
  /** null: a tombstone. */
  text: TextContent | null;
}

/** What reconcile needs of the document codec. Rendering throws CANNOT_SPLICE or SCHEMA_VIOLATION. */
export interface Codec {
  parseDocument(text: string): Document;
  readFields(document: Document, mapping: Mapping): Fields;
  renderDocument(document: Document, mapping: Mapping, changes: Changes, body?: string): string;
  newDocument(mapping: Mapping, fields: Fields, body: string): string;
}

/** Everything reconcile looks at for one document. */
export interface ReconcileInput {
  /** null: the hub has never heard of the document; bases are then not believed. */
  hub: HubState | null;
  /** In pull order: bucket, directory, peer, table. */
  sides: readonly Side[];
  mapping: Mapping;
  policies: Policies;
  codec: Codec;
  /** Whether the table has a column for the body. */
  hasBody: boolean;
  /** A person's decision on the open conflict, about exactly these replicas. @default none */
  resolution?: Resolution | null;
}

export interface Policies {
  conflict: "merge" | "file-wins" | "row-wins" | "newest" | "manual";
  deletes: "edit-wins" | "delete-wins" | "manual";
  direction: "two-way" | "files-to-rows" | "rows-to-files";
  /** How a `text[]` column merges when both sides changed it. @default "atomic" */
  lists: Readonly<Record<string /* column */, ListMerge>>;
  bodyMerge: "sections" | "lines" | "atomic";
  /** Whose word counts for a column; what the other store says is reverted. A one-way direction overrides it. */
  authority: Readonly<Record<string /* column */, "bucket" | "table">>;
}

export type ListMerge = "set" | "list" | "atomic";

/** What both sides changed. `column` is a column, or `(body)`, or `(document)` for delete against edit. */
export interface Overlap {
  column: string;
  /** Inside a JSON object: the top-level key. */
  key?: string;
  /** Inside a body that merges by sections: the heading, "" before the first one. */
  section?: string;
}

/** A new entry for the document's history; the last of a plan becomes the hub's text. */
export interface NewRevision {
  text: string;
  fields: Fields;
  body: string;
  /** Where it was made; `merge` for what the engine put together. */
  store: StoreName | "merge";
}

/** A row write. Only the named columns are touched. */
export interface RowPut {
  op: "put";
  /** The version the row must still have; null: there must be no row. */
  expect: Version | null;
  /** Columns to set, as canonical texts. */
  set: Fields;
  /** Columns to reset to their default: the key was in the base and is gone from the file. */
  clear: readonly string[];
  /** null: leave the body column alone. */
  body: string | null;
}

/**
 * Everything to be done for one document; carried out by the hub in one transaction, then by the bucket. A plan that
 * defers, quarantines or holds a conflict has nothing else in it.
 */
export interface Plan {
  outcome: Outcome;
  /** History entries to append, oldest first; the last becomes the hub's text, unless `tombstone`. */
  revisions: readonly NewRevision[];
  /** The hub's document becomes (or, with revisions, ends as) a tombstone. */
  tombstone: boolean;
  /**
   * New bases, true as soon as the hub's transaction commits: they speak of the replicas as they were read. `drop`
   * forgets the base. What the plan itself writes is not in here: the base after a row write is taken by the hub in
   * the same transaction, the base after an object write by its confirmation (revision: the last one of the plan).
   */
  bases: { bucket?: NewBase | "drop"; table?: NewBase | "drop" };
  row: RowPut | { op: "delete"; expect: Version } | null;
  /** `expect`: the version the object must still have; null: there must be no object. */
  object: { op: "put"; text: string; expect: Version | null } | { op: "delete"; expect: Version } | null;
  /** What is wrong with which replica. */
  quarantine: { store: StoreName; version: Version; error: FrontrowError } | null;
  /** The record of what overlapped. `held`: both sides wait for a person. */
  conflict: ConflictNote | null;
  /** Why nothing was decided; the key is tried again later. */
  deferred: FrontrowError | null;
}

export interface NewBase {
  version: Version;
  /** Counted from the plan's start: 0 = the hub's current revision, 1 = after the first new revision … */
  revision: number;
  /** For the table: the row as read. */
  row: RowContent | null;
}

export interface ConflictNote {
  overlaps: readonly Overlap[];
  /** true: left to a person; false: the policy decided. */
  held: boolean;
  /** The policy that decided or left it to a person; `person` when one has. */
  decidedBy: Policies["conflict"] | Policies["deletes"] | "person";
  base: string | null;
  /** Both versions as full texts (null: deleted on that side, or not to be written as a text). */
  file: string | null;
  row: string | null;
  /** What does not overlap from both sides, and of the overlaps the preferred side; null when that is no text. */
  merged: string | null;
}

export type Outcome =
  | "unchanged"
  | "adopted"
  | "created"
  | "updated"
  | "merged"
  | "deleted"
  | "conflict"
  | "quarantined"
  | "deferred";

/** A column's change, `undefined` when the key is gone. */
export type Changes = ReadonlyMap<string, Value | undefined>;

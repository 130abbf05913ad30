/** The hub's side for many files at once; whatever is not simple is left to the workers' side. See sql/72_compare.sql and 72_load.sql. */
import type { Fields } from "../document/value.ts";
import type { ApplyItem, Report } from "./hub.ts";

export interface CompareRequest {
  collection: string;
  /** Paths, and the SHA-256 of each file's bytes in lower-case hex. At most some 20,000 at once. */
  paths: readonly string[];
  digests: readonly string[];
  /** Asks for the report as well when nothing differs. @default false */
  report?: boolean;
  /** The collection the report is about. @default all */
  reportOf?: string | undefined;
}

/** Places in the request's lists. Files that are in neither list are in, byte for byte. */
export interface Compared {
  /** The hub has no document by that path. */
  fresh: readonly number[];
  changed: readonly number[];
  report?: Report;
}

/** A new document: its text is a part of the request's texts, its row `keys`, `set` and the text's body. */
export interface LoadItem {
  path: string;
  /** The key columns' values that the path spells, in the template's order. */
  keys: readonly string[];
  /** Where its text starts in the request's texts, in UTF-8 bytes, as the next two. */
  start: number;
  /** What comes before the body. */
  head: number;
  /** The whole text's. */
  size: number;
  /** Of the document's canonical form. */
  digest: string;
  set: Fields;
}

/** What a reader should know of a document that was taken as it is. */
export interface Warned {
  path: string;
  warnings: NonNullable<ApplyItem["warnings"]>;
}

export interface LoadRequest {
  /** A UUID; the run exists from its first load. */
  run: string;
  cause: string;
  collection: string;
  /** `digest:fingerprint`: what the caller was built for. */
  digest: string;
  /** Why, for the history. @default the outcome */
  message?: string;
  items: readonly LoadItem[];
  /** The texts of all items, one after the other, in any number of parts: straight to the database nobody escapes them. */
  texts: readonly string[];
  /** Logged for those of the items that are made documents. @default none */
  warned?: readonly Warned[];
}

export interface Loaded {
  /** Paths that were not made documents, as something is known of them or a statement failed: claim and apply those. */
  left: readonly string[];
  /** SQLSTATE of the statement that failed, and with it the whole request. */
  failure: string | null;
}

/** All calls throw as those of `Hub`. One call is one transaction; calls may run at once. */
export interface BulkHub {
  compare(request: CompareRequest): Promise<Compared>;
  load(request: LoadRequest): Promise<Loaded>;
}

/**
 * The hub's contract for people: the history of documents, and who decided what. No worker needs it. Field names are
 * those on the wire; moments are ISO texts with microseconds.
 */

/** A revision, without its text. */
export interface Revision {
  collection: string;
  path: string;
  revision: number;
  /** What it was made from, as its maker had seen the document; two where versions were put together. */
  parents: readonly number[];
  /** Those of `parents` that are not kept any more. */
  trimmed: readonly number[];
  /** `bucket`, `table`, `directory` (an import), `merge` (the engine), `restore`. */
  store: string;
  /** E-mail (Supabase Auth) or id of who made it, or as the CLI was told; null when unknown or purged. */
  author: string | null;
  /** The person's words, else the outcome (`created`, `merged` …). */
  message: string | null;
  at: string;
  digest: string | null;
  /** A deletion: it has no text. */
  deleted: boolean;
  /** Its author was purged: the text is gone, or goes as soon as nothing stands on it. */
  purged: boolean;
  /** The document as it is now. */
  current: boolean;
}

export interface RevisionText extends Revision {
  /** Byte for byte what was there; null: a deletion, or purged. */
  text: string | null;
}

export interface HistoryRequest {
  collection?: string;
  /** The object name. */
  path?: string;
  author?: string;
  /** An ISO moment. */
  since?: string;
  /** 1–500. @default 50 */
  limit?: number;
  /** `next` of the page before. */
  after?: unknown;
}

/** `next` is null on the last page. */
export interface Page<Item> {
  items: readonly Item[];
  next: unknown;
}

export interface DocumentsRequest {
  collection: string;
  /** `next` of the page before. */
  after?: string;
  /** 1–1000. @default 1000 */
  limit?: number;
  /** The texts of one page together; at least one document comes. @default 8388608 */
  maxBytes?: number;
  /** Only these object names. */
  paths?: readonly string[];
  /** false: what there is, without the texts. @default true */
  texts?: boolean;
}

/** A document as the hub holds it now. */
export interface HubDocument {
  path: string;
  revision: number;
  /** Of the canonical form. */
  digest: string;
  /** Of the text in UTF-8. */
  bytes: number;
  /** null: it was not asked for. */
  text: string | null;
}

export interface RestoreRequest {
  collection: string;
  path: string;
  revision: number;
  /** The newest revision the person has seen; another one by now refuses the restore. */
  expect: number;
  /** @default "restored revision N" */
  message?: string;
}

export interface Restored {
  /** The newest revision now. */
  revision: number;
  restored: number;
  /** false: the document is what that revision was; nothing was appended. */
  changed: boolean;
}

export interface Purged {
  dryRun: boolean;
  /** Revisions whose author and text are forgotten, merges of them included. */
  revisions: number;
  /** Purged texts on which something still stands, of any purge; the sweep removes them when nothing does. */
  pending: number;
  /** Documents whose present text is theirs: it stays, people may edit it. */
  current: readonly { collection: string; path: string; revision: number }[];
  /** Conflict records that lose their texts, open ones once they are resolved. */
  conflicts: number;
  /** Signals not yet worked off that named them. */
  signals: number;
  /** Audit entries that named them. */
  entries: number;
  /** Messages of runs, quarantine and the like that held a name. */
  messages: number;
}

export interface AuditEntry {
  id: number;
  at: string;
  /** `register`, `backfill`, `resolve`, `resume`, `restore`, `purge_author`, `import`, `run` … */
  action: string;
  who: string | null;
  role: string;
  collection: string | null;
  path: string | null;
  /** `done`, or what ended a run. */
  outcome: string;
  details: Record<string, unknown>;
}

export interface AuditRequest {
  who?: string;
  collection?: string;
  path?: string;
  since?: string;
  limit?: number;
  after?: unknown;
}

/** All calls throw what `Hub`'s throw; besides, as told below. */
export interface HistoryHub {
  /** The documents that are not deleted, in the order of their paths, page by page. @throws {FrontrowError} `NOT_FOUND` */
  documents(request: DocumentsRequest): Promise<{ items: readonly HubDocument[]; next: string | null }>;
  /** Newest first, page by page. */
  history(request: HistoryRequest): Promise<Page<Revision>>;
  /** One revision; without a number the newest. @throws {FrontrowError} `NOT_FOUND` */
  revision(request: { collection: string; path: string; revision?: number }): Promise<RevisionText>;
  /**
   * Appends an old text as a new revision and marks the document dirty: the next pass brings it to both sides.
   * @throws {FrontrowError} `NOT_FOUND` (no such revision, or no text), `REPLICA_MOVED` (not at `expect` by now: look
   * again), `IN_THE_WAY` (an open conflict, a quarantine, rows that lead).
   */
  restore(request: RestoreRequest): Promise<Restored>;
  /** Forgets what these people wrote, and their names. Safe to repeat. */
  purgeAuthor(request: { authors: readonly string[]; dryRun?: boolean }): Promise<Purged>;
  /** Newest first, page by page. */
  audit(request: AuditRequest): Promise<Page<AuditEntry>>;
}

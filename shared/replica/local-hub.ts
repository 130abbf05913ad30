/**
 * The local hub's contract: what one clone remembers of its documents. Calls are synchronous and each is one
 * transaction, which outlives the process when it returns; several processes may use one hub at once. After a power cut the
 * hub may be a little older than folder and origin, which is mended by the next sync.
 */
import type { DocumentName } from "../hub/peer-hub.ts";
import type { IdBlock } from "../ids/mod.ts";
import type { Stamps } from "../stores/directory-stamps.ts";

/** Where a revision was made; `merge` by the engine. */
export type Maker = "directory" | "peer" | "merge";

/** What the hub and one store last agreed on. */
export interface LocalBase {
  /** The file's digest, or the origin's revision. */
  version: string;
  /** The local revision that has this text. */
  revision: number;
}

/** A document without its texts. */
export interface LocalEntry extends DocumentName {
  revision: number;
  deleted: boolean;
  /** Of the canonical form. */
  digest: string | null;
  directory: LocalBase | null;
  peer: LocalBase | null;
  /** It waits to be pushed, or for the answer. */
  queued: boolean;
  /** It was sent, and the answer is not known. */
  sent: boolean;
  /** The origin has news of it that are not merged yet. */
  incoming: boolean;
  conflict: boolean;
  quarantined: boolean;
}

export interface LocalDocument extends LocalEntry {
  /** The newest; of a deleted one null. */
  text: string | null;
}

export interface LocalRevision {
  text: string;
  digest: string;
  maker: Maker;
  author: string | null;
}

/** Everything to be done for one document, in one transaction. */
export interface LocalApply extends DocumentName {
  /** The revision it was decided from; null: there was no document. */
  expect: number | null;
  revisions: readonly LocalRevision[];
  /** The document ends as a deletion, which is a revision as well. */
  tombstone: boolean;
  author: string | null;
  message: string | null;
  /** null drops it. @default as it is */
  directory?: LocalBase | null;
  /** null drops it. @default as it is */
  peer?: LocalBase | null;
  /** The origin's news that are dealt with by this; others stay. */
  taken?: Incoming;
  conflict?: LocalConflictNote | null;
  quarantine?: LocalQuarantine | null;
}

/** What the origin says of a document. */
export interface Incoming extends DocumentName {
  /** The origin's. */
  revision: number;
  /** null: deleted. */
  text: string | null;
  author: string | null;
  at: string;
}

export interface LocalConflictNote {
  /** Labels, as a decision names them. */
  overlapping: readonly string[];
  /** It waits for a person; else a policy decided. */
  held: boolean;
  decidedBy: string;
  base: string | null;
  ours: string | null;
  theirs: string | null;
  /** What does not overlap from both, and ours of the rest. */
  merged: string | null;
}

export type LocalDecision =
  | { keep: "ours" | "theirs" }
  | { fields: Readonly<Record<string, "ours" | "theirs">> }
  | { text: string };

export interface LocalConflict extends LocalConflictNote, DocumentName {
  id: number;
  state: "open" | "resolved";
  /** What both sides were when it was noted: a decision is about these. */
  revision: number;
  peerRevision: number;
  theirAuthor: string | null;
  decision: LocalDecision | null;
  decider: string | null;
  at: string;
  resolvedAt: string | null;
}

export interface LocalQuarantine {
  /** `peer`: the origin's text; `push`: the origin refused ours. */
  store: "directory" | "peer" | "push";
  version: string;
  code: string;
  message: string;
  line: number | null;
  hint: string | null;
}

export interface LocalHistory {
  revision: number;
  maker: Maker;
  author: string | null;
  message: string | null;
  deleted: boolean;
  digest: string | null;
  at: string;
}

/** One document on its way to the origin. */
export interface OutboxItem extends DocumentName {
  /** The local revision that is sent. */
  revision: number;
  /** The origin's revision it was made from; null: there was none. */
  expected: number | null;
  /** null: deleted. */
  text: string | null;
}

export interface OutboxRequest {
  /** A UUID; the same until every item is answered. */
  request: string;
  items: readonly OutboxItem[];
}

/** Items of the outbox in the words of a status. */
export interface LocalCounts {
  documents: number;
  queued: number;
  incoming: number;
  conflicts: number;
  quarantined: number;
}

/** What was done, by whom, when: the audit. */
export interface LocalRun {
  verb: string;
  author: string | null;
  counts: Readonly<Record<string, number>>;
  error: string | null;
  startedAt: string;
  milliseconds: number;
}

export interface LocalHub {
  /** Settings that outlive a process: the origin, its cursor, what is registered there. */
  get(key: string): string | null;
  set(key: string, value: string | null): void;
  /** Settings whose key begins so. */
  settings(prefix: string): [key: string, value: string][];
  /** All calls inside are one transaction. It must not wait for anything. */
  together<Result>(work: () => Result): Result;
  /** Ids of a collection that are this clone's, and not given to a document yet. */
  reserved(collection: string): IdBlock | null;
  reserve(collection: string, block: IdBlock): void;
  document(name: DocumentName): LocalDocument | null;
  entries(): LocalEntry[];
  /** A revision's text; null when it is not known (any more). */
  textOf(name: DocumentName, revision: number): string | null;
  history(name: DocumentName): LocalHistory[];
  /** `stale`: the document moved; nothing was done. */
  apply(item: LocalApply): "applied" | "stale";
  /** The file holds a revision now; null: there is none. `stale` when the document moved meanwhile: nothing was done. */
  agree(name: DocumentName, expect: number, directory: LocalBase | null): "applied" | "stale";
  counts(): LocalCounts;

  /** Takes in one page of the origin's feed, with the setting that is the cursor behind it. Older news than what is known is left out. */
  receive(items: readonly Incoming[], cursor: { key: string; value: string } | null): void;
  /** The origin's news that are not merged, oldest first. */
  incoming(): Incoming[];
  incomingOf(name: DocumentName): Incoming | null;

  /**
   * What is to be pushed next: an unanswered request first, as it was; else a new one, remembered. null: nothing. Documents
   * with news, an open conflict, or a refusal of this very revision wait.
   */
  nextRequest(
    most: { documents: number; bytes: number },
    /** By `keyOf`: not now. */
    skip: ReadonlySet<string>,
  ): OutboxRequest | null;
  /** The origin took it. `revision`: the origin's; null for a deletion. */
  accepted(request: string, name: DocumentName, revision: number | null): void;
  /** It was answered, and stays in the outbox for another request. */
  returned(request: string, name: DocumentName): void;

  conflicts(state: "open" | "all"): LocalConflict[];
  conflictOf(name: DocumentName): LocalConflict | null;
  /** Remembers a person's decision on the open conflict; the next merge carries it out. */
  decide(conflict: number, decision: LocalDecision, decider: string | null): void;

  quarantine(): (LocalQuarantine & DocumentName & { at: string })[];
  /** Puts a document there, or (null) takes it out. */
  setQuarantine(name: DocumentName, problem: LocalQuarantine | null): void;

  log(run: LocalRun): void;
  runs(most: number): LocalRun[];

  /** What the folder's files looked like when they were read: a cache. */
  stamps(): Stamps;
  saveStamps(stamps: Stamps): void;
  close(): void;
}

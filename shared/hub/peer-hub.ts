/**
 * The hub's contract for peers: other places that keep the same documents and ask what changed. Field names are those on
 * the wire; moments are ISO texts with microseconds.
 */

import type { Applied, ApplyItem } from "./hub.ts";

/** What a verified token says of a person who is signed in. */
export interface Claims {
  role: "authenticated";
  sub: string;
  [claim: string]: unknown;
}

/** A document's name. */
export interface DocumentName {
  collection: string;
  path: string;
}

/** A document's name as one text. */
export function keyOf({ collection, path }: DocumentName): string {
  return JSON.stringify([collection, path]);
}

/** A document at its newest revision. */
export interface PeerDocument extends DocumentName {
  revision: number;
  /** Of the canonical form; null where its author was purged. */
  digest: string | null;
  deleted: boolean;
  /** Who made this revision, where known. */
  author: string | null;
  at: string;
  /** Only where texts were asked for, and never of a deletion. */
  text?: string;
}

export interface ChangesRequest {
  /** `next` of the answer before. @default the beginning */
  since?: string;
  /** @default all */
  collection?: string;
  /** Whose feed it is: a cursor of one reader is of no use to another. */
  reader?: string;
  /** 1–1000. @default 200 */
  limit?: number;
  /** Of all texts together; at least one document comes. @default 4000000 */
  maxBytes?: number;
  /** @default true */
  texts?: boolean;
}

export interface Changes {
  items: readonly PeerDocument[];
  /** Where to go on; good for ever, on this server. */
  next: string;
  /** There are more now. */
  more: boolean;
  /** This is the whole state from its beginning: what is not in it, up to the last page, is not there. */
  reset: boolean;
}

/** The request that a push is part of: an id of the peer's own making, and whose it is. */
export interface PushRequest {
  /** A UUID. */
  push: string;
  /** Empty for programs. */
  reader: string;
}

/** A request for ids, and whose it is. */
export interface IdsRequest {
  /** A UUID of the caller's making. */
  request: string;
  /** Empty for programs. */
  reader: string;
  collection: string;
  /** How many: 1–1000. @default 1 */
  count?: number;
}

/** Numbers that are this request's alone. `compileIdFormat(format).write` makes ids of them. */
export interface HandedOut {
  format: string;
  first: number;
  last: number;
}

/** All calls throw what `Hub`'s throw; besides, as told below. */
export interface PeerHub {
  /**
   * Documents changed since a cursor, each once, in the order of the transactions that changed them. None is ever skipped;
   * a transaction that runs long holds back those that began after it.
   * @throws {FrontrowError} `NOT_FOUND` (no such collection), `REQUEST_INVALID` (no cursor).
   */
  changes(request: ChangesRequest): Promise<Changes>;
  /** These documents; those that are not there are left out. */
  documents(names: readonly DocumentName[], options?: { texts?: boolean }): Promise<PeerDocument[]>;
  /**
   * Those of these documents whose rows a signed-in person can see, by the policies and grants of the tables. A deleted
   * document has no row.
   */
  visible(claims: Claims, names: readonly DocumentName[]): Promise<DocumentName[]>;
  /**
   * Those of these plans whose write of the row the person could have made, found out by trying as them and taking it
   * back; and those that would fail whoever tried, with the SQLSTATE.
   */
  writable(
    claims: Claims,
    writes: readonly (DocumentName & Pick<ApplyItem, "row">)[],
  ): Promise<{ items: DocumentName[]; failed: (DocumentName & { state: string })[] }>;
  /** What was accepted of this push before. Remembered for three days. */
  pushed(request: PushRequest): Promise<(DocumentName & { revision: number | null })[]>;
  /**
   * `Hub.apply`, which remembers in the same transaction what was accepted: of `pushed`, the items that come out with one
   * of these outcomes.
   */
  push(
    request: PushRequest,
    pushed: readonly (DocumentName & { outcomes: readonly string[] })[],
    run: string,
    items: readonly ApplyItem[],
  ): Promise<Applied[]>;
  /**
   * The next numbers of a collection: past all that were handed out, and past those of every document, row and file that
   * is there or ever was. The same request is answered the same block, for three days.
   * @throws {FrontrowError} `NOT_FOUND` (no such collection), `REQUEST_INVALID` (it has no ids; the request is none).
   */
  ids(request: IdsRequest): Promise<HandedOut>;
}

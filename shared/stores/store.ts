/**
 * The store contract: a place where documents live, seen one path at a time. `test-store.ts` is its one test suite;
 * every store passes it.
 */
import type { FrontrowError } from "../errors.ts";

/** A store's own token for a replica. Changes whenever the replica does; says nothing else. */
export type Version = string;

/**
 * Three answers, never two: an error is not an absence. `unknown` must lead to no write and no delete; its error says
 * whether to ask again.
 */
export type Answer<Content> =
  | { state: "found"; version: Version; content: Content }
  | { state: "absent" }
  | { state: "unknown"; error: FrontrowError };

/** What a write or a remove may rely on. */
export interface Permit {
  /** The version that must still be there; null: nothing may be there. */
  base: Version | null;
  /** The hub's intent for this write, where the store is fenced by one. */
  intent: string | null;
}

export interface Store<Content> {
  readonly name: string;
  /**
   * Reads one replica. `expected` is what an authority (SQL, for the bucket) says is there now; content of any other
   * version is never returned. null: that authority says nothing is there.
   */
  read(path: string, expected: Expected | null): Promise<Answer<Content>>;
  /**
   * Replaces or creates the replica, all of it or nothing.
   * @throws {FrontrowError} `REPLICA_MOVED` when the replica is not at `permit.base` (nothing was written; read again);
   * `STORE_UNAVAILABLE` when it is not known whether it was written: read again before repeating.
   */
  write(path: string, content: Content, permit: Permit, keep?: Keep): Promise<void>;
  /**
   * Removes the replica; removing what is not there is no error.
   * @throws {FrontrowError} as `write`. A store that cannot tell a refused remove from a done one returns normally;
   * the hub's confirmation knows.
   */
  remove(path: string, permit: Permit): Promise<void>;
}

/** What the authority over versions says is there. */
export interface Expected {
  version: Version;
  /** Bytes; null when not known. */
  size?: number | null;
  etag?: string | null;
}

/** Properties of the replica that are the user's and survive a rewrite. */
export interface Keep {
  contentType?: string | null;
  cacheControl?: string | null;
  userMetadata?: Record<string, unknown> | null;
}

import { asCaller, enterScope, type Scope } from "../database/scope.ts";
import type { Query, Sql } from "../database/sql.ts";
import { isSqlError } from "../database/sql.ts";
import type { Caller, Keys } from "../keys.ts";
import type { Bodies } from "./bodies.ts";
import { noSuchBucket, StorageError } from "./errors.ts";

/** What every Storage endpoint needs. */
export interface StorageContext {
  sql: Sql;
  bodies: Bodies;
  keys: Keys;
  service: Caller;
  log: (message: string, fields?: Record<string, unknown>) => void;
}

export interface StorageRequest {
  request: Request;
  url: URL;
  scope: Scope;
}

export interface ObjectRow {
  id: string;
  bucket_id: string;
  name: string;
  owner: string | null;
  owner_id: string | null;
  version: string;
  metadata: ObjectMetadata | null;
  user_metadata: Record<string, unknown> | null;
  created_at: Date;
  updated_at: Date;
  last_accessed_at: Date;
}

/** What the service records about a body; key order as recorded from the real one. */
export interface ObjectMetadata {
  eTag: string;
  size: number;
  mimetype: string;
  cacheControl: string;
  lastModified: string;
  contentLength: number;
  httpStatusCode: number;
}

export interface BucketRow {
  id: string;
  name: string;
  owner: string;
  public: boolean;
  file_size_limit: number | null;
  allowed_mime_types: string[] | null;
  created_at: Date;
  updated_at: Date;
  type: string;
  versioning_status: string;
}

/** The settings the service makes in each of its transactions, besides those every service makes. */
const settingsOf = (caller: Caller, operation: string) => ({
  "request.jwt": caller.token,
  "request.jwt.claim.role": caller.role,
  "request.jwt.claim.sub": String(caller.claims.sub ?? ""),
  "storage.operation": operation,
  "storage.allow_delete_query": "true",
});

/** One transaction as the caller, so that policies decide. */
export function asUser<T>(
  ctx: StorageContext,
  scope: Scope,
  operation: string,
  run: (tx: Query) => Promise<T>,
): Promise<T> {
  return asCaller(ctx.sql, { ...scope, settings: settingsOf(scope.caller, operation) }, run);
}

/** One transaction as the service itself; headers, path and method stay the request's. */
export function asService<T>(
  ctx: StorageContext,
  scope: Scope,
  operation: string,
  run: (tx: Query) => Promise<T>,
): Promise<T> {
  return asUser(ctx, { ...scope, caller: ctx.service }, operation, run);
}

class Undo extends Error {}

/**
 * Tries a statement as the caller, only to see whether policies and triggers let it pass, and rolls it back. The
 * service skips this for itself.
 */
export async function probe(
  ctx: StorageContext,
  scope: Scope,
  operation: string,
  run: (tx: Query) => Promise<unknown>,
): Promise<void> {
  if (scope.caller.role === "service_role") return;
  await ctx.sql
    .transaction(async (tx) => {
      await enterScope(tx, { ...scope, settings: settingsOf(scope.caller, operation) });
      await run(tx);
      throw new Undo();
    })
    .catch((error) => {
      if (!(error instanceof Undo)) throw error;
    });
}

/** Waits for the object's own advisory lock, held to the end of the transaction. */
export async function lockObject(tx: Query, bucket: string, name: string): Promise<void> {
  try {
    await tx.query(
      "select set_config('lock_timeout', '5000', true), pg_advisory_xact_lock(hashtext($1)::bigint)",
      [`${bucket}/${name}`],
    );
  } catch (error) {
    if (!isSqlError(error) || error.code !== "55P03") throw error;
    throw new StorageError(503, "LockTimeout", "acquiring lock timeout", "acquiring_lock_timeout");
  }
}

export async function findBucket(tx: Query, id: string): Promise<BucketRow> {
  const [bucket] = await tx.query<BucketRow>("select * from storage.buckets where id = $1", [id]);
  if (!bucket) throw noSuchBucket();
  return bucket;
}

const OBJECT_KEY = /^[A-Za-z0-9_/!.*'() &$@=;:+,?-]*$/;

/** @throws InvalidKey for what the real service's key rule refuses; Unicode is refused, `..` is not */
export function checkKey(name: string): void {
  if (name.length === 0 || !OBJECT_KEY.test(name))
    throw new StorageError(400, "InvalidKey", `Invalid key: ${name}`);
}

import { createHash } from "node:crypto";
import type { Scope } from "../database/scope.ts";
import type { Query } from "../database/sql.ts";
import {
  asService,
  asUser,
  type BucketRow,
  checkKey,
  findBucket,
  lockObject,
  type ObjectMetadata,
  probe,
  type StorageContext,
} from "./context.ts";
import { alreadyExists, mayHaveCommitted, StorageError } from "./errors.ts";
import type { IncomingFile } from "./incoming.ts";

export interface UploadTarget {
  bucket: string;
  name: string;
  upsert: boolean;
}

const UPSERT = `
  insert into storage.objects as o (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
  values ($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::jsonb)
  on conflict (bucket_id, name) do update set owner = excluded.owner, owner_id = excluded.owner_id,
    version = excluded.version, metadata = excluded.metadata, user_metadata = excluded.user_metadata
  returning id`;

export interface NewObject {
  bucket: string;
  name: string;
  ownerId: string | null;
  version: string;
  metadata: ObjectMetadata | null;
  userMetadata: Record<string, unknown> | null;
}

/** Writes the row, over an older one if there is one. Triggers run here. */
export async function upsertObject(tx: Query, object: NewObject): Promise<string> {
  const { bucket, name, ownerId, version, metadata, userMetadata } = object;
  const owner = /^[0-9a-f-]{36}$/i.test(ownerId ?? "") ? ownerId : null;
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  const [row] = await tx.query<{ id: string }>(UPSERT, [
    bucket,
    name,
    owner,
    ownerId,
    version,
    json(metadata),
    json(userMetadata),
  ]);
  if (!row)
    throw new StorageError(500, "DatabaseError", "A trigger kept the object's row from being written");
  return row.id;
}

/** Sees, as the caller, whether the row could be written; version `'1'` marks the attempt, and it is rolled back. */
export async function probeUpload(
  ctx: StorageContext,
  scope: Scope,
  { bucket, name, upsert }: UploadTarget,
  operation: string,
): Promise<void> {
  await probe(ctx, scope, operation, async (tx) => {
    const ownerId = ownerOf(scope);
    if (upsert)
      await upsertObject(tx, { bucket, name, ownerId, version: "1", metadata: null, userMetadata: null });
    else
      await tx.query(
        "insert into storage.objects (bucket_id, name, owner_id, version) values ($1, $2, $3, '1')",
        [bucket, name, ownerId],
      );
  });
}

export const ownerOf = (scope: Scope): string | null =>
  (scope.caller.claims.sub as string | undefined) ?? null;

/**
 * Uploads in the real service's order: probe as the caller, store the body under its new version, then one
 * transaction with the object's lock that writes the row; the previous body goes only after the commit. A refusal in
 * that transaction leaves the previous row and body as they were.
 */
export async function upload(
  ctx: StorageContext,
  scope: Scope,
  target: UploadTarget,
  readFile: (bucket: BucketRow) => Promise<IncomingFile>,
): Promise<Response> {
  const { bucket, name } = target;
  checkKey(name);
  const operation = "storage.object.upload";
  const bucketRow = await asService(ctx, scope, operation, (tx) => findBucket(tx, bucket));
  const file = await readFile(bucketRow);
  await probeUpload(ctx, scope, target, operation);
  const version = crypto.randomUUID();
  await ctx.bodies.put(version, file.bytes);
  try {
    const { id, previous } = await asService(ctx, scope, operation, async (tx) => {
      await lockObject(tx, bucket, name);
      const [current] = await tx.query<{ version: string }>(
        "select version from storage.objects where bucket_id = $1 and name = $2 for update",
        [bucket, name],
      );
      if (current && !target.upsert) throw alreadyExists();
      const metadata = metadataOf(file);
      const id = await upsertObject(tx, {
        bucket,
        name,
        ownerId: ownerOf(scope),
        version,
        metadata,
        userMetadata: file.userMetadata,
      });
      return { id, previous: current?.version };
    });
    if (previous && previous !== version) await ctx.bodies.remove([previous]);
    return Response.json({ Key: `${bucket}/${name}`, Id: id });
  } catch (error) {
    if (!mayHaveCommitted(error)) await ctx.bodies.remove([version]);
    throw error;
  }
}

/** @param at when the body was stored */
export function metadataOf(file: IncomingFile, at = new Date()): ObjectMetadata {
  return {
    eTag: `"${createHash("md5").update(file.bytes).digest("hex")}"`,
    size: file.bytes.length,
    mimetype: file.mimetype,
    cacheControl: file.cacheControl,
    lastModified: at.toISOString(),
    contentLength: file.bytes.length,
    httpStatusCode: 200,
  };
}

/** What the caller may see of one object. */
export async function canSee(
  ctx: StorageContext,
  scope: Scope,
  bucket: string,
  name: string,
): Promise<boolean> {
  const rows = await asUser(ctx, scope, "storage.object.info", (tx) =>
    tx.query("select from storage.objects where bucket_id = $1 and name = $2", [bucket, name]),
  );
  return rows.length > 0;
}

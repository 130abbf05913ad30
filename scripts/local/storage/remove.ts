import { asUser, type ObjectRow, type StorageContext, type StorageRequest } from "./context.ts";
import { invalidRequest, noSuchKey } from "./errors.ts";

const OPERATION = "storage.object.delete_many";

/** Removes by DELETE as the caller. What policies or a BEFORE trigger kept is not in `removed`, and keeps its body. */
async function removeRows(
  ctx: StorageContext,
  { scope }: StorageRequest,
  bucket: string,
  names: string[],
  operation: string,
): Promise<ObjectRow[]> {
  const removed = await asUser(ctx, scope, operation, (tx) =>
    tx.query<ObjectRow>(
      `delete from storage.objects where bucket_id = $1 and name in (select jsonb_array_elements_text($2::text::jsonb))
      returning id, name, bucket_id, owner, owner_id, version, metadata, user_metadata, created_at, updated_at, last_accessed_at`,
      [bucket, JSON.stringify(names)],
    ),
  );
  await ctx.bodies.remove(removed.map((row) => row.version).filter(Boolean));
  return removed;
}

/** `DELETE /object/<bucket>` with `{ prefixes }`: exact names, at most 1,000; no error for those that were not removed. */
export async function removeMany(
  ctx: StorageContext,
  asked: StorageRequest,
  bucket: string,
): Promise<Response> {
  const { prefixes } = (await asked.request.json()) as { prefixes?: string[] };
  if (!Array.isArray(prefixes) || prefixes.length === 0)
    throw invalidRequest("body/prefixes must NOT have fewer than 1 items");
  if (prefixes.length > 1000) throw invalidRequest("body/prefixes must NOT have more than 1000 items");
  return Response.json(await removeRows(ctx, asked, bucket, prefixes, OPERATION));
}

/** `DELETE /object/<bucket>/<name>` */
export async function removeOne(
  ctx: StorageContext,
  asked: StorageRequest,
  bucket: string,
  name: string,
): Promise<Response> {
  const removed = await removeRows(ctx, asked, bucket, [name], "storage.object.delete");
  if (removed.length === 0) throw noSuchKey();
  return Response.json({ message: "Successfully deleted" });
}

/** Removes all of a bucket's objects, as the caller. */
export async function emptyBucket(
  ctx: StorageContext,
  { scope }: StorageRequest,
  bucket: string,
): Promise<void> {
  const removed = await asUser(ctx, scope, "storage.bucket.empty", (tx) =>
    tx.query<{ version: string }>("delete from storage.objects where bucket_id = $1 returning version", [
      bucket,
    ]),
  );
  await ctx.bodies.remove(removed.map((row) => row.version).filter(Boolean));
}

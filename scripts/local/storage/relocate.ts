import {
  asService,
  asUser,
  checkKey,
  findBucket,
  lockObject,
  type ObjectMetadata,
  type ObjectRow,
  probe,
  type StorageContext,
  type StorageRequest,
} from "./context.ts";
import { alreadyExists, mayHaveCommitted, noSuchKey } from "./errors.ts";
import { jsonObject } from "./incoming.ts";
import { ownerOf, probeUpload, upsertObject } from "./upload.ts";

interface RelocateBody {
  bucketId: string;
  sourceKey: string;
  destinationBucket?: string;
  destinationKey: string;
  /** Only the version that is current can be named: no bucket here keeps others. */
  sourceVersionId?: string;
  copyMetadata?: boolean;
  metadata?: { cacheControl?: string; mimetype?: string };
}

const FIND = "select * from storage.objects where bucket_id = $1 and name = $2";

function pickSource(rows: ObjectRow[], { sourceVersionId }: RelocateBody): ObjectRow {
  const [source] = rows;
  if (!source || (sourceVersionId && source.version !== sourceVersionId)) throw noSuchKey();
  return source;
}

const copiedMetadata = (source: ObjectRow): ObjectMetadata => ({
  ...source.metadata!,
  lastModified: new Date().toISOString(),
});

/** Gives the body a version of its own. A source row without a body is an error, as at the real backend. */
async function copyBody(ctx: StorageContext, from: string): Promise<string> {
  const bytes = await ctx.bodies.get(from);
  if (!bytes) throw noSuchKey();
  const version = crypto.randomUUID();
  await ctx.bodies.put(version, bytes);
  return version;
}

/** Renames by one UPDATE: same row, new version, `user_metadata` kept. */
export async function moveObject(ctx: StorageContext, { request, scope }: StorageRequest): Promise<Response> {
  const body = (await request.json()) as RelocateBody;
  const { bucketId, sourceKey, destinationKey, destinationBucket = bucketId } = body;
  checkKey(destinationKey);
  const operation = "storage.object.move";
  const rename = `update storage.objects set bucket_id = $3, name = $4, version = $5, owner_id = coalesce($6, owner_id)
    where bucket_id = $1 and name = $2 returning id`;
  const names = [bucketId, sourceKey, destinationBucket, destinationKey];
  await probe(ctx, scope, operation, async (tx) => {
    pickSource(await tx.query<ObjectRow>(FIND, [bucketId, sourceKey]), body);
    const changed = await tx.query(rename, [...names, crypto.randomUUID(), ownerOf(scope)]);
    if (changed.length === 0) throw noSuchKey();
  });
  const found = pickSource(
    await asService(ctx, scope, operation, (tx) => tx.query<ObjectRow>(FIND, [bucketId, sourceKey])),
    body,
  );
  const done = { message: "Successfully moved", Id: found.id, Key: `${destinationBucket}/${destinationKey}` };
  if (bucketId === destinationBucket && sourceKey === destinationKey) return Response.json(done);

  const version = await copyBody(ctx, found.version);
  try {
    const previous = await asService(ctx, scope, operation, async (tx) => {
      await lockObject(tx, destinationBucket, destinationKey);
      const source = pickSource(await tx.query<ObjectRow>(`${FIND} for update`, [bucketId, sourceKey]), body);
      if (source.version !== found.version) throw noSuchKey(); // overwritten since: its body is not the one copied
      await tx.query(rename.replace("version = $5", "version = $5, metadata = $7::text::jsonb"), [
        ...names,
        version,
        ownerOf(scope),
        JSON.stringify(copiedMetadata(source)),
      ]);
      return source.version;
    });
    await ctx.bodies.remove([previous]);
    return Response.json(done);
  } catch (error) {
    if (!mayHaveCommitted(error)) await ctx.bodies.remove([version]);
    throw error;
  }
}

/** Upserts at the destination; `user_metadata` comes along unless the client replaces it. */
export async function copyObject(ctx: StorageContext, { request, scope }: StorageRequest): Promise<Response> {
  const body = (await request.json()) as RelocateBody;
  const { bucketId, sourceKey, destinationKey, destinationBucket = bucketId, copyMetadata = true } = body;
  checkKey(destinationKey);
  const upsert = request.headers.get("x-upsert") === "true";
  const operation = "storage.object.copy";
  const source = pickSource(
    await asUser(ctx, scope, operation, (tx) => tx.query<ObjectRow>(FIND, [bucketId, sourceKey])),
    body,
  );
  await probeUpload(ctx, scope, { bucket: destinationBucket, name: destinationKey, upsert }, operation);
  const version = await copyBody(ctx, source.version);
  const header = request.headers.get("x-metadata");
  const replaced = { ...copiedMetadata(source), ...body.metadata };
  try {
    const { row, previous } = await asService(ctx, scope, operation, async (tx) => {
      await findBucket(tx, destinationBucket);
      await lockObject(tx, destinationBucket, destinationKey);
      const [current] = await tx.query<ObjectRow>(`${FIND} for update`, [destinationBucket, destinationKey]);
      if (current && !upsert) throw alreadyExists();
      await upsertObject(tx, {
        bucket: destinationBucket,
        name: destinationKey,
        ownerId: ownerOf(scope),
        version,
        metadata: copyMetadata ? copiedMetadata(source) : replaced,
        userMetadata: copyMetadata
          ? source.user_metadata
          : jsonObject(header ? Buffer.from(header, "base64").toString() : undefined),
      });
      const [row] = await tx.query<ObjectRow>(FIND, [destinationBucket, destinationKey]);
      return { row: row!, previous: current?.version };
    });
    if (previous) await ctx.bodies.remove([previous]);
    return Response.json({ Key: `${destinationBucket}/${destinationKey}`, Id: row.id, ...row });
  } catch (error) {
    if (!mayHaveCommitted(error)) await ctx.bodies.remove([version]);
    throw error;
  }
}

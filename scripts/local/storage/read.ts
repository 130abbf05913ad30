import {
  asService,
  asUser,
  findBucket,
  type ObjectRow,
  type StorageContext,
  type StorageRequest,
} from "./context.ts";
import { noSuchBucket, noSuchKey } from "./errors.ts";

/** Who decides whether the object may be read: policies, a public bucket, or a signature checked before. */
export type ReadAccess = "caller" | "public" | "signed";

const COLUMNS = "id, name, bucket_id, version, metadata, user_metadata, created_at, updated_at";

async function findObject(
  ctx: StorageContext,
  { url, scope }: StorageRequest,
  bucket: string,
  name: string,
  access: ReadAccess,
  operation: string,
): Promise<ObjectRow> {
  const pinned = url.searchParams.get("versionId");
  const [text, params] = pinned
    ? [
        `select ${COLUMNS} from storage.objects where bucket_id = $1 and name = $2 and version = $3 and not is_delete_marker`,
        [bucket, name, pinned],
      ]
    : [
        `select ${COLUMNS} from storage.objects where bucket_id = $1 and name = $2 and archived_at is null and not is_delete_marker`,
        [bucket, name],
      ];
  const as = access === "caller" ? asUser : asService;
  const [row] = await as(ctx, scope, operation, async (tx) => {
    if (access === "public" && !(await findBucket(tx, bucket)).public) throw noSuchBucket();
    return await tx.query<ObjectRow>(text as string, params as string[]);
  });
  if (!row) throw noSuchKey();
  return row;
}

/** Sends exactly the body that the row named when it was read. `last_accessed_at` is not touched. */
export async function download(
  ctx: StorageContext,
  asked: StorageRequest,
  bucket: string,
  name: string,
  access: ReadAccess,
): Promise<Response> {
  const { request, url } = asked;
  const row = await findObject(ctx, asked, bucket, name, access, "storage.object.get_authenticated");
  const { mimetype, eTag, cacheControl, lastModified, size } = row.metadata!;
  const modified = new Date(lastModified);
  const headers = new Headers({
    "content-type": mimetype,
    etag: eTag,
    "cache-control": cacheControl,
    "last-modified": modified.toUTCString(),
    "accept-ranges": "bytes",
  });
  const attachment = url.searchParams.get("download");
  if (attachment !== null) {
    const filename = encodeURIComponent(attachment || name.split("/").at(-1)!);
    headers.set("content-disposition", `attachment; filename=${filename}; filename*=UTF-8''${filename};`);
  }
  const since = request.headers.get("if-modified-since");
  if (
    request.headers.get("if-none-match") === eTag ||
    (since && Math.floor(modified.getTime() / 1000) * 1000 <= Date.parse(since))
  ) {
    return new Response(null, { status: 304, headers });
  }
  headers.set("content-length", String(size));
  if (request.method === "HEAD") return new Response(null, { headers });
  const bytes = await ctx.bodies.get(row.version);
  if (!bytes) throw noSuchKey(); // replaced since the row was read, or the body is lost: the real service cannot tell either
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (range) {
    const part = bytes.subarray(Number(range[1]), range[2] ? Number(range[2]) + 1 : undefined);
    headers.set("content-range", `bytes ${range[1]}-${Number(range[1]) + part.length - 1}/${bytes.length}`);
    headers.set("content-length", String(part.length));
    return new Response(part as BodyInit, { status: 206, headers });
  }
  return new Response(bytes as BodyInit, { headers });
}

/** The row, as JSON. */
export async function info(
  ctx: StorageContext,
  asked: StorageRequest,
  bucket: string,
  name: string,
  access: ReadAccess,
): Promise<Response> {
  const row = await findObject(ctx, asked, bucket, name, access, "storage.object.get_authenticated_info");
  const { metadata } = row;
  return Response.json(
    {
      id: row.id,
      name: row.name,
      version: row.version,
      bucket_id: row.bucket_id,
      size: metadata?.size ?? null,
      content_type: metadata?.mimetype ?? null,
      cache_control: metadata?.cacheControl ?? null,
      etag: metadata?.eTag ?? null,
      metadata: row.user_metadata,
      last_modified: row.updated_at,
      created_at: row.created_at,
    },
    { headers: { "cache-control": metadata?.cacheControl ?? "no-cache" } },
  );
}

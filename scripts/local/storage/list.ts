import { asUser, type StorageContext, type StorageRequest } from "./context.ts";

interface ListBody {
  prefix?: string;
  limit?: number;
  offset?: number;
  search?: string;
  sortBy?: { column?: string; order?: string };
}

const SORT_COLUMNS = new Set(["name", "updated_at", "created_at", "last_accessed_at"]);

/**
 * List v1: one level below `prefix`, folders with `id: null`. As the real one, prefix and order go by `lower(name)`,
 * so `docs/` also lists `Docs/`, and folders sort among the files by name but before them by any time.
 */
export async function listObjects(
  ctx: StorageContext,
  { request, scope }: StorageRequest,
  bucket: string,
): Promise<Response> {
  const {
    prefix = "",
    limit = 100,
    offset = 0,
    search = "",
    sortBy = {},
  } = (await request.json()) as ListBody;
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const sort = SORT_COLUMNS.has(sortBy.column ?? "") ? sortBy.column! : "name";
  const direction = sortBy.order === "desc" ? "desc" : "asc";
  const order =
    sort === "name"
      ? `lower(name) collate "C" ${direction}, name collate "C" ${direction}`
      : `${sort} ${direction} nulls first, name`;
  const rows = await asUser(ctx, scope, "storage.object.list", (tx) =>
    tx.query(
      `with below as (
        select o.*, substr(o.name, length($2) + 1) as rest
        from storage.objects as o
        where o.bucket_id = $1 and starts_with(lower(o.name), lower($2 || $3)) and o.archived_at is null and not o.is_delete_marker
      ), entries as (
        select rest as name, id, updated_at, created_at, last_accessed_at, metadata from below where strpos(rest, '/') = 0
        union all
        select distinct on (split_part(rest, '/', 1)) split_part(rest, '/', 1), null::uuid, null::timestamptz, null, null, null::jsonb
        from below where strpos(rest, '/') > 0
      )
      select * from entries order by ${order} limit $4 offset $5`,
      [bucket, folder, search, limit, offset],
    ),
  );
  return Response.json(rows);
}

interface ListV2Body {
  prefix?: string;
  limit?: number;
  cursor?: string;
  with_delimiter?: boolean;
}

/** List v2, by name only: `cursor` is the last name of the page before. */
export async function listObjectsV2(
  ctx: StorageContext,
  { request, scope }: StorageRequest,
  bucket: string,
): Promise<Response> {
  const {
    prefix = "",
    limit = 1000,
    cursor = "",
    with_delimiter: delimiter = false,
  } = (await request.json()) as ListV2Body;
  const size = Math.min(limit, 1000);
  const rows = await asUser(ctx, scope, "storage.object.list_v2", (tx) =>
    tx.query<{ key: string; id: string | null }>(
      `with found as (
        select o.*, case when $4 and strpos(substr(o.name, length($2) + 1), '/') > 0
          then $2 || split_part(substr(o.name, length($2) + 1), '/', 1) || '/' end as folder
        from storage.objects as o
        where o.bucket_id = $1 and starts_with(o.name, $2) and o.archived_at is null and not o.is_delete_marker
      )
      select distinct on (coalesce(folder, name) collate "C") coalesce(folder, name) as key, coalesce(folder, name) as name,
        case when folder is null then id end as id, case when folder is null then updated_at end as updated_at,
        case when folder is null then created_at end as created_at, case when folder is null then metadata end as metadata
      from found where coalesce(folder, name) collate "C" > $3 collate "C"
      order by coalesce(folder, name) collate "C" limit $5`,
      [bucket, prefix, cursor === "" ? "" : Buffer.from(cursor, "base64").toString(), delimiter, size + 1],
    ),
  );
  const page = rows.slice(0, size);
  const hasNext = rows.length > size;
  return Response.json({
    hasNext,
    ...(hasNext ? { nextCursor: Buffer.from(page.at(-1)!.key).toString("base64") } : {}),
    folders: page.filter((row) => row.id === null),
    objects: page.filter((row) => row.id !== null),
  });
}

import { asUser, type BucketRow, findBucket, type StorageContext, type StorageRequest } from "./context.ts";
import { noSuchBucket, StorageError } from "./errors.ts";
import { emptyBucket } from "./remove.ts";

interface BucketBody {
  id?: string;
  name: string;
  public?: boolean;
  file_size_limit?: number | string | null;
  allowed_mime_types?: string[] | null;
}

const UNITS: Record<string, number> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

function bytesOf(limit: number | string | null | undefined): number | null {
  if (limit === null || limit === undefined) return null;
  const [, digits, unit = "B"] = /^(\d+)\s*(B|KB|MB|GB)?$/i.exec(String(limit)) ?? [];
  if (!digits)
    throw new StorageError(
      400,
      "InvalidRequest",
      "Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B",
    );
  return Number(digits) * UNITS[unit.toUpperCase()]!;
}

const shown = (row: BucketRow) => ({
  id: row.id,
  name: row.name,
  owner: row.owner ?? "",
  public: row.public,
  type: row.type,
  file_size_limit: row.file_size_limit,
  allowed_mime_types: row.allowed_mime_types,
  created_at: row.created_at,
  updated_at: row.updated_at,
});

/** `/bucket`, `/bucket/<id>` and `/bucket/<id>/empty` */
export async function buckets(
  ctx: StorageContext,
  asked: StorageRequest,
  id: string | undefined,
  action: string | undefined,
): Promise<Response> {
  const { request, scope, url } = asked;
  const as = <T>(operation: string, run: Parameters<typeof asUser<T>>[3]) =>
    asUser(ctx, scope, `storage.bucket.${operation}`, run);
  const route = `${request.method} ${id ? "one" : "all"}${action ? `/${action}` : ""}`;
  switch (route) {
    case "GET all": {
      const limit = Number(url.searchParams.get("limit") ?? 1000);
      const offset = Number(url.searchParams.get("offset") ?? 0);
      const search = url.searchParams.get("search") ?? "";
      const rows = await as("list", (tx) =>
        tx.query<BucketRow>(
          "select * from storage.buckets where strpos(lower(name), lower($3)) > 0 order by name limit $1 offset $2",
          [limit, offset, search],
        ),
      );
      return Response.json(rows.map(shown));
    }
    case "GET one":
      return Response.json(shown(await as("get", (tx) => findBucket(tx, id!))));
    case "POST all": {
      const body = (await request.json()) as BucketBody;
      if (!/^[\w!.*'() &$@=;:+,?-]{1,100}$/.test(body.name ?? "")) {
        throw new StorageError(400, "InvalidBucketName", "Bucket name invalid", "Invalid Input");
      }
      await as("create", (tx) =>
        tx.query(
          `insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types, owner_id)
          values ($1, $2, $3, $4, (select array_agg(t) from jsonb_array_elements_text($5::text::jsonb) as t), $6)`,
          [
            body.id ?? body.name,
            body.name,
            body.public ?? false,
            bytesOf(body.file_size_limit),
            JSON.stringify(body.allowed_mime_types ?? []),
            scope.caller.claims.sub ?? null,
          ],
        ),
      );
      return Response.json({ name: body.name });
    }
    case "PUT one": {
      const body = (await request.json()) as BucketBody;
      const changed = await as("update", (tx) =>
        tx.query(
          `update storage.buckets set public = coalesce($2, public),
            file_size_limit = case when $3 then $4 else file_size_limit end,
            allowed_mime_types = case when $5 then (select array_agg(t) from jsonb_array_elements_text($6::text::jsonb) as t) else allowed_mime_types end
          where id = $1 returning id`,
          [
            id,
            body.public ?? null,
            "file_size_limit" in body,
            bytesOf(body.file_size_limit),
            "allowed_mime_types" in body,
            JSON.stringify(body.allowed_mime_types ?? []),
          ],
        ),
      );
      if (changed.length === 0) throw noSuchBucket();
      return Response.json({ message: "Successfully updated" });
    }
    case "DELETE one":
      await as("delete", async (tx) => {
        await findBucket(tx, id!);
        const objects = await tx.query("select from storage.objects where bucket_id = $1 limit 1", [id]);
        if (objects.length > 0)
          throw new StorageError(409, "InvalidRequest", "The bucket you tried to delete is not empty");
        await tx.query("delete from storage.buckets where id = $1", [id]);
      });
      return Response.json({ message: "Successfully deleted" });
    case "POST one/empty":
      await as("get", (tx) => findBucket(tx, id!));
      await emptyBucket(ctx, asked, id!);
      return Response.json({ message: "Empty bucket has been queued. Completion may take up to an hour." });
    default:
      throw new StorageError(404, "NotFound", `Route ${request.method}:${url.pathname} not found`);
  }
}

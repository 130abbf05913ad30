import type { Scope } from "../database/scope.ts";
import type { Caller, Refusal } from "../keys.ts";
import { buckets } from "./buckets.ts";
import type { StorageContext, StorageRequest } from "./context.ts";
import { fromSqlError, invalidRequest, StorageError } from "./errors.ts";
import { readIncoming } from "./incoming.ts";
import { listObjects, listObjectsV2 } from "./list.ts";
import { download, info } from "./read.ts";
import { copyObject, moveObject } from "./relocate.ts";
import { removeMany, removeOne } from "./remove.ts";
import { checkLink, signDownload, signDownloads, signUpload } from "./sign.ts";
import { upload } from "./upload.ts";

/**
 * The Storage service behind `/storage/v1`. `path` comes without that prefix; names in it are percent-decoded here.
 * `caller` may be a refusal: public and signed links need none.
 */
export function createStorageApp(ctx: StorageContext) {
  return async (
    request: Request,
    path: string,
    url: URL,
    caller: Caller | Refusal,
    scopeOf: (caller: Caller) => Scope,
  ): Promise<Response> => {
    try {
      const parts = path.slice(1).split("/").map(decode);
      const route = parts.slice(0, 3).join("/");
      if (route.startsWith("object/public/") || route.startsWith("object/info/public")) {
        return await publicObject(ctx, { request, url, scope: scopeOf(ctx.service) }, parts);
      }
      if (
        url.searchParams.has("token") &&
        (route.startsWith("object/sign/") || route.startsWith("object/upload/"))
      ) {
        return await linkedObject(ctx, { request, url, scope: scopeOf(ctx.service) }, parts);
      }
      if (typeof caller === "string") {
        throw caller === "no-key"
          ? invalidRequest("headers must have required property 'authorization'")
          : new StorageError(
              403,
              "AccessDenied",
              caller === "expired-token" ? '"exp" claim timestamp check failed' : "Invalid Compact JWS",
              "Unauthorized",
            );
      }
      const asked = { request, url, scope: scopeOf(caller) };
      if (parts[0] === "bucket") return await buckets(ctx, asked, parts[1] || undefined, parts[2]);
      if (parts[0] === "object") return await object(ctx, asked, parts.slice(1));
      throw new StorageError(404, "NotFound", `Route ${request.method}:${path} not found`);
    } catch (error) {
      const rendered = fromSqlError(error);
      if (rendered.statusCode >= 500)
        ctx.log("storage failed", { path, error: String((error as Error).stack ?? error) });
      return rendered.toResponse();
    }
  };
}

async function publicObject(ctx: StorageContext, asked: StorageRequest, parts: string[]): Promise<Response> {
  const at = parts.indexOf("public") + 1;
  const [bucket = "", name] = [parts[at], parts.slice(at + 1).join("/")];
  return parts[1] === "info"
    ? await info(ctx, asked, bucket, name, "public")
    : await download(ctx, asked, bucket, name, "public");
}

async function linkedObject(ctx: StorageContext, asked: StorageRequest, parts: string[]): Promise<Response> {
  const at = parts.indexOf("sign") + 1;
  const [bucket = "", name] = [parts[at], parts.slice(at + 1).join("/")];
  const claims = checkLink(ctx, asked.url, bucket, name);
  if (parts[1] === "sign") return await download(ctx, asked, bucket, name, "signed");
  const target = { bucket, name, upsert: claims.upsert === true };
  return await upload(ctx, asked.scope, target, (row) => readIncoming(asked.request, row));
}

async function object(ctx: StorageContext, asked: StorageRequest, parts: string[]): Promise<Response> {
  const { request, scope } = asked;
  const [head = "", ...rest] = parts;
  const route = `${request.method} ${head}`;
  const [bucket = "", name] = [rest[0], rest.slice(1).join("/")];
  if (route === "POST move") return await moveObject(ctx, asked);
  if (route === "POST copy") return await copyObject(ctx, asked);
  if (route === "POST list") return await listObjects(ctx, asked, bucket);
  if (route === "POST list-v2") return await listObjectsV2(ctx, asked, bucket);
  if (route === "POST sign")
    return await (name ? signDownload(ctx, asked, bucket, name) : signDownloads(ctx, asked, bucket));
  if (route === "POST upload" && bucket === "sign")
    return await signUpload(ctx, asked, rest[1] ?? "", rest.slice(2).join("/"));
  const reads = request.method === "GET" || request.method === "HEAD";
  if (reads && head === "info") {
    const authenticated = bucket === "authenticated" && rest.length > 2;
    return await (authenticated
      ? info(ctx, asked, rest[1]!, rest.slice(2).join("/"), "caller")
      : info(ctx, asked, bucket, name, "caller"));
  }
  if (reads && head === "authenticated") return await download(ctx, asked, bucket, name, "caller");
  const own = parts.slice(1).join("/");
  if (reads) return await download(ctx, asked, head, own, "caller");
  if (request.method === "DELETE")
    return await (own ? removeOne(ctx, asked, head, own) : removeMany(ctx, asked, head));
  if (request.method === "POST" || request.method === "PUT") {
    const upsert = request.method === "PUT" || request.headers.get("x-upsert") === "true";
    return await upload(ctx, scope, { bucket: head, name: own, upsert }, (row) => readIncoming(request, row));
  }
  throw new StorageError(404, "NotFound", `Route ${request.method}:${asked.url.pathname} not found`);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StorageError(400, "InvalidKey", `Invalid key: ${part}`);
  }
}

import { signJwt, verifyJwt } from "../keys.ts";
import { checkKey, type StorageContext, type StorageRequest } from "./context.ts";
import { noSuchKey, StorageError } from "./errors.ts";
import { canSee, ownerOf, probeUpload } from "./upload.ts";

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const path = (bucket: string, name: string) => `${bucket}/${name}`;

/** `POST /object/sign/<bucket>/<name>`: a download link for an object the caller can see. */
export async function signDownload(
  ctx: StorageContext,
  { request, scope }: StorageRequest,
  bucket: string,
  name: string,
): Promise<Response> {
  const { expiresIn } = (await request.json()) as { expiresIn: number };
  if (!(await canSee(ctx, scope, bucket, name))) throw noSuchKey();
  return Response.json({ signedURL: linkTo(ctx, bucket, name, expiresIn) });
}

/** `POST /object/sign/<bucket>` with `{ paths }`. */
export async function signDownloads(
  ctx: StorageContext,
  { request, scope }: StorageRequest,
  bucket: string,
): Promise<Response> {
  const { expiresIn, paths } = (await request.json()) as { expiresIn: number; paths: string[] };
  const links = [];
  for (const name of paths) {
    const seen = await canSee(ctx, scope, bucket, name);
    links.push({
      path: name,
      signedURL: seen ? linkTo(ctx, bucket, name, expiresIn) : null,
      error: seen ? null : "Either the object does not exist or you do not have access to it",
    });
  }
  return Response.json(links);
}

function linkTo(ctx: StorageContext, bucket: string, name: string, seconds: number): string {
  const token = signJwt({ url: path(bucket, name), exp: inSeconds(seconds) }, ctx.keys.jwtSecret);
  return `/object/sign/${bucket}/${name}?token=${token}`;
}

/** `POST /object/upload/sign/<bucket>/<name>`: leave to upload once the caller could; good for two hours. */
export async function signUpload(
  ctx: StorageContext,
  { request, scope }: StorageRequest,
  bucket: string,
  name: string,
): Promise<Response> {
  checkKey(name);
  const upsert = request.headers.get("x-upsert") === "true";
  await probeUpload(ctx, scope, { bucket, name, upsert }, "storage.object.sign_upload_url");
  const claims = { url: path(bucket, name), upsert, owner: ownerOf(scope), exp: inSeconds(7200) };
  const token = signJwt(claims, ctx.keys.jwtSecret);
  return Response.json({ url: `/object/upload/sign/${bucket}/${name}?token=${token}`, token });
}

/** The claims of the link's token. @throws when it is missing, expired, or for another object */
export function checkLink(
  ctx: StorageContext,
  url: URL,
  bucket: string,
  name: string,
): Record<string, unknown> {
  const claims = verifyJwt(url.searchParams.get("token") ?? "", ctx.keys.jwtSecret);
  if (claims === "expired")
    throw new StorageError(400, "InvalidJWT", '"exp" claim timestamp check failed', "InvalidJWT");
  if (typeof claims === "string")
    throw new StorageError(400, "InvalidJWT", "signature verification failed", "InvalidJWT");
  if (claims.url !== path(bucket, name)) throw new StorageError(400, "InvalidSignature", "Invalid signature");
  return claims;
}

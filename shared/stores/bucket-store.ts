/** Supabase Storage as a store. Existence and version come from SQL; only bytes come from here, and only if they match. */
import { FrontrowError } from "../errors.ts";
import type { Answer, Expected, Keep, Permit, Store } from "./store.ts";

/** The part of supabase-js' storage client that is used. */
export interface StorageClient {
  from(bucket: string): BucketClient;
}

interface BucketClient {
  setHeader(name: string, value: string): BucketClient;
  upload(
    path: string,
    body: Uint8Array<ArrayBuffer>,
    options: {
      contentType: string;
      upsert: boolean;
      cacheControl?: string;
      metadata?: Record<string, unknown>;
      headers?: Record<string, string>;
    },
  ): PromiseLike<{ error: StorageFailure | null }>;
  remove(paths: string[]): PromiseLike<{ error: StorageFailure | null }>;
}

interface StorageFailure {
  message: string;
  /** HTTP status. */
  status?: number;
  /** The status Storage meant; for refusals they differ (400 and "403"). */
  statusCode?: string;
}

export interface BucketStoreOptions {
  storage: StorageClient;
  /** The project's URL and key, for downloads: supabase-js does not show the ETag. */
  url: string;
  key: string;
  bucket: string;
  fetch?: typeof fetch;
  /** Milliseconds. @default 20000 */
  timeout?: number;
}

/** The text the fence on `storage.objects` begins its refusal with. */
const REFUSAL = "frontrow_precondition";

export function createBucketStore(options: BucketStoreOptions): Store<Uint8Array> {
  const { storage, url, key, bucket, timeout = 20_000 } = options;
  const send = options.fetch ?? fetch;

  async function download(path: string, expected: Expected): Promise<Answer<Uint8Array>> {
    // The nonce is the version: a cache may keep each version, but never serve one for another.
    const address = `${url}/storage/v1/object/authenticated/${bucket}/${encodePath(path)}?cacheNonce=${encodeURIComponent(expected.version)}`;
    const response = await send(address, {
      headers: authorization(key),
      cache: "no-store",
      signal: AbortSignal.timeout(timeout),
    });
    if (!response.ok) return unknown(path, await failureOf(response));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const etag = response.headers.get("etag");
    const isOther =
      (expected.size != null && bytes.byteLength !== expected.size) ||
      (expected.etag != null && etag !== null && plain(etag) !== plain(expected.etag));
    if (isOther) {
      return {
        state: "unknown",
        error: new FrontrowError(
          "REPLICA_MOVED",
          `The bytes served for "${path}" are not those of its version.`,
          {
            path,
          },
        ),
      };
    }
    return { state: "found", version: expected.version, content: bytes };
  }

  return {
    name: `bucket ${bucket}`,

    async read(path, expected) {
      if (expected === null) return { state: "absent" };
      try {
        return await download(path, expected);
      } catch (cause) {
        return unknown(path, { message: "no answer" }, cause);
      }
    },

    async write(path, content, permit, keep = {}) {
      const { error } = await answered(path, () =>
        withIntent(storage.from(bucket), permit).upload(
          encodePath(path),
          content as Uint8Array<ArrayBuffer>,
          {
            contentType: keep.contentType ?? "text/markdown; charset=utf-8",
            // Where nothing may be, and no fence sees to that, Storage itself must refuse to replace.
            upsert: permit.intent !== null || permit.base !== null,
            ...cacheOptions(keep),
            ...(keep.userMetadata && Object.keys(keep.userMetadata).length > 0
              ? { metadata: keep.userMetadata }
              : {}),
          },
        ),
      );
      if (error) throw toFailure("write", path, error);
    },

    async remove(path, permit) {
      const { error } = await answered(path, () => withIntent(storage.from(bucket), permit).remove([path]));
      if (error) throw toFailure("remove", path, error);
    },
  };
}

function withIntent(client: BucketClient, { intent }: Permit): BucketClient {
  return intent === null ? client : client.setHeader("x-frontrow-intent", intent);
}

/** A new object is not cached, so that readers see edits at once; a setting of the user's is kept as it is. */
function cacheOptions({ cacheControl }: Keep): { cacheControl?: string; headers?: Record<string, string> } {
  if (cacheControl == null) return { cacheControl: "0" };
  const seconds = /^max-age=(\d+)$/.exec(cacheControl)?.[1];
  return seconds === undefined ? { headers: { "cache-control": cacheControl } } : { cacheControl: seconds };
}

async function answered<T>(path: string, call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new FrontrowError("STORE_UNAVAILABLE", `Storage did not answer for "${path}".`, { path, cause });
  }
}

function toFailure(action: string, path: string, error: StorageFailure): FrontrowError {
  if (error.message.includes(REFUSAL) || statusOf(error) === "409") {
    return new FrontrowError("REPLICA_MOVED", `Cannot ${action} "${path}": it changed since it was read.`, {
      path,
      cause: error,
    });
  }
  // Overload, locks and time-outs pass; so may everything else: nothing is concluded from a failed request.
  return new FrontrowError(
    "STORE_UNAVAILABLE",
    `Storage could not ${action} "${path}" (${statusOf(error)}).`,
    {
      path,
      rule: statusOf(error),
      cause: error,
    },
  );
}

function statusOf({ status, statusCode }: StorageFailure): string {
  return statusCode ?? String(status ?? "no answer");
}

function unknown(path: string, failure: StorageFailure, cause?: unknown): Answer<never> {
  // "Row there, body not" is a known state of Storage, never a deletion.
  const isMissing = failure.statusCode === "404";
  const error = isMissing
    ? new FrontrowError("BODY_MISSING", `Storage has a record of "${path}" but no bytes.`, { path, cause })
    : new FrontrowError("STORE_UNAVAILABLE", `Storage could not read "${path}" (${statusOf(failure)}).`, {
        path,
        rule: statusOf(failure),
        cause,
      });
  return { state: "unknown", error };
}

async function failureOf(response: Response): Promise<StorageFailure> {
  const body: unknown = await response.json().catch(() => null);
  const said = typeof body === "object" && body !== null ? (body as Partial<StorageFailure>) : {};
  return {
    message: String(said.message ?? ""),
    status: response.status,
    ...(said.statusCode === undefined ? {} : { statusCode: String(said.statusCode) }),
  };
}

/** New keys go into `apikey` alone; a legacy key is a JWT, which Storage reads from `Authorization`. */
function authorization(key: string): Record<string, string> {
  return key.startsWith("sb_") ? { apikey: key } : { apikey: key, authorization: `Bearer ${key}` };
}

/** An ETag without the quotes and the mark of weakness that proxies add. */
function plain(etag: string): string {
  return etag.replace(/^W\//, "").replaceAll('"', "");
}

/** storage-js puts upload paths into the URL as they are: a `?` would end the path there. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

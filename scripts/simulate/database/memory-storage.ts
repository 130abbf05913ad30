/** The part of supabase-js and of Storage's HTTP that the bucket store uses, over the database in memory. */
import { createBucketStore, type StorageClient } from "../../../shared/stores/bucket-store.ts";
import type { Store } from "../../../shared/stores/store.ts";
import type { Database } from "./database.ts";
import { hash } from "./hash.ts";
import { SqlError } from "./sql-error.ts";

const URL_PREFIX = "memory:/storage/v1/object/authenticated/";

/** The real bucket store on a simulated bucket. */
export function createMemoryBucket(db: Database, bucket: string): Store<Uint8Array> {
  const storage = storageClient(db);
  const store = createBucketStore({
    storage,
    url: "memory:",
    key: "sb_memory",
    bucket,
    fetch: ((address: string) => Promise.resolve(download(db, address))) as typeof fetch,
  });
  if (!db.without.has("evidence")) return store;
  return {
    ...store,
    async read(path, expected) {
      const answer = await store.read(path, expected);
      return answer.state === "unknown" ? { state: "absent" } : answer;
    },
  };
}

export function storageClient(db: Database): StorageClient {
  return { from: (bucket) => bucketClient(db, bucket, null) };
}

function bucketClient(
  db: Database,
  bucket: string,
  intent: string | null,
): ReturnType<StorageClient["from"]> {
  return {
    setHeader: (name, value) => bucketClient(db, bucket, name === "x-frontrow-intent" ? value : intent),
    upload: async (path, body, { contentType, upsert, cacheControl, metadata, headers }) =>
      answer(db, () => {
        const cache = cacheControl === undefined ? headers?.["cache-control"] : `max-age=${cacheControl}`;
        const options = { intent, upsert, contentType, cacheControl: cache ?? "max-age=3600", metadata };
        db.objects.upload(bucket, decodeURI(path), body, { ...options, metadata: metadata ?? null });
      }),
    remove: async (paths) => answer(db, () => db.objects.remove(bucket, paths, intent)),
  };
}

/** A refusal in Storage's words. */
async function answer(db: Database, request: () => void) {
  try {
    request();
    return { error: null };
  } catch (error) {
    if (!(error instanceof SqlError)) throw db.defect(error);
    const statusCode = error.code === "42501" ? "403" : error.code === "23505" ? "409" : "500";
    return { error: { message: error.message, status: 400, statusCode } };
  }
}

function download(db: Database, address: string): Response {
  const [bucket = "", ...segments] = address.slice(URL_PREFIX.length).split("?")[0]!.split("/");
  const name = segments.map(decodeURIComponent).join("/");
  const { faults } = db.objects;
  const status = faults.failingReads.get(name);
  faults.failingReads.delete(name);
  if (status !== undefined) return refusal(status, String(status), "Storage is not well");
  const stale = faults.stale.get(name);
  faults.stale.delete(name);
  const bytes = stale ?? db.objects.bytes(bucket, name);
  if (bytes === null) return refusal(400, "404", "Object not found");
  const headers = new Headers({ etag: `"${hash(bytes)}"` });
  return {
    ok: true,
    status: 200,
    headers,
    arrayBuffer: async () => bytes.slice().buffer,
  } as unknown as Response;
}

function refusal(status: number, statusCode: string, message: string): Response {
  return {
    ok: false,
    status,
    json: async () => ({ statusCode, error: message, message }),
  } as unknown as Response;
}

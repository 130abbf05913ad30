/** Makes the buckets that collections name and the project has not. */
import { FrontrowError } from "../../../shared/errors.ts";
import type { Connection } from "../../../shared/sync/connect.ts";

/** Creates them private; answers the names of those that were missing. */
export async function createMissing(
  client: Connection["client"],
  names: Iterable<string>,
): Promise<string[]> {
  const { data, error } = await client.storage.listBuckets();
  if (error) throw failed("list its buckets", error);
  const there = new Set(data.map(({ name }) => name));
  const created: string[] = [];
  for (const name of new Set(names)) {
    if (there.has(name)) continue;
    const { error } = await client.storage.createBucket(name, { public: false });
    // Somebody else may have been quicker.
    if (error && !/exist|duplicate/i.test(error.message)) throw failed(`create the bucket "${name}"`, error);
    if (!error) created.push(name);
  }
  return created;
}

function failed(what: string, error: { message: string; status?: number | undefined }): FrontrowError {
  const code = error.status === 401 || error.status === 403 ? "UNAUTHORIZED" : "STORE_UNAVAILABLE";
  return new FrontrowError(code, `Storage could not ${what}: ${error.message}`, { cause: error });
}

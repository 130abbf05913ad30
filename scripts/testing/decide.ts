/** A person at a conflict: looks at it, then answers. */
import type { Decision, Hub } from "../../shared/hub/hub.ts";

/** Answers a document's open conflict from what its record says now. @throws as `hub.resolve` */
export async function decide(
  hub: Hub,
  { collection, path }: { collection: string; path: string },
  decision: Decision,
): ReturnType<Hub["resolve"]> {
  const [record] = await hub.conflictsOf(path, { collection, state: "all", limit: 1 });
  const { bucket_version = null, table_version = null, revision = 0 } = record ?? {};
  const seen = { bucket_version, table_version, revision };
  return await hub.resolve({ collection, path, seen, ...decision });
}

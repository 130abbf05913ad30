/** The origin's news into the clone: first remembered, with the cursor behind them, then merged one by one. */
import { keyOf } from "../hub/peer-hub.ts";
import { pooled } from "../sync/pool.ts";
import { BREADTH } from "./absorb.ts";
import type { Clone, CloneOutcome, ConnectedClone } from "./clone.ts";
import type { Incoming } from "./local-hub.ts";
import { settleDocument } from "./settle.ts";

export const CURSOR = "cursor";

/**
 * Fetches what changed at the origin since the last time. What was fetched when the line breaks stays, and the next fetch
 * goes on behind it. Answers how many documents have news.
 */
export async function fetchNews({ hub, origin, bindings, signal }: ConnectedClone): Promise<number> {
  let count = 0;
  for (;;) {
    signal?.throwIfAborted();
    const since = hub.get(CURSOR) ?? undefined;
    const page = await origin.changes({ since });
    const items = page.items.filter(({ collection }) => bindings.has(collection));
    hub.receive(
      items.map(
        ({ collection, path, revision, deleted, text, author, at }): Incoming => ({
          collection,
          path,
          revision,
          text: deleted ? null : (text ?? null),
          author,
          at,
        }),
      ),
      page.next,
    );
    count += items.length;
    if (!page.more) return count;
  }
}

/** Merges what was fetched. `skip`: documents that wait for a person, by `keyOf`. */
export async function mergeNews(
  clone: Clone,
  skip: ReadonlySet<string> = new Set(),
): Promise<CloneOutcome[]> {
  const names = clone.hub
    .incoming()
    .map(({ collection, path }) => ({ collection, path }))
    .filter((name) => !skip.has(keyOf(name)) && clone.bindings.has(name.collection));
  return await pooled(names, BREADTH, async (name) => {
    clone.signal?.throwIfAborted();
    return await settleDocument(clone, name);
  });
}

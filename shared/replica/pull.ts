/** The origin's news into the clone: first remembered, with the cursor behind them, then merged one by one. */
import { FrontrowError } from "../errors.ts";
import { keyOf } from "../hub/peer-hub.ts";
import { pooled } from "../sync/pool.ts";
import { BREADTH } from "./absorb.ts";
import type { Clone, CloneOutcome, ConnectedClone } from "./clone.ts";
import type { Incoming, LocalEntry } from "./local-hub.ts";
import { settleDocument } from "./settle.ts";
import { liveIn, tooMany } from "./valve.ts";

/** Documents asked for in one request. */
const MOST_NAMES = 200;

/** A cursor is good for the collections that were looked at with it: others begin anew. */
export function cursorOf({ bindings }: Pick<Clone, "bindings">): string {
  return `cursor:${[...bindings.keys()].sort().join(",")}`;
}

export interface FetchOptions {
  /** Take it for meant that many documents are gone at the origin. @default false */
  deletions?: boolean | undefined;
}

/**
 * Fetches what changed at the origin since the last time. What was fetched when the line breaks stays, and the next fetch
 * goes on behind it. Answers how many documents have news.
 * @throws {FrontrowError} `HALTED` when very many of the documents here are gone there, or not to be seen any more: nothing
 * is deleted here because of that.
 */
export async function fetchNews(clone: ConnectedClone, { deletions }: FetchOptions = {}): Promise<number> {
  const { hub, origin, bindings, signal } = clone;
  const key = cursorOf(clone);
  let count = 0;
  /** Where the feed tells everything from its beginning: what it told. */
  let whole: Set<string> | null = null;
  for (;;) {
    signal?.throwIfAborted();
    const since = hub.get(key) ?? undefined;
    const page = await origin.changes({ since });
    const items = page.items.filter(({ collection }) => bindings.has(collection));
    if (page.reset) whole ??= new Set();
    for (const item of items) whole?.add(keyOf(item));
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
      { key, value: page.next },
    );
    count += items.length;
    if (!page.more) break;
  }
  const gone = await goneFrom(clone, whole);
  if (gone.length === 0) return count;
  if (deletions !== true) refuseMany(clone, gone);
  hub.receive(
    gone.map(({ collection, path, peer }) => {
      const revision = Number(peer!.version) + 1;
      return { collection, path, revision, text: null, author: null, at: "" };
    }),
    null,
  );
  return count + gone.length;
}

/** Documents that came from the origin and are not there any more, as far as that can be known now. */
async function goneFrom(
  { hub, origin, bindings }: ConnectedClone,
  whole: ReadonlySet<string> | null,
): Promise<LocalEntry[]> {
  if (whole === null && !origin.isPerson) return [];
  const held = hub
    .entries()
    .filter((one) => one.peer !== null && !one.deleted && !one.incoming && bindings.has(one.collection));
  const suspects = whole === null ? held : held.filter((one) => !whole.has(keyOf(one)));
  const seen = new Set<string>();
  for (let at = 0; at < suspects.length; at += MOST_NAMES) {
    const names = suspects.slice(at, at + MOST_NAMES).map(({ collection, path }) => ({ collection, path }));
    for (const one of await origin.documents(names)) if (!one.deleted) seen.add(keyOf(one));
  }
  return suspects.filter((one) => !seen.has(keyOf(one)));
}

function refuseMany(clone: ConnectedClone, missing: readonly LocalEntry[]): void {
  const [first] = tooMany(clone, missing, liveIn(clone.hub.entries()));
  if (first === undefined) return;
  const { collection, gone, live } = first;
  throw new FrontrowError(
    "HALTED",
    `${gone.length} of ${live} documents of "${collection}" are gone at ${clone.origin.url}, or not to be seen any more.`,
    { rule: "deletions", hint: "Nothing was deleted here. If it was meant, pull with --deletions." },
  );
}

/** Merges what was fetched. `skip`: documents that wait for a person, by `keyOf`. */
export async function mergeNews(
  clone: Clone,
  skip: ReadonlySet<string> = new Set(),
): Promise<CloneOutcome[]> {
  const names = clone.hub
    .incoming()
    .map(({ collection, path }) => ({ collection, path }))
    .filter((name) => !skip.has(keyOf(name)) && clone.bindings.has(name.collection))
    .filter(({ path }) => clone.isChosen?.(path) ?? true);
  clone.onWork?.("merging", names.length);
  return await pooled(names, BREADTH, async (name) => {
    clone.signal?.throwIfAborted();
    return await settleDocument(clone, name);
  });
}

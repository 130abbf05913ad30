/** What a caller is shown: a program everything, a person what the policies of their own tables let them see. */
import {
  type Changes,
  type ChangesRequest,
  type DocumentName,
  keyOf,
  type PeerHub,
} from "../../shared/hub/peer-hub.ts";
import type { Caller } from "./callers.ts";

/** Of these, what the caller may see, in the same order. */
export async function seenBy<Item extends DocumentName>(
  peer: PeerHub,
  caller: Caller,
  items: readonly Item[],
): Promise<Item[]> {
  if (caller.kind === "program") return [...items];
  const names = new Map(
    items.map(({ collection, path }) => [keyOf({ collection, path }), { collection, path }]),
  );
  const visible = new Set((await peer.visible(caller.claims, [...names.values()])).map(keyOf));
  return items.filter((item) => visible.has(keyOf(item)));
}

/** Pages of which a person sees nothing are read on, up to so many in one request. */
const MOST_PAGES = 10;

/**
 * One page of the feed. A person's feed has no deletions: whose row is gone was somebody's, and nobody can say whose. It
 * follows changes, not permissions: what they may see only since today comes with its next change, or in a feed that they
 * begin anew.
 */
export async function readChanges(peer: PeerHub, caller: Caller, request: ChangesRequest): Promise<Changes> {
  if (caller.kind === "program") return await peer.changes(request);
  const asked = { ...request, reader: caller.claims.sub };
  let page = await peer.changes(asked);
  const { reset } = page;
  for (let pages = 1; ; pages++) {
    const items = await seenBy(
      peer,
      caller,
      page.items.filter(({ deleted }) => !deleted),
    );
    if (items.length > 0 || !page.more || pages === MOST_PAGES) return { ...page, items, reset };
    page = await peer.changes({ ...asked, since: page.next });
  }
}

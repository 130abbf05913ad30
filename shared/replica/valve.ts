/** The valve of a clone: deletions that are too many to be believed, collection by collection. */
import { valveTrips } from "../reconcile/valve.ts";
import type { Clone } from "./clone.ts";
import type { LocalEntry } from "./local-hub.ts";

/** How many documents are not deleted, by collection. */
export function liveIn(entries: readonly LocalEntry[]): Map<string, number> {
  const live = new Map<string, number>();
  for (const { collection, deleted } of entries)
    if (!deleted) live.set(collection, (live.get(collection) ?? 0) + 1);
  return live;
}

/** The collections of which so many are gone that a person must say whether it was meant. */
export function tooMany(
  { bindings }: Pick<Clone, "bindings">,
  missing: readonly LocalEntry[],
  alive: ReadonlyMap<string, number>,
): { collection: string; gone: LocalEntry[]; live: number }[] {
  return [...Map.groupBy(missing, (one) => one.collection)]
    .map(([collection, gone]) => ({ collection, gone, live: alive.get(collection) ?? 0 }))
    .filter(({ collection, gone, live }) => {
      const counts = { live, deleting: gone.length, recent: 0, remaining: live - gone.length };
      return valveTrips(counts, bindings.get(collection)!.collection.policies.valve);
    });
}

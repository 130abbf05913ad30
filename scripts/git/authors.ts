/** Who wrote the documents of a batch, by their newest revisions. */
import type { HistoryHub } from "../../shared/hub/history-hub.ts";
import { pooled } from "../../shared/sync/pool.ts";
import type { CommitOptions } from "./commit.ts";

/** Requests at a time. */
const BREADTH = 8;
/** Revisions of a document that are looked at: a merge, and what it was made from. */
const RECENT = 10;

/**
 * For `CommitOptions.authorsOf`. What the engine put together has the authors of what it was made from.
 * @param collectionOf null: the path is in no collection, and nobody is known
 */
export function authorsFrom(
  hub: Pick<HistoryHub, "history">,
  collectionOf: (path: string) => string | null,
): NonNullable<CommitOptions["authorsOf"]> {
  return async (paths) => {
    const found = await pooled(paths, BREADTH, async (path) => {
      const collection = collectionOf(path);
      if (collection === null) return [];
      const { items } = await hub.history({ collection, path, limit: RECENT });
      const [newest] = items;
      if (newest === undefined) return [];
      if (newest.author !== null) return [newest.author];
      const parents = items.filter(({ revision }) => newest.parents.includes(revision));
      return [...new Set(parents.map(({ author }) => author).filter((author) => author !== null))];
    });
    return new Map(paths.map((path, at) => [path, found[at]!]));
  };
}

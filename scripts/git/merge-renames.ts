/**
 * A document that one side renamed and the other edited is one document under its new name. Taken by paths alone it would be
 * deleted against edited, and come out twice: the edit under the old name, everything else under the new one.
 */
import type { Entry } from "./changes.ts";
import { isFile } from "./changes.ts";
import type { Unmerged } from "./merge.ts";
import type { ObjectId, Repository } from "./repository.ts";

export interface Followed {
  unmerged: Unmerged[];
  /** Old names, of which nothing is left. */
  gone: string[];
}

/** Two documents count as one, renamed, when that much of them is the same. */
const SIMILAR = "60%";

export async function followRenames(
  repository: Repository,
  { base, ours, theirs }: Record<"base" | "ours" | "theirs", ObjectId>,
  unmerged: readonly Unmerged[],
): Promise<Followed> {
  const followed: Followed = { unmerged: [], gone: [] };
  const taken = new Set(unmerged.map(({ path }) => path));
  const renames = {
    ours: unmerged.some(isRemovedBy("ours")) ? await renamesTo(repository, base, ours) : NONE,
    theirs: unmerged.some(isRemovedBy("theirs")) ? await renamesTo(repository, base, theirs) : NONE,
  };
  for (const one of unmerged) {
    const side = (["ours", "theirs"] as const).find((name) => isRemovedBy(name)(one));
    const renamed = side && repository.nameOf(one.path) !== null && renames[side].get(one.path);
    if (!renamed || repository.nameOf(renamed.path) === null || taken.has(renamed.path)) {
      followed.unmerged.push(one);
      continue;
    }
    taken.add(renamed.path);
    followed.gone.push(one.path);
    followed.unmerged.push({ ...one, path: renamed.path, [side]: renamed.entry });
  }
  return followed;
}

interface Renamed {
  path: string;
  entry: Entry;
}

const NONE: ReadonlyMap<string, Renamed> = new Map();

const isRemovedBy =
  (side: "ours" | "theirs") =>
  (one: Unmerged): boolean =>
    one[side] === null && isFile(one.base) && isFile(one[side === "ours" ? "theirs" : "ours"]);

async function renamesTo(
  { git }: Repository,
  base: ObjectId,
  side: ObjectId,
): Promise<ReadonlyMap<string, Renamed>> {
  const how = ["-r", "-z", "--raw", "--no-abbrev", "--no-ext-diff", `-M${SIMILAR}`, "--diff-filter=R"];
  const said = await git.list(["diff-tree", ...how, base, side]);
  const found = new Map<string, Renamed>();
  for (let at = 0; at + 2 < said.length; at += 3) {
    const [, mode, , id] = said[at]!.slice(1).split(" ") as [string, string, string, string];
    found.set(said[at + 1]!, { path: said[at + 2]!, entry: { mode, id } });
  }
  return found;
}

/** Three-way merge of lists: as sets, by position, or not at all. */
import type { Value } from "../document/mod.ts";
import { type Merged, mergeItems, mergeSequences, type Prefer } from "./merge-sequences.ts";
import type { ListMerge } from "./types.ts";

type Maybe = Value | undefined;
type Items = readonly string[];

/**
 * Merges two versions of a `text[]` column, both of which differ from the base; null when the mode merges nothing. A set
 * takes both sides' additions and removals and never overlaps; a list in which an item occurs twice is no set and merges
 * by position.
 */
export function mergeList(
  mode: ListMerge | undefined,
  base: Maybe,
  ours: Maybe,
  theirs: Maybe,
  prefer: Prefer,
): Merged<Maybe> | null {
  if (mode === undefined || mode === "atomic") return null;
  const lists: [Items, Items, Items] = [tagged(base), tagged(ours), tagged(theirs)];
  const isSet = mode === "set" && lists.every((list) => new Set(list).size === list.length);
  const merged = isSet ? { value: mergeSets(...lists), overlap: false } : mergeItems(...lists, prefer);
  if (merged.value.length > 0) return { ...merged, value: merged.value.map(untagged) };
  // Nothing is left: a side that cleared the column says how it is cleared.
  const cleared = isFilled(ours) ? theirs : ours;
  return { value: isFilled(cleared) ? [] : cleared, overlap: merged.overlap };
}

/**
 * What both kept and what either added. It stands where either side put it; what both put in one place, or took apart
 * differently, stands as in the base, new items after it by their code units.
 */
function mergeSets(base: Items, ours: Items, theirs: Items): string[] {
  const [o, a, b] = [new Set(base), new Set(ours), new Set(theirs)];
  const isKept = (item: string) => (o.has(item) ? a.has(item) && b.has(item) : a.has(item) || b.has(item));
  const settle = (from: Items, one: Items, other: Items) => {
    const here = new Set([...one, ...other]);
    const others = [...here].filter((item) => !from.includes(item)).sort();
    return [...from.filter((item) => here.has(item)), ...others];
  };
  return [...new Set(mergeSequences(base, ours, theirs, settle))].filter(isKept);
}

/** Items as texts; tagged, so that null and "null" stay two things. */
function tagged(value: Maybe): string[] {
  return Array.isArray(value) ? value.map((item) => JSON.stringify(item)) : [];
}

function untagged(item: string): string | null {
  return JSON.parse(item);
}

function isFilled(value: Maybe): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** Merges bodies as the policy says: by sections, by lines, or one of them whole. */
import { mergeAsLines, mergeLines } from "./merge-lines.ts";
import { mergeSections } from "./merge-sections.ts";
import type { Merged, Prefer } from "./merge-sequences.ts";
import type { Overlap, Policies } from "./types.ts";

export interface MergedBody extends Merged<string> {
  /** What overlaps, for the record. */
  overlaps: readonly Overlap[];
}

export interface BodyRules {
  prefer: Prefer;
  /** Nothing is merged inside of a body. */
  strict: boolean;
}

/**
 * Merges two versions of a body. Bodies that only one side changed, or both alike, come out as they are, byte for byte.
 * Where both changed the same, `value` has the preferred side's version of it.
 */
export function mergeBody(
  base: string,
  ours: string,
  theirs: string,
  mode: Policies["bodyMerge"],
  { prefer, strict }: BodyRules,
): MergedBody {
  if (ours === theirs || theirs === base) return { value: ours, overlap: false, overlaps: [] };
  if (ours === base) return { value: theirs, overlap: false, overlaps: [] };
  // Two bodies that came out of nothing are not two edits of one.
  if (mode === "atomic" || strict || base === "")
    return { value: prefer === "ours" ? ours : theirs, overlap: true, overlaps: [{ column: "(body)" }] };
  if (mode === "lines") {
    const merged = mergeLines(base, ours, theirs, prefer);
    return { ...merged, overlaps: merged.overlap ? [{ column: "(body)" }] : [] };
  }
  return bySections(base, ours, theirs, prefer);
}

/** By sections; and by lines where that overlaps but lines do not, as when a heading was put in between what was edited. */
function bySections(base: string, ours: string, theirs: string, prefer: Prefer): MergedBody {
  const { sections, isStructural, ...merged } = mergeAsLines(base, ours, theirs, (o, a, b) =>
    mergeSections(o, a, b, prefer),
  );
  if (merged.overlap && !isStructural) {
    const plain = mergeLines(base, ours, theirs, prefer);
    if (!plain.overlap) return { ...plain, overlaps: [] };
  }
  const inSections = sections.map((section) => ({ column: "(body)", section }));
  const overlaps = merged.overlap && sections.length === 0 ? [{ column: "(body)" }] : inSections;
  return { ...merged, overlaps };
}

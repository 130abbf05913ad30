/**
 * Three-way merge of sequences (diff3). Changes of one side are taken over; where both changed the same stretch, or
 * stretches that touch, and did not end with the same items, somebody has to settle it. Which side is called ours makes
 * no difference to what overlaps.
 */
import { type Hunk, hunksOf } from "./match-sequences.ts";

/** Whose version of an overlapping part is taken. */
export type Prefer = "ours" | "theirs";

export interface Merged<T> {
  value: T;
  /** Both changed the same part differently; `value` then holds the preferred side's version of that part. */
  overlap: boolean;
}

type Items = readonly string[];

/** Merges sequences of items; of an overlapping stretch the preferred side's version is taken. */
export function mergeItems(base: Items, ours: Items, theirs: Items, prefer: Prefer): Merged<string[]> {
  let overlap = false;
  const value = mergeSequences(base, ours, theirs, (_, a, b) => {
    overlap = true;
    return prefer === "ours" ? a : b;
  });
  return { value, overlap: overlap || undoesRemoval(base, ours, theirs, value) };
}

/**
 * Whether an item came back that one side took out and the other only moved, or is there twice because both moved it.
 * Blank lines do not count.
 */
export function undoesRemoval(base: Items, ours: Items, theirs: Items, merged: Items): boolean {
  const [o, a, b, m] = [base, ours, theirs, merged].map(countsOf);
  return [...m!].some(([item, count]) => {
    const [before, one, other] = [o, a, b].map((counts) => counts!.get(item) ?? 0) as [
      number,
      number,
      number,
    ];
    return one <= before && other <= before && count > Math.min(one, other) && item.trim() !== "";
  });
}

function countsOf(items: Items): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** Merges sequences of items; `settle` says what becomes of a stretch both sides changed differently. */
export function mergeSequences(
  base: Items,
  ours: Items,
  theirs: Items,
  settle: (base: Items, ours: Items, theirs: Items) => Items,
): string[] {
  const merged: string[] = [];
  const take = (items: Items) => {
    for (const item of items) merged.push(item);
  };
  let at = 0;
  for (const { start, end, a, b } of stretches(hunksOf(base, ours), hunksOf(base, theirs))) {
    take(base.slice(at, start));
    const [oursHere, theirsHere] = [a && ours.slice(a.from, a.to), b && theirs.slice(b.from, b.to)];
    if (!theirsHere) take(oursHere!);
    else if (!oursHere || sameItems(oursHere, theirsHere)) take(theirsHere);
    else take(settle(base.slice(start, end), oursHere, theirsHere));
    at = end;
  }
  take(base.slice(at));
  return merged;
}

export function sameItems(a: Items, b: Items): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** A stretch of the base that was changed, and what each side made of it; null: this side did not touch it. */
export interface ChangedStretch {
  start: number;
  end: number;
  a: { from: number; to: number } | null;
  b: { from: number; to: number } | null;
}

/** Hunks that overlap or touch become one stretch. */
export function stretches(ours: readonly Hunk[], theirs: readonly Hunk[]): ChangedStretch[] {
  const found: ChangedStretch[] = [];
  let [a, b] = [0, 0];
  while (a < ours.length || b < theirs.length) {
    const [firstA, firstB] = [a, b];
    const start = Math.min(ours[a]?.start ?? Infinity, theirs[b]?.start ?? Infinity);
    let end = start;
    for (let grew = true; grew; ) {
      grew = false;
      for (; ours[a] && ours[a]!.start <= end; a++, grew = true) end = Math.max(end, ours[a]!.end);
      for (; theirs[b] && theirs[b]!.start <= end; b++, grew = true) end = Math.max(end, theirs[b]!.end);
    }
    const stretch = { start, end };
    found.push({
      ...stretch,
      a: partOf(ours.slice(firstA, a), stretch),
      b: partOf(theirs.slice(firstB, b), stretch),
    });
  }
  return found;
}

/** What of a side stands where the stretch was. */
function partOf(hunks: readonly Hunk[], { start, end }: { start: number; end: number }) {
  const [first, last] = [hunks[0], hunks.at(-1)];
  if (!first || !last) return null;
  return { from: first.from - (first.start - start), to: last.to + (end - last.end) };
}

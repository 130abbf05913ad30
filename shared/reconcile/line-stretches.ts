/** Where three sequences of lines differ, and whose doing that is. */
import { type Hunk, hunksOf } from "./match-sequences.ts";

/** Who changed something: one side, both in the same way, or both differently. */
export type Changed = "file" | "row" | "alike" | "both";

/** `base[start..end)` and what both sides have for it; between two stretches all three are the same. */
export interface Stretch {
  start: number;
  end: number;
  /** Where it begins in the file, from 0. */
  fileAt: number;
  changed: Changed;
  base: readonly string[];
  file: readonly string[];
  row: readonly string[];
}

/** The stretches either side changed, in order; those that touch are one. */
export function stretchesOf(
  base: readonly string[],
  file: readonly string[],
  row: readonly string[],
): Stretch[] {
  const inFile = hunksOf(base, file);
  const inRow = hunksOf(base, row);
  return grouped(inFile, inRow).map(({ start, end }) => {
    const [b, f, r] = [
      base.slice(start, end),
      slice(file, inFile, start, end),
      slice(row, inRow, start, end),
    ];
    const changed = changedBy(same(b, f.lines), same(b, r.lines), same(f.lines, r.lines)) ?? "alike";
    return { start, end, fileAt: f.at, changed, base: b, file: f.lines, row: r.lines };
  });
}

/** null: nobody. */
export function changedBy(isFileBase: boolean, isRowBase: boolean, isAlike: boolean): Changed | null {
  if (isFileBase && isRowBase) return null;
  if (isRowBase) return "file";
  if (isFileBase) return "row";
  return isAlike ? "alike" : "both";
}

/** A text's lines with their line breaks. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

function grouped(inFile: readonly Hunk[], inRow: readonly Hunk[]): { start: number; end: number }[] {
  const groups: { start: number; end: number }[] = [];
  for (const { start, end } of [...inFile, ...inRow].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = groups.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else groups.push({ start, end });
  }
  return groups;
}

/** What a side has for `base[start..end)`. */
function slice(side: readonly string[], hunks: readonly Hunk[], start: number, end: number) {
  const shiftAt = (isBefore: (hunk: Hunk) => boolean): number => {
    const last = hunks.findLast(isBefore);
    return last ? last.to - last.end : 0;
  };
  const at = start + shiftAt((hunk) => hunk.end < start);
  return { at, lines: side.slice(at, end + shiftAt((hunk) => hunk.end <= end)) };
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}

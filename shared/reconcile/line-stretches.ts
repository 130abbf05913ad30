/** Where three sequences of lines differ, and whose doing that is. */
import { hunksOf } from "./match-sequences.ts";
import { sameItems, stretches } from "./merge-sequences.ts";

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
  // How far the file's lines have moved against the base's.
  let shift = 0;
  return stretches(hunksOf(base, file), hunksOf(base, row)).map(({ start, end, a, b }) => {
    const fileAt = a?.from ?? start + shift;
    if (a) shift = a.to - end;
    const was = base.slice(start, end);
    const [inFile, inRow] = [a ? file.slice(a.from, a.to) : was, b ? row.slice(b.from, b.to) : was];
    const changed =
      changedBy(sameItems(was, inFile), sameItems(was, inRow), sameItems(inFile, inRow)) ?? "alike";
    return { start, end, fileAt, changed, base: was, file: inFile, row: inRow };
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

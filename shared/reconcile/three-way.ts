/** Base, file and row side by side: what each of them changed, field by field and hunk by hunk. For people to look at. */
import { type Document, type Node, parseDocument } from "../document/mod.ts";
import { resolved } from "../document/node.ts";
import { FrontrowError } from "../errors.ts";
import { type Hunk, hunksOf } from "./line-hunks.ts";

/** Who changed something: one side, both in the same way, or both differently. */
export type Changed = "file" | "row" | "alike" | "both";

/** One top-level key as short text; null: it is not there. */
export interface FieldDifference {
  field: string;
  changed: Changed;
  base: string | null;
  file: string | null;
  row: string | null;
}

/** Lines with their line breaks, as in the three bodies. */
export interface BodyDifference {
  changed: Changed;
  /** The first line in the file's body, from 1. */
  line: number;
  /** The nearest heading above, as it is written; null: none. */
  heading: string | null;
  /** Up to three lines of the base around it. */
  before: readonly string[];
  base: readonly string[];
  file: readonly string[];
  row: readonly string[];
  after: readonly string[];
}

export interface ThreeWay {
  fields: readonly FieldDifference[];
  body: readonly BodyDifference[];
}

const CONTEXT = 3;
const HEADING = /^ {0,3}#{1,6}[ \t]/;

/** Compares three texts; null is a side without a document. A text that cannot be read as one counts as all body. */
export function threeWay(base: string | null, file: string | null, row: string | null): ThreeWay {
  const [b, f, r] = [read(base), read(file), read(row)];
  return { fields: fieldsOf(b, f, r), body: bodyOf(linesOf(b.body), linesOf(f.body), linesOf(r.body)) };
}

function read(text: string | null): Pick<Document, "entries" | "body"> {
  try {
    return parseDocument(text ?? "");
  } catch (error) {
    if (error instanceof FrontrowError) return { entries: new Map(), body: text ?? "" };
    throw error;
  }
}

type Read = ReturnType<typeof read>;

function fieldsOf(base: Read, file: Read, row: Read): FieldDifference[] {
  const fields = new Set([...base.entries.keys(), ...file.entries.keys(), ...row.entries.keys()]);
  const found: FieldDifference[] = [];
  for (const field of fields) {
    const [b, f, r] = [base, file, row].map(({ entries }) => {
      const entry = entries.get(field);
      return entry === undefined ? null : shown(entry.value);
    }) as [string | null, string | null, string | null];
    const changed = changedBy(b === f, b === r, f === r);
    if (changed !== null) found.push({ field, changed, base: b, file: f, row: r });
  }
  return found;
}

function changedBy(isFileBase: boolean, isRowBase: boolean, isAlike: boolean): Changed | null {
  if (isFileBase && isRowBase) return null;
  if (isRowBase) return "file";
  if (isFileBase) return "row";
  return isAlike ? "alike" : "both";
}

/** A value on one line; how it was quoted or laid out makes no difference. */
function shown(node: Node): string {
  const real = resolved(node);
  if (real.kind === "list") return `[${real.items.map(shown).join(", ")}]`;
  if (real.kind === "map") {
    return `{${[...real.entries.values()].map(({ key, value }) => `${key}: ${shown(value)}`).join(", ")}}`;
  }
  return real.text;
}

function bodyOf(base: readonly string[], file: readonly string[], row: readonly string[]): BodyDifference[] {
  const inFile = hunksOf(base, file);
  const inRow = hunksOf(base, row);
  return grouped(inFile, inRow).map(({ start, end }) => {
    const [f, r] = [slice(file, inFile, start, end), slice(row, inRow, start, end)];
    const b = base.slice(start, end);
    return {
      changed: changedBy(same(b, f.lines), same(b, r.lines), same(f.lines, r.lines)) ?? "alike",
      line: f.at + 1,
      heading: base.slice(0, start).findLast((line) => HEADING.test(line)) ?? null,
      before: base.slice(Math.max(0, start - CONTEXT), start),
      base: b,
      file: f.lines,
      row: r.lines,
      after: base.slice(end, end + CONTEXT),
    };
  });
}

/** The stretches of the base that either side changed; those that touch are one. */
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

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}

/**
 * Puts back what was scrubbed from a text that somebody edited since. Line by line: a line that nobody touched is what it
 * was; in those that were edited a placeholder is put back only where it can mean one thing.
 */
import { hunksOf } from "../reconcile/match-sequences.ts";
import { isKept, type Segment } from "./segments.ts";

interface Line {
  text: string;
  original: string;
  /** What stands for what in it. */
  marks: Segment[];
}

/**
 * null: a scrubbed place was copied, moved or edited so that nobody can tell what it stood for. `breaks` says where a line
 * ends, as a JSON text has none.
 */
export function restoreSegments(
  segments: readonly Segment[],
  edited: string,
  breaks: RegExp = /(?<=\n)/,
): string | null {
  const placeholders = [...new Set(segments.filter((one) => !isKept(one)).map(({ text }) => text))];
  const lines = linesOf(segments, breaks, placeholders);
  const side = edited === "" ? [] : edited.split(breaks);
  const hunks = hunksOf(
    lines.map(({ text }) => text),
    side,
  );
  if (!isTellable(lines, hunks)) return null;
  let restored = "";
  let at = 0;
  for (const { start, end, from, to } of [
    ...hunks,
    { start: lines.length, end: lines.length, from: 0, to: 0 },
  ]) {
    for (; at < start; at++) restored += lines[at]!.original;
    const part = restoreHunk(lines.slice(start, end), side.slice(from, to).join(""), placeholders);
    if (part === null) return null;
    restored += part;
    at = end;
  }
  return restored;
}

function linesOf(segments: readonly Segment[], breaks: RegExp, placeholders: readonly string[]): Line[] {
  const lines: Line[] = [{ text: "", original: "", marks: [] }];
  const add = (segment: Segment, marks: Segment[]) => {
    const line = lines.at(-1)!;
    line.text += segment.text;
    line.original += segment.original;
    line.marks.push(...marks);
  };
  for (const segment of segments) {
    if (!isKept(segment)) {
      add(segment, [segment]);
      continue;
    }
    segment.text.split(breaks).forEach((text, index) => {
      if (index > 0) lines.push({ text: "", original: "", marks: [] });
      // What only looks like a placeholder stands for itself.
      const own = placeholders
        .filter((one) => text.includes(one))
        .map((one) => ({ text: one, original: one }));
      add({ text, original: text }, own);
    });
    // A break at the very end of a kept part begins a line all the same.
    if (isAtBreak(segment.text, breaks)) lines.push({ text: "", original: "", marks: [] });
  }
  return lines.filter(({ text, original }) => text !== "" || original !== "");
}

function isAtBreak(text: string, breaks: RegExp): boolean {
  return `${text}x`.split(breaks).at(-1) === "x";
}

function restoreHunk(lines: readonly Line[], edited: string, placeholders: readonly string[]): string | null {
  const there = placeholders.filter((one) => edited.includes(one));
  const stands = new Map<string, string>();
  for (const { text, original } of lines.flatMap(({ marks }) => marks)) {
    if (!there.includes(text)) continue;
    if ((stands.get(text) ?? original) !== original) return null;
    stands.set(text, original);
  }
  if (there.some((one) => !stands.has(one))) return null;
  if (there.length === 0) return edited;
  const longestFirst = there.toSorted((one, other) => other.length - one.length);
  const any = new RegExp(
    longestFirst.map((one) => one.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"),
    "g",
  );
  return edited.replace(any, (found) => stands.get(found)!);
}

/** Lines that look the same and were not are told apart by their neighbours: these must be as they were. */
function isTellable(lines: readonly Line[], hunks: readonly { start: number; end: number }[]): boolean {
  if (hunks.length === 0) return true;
  const originals = new Map<string, Set<string>>();
  for (const { text, original, marks } of lines) {
    if (marks.length > 0) originals.set(text, (originals.get(text) ?? new Set()).add(original));
  }
  return hunks.every(({ start, end }) => {
    const beside = [lines[start - 1], lines[end], ...lines.slice(start, end)];
    return beside.every((line) => line === undefined || (originals.get(line.text)?.size ?? 0) < 2);
  });
}

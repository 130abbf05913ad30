/** The difference of two texts as a unified diff, line by line. */
import { linesOf } from "../../../shared/reconcile/line-stretches.ts";
import { type Hunk as Change, hunksOf } from "../../../shared/reconcile/match-sequences.ts";

/** Unchanged lines shown around a change. */
const CONTEXT = 3;

/** `--- a`, `+++ b`, `@@ … @@`, as `diff -u` and `patch` write and read it; no lines at all when they are equal. */
export function unifiedDiff(
  before: string,
  after: string,
  names: { before: string; after: string },
): string[] {
  if (before === after) return [];
  const [olds, news] = [linesOf(before), linesOf(after)];
  const lines = [`--- ${names.before}`, `+++ ${names.after}`];
  for (const hunk of inHunks(hunksOf(olds, news))) lines.push(...hunkLines(hunk, olds, news));
  return lines;
}

/** Changes whose contexts touch are one hunk. */
function inHunks(changes: readonly Change[]): Change[][] {
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    if (last && change.start - last.end <= 2 * CONTEXT) hunks.at(-1)!.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

function hunkLines(hunk: readonly Change[], olds: readonly string[], news: readonly string[]): string[] {
  const [first, last] = [hunk[0]!, hunk.at(-1)!];
  const lead = Math.min(CONTEXT, first.start);
  const tail = Math.min(CONTEXT, olds.length - last.end);
  const end = last.end + tail;
  const ranges = [rangeOf(first.start - lead, end), rangeOf(first.from - lead, last.to + tail)];
  const lines = [`@@ -${ranges[0]} +${ranges[1]} @@`];
  let at = first.start - lead;
  for (const change of hunk) {
    for (; at < change.start; at++) lines.push(...shown(" ", olds[at]!));
    for (; at < change.end; at++) lines.push(...shown("-", olds[at]!));
    for (let added = change.from; added < change.to; added++) lines.push(...shown("+", news[added]!));
  }
  for (; at < end; at++) lines.push(...shown(" ", olds[at]!));
  return lines;
}

/** Lines from 1, up to and without `to`; an empty stretch is named after the line before it. */
function rangeOf(from: number, to: number): string {
  const count = to - from;
  const start = count === 0 ? from : from + 1;
  return count === 1 ? `${start}` : `${start},${count}`;
}

function shown(sign: string, line: string): string[] {
  return line.endsWith("\n") ? [sign + line.slice(0, -1)] : [sign + line, "\\ No newline at end of file"];
}

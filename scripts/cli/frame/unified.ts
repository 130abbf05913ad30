/** The difference of two texts as a unified diff, line by line. */
import { diffIndices } from "node-diff3";

/** Unchanged lines shown around a change. */
const CONTEXT = 3;
/** Comparisons of equal lines (some 100 ms) above which what differs counts as one block. */
const MOST_PAIRS = 200_000;

/** A stretch of lines, from `from` up to and without `to`, counted from 0. */
interface Stretch {
  from: number;
  to: number;
}
interface Change {
  old: Stretch;
  new: Stretch;
}

/** `--- a`, `+++ b`, `@@ … @@`, as `diff -u` and `patch` write and read it; no lines at all when they are equal. */
export function unifiedDiff(
  before: string,
  after: string,
  names: { before: string; after: string },
): string[] {
  if (before === after) return [];
  const [olds, news] = [linesOf(before), linesOf(after)];
  const lines = [`--- ${names.before}`, `+++ ${names.after}`];
  for (const hunk of hunksOf(changesOf(olds, news))) lines.push(...hunkLines(hunk, olds, news));
  return lines;
}

/** Lines with their terminators: CRLF against LF is a difference. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

function changesOf(olds: readonly string[], news: readonly string[]): Change[] {
  let start = 0;
  while (start < olds.length && start < news.length && olds[start] === news[start]) start++;
  let end = 0;
  const room = Math.min(olds.length, news.length) - start;
  while (end < room && olds[olds.length - 1 - end] === news[news.length - 1 - end]) end++;
  const [a, b] = [olds.slice(start, olds.length - end), news.slice(start, news.length - end)];
  if (a.length === 0 || b.length === 0 || pairs(a, b) > MOST_PAIRS) {
    return [{ old: { from: start, to: start + a.length }, new: { from: start, to: start + b.length } }];
  }
  return diffIndices(a, b).map(({ buffer1: [oldAt, oldCount], buffer2: [newAt, newCount] }) => ({
    old: { from: start + oldAt, to: start + oldAt + oldCount },
    new: { from: start + newAt, to: start + newAt + newCount },
  }));
}

function pairs(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of a) counts.set(line, (counts.get(line) ?? 0) + 1);
  return b.reduce((sum, line) => sum + (counts.get(line) ?? 0), 0);
}

/** Changes whose contexts touch are one hunk. */
function hunksOf(changes: readonly Change[]): Change[][] {
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    if (last && change.old.from - last.old.to <= 2 * CONTEXT) hunks.at(-1)!.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

function hunkLines(hunk: readonly Change[], olds: readonly string[], news: readonly string[]): string[] {
  const [first, last] = [hunk[0]!, hunk.at(-1)!];
  const lead = Math.min(CONTEXT, first.old.from);
  const tail = Math.min(CONTEXT, olds.length - last.old.to);
  const old = { from: first.old.from - lead, to: last.old.to + tail };
  const now = { from: first.new.from - lead, to: last.new.to + tail };
  const lines = [`@@ -${rangeOf(old)} +${rangeOf(now)} @@`];
  let at = old.from;
  for (const change of hunk) {
    for (; at < change.old.from; at++) lines.push(...shown(" ", olds[at]!));
    for (; at < change.old.to; at++) lines.push(...shown("-", olds[at]!));
    for (let added = change.new.from; added < change.new.to; added++) lines.push(...shown("+", news[added]!));
  }
  for (; at < old.to; at++) lines.push(...shown(" ", olds[at]!));
  return lines;
}

/** Lines from 1; an empty stretch is named after the line before it. */
function rangeOf({ from, to }: Stretch): string {
  const count = to - from;
  const start = count === 0 ? from : from + 1;
  return count === 1 ? `${start}` : `${start},${count}`;
}

function shown(sign: string, line: string): string[] {
  return line.endsWith("\n") ? [sign + line.slice(0, -1)] : [sign + line, "\\ No newline at end of file"];
}

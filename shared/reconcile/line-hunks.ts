/** How one sequence of lines became another. */
import { diffIndices } from "node-diff3";

/** `base[start..end)` became `side[from..to)`; everything between two hunks is the same on both. */
export interface Hunk {
  start: number;
  end: number;
  from: number;
  to: number;
}

/** Pairs of equal lines one comparison may cost (about 0.5 s); what would cost more counts as replaced. */
const MAX_PAIRS = 1_000_000;

/** The hunks that lead from `base` to `side`, in order. */
export function hunksOf(base: readonly string[], side: readonly string[]): Hunk[] {
  let head = 0;
  while (head < base.length && head < side.length && base[head] === side[head]) head++;
  let tail = 0;
  const most = Math.min(base.length, side.length) - head;
  while (tail < most && base.at(-1 - tail) === side.at(-1 - tail)) tail++;
  const [a, b] = [base.slice(head, base.length - tail), side.slice(head, side.length - tail)];
  if (a.length === 0 && b.length === 0) return [];
  if (pairs(a, b) > MAX_PAIRS) {
    return [{ start: head, end: head + a.length, from: head, to: head + b.length }];
  }
  return diffIndices(a, b).map(({ buffer1: [start, length], buffer2: [from, count] }) => ({
    start: head + start,
    end: head + start + length,
    from: head + from,
    to: head + from + count,
  }));
}

function pairs(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of a) counts.set(line, (counts.get(line) ?? 0) + 1);
  return b.reduce((sum, line) => sum + (counts.get(line) ?? 0), 0);
}

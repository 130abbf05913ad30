/**
 * Which items of two sequences are the same. What occurs once in both is matched first (patience), what lies between is
 * matched by Myers' shortest edit; the work is bounded, so that no input hangs: what would cost more counts as replaced.
 */

/** `base[start..end)` became `side[from..to)`; everything between two hunks is the same on both. */
export interface Hunk {
  start: number;
  end: number;
  from: number;
  to: number;
}

/** Steps of comparing that all stretches of one pair may take together: about 30 ms. */
const MAX_STEPS = 2_000_000;

/**
 * The hunks that lead from `base` to `side`, in order; between two of them there is at least one matched item. Of the
 * places where an added or removed run of equal items may have been, it is always the last.
 */
export function hunksOf(base: Items, side: Items): Hunk[] {
  const hunks: Hunk[] = [];
  let [o, s] = [0, 0];
  for (const [toO, toS] of [...matchedPairs(base, side), [base.length, side.length] as const]) {
    if (toO > o || toS > s) hunks.push({ start: o, end: toO, from: s, to: toS });
    [o, s] = [toO + 1, toS + 1];
  }
  return slidDown(hunks, base, side);
}

function slidDown(hunks: readonly Hunk[], base: Items, side: Items): Hunk[] {
  const slid: Hunk[] = [];
  let below: Hunk | null = null;
  for (let hunk of hunks.toReversed()) {
    const room: number = (below?.start ?? base.length) - hunk.end;
    let down = 0;
    if (hunk.start === hunk.end)
      while (down < room && side[hunk.from + down] === side[hunk.to + down]) down++;
    else if (hunk.from === hunk.to)
      while (down < room && base[hunk.start + down] === base[hunk.end + down]) down++;
    const { start, end, from, to } = hunk;
    hunk = { start: start + down, end: end + down, from: from + down, to: to + down };
    // Two that met are one.
    if (below && down > 0 && down === room) {
      slid.pop();
      hunk = { ...hunk, end: below.end, to: below.to };
    }
    slid.push(hunk);
    below = hunk;
  }
  return slid.reverse();
}

type Items = readonly string[];
type Pair = readonly [base: number, side: number];

function matchedPairs(base: Items, side: Items): Pair[] {
  const steps = { left: MAX_STEPS };
  return betweenEnds(base, side, (innerBase, innerSide) => {
    const pairs: Pair[] = [];
    let [o, s] = [0, 0];
    for (const [toO, toS] of [
      ...anchors(innerBase, innerSide),
      [innerBase.length, innerSide.length] as const,
    ]) {
      const stretch = [innerBase.slice(o, toO), innerSide.slice(s, toS)] as const;
      for (const [atO, atS] of betweenEnds(...stretch, (a, b) => shortestEdit(a, b, steps)))
        pairs.push([o + atO, s + atS]);
      if (toO < innerBase.length) pairs.push([toO, toS]);
      [o, s] = [toO + 1, toS + 1];
    }
    return pairs;
  });
}

/** Matches what is the same at both ends, and what is left by `match`. */
function betweenEnds(base: Items, side: Items, match: (base: Items, side: Items) => Pair[]): Pair[] {
  const pairs: Pair[] = [];
  const shorter = Math.min(base.length, side.length);
  let start = 0;
  for (; start < shorter && base[start] === side[start]; start++) pairs.push([start, start]);
  let same = 0;
  while (same < shorter - start && base.at(-1 - same) === side.at(-1 - same)) same++;
  const [toO, toS] = [base.length - same, side.length - same];
  if (start < toO && start < toS) {
    for (const [o, s] of match(base.slice(start, toO), side.slice(start, toS)))
      pairs.push([start + o, start + s]);
  }
  for (let at = 0; at < same; at++) pairs.push([toO + at, toS + at]);
  return pairs;
}

/** Myers' greedy algorithm; no pairs when it would take more steps than are left. */
function shortestEdit(a: Items, b: Items, steps: { left: number }): Pair[] {
  if (a.length === 0 || b.length === 0) return [];
  const most = a.length + b.length;
  /** Per number of edits: how far along `a` each diagonal got. Diagonal k is at index k + edits + 1. */
  const rounds: Int32Array[] = [];
  let last = new Int32Array(3);
  for (let edits = 0; edits <= most; edits++) {
    if (steps.left <= 0) return [];
    const reached = new Int32Array(2 * edits + 3);
    for (let k = -edits; k <= edits; k += 2) {
      const [down, right] = edits === 0 ? [0, -1] : [last[k + 1 + edits]!, last[k - 1 + edits]! + 1];
      let x = k === -edits || (k !== edits && down >= right) ? down : right;
      const start = x;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      steps.left -= 1 + x - start;
      reached[k + edits + 1] = x;
      if (x >= a.length && x - k >= b.length) return backtrack([...rounds, reached], k, edits);
    }
    rounds.push(reached);
    last = reached;
  }
  throw new Error("no edit leads from one sequence to the other");
}

function backtrack(rounds: readonly Int32Array[], lastK: number, lastEdits: number): Pair[] {
  const pairs: Pair[] = [];
  let k = lastK;
  let x = rounds[lastEdits]![k + lastEdits + 1]!;
  for (let edits = lastEdits; edits >= 0; edits--) {
    let start = 0;
    let from = k;
    if (edits > 0) {
      const before = rounds[edits - 1]!;
      const [down, right] = [before[k + 1 + edits]!, before[k - 1 + edits]! + 1];
      const isDown = k === -edits || (k !== edits && down >= right);
      start = isDown ? down : right;
      from = isDown ? k + 1 : k - 1;
    }
    while (x > start) {
      x--;
      pairs.push([x, x - k]);
    }
    k = from;
    if (edits > 0) x = rounds[edits - 1]![k + edits]!;
  }
  return pairs.reverse();
}

/** Items that occur once in each, in an order both share. */
function anchors(base: Items, side: Items): Pair[] {
  const inSide = singles(side);
  const found: Pair[] = [];
  for (const [item, at] of singles(base)) {
    const there = inSide.get(item) ?? -1;
    if (at >= 0 && there >= 0) found.push([at, there]);
  }
  return increasing(found.sort((x, y) => x[0] - y[0]));
}

/** Where each item stands; -1 when it occurs more than once. */
function singles(items: Items): Map<string, number> {
  const at = new Map<string, number>();
  for (const [index, item] of items.entries()) at.set(item, at.has(item) ? -1 : index);
  return at;
}

/** The longest part of `found` that increases in the side. */
function increasing(found: readonly Pair[]): Pair[] {
  const ends: number[] = [];
  const before: number[] = [];
  found.forEach(([, at], index) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (found[ends[middle]!]![1] < at) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1] ?? -1;
    ends[low] = index;
  });
  const kept: Pair[] = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at]!) kept.push(found[at]!);
  return kept.reverse();
}

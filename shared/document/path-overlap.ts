/**
 * Whether two templates could name the same path, which would give one file two rows. Both patterns are small automata
 * over characters; they overlap when some text drives both to their ends.
 */

import type { PathTemplate, PathToken } from "./path.ts";

/** What a step reads: one certain character, or (`null`) any character but a slash. */
type Step = { readonly reads: string | null; readonly to: number };
type Automaton = readonly (readonly Step[])[];

/** Exact for the patterns; conservative for the paths, since a pattern also matches badly spelled ones. Symmetric. */
export function overlaps(a: PathTemplate, b: PathTemplate): boolean {
  const [left, right] = [automatonOf(a.tokens), automatonOf(b.tokens)];
  const seen = new Set<string>(["0,0"]);
  const open: [number, number][] = [[0, 0]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [i, j] = pair;
    if (i === left.length - 1 && j === right.length - 1) return true;
    for (const one of left[i]!) {
      for (const other of right[j]!) {
        const next = `${one.to},${other.to}`;
        if (seen.has(next) || !agree(one.reads, other.reads)) continue;
        seen.add(next);
        open.push([one.to, other.to]);
      }
    }
  }
  return false;
}

function agree(a: string | null, b: string | null): boolean {
  if (a === null) return b !== "/";
  if (b === null) return a !== "/";
  return a === b;
}

/** One state per character, two or three per param; the last state is the end. */
function automatonOf(tokens: readonly PathToken[]): Automaton {
  const states: Step[][] = [[]];
  function add(from: number, reads: string | null): number {
    states.push([]);
    const to = states.length - 1;
    states[from]!.push({ reads, to });
    return to;
  }
  let end = 0;
  for (const token of tokens) {
    if (typeof token === "string") {
      for (const char of token) end = add(end, char);
      continue;
    }
    end = add(end, null);
    states[end]!.push({ reads: null, to: end });
    if (!token.many) continue;
    const inside = end;
    const slash = states.push([{ reads: null, to: inside }]) - 1;
    states[inside]!.push({ reads: "/", to: slash });
  }
  // The end must be the last state.
  const last = states.push([]) - 1;
  for (const steps of states) {
    for (const step of [...steps]) if (step.to === end) steps.push({ reads: step.reads, to: last });
  }
  return states;
}

/** What became of documents: the live list and the counts. */
import { displayPath } from "../../../shared/document/path-disk.ts";
import type { Result } from "../../../shared/sync/pass.ts";
import type { Output } from "./output.ts";
import type { Paint } from "./text.ts";

const GOOD = new Set(["created", "updated", "merged", "adopted", "deleted"]);
const BAD = new Set(["quarantined", "conflict", "halted", "failed", "refused"]);

/** The last word on every document, by collection and path. */
export interface Tally {
  add(results: readonly Result[]): void;
  /** Documents per outcome. */
  counts(): Record<string, number>;
  of(collection: string, path: string): string | undefined;
}

/**
 * A later outcome replaces an earlier one, but looking at a document again does not undo what was done: `unchanged`
 * replaces only what had come to nothing; and what was made here and then written to its other side was made.
 */
export function createTally(): Tally {
  const outcomes = new Map<string, string>();
  const key = (collection: string, path: string): string => `${collection}\0${path}`;
  return {
    add(results) {
      for (const { collection, path, outcome } of results) {
        const before = outcomes.get(key(collection, path));
        if (outcome === "unchanged" && before !== undefined && GOOD.has(before)) continue;
        if (outcome === "updated" && before === "created") continue;
        outcomes.set(key(collection, path), outcome);
      }
    },
    counts() {
      const counts: Record<string, number> = {};
      for (const outcome of outcomes.values()) counts[outcome] = (counts[outcome] ?? 0) + 1;
      return counts;
    },
    of: (collection, path) => outcomes.get(key(collection, path)),
  };
}

/** Notes every document about which there is something to say. */
export function noteResults(results: readonly Result[], out: Output): void {
  for (const result of results) {
    if (result.outcome !== "unchanged") out.note(lineOf(result, out.notePaint));
  }
}

function lineOf({ outcome, path, message }: Result, paint: Paint): string {
  const word = outcome.padEnd(11);
  const shade = GOOD.has(outcome) ? paint.green : BAD.has(outcome) ? paint.yellow : paint.dim;
  return `${shade(word)}  ${displayPath(path)}${message ? paint.dim(`  ${message}`) : ""}`;
}

/** `3 created, 1 quarantined`, or `nothing to do`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0
    ? "nothing to do"
    : parts.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
}

/** A text, and what patterns replaced in it: so that what came of it can be told apart, and put back. */
import type { PatternRule } from "./rules.ts";

export interface Segment {
  /** As it leaves. */
  text: string;
  /** As it was; the same where nothing was scrubbed. */
  original: string;
}

export type Counts = Record<string, number>;

export function count(counts: Counts, label: string, by = 1): void {
  counts[label] = (counts[label] ?? 0) + by;
}

/** Rule by rule; what one replaced is not looked into again. */
export function segmentsOf(text: string, rules: readonly PatternRule[], counts: Counts): Segment[] {
  let segments: Segment[] = [{ text, original: text }];
  for (const rule of rules) {
    segments = segments.flatMap((segment) =>
      isKept(segment) ? split(segment.text, rule, counts) : [segment],
    );
  }
  return segments;
}

export function isKept({ text, original }: Segment): boolean {
  return text === original;
}

/** What leaves. */
export function textOf(segments: readonly Segment[]): string {
  return segments.map(({ text }) => text).join("");
}

/** As `segmentsOf`, in the strings and keys of a JSON text: it stays JSON. */
export function jsonSegmentsOf(json: string, rules: readonly PatternRule[], counts: Counts): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  const keep = (to: number) => {
    if (to > at) segments.push({ text: json.slice(at, to), original: json.slice(at, to) });
    at = to;
  };
  for (const { 0: literal, index } of json.matchAll(/"(?:[^"\\]|\\.)*"/g)) {
    const inside = segmentsOf(JSON.parse(literal) as string, rules, counts);
    if (inside.every(isKept)) continue;
    keep(index + 1);
    for (const { text, original } of inside)
      segments.push({ text: escaped(text), original: escaped(original) });
    at = index + literal.length - 1;
  }
  keep(json.length);
  return segments;
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function split(text: string, rule: PatternRule, counts: Counts): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  const keep = (to: number) => {
    if (to > at) segments.push({ text: text.slice(at, to), original: text.slice(at, to) });
  };
  for (const { 0: found, index } of text.matchAll(rule.pattern)) {
    keep(index);
    segments.push({ text: rule.with, original: found });
    at = index + found.length;
    count(counts, rule.label);
  }
  keep(text.length);
  return segments;
}

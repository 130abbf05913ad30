/**
 * Which sections of two versions of a body are the same one. Headings tell, the text where a heading occurs more than
 * once or was renamed. A wrong guess loses nothing: it makes an overlap where there need be none.
 */
import type { Section } from "./sections.ts";

/** Comparisons of lines that looking for renamed sections may take; where it would take more, none are looked for. */
const MAX_COMPARISONS = 500_000;

/** For each section of `base` its index in `side`, or -1. What precedes the first heading is the same in both. */
export function matchSections(base: readonly Section[], side: readonly Section[]): number[] {
  const match: number[] = base.map((_, index) => (index === 0 ? 0 : -1));
  const taken = side.map((_, index) => index === 0);
  const pair = (one: number, other: number) => {
    match[one] = other;
    taken[other] = true;
  };
  const free = (): [number[], number[]] => [
    [...base.keys()].filter((index) => match[index] === -1),
    [...side.keys()].filter((index) => !taken[index]),
  ];
  const nameOf = ({ path }: Section) => JSON.stringify(path);
  // The same text is the same section, as long as it is there once.
  pairGroups(
    (section) => nameOf(section) + section.lines.join(""),
    (ones, others) => ones.length === 1 && others.length === 1,
  );
  // The same heading in the same place of the outline; several of them in order, unless some came or went.
  pairGroups(nameOf, (ones, others) => ones.length === others.length);
  pairGroups(
    ({ title }) => String(title),
    (ones, others) => ones.length === others.length,
  );
  pairAlike();
  // Alone between two that are known: it says something else now, but stands for the same.
  for (const [one, before] of match.entries()) {
    const [here, after] = [match[one + 1], match[one + 2] ?? side.length];
    if (here === -1 && before >= 0 && !taken[before + 1] && after === before + 2) pair(one + 1, before + 1);
  }
  return match;

  function pairGroups(
    keyOf: (section: Section) => string,
    isClear: (ones: readonly number[], others: readonly number[]) => boolean,
  ): void {
    const [ones, others] = free();
    const inSide = Map.groupBy(others, (index) => keyOf(side[index]!));
    for (const [key, group] of Map.groupBy(ones, (index) => keyOf(base[index]!))) {
      const partners = inSide.get(key) ?? [];
      if (isClear(group, partners)) for (const [nth, index] of group.entries()) pair(index, partners[nth]!);
    }
  }

  /** What is left: renamed, or one of several with the same heading. The most alike first, then the first. */
  function pairAlike(): void {
    const [ones, others] = free();
    const lines = ones.reduce((sum, index) => sum + base[index]!.lines.length, 0);
    if (lines * others.length > MAX_COMPARISONS) return;
    const contents = others.map((index) => contentOf(side[index]!));
    const found: [likeness: number, one: number, other: number][] = [];
    for (const one of ones) {
      const content = contentOf(base[one]!);
      for (const [nth, other] of others.entries()) {
        const likeness = likenessOf(content, contents[nth]!);
        if (likeness >= 0.5) found.push([likeness, one, other]);
      }
    }
    for (const [, one, other] of found.sort((a, b) => b[0] - a[0])) {
      if (match[one] === -1 && !taken[other]) pair(one, other);
    }
  }
}

/** The lines that tell sections apart: neither blank nor, as it may have been renamed, the heading. */
function contentOf({ lines }: Section): Set<string> {
  return new Set(lines.filter((line) => line.trim() !== "").slice(1));
}

/** The share of the larger one's lines that both have. */
function likenessOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  if (few.size === 0) return 0;
  let shared = 0;
  for (const line of few) if (many.has(line)) shared++;
  return shared / many.size;
}

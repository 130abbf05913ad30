/** The sections of three versions of a body, brought together. */
import { matchSections } from "./match-sections.ts";
import type { Section } from "./sections.ts";

/** One section in up to three versions; null where a version does not have it. */
export interface SectionVersions {
  base: Section | null;
  ours: Section | null;
  theirs: Section | null;
}

/** The sections of one version, in its order, as positions in the list all three share. */
export type Order = readonly number[];

/**
 * All sections there are, the base's first, and each version's order of them. Every section of every version is in
 * exactly one of them. What both sides added below the same headings is one section.
 */
export function versionsOf(
  base: readonly Section[],
  ours: readonly Section[],
  theirs: readonly Section[],
): { all: readonly SectionVersions[]; orders: Record<keyof SectionVersions, Order> } {
  const all: SectionVersions[] = base.map((section) => ({ base: section, ours: null, theirs: null }));
  /** By name, what ours added and theirs may have added too. */
  const added = new Map<string, number[]>();

  function orderOf(side: "ours" | "theirs", sections: readonly Section[]): Order {
    const known = new Map(matchSections(base, sections).map((there, at) => [there, at]));
    return sections.map((section, there) => {
      const name = JSON.stringify(section.path);
      const at = known.get(there) ?? (side === "theirs" ? added.get(name)?.shift() : undefined);
      if (at !== undefined) {
        all[at] = { ...all[at]!, [side]: section };
        return at;
      }
      if (side === "ours" && !added.get(name)?.push(all.length)) added.set(name, [all.length]);
      return all.push({ base: null, ours: null, theirs: null, [side]: section }) - 1;
    });
  }

  const orders = { base: [...base.keys()], ours: orderOf("ours", ours), theirs: orderOf("theirs", theirs) };
  return { all, orders };
}

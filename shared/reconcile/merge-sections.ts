/**
 * Three-way merge of bodies by their sections: edits under different headings never overlap, and a section that one side
 * moved or renamed keeps the other side's edits. Every section of both sides is in the result, and inside of it lines are
 * merged: what either side added is in the result, or the body overlaps.
 */
import { type Merged, mergeItems, type Prefer, sameItems } from "./merge-sequences.ts";
import { sectionsThatGave } from "./moved-lines.ts";
import { orderSections } from "./order-sections.ts";
import { type Order, type SectionVersions, versionsOf } from "./section-versions.ts";
import { sectionsOf } from "./sections.ts";

export interface MergedSections extends Merged<string[]> {
  /** The headings under which both changed the same; "" for what precedes the first one. */
  sections: string[];
  /** It is where sections stand, or what a new one says, that overlaps: merging by lines would keep both. */
  isStructural: boolean;
}

type Lines = readonly string[];

/** Merges lines, each with its terminator, by sections. */
export function mergeSections(base: Lines, ours: Lines, theirs: Lines, prefer: Prefer): MergedSections {
  const { all, orders } = versionsOf(sectionsOf(base), sectionsOf(ours), sectionsOf(theirs));
  const { order, overlap } = orderSections(all, orders.ours, orders.theirs, prefer);
  const merged: MergedSections = { value: [], overlap, sections: [], isStructural: overlap };
  const isNeighbour = neighbours(all, orders);
  const gave = [sectionsThatGave(all, "ours"), sectionsThatGave(all, "theirs")];
  let last: number | null = null;
  for (const at of order) {
    const section = all[at]!;
    const lines = mergeVersions(section, prefer);
    const isTorn = gave.some((sections) => sections.has(at)) && isChangedByBoth(section);
    if (lines.overlap || isTorn) {
      merged.overlap = true;
      merged.sections.push((section.base ?? section.ours)?.title ?? "");
      merged.isStructural ||= section.base === null;
    }
    if (lines.value.length === 0) continue;
    // Two sections that never stood together must not run into each other.
    if (last !== null && !isNeighbour(last, at) && !isBlank(merged.value.at(-1)) && !isBlank(lines.value[0]))
      merged.value.push("\n");
    for (const line of lines.value) merged.value.push(line);
    last = at;
  }
  return merged;
}

/** A section that is gone on one side and as it was on the other is gone. */
function mergeVersions({ base, ours, theirs }: SectionVersions, prefer: Prefer): Merged<Lines> {
  if (base && ours && theirs) return mergeItems(base.lines, ours.lines, theirs.lines, prefer);
  if (base) {
    const left = ours ?? theirs;
    const isEdited = left !== null && !sameItems(left.lines, base.lines);
    const kept = (prefer === "ours" ? ours : theirs)?.lines ?? [];
    return { value: isEdited ? kept : [], overlap: isEdited };
  }
  const [one, other] = prefer === "ours" ? [ours, theirs] : [theirs, ours];
  const overlap = one !== null && other !== null && !sameItems(one.lines, other.lines);
  return { value: (one ?? other)?.lines ?? [], overlap };
}

function isChangedByBoth({ base, ours, theirs }: SectionVersions): boolean {
  return [ours, theirs].every((side) => !sameItems(side?.lines ?? [], base?.lines ?? []));
}

/** Which sections stand next to each other in a version; one without lines stands next to nothing. */
function neighbours(all: readonly SectionVersions[], orders: Record<keyof SectionVersions, Order>) {
  const pairs = new Set<string>();
  for (const version of ["base", "ours", "theirs"] as const) {
    const order = orders[version].filter((at) => all[at]![version]!.lines.length > 0);
    for (const [index, at] of order.entries()) pairs.add(`${order[index - 1]} ${at}`);
  }
  return (one: number, other: number) => pairs.has(`${one} ${other}`);
}

function isBlank(line: string | undefined): boolean {
  return line !== undefined && line.trim() === "";
}

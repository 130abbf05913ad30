/**
 * Three-way merge of bodies by their sections: edits under different headings never overlap, and a section that one side
 * moved or renamed keeps the other side's edits. Every section of both sides is in the result, and inside of it lines are
 * merged: what either side added is in the result, or the body overlaps. Blank lines between sections never overlap.
 */
import { type Merged, mergeItems, type Prefer, sameItems, undoesRemoval } from "./merge-sequences.ts";
import { sectionsThatGave } from "./moved-lines.ts";
import { addedBehind, orderSections } from "./order-sections.ts";
import { type Order, type SectionVersions, versionsOf } from "./section-versions.ts";
import { outlineOf } from "./sections.ts";

export interface MergedSections extends Merged<string[]> {
  /** The headings under which both changed the same; "" for what precedes the first one. */
  sections: string[];
  /** It is where sections stand, or what a new one says, that overlaps: merging by lines would keep both. */
  isStructural: boolean;
}

type Lines = readonly string[];

/** Merges lines, which must end in a line feed, by sections. */
export function mergeSections(base: Lines, ours: Lines, theirs: Lines, prefer: Prefer): MergedSections {
  const [o, a, b] = [outlineOf(base), outlineOf(ours), outlineOf(theirs)];
  const { all, orders } = versionsOf(o.sections, a.sections, b.sections);
  const { order, overlap } = orderSections(all, orders.ours, orders.theirs, prefer);
  const merged: MergedSections = { value: [], overlap, sections: [], isStructural: overlap };
  const [isNeighbour, isTorn] = [neighbours(all, orders), tornSections(all, orders)];
  let last: number | null = null;
  for (const at of order) {
    const section = all[at]!;
    const lines = mergeVersions(section, prefer);
    if (lines.overlap || isTorn(at)) {
      merged.overlap = true;
      merged.sections.push((section.base ?? section.ours)?.title ?? "");
      merged.isStructural ||= section.base === null;
    }
    if (lines.value.length === 0) continue;
    const lead = mergeBlank(section.base?.lead, section.ours?.lead, section.theirs?.lead);
    // Two sections that never stood together must not run into each other.
    if (last !== null && lead.length === 0 && !isNeighbour(last, at)) merged.value.push("\n");
    for (const line of [...lead, ...lines.value]) merged.value.push(line);
    last = at;
  }
  for (const line of mergeBlank(o.tail, a.tail, b.tail)) merged.value.push(line);
  merged.overlap ||= undoesRemoval(base, ours, theirs, merged.value);
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

/** Of blank lines that both changed there are as many as the one who wanted more has. */
function mergeBlank(base?: Lines, ours?: Lines, theirs?: Lines): Lines {
  if (!ours || !theirs) return ours ?? theirs ?? base ?? [];
  if (base && sameItems(base, ours)) return theirs;
  if (base && sameItems(base, theirs)) return ours;
  return [ours, theirs].sort((a, b) => b.length - a.length || (a.join() < b.join() ? -1 : 1))[0]!;
}

/** Sections that one side took lines out of, to another one, while the other side changed them or added behind them. */
function tornSections(all: readonly SectionVersions[], { ours, theirs }: Record<"ours" | "theirs", Order>) {
  const known = all.filter(({ base }) => base !== null).length;
  const [gaveOurs, gaveTheirs] = [sectionsThatGave(all, "ours"), sectionsThatGave(all, "theirs")];
  const [behindOurs, behindTheirs] = [addedBehind(known, ours), addedBehind(known, theirs)];
  return (at: number): boolean => {
    const section = all[at]!;
    const isChanged = [section.ours, section.theirs].every(
      (side) => !sameItems(side?.lines ?? [], section.base?.lines ?? []),
    );
    if (gaveOurs.has(at) && (isChanged || behindTheirs.has(at))) return true;
    return gaveTheirs.has(at) && (isChanged || behindOurs.has(at));
  };
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

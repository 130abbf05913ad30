/** In what order the sections of two versions of a body stand together. */
import { mergeItems, mergeSequences, type Prefer } from "./merge-sequences.ts";
import type { Order, SectionVersions } from "./section-versions.ts";

export interface MergedOrder {
  order: Order;
  /** Both moved sections in ways that cannot both stand; the order is then the preferred side's. */
  overlap: boolean;
}

/**
 * Merges the orders of two sides. `all` begins with the base's sections, in order; nothing in it is left out of the
 * result. A section that was added stands after the one it was added behind; of two added in one place, the one with
 * the lesser text comes first.
 */
export function orderSections(
  all: readonly SectionVersions[],
  ours: Order,
  theirs: Order,
  prefer: Prefer,
): MergedOrder {
  const known = all.filter(({ base }) => base !== null).length;
  const { spine, overlap } = mergeSpines(known, spineOf(known, ours), spineOf(known, theirs), prefer);
  const [inOurs, inTheirs] = [addedBehind(known, ours), addedBehind(known, theirs)];
  const order = new Set<number>();
  for (const section of spine) {
    order.add(section);
    for (const added of together(all, inOurs.get(section) ?? [], inTheirs.get(section) ?? []))
      order.add(added);
  }
  return { order: [...order], overlap };
}

/** The base's sections in a side's order; one the side no longer has stays behind the one before it. */
function spineOf(known: number, order: Order): number[] {
  const present = new Set(order);
  const spine: number[] = [];
  for (const section of order) {
    if (section >= known) continue;
    spine.push(section);
    for (let gone = section + 1; gone < known && !present.has(gone); gone++) spine.push(gone);
  }
  return spine;
}

function mergeSpines(known: number, ours: Order, theirs: Order, prefer: Prefer) {
  const [o, a, b] = [[...Array(known).keys()], ours, theirs].map((order) => order.map(String));
  const merged = mergeItems(o!, a!, b!, prefer);
  const isWhole = merged.value.length === known && new Set(merged.value).size === known;
  if (!merged.overlap && isWhole) return { spine: merged.value.map(Number), overlap: false };
  return { spine: prefer === "ours" ? ours : theirs, overlap: true };
}

/** What a side added, by the section of the base it stands behind. */
export function addedBehind(known: number, order: Order): Map<number, number[]> {
  const added = new Map<number, number[]>();
  let behind = 0;
  for (const section of order) {
    if (section < known) behind = section;
    else if (added.has(behind)) added.get(behind)!.push(section);
    else added.set(behind, [section]);
  }
  return added;
}

/** What both added in one place. What they have in common keeps the rest apart. */
function together(all: readonly SectionVersions[], ours: Order, theirs: Order): number[] {
  const [inOurs, inTheirs] = [new Set(ours), new Set(theirs)];
  const common = ours.filter((section) => inTheirs.has(section));
  const isSameOrder = theirs.filter((section) => inOurs.has(section)).join() === common.join();
  const textOf = (sections: readonly string[]) => sections.map((at) => leastText(all[Number(at)]!)).join("");
  const merged = mergeSequences(
    isSameOrder ? common.map(String) : [],
    ours.map(String),
    theirs.map(String),
    (_, a, b) => (textOf(a) < textOf(b) ? [...a, ...b] : [...b, ...a]),
  );
  return merged.map(Number);
}

/** The same whichever side is called ours. */
function leastText({ ours, theirs }: SectionVersions): string {
  const texts = [ours, theirs].flatMap((section) => (section ? [section.lines.join("")] : []));
  return texts.sort()[0] ?? "";
}

/** A person's decision on a conflict, and how a merge obeys it. */
import { readJson } from "../document/json-tree.ts";
import type { Fields } from "../document/mod.ts";
import { type FieldMerge, type MergeRules, mergeFields } from "./merge.ts";
import { mergeBody } from "./merge-body.ts";
import type { Prefer } from "./merge-sequences.ts";
import type { Changes, Overlap, Policies, TextContent } from "./types.ts";

export type Choice = "file" | "row";

export type Resolution =
  /** One side is right wherever both changed the same thing. */
  | { keep: Choice }
  /** By overlap: `column`, or `column.key`; the key's word counts before its column's. */
  | { fields: Readonly<Record<string /* label */, Choice>> }
  /** The whole document, as it shall be on both sides. */
  | { text: TextContent };

/** How a decision names an overlap; `frontrow.overlap_label` in SQL. */
export function labelOf({ column, key }: Overlap): string {
  return key === undefined ? column : `${column}.${key}`;
}

/** The side chosen for an overlap; null: nobody said. */
export function choiceOf(resolution: Resolution | null | undefined, overlap: Overlap): Choice | null {
  if (!resolution || "text" in resolution) return null;
  if ("keep" in resolution) return resolution.keep;
  for (const label of [labelOf(overlap), overlap.column]) {
    if (Object.hasOwn(resolution.fields, label)) return resolution.fields[label]!;
  }
  return null;
}

/** Whether the decision says something about every overlap. */
export function isSettled(resolution: Resolution | null | undefined, overlaps: readonly Overlap[]): boolean {
  if (resolution && "text" in resolution) return true;
  return overlaps.every((overlap) => choiceOf(resolution, overlap) !== null);
}

/** The side that is kept as a whole. */
export function keptSide(resolution: Resolution | null | undefined): Choice | null {
  return resolution && "keep" in resolution ? resolution.keep : null;
}

/** Merges as `mergeFields`; where a person chose field by field, each overlap takes the side that was chosen for it. */
export function mergeFieldsAs(
  resolution: Resolution | null | undefined,
  fileSide: Prefer,
  base: Fields,
  ours: Changes,
  theirs: Changes,
  rules: MergeRules,
): FieldMerge {
  const merged = mergeFields(base, ours, theirs, rules);
  if (!resolution || !("fields" in resolution)) return merged;
  const other = mergeFields(base, ours, theirs, { ...rules, prefer: opposite(rules.prefer) });
  const preferred = rules.prefer === fileSide ? "file" : "row";
  const turned = merged.overlaps.filter(
    (overlap) => (choiceOf(resolution, overlap) ?? preferred) !== preferred,
  );
  for (const { column, key } of turned) {
    const value = other.changes.get(column);
    merged.changes.set(
      column,
      key === undefined ? value : withMember(merged.changes.get(column) as string, value as string, key),
    );
  }
  return merged;
}

/** Merges as `mergeBody`, with the side that was chosen for the body. */
export function mergeBodyAs(
  resolution: Resolution | null | undefined,
  fileSide: Prefer,
  base: string,
  ours: string,
  theirs: string,
  mode: Policies["bodyMerge"],
  rules: MergeRules,
): ReturnType<typeof mergeBody> {
  const choice = choiceOf(resolution, { column: "(body)" });
  const prefer = choice === null ? rules.prefer : choice === "file" ? fileSide : opposite(fileSide);
  return mergeBody(base, ours, theirs, mode, { ...rules, prefer });
}

function opposite(prefer: Prefer): Prefer {
  return prefer === "ours" ? "theirs" : "ours";
}

/** A canonical JSON object with one member as another object has it, or has it not. Values stay texts. */
function withMember(object: string, other: string, key: string): string {
  const members = membersOf(object);
  const member = membersOf(other).get(key);
  if (member === undefined) members.delete(key);
  else members.set(key, member);
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([, text]) => text).join(",")}}`;
}

function membersOf(object: string): Map<string, string> {
  const node = readJson(object, 0, object.length, Number.POSITIVE_INFINITY);
  if (node.kind !== "map") throw new Error("an overlap inside a value that is no object");
  return new Map(
    [...node.entries.values()].map(({ key, keyStart, value }) => [key, object.slice(keyStart, value.end)]),
  );
}

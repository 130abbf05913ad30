/**
 * Field-wise three-way merge. Both sides are given as changes against the base: a column that is not among a side's
 * changes is one the side has no opinion about, `undefined` is a key that was in the base and is gone.
 */
import { type Fields, type Mapping, sameValue, type Value } from "../document/mod.ts";
import { mergeJson } from "./merge-json.ts";
import { mergeList } from "./merge-list.ts";
import type { Merged, Prefer } from "./merge-sequences.ts";
import type { Changes, Overlap, Policies } from "./types.ts";

export interface FieldMerge {
  /** The columns either side changed, as they come out. */
  changes: Map<string, Value | undefined>;
  /** What both changed and only the policy can decide; `changes` holds the preferred side's version. */
  overlaps: Overlap[];
}

export interface MergeRules {
  mapping: Mapping;
  lists: Policies["lists"];
  prefer: Prefer;
  /** Nothing is merged inside a column or body: whatever both changed differently overlaps. */
  strict: boolean;
}

/** What a text says that the base did not. Without a base everything it says is news. */
export function changesOf(base: Fields | undefined, fields: Fields): Map<string, Value | undefined> {
  const changes = new Map<string, Value | undefined>();
  for (const column of new Set([...Object.keys(base ?? {}), ...Object.keys(fields)])) {
    const value = fieldOf(fields, column);
    if (!sameValue(fieldOf(base, column), value)) changes.set(column, value);
  }
  return changes;
}

/** A column's value, `undefined` when the fields do not have it. */
export function fieldOf(fields: Fields | undefined, column: string): Value | undefined {
  return fields && Object.hasOwn(fields, column) ? fields[column] : undefined;
}

/** Merges two sides' changes against `base`, whose values lists and JSON objects start from. */
export function mergeFields(base: Fields, ours: Changes, theirs: Changes, rules: MergeRules): FieldMerge {
  const changes = new Map<string, Value | undefined>();
  const overlaps: Overlap[] = [];
  for (const column of new Set([...ours.keys(), ...theirs.keys()])) {
    if (!theirs.has(column) || !ours.has(column)) {
      changes.set(column, (ours.has(column) ? ours : theirs).get(column));
      continue;
    }
    const merged = mergeValue(column, fieldOf(base, column), ours.get(column), theirs.get(column), rules);
    changes.set(column, merged.value);
    if (!merged.overlap) continue;
    if (merged.keys) overlaps.push(...merged.keys.map((key) => ({ column, key })));
    else overlaps.push({ column });
  }
  return { changes, overlaps };
}

type MergedValue = Merged<Value | undefined> & { keys?: readonly string[] };
type Maybe = Value | undefined;

function mergeValue(column: string, base: Maybe, ours: Maybe, theirs: Maybe, rules: MergeRules): MergedValue {
  if (sameValue(ours, theirs)) return { value: ours, overlap: false };
  if (isClear(ours) && isClear(theirs)) return { value: clearest(ours, theirs), overlap: false };
  const overlapping = { value: rules.prefer === "ours" ? ours : theirs, overlap: true };
  if (rules.strict) return overlapping;
  const type =
    column === rules.mapping.extra
      ? "jsonb"
      : rules.mapping.fields.find((field) => field.column === column)?.type;
  if (type === "jsonb") {
    // A catch-all without keys is not there; any other column that is cleared is not an empty object.
    if (column !== rules.mapping.extra && (isClear(ours) || isClear(theirs))) return overlapping;
    return mergeJson(json(base), json(ours), json(theirs), rules.prefer) ?? overlapping;
  }
  if (type === "text[]")
    return mergeList(rules.lists[column], base, ours, theirs, rules.prefer) ?? overlapping;
  return overlapping;
}

/** Of two ways to clear a column: an empty list says more than null, and null more than a key that is gone. */
function clearest(ours: Maybe, theirs: Maybe): Maybe {
  const explicit = [ours, theirs].filter((value) => value !== undefined);
  return explicit.find((value) => value !== null) ?? explicit[0];
}

function isClear(value: Maybe): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function json(value: Maybe): string {
  return typeof value === "string" ? value : "{}";
}

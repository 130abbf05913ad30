/** Random edits of fields, and what must come of them. */
import type { ColumnType, Fields, Mapping, Value } from "../../../shared/document/mod.ts";
import { editedValue } from "../edited-value.ts";
import type { Token } from "./line-edits.ts";
import type { Random } from "./random.ts";

export type FieldEdits = ReadonlyMap<string, Value>;

export interface TwoFieldEdits {
  ours: FieldEdits;
  theirs: FieldEdits;
  /** What each column must be when both are merged; a list counts as a set. Without those both changed differently. */
  expected: ReadonlyMap<string, Value>;
  isApart: boolean;
}

/** Random edits of up to two columns a side. Lists and objects may be edited by both and still be apart. */
export function fieldEdits(fields: Fields, mapping: Mapping, random: Random, token: Token): TwoFieldEdits {
  const ours = new Map<string, Value>();
  const theirs = new Map<string, Value>();
  const expected = new Map<string, Value>();
  let isApart = true;
  const columns = mapping.fields.filter(({ column }) => Object.hasOwn(fields, column));
  for (let count = columns.length > 0 ? random.below(4) : 0; count > 0; count--) {
    const { column, type } = random.pick(columns);
    if (ours.has(column) || theirs.has(column)) continue;
    const value = fields[column]!;
    const isShared = random.chance(0.25);
    if (!isShared) {
      const [side, changed] = [random.chance(0.5) ? ours : theirs, change(type, value, random, token)];
      side.set(column, changed);
      expected.set(column, changed);
      continue;
    }
    const [one, other, both] = sharedChange(type, value, token);
    ours.set(column, one);
    theirs.set(column, other);
    if (both === undefined) isApart = false;
    else expected.set(column, both);
  }
  return { ours, theirs, expected, isApart };
}

function change(type: ColumnType, value: Value, random: Random, token: Token): Value {
  if (type === "text" && typeof value === "string") return random.chance(0.2) ? null : token();
  if (type === "text[]" && Array.isArray(value)) {
    if (value.length > 0 && random.chance(0.4)) return value.toSpliced(random.below(value.length), 1);
    return value.toSpliced(random.below(value.length + 1), 0, token());
  }
  if (type === "jsonb" && typeof value === "string") return withKey(value, token(), token()) ?? value;
  return editedValue(type, value);
}

/** One column changed by both: apart, in what both added to it, or differently, and then there is no third value. */
function sharedChange(type: ColumnType, value: Value, token: Token): [Value, Value, Value | undefined] {
  if (type === "text[]" && Array.isArray(value) && new Set(value).size === value.length) {
    const [one, other] = [token(), token()];
    // The first item goes on one side.
    const rest = value.slice(1);
    return [
      [...rest, one],
      [...value, other],
      [...rest, one, other],
    ];
  }
  if (type === "jsonb" && typeof value === "string") {
    const [one, other] = [token(), token()];
    const ours = withKey(value, one, one);
    const theirs = withKey(value, other, other);
    const both = ours && withKey(ours, other, other);
    if (ours && theirs && both) return [ours, theirs, both];
    return [value, value, value];
  }
  if (type === "text" && typeof value === "string") return [token(), token(), undefined];
  return [value, value, value];
}

/** A canonical JSON object with one more key; null when it is none, or JSON would not give its numbers back. */
function withKey(json: string, key: string, value: string): string | null {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null;
  if (canonicalJson(parsed) !== json) return null;
  return canonicalJson({ ...parsed, [key]: value });
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson((value as never)[key])}`).join(",")}}`;
}

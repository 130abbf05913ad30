/** Compares the hub's text, as it comes out, with what each store holds, and writes down what is to be written. */
import { sameValue, type Value } from "../document/mod.ts";
import { baseOf, type Draft, sideOf } from "./draft.ts";
import { fieldOf } from "./merge.ts";
import { fileOf } from "./pull-file.ts";
import { rowOf } from "./pull-table.ts";
import type { Base, NewBase, Plan, RowContent, RowPut, Side, TextContent } from "./types.ts";

interface Pushed<Write> {
  write: Write | null;
  base: NewBase | "drop" | null;
}

/** The bucket must hold exactly the hub's text. An object that was never agreed on is not deleted. */
export function pushBucket(draft: Draft): Pushed<Plan["object"]> {
  const side = sideOf(draft, "bucket");
  if (!side) return { write: null, base: null };
  const base = baseOf(draft, side);
  const file = fileOf(side);
  const version = versionOf(side);
  if (file === null || version === null) {
    const write = draft.text && ({ op: "put", text: draft.text.text, expect: null } as const);
    return { write, base: base && "drop" };
  }
  const final = draft.revisions.length;
  if (draft.text?.text === file.text) return { write: null, base: moved(draft, base, version, final, null) };
  const read = draft.bucketRevision;
  const moving = read === null ? null : moved(draft, base, version, read, null);
  if (draft.text) return { write: { op: "put", text: draft.text.text, expect: version }, base: moving };
  // Agreed on before, or taken over just now: it goes. Anything else is nobody's to delete.
  return { write: (base ?? moving) && { op: "delete", expect: version }, base: moving };
}

/** The row must hold what the text expresses. Nothing is ever written to it when rows lead. */
export function pushTable(draft: Draft): Pushed<Plan["row"]> {
  const side = sideOf(draft, "table");
  if (!side) return { write: null, base: null };
  const base = baseOf(draft, side);
  const row = rowOf(side);
  const version = versionOf(side);
  const readOnly = draft.input.policies.direction === "rows-to-files";
  if (row === null || version === null) {
    if (draft.text && !readOnly) return { write: insertOf(draft, draft.text), base: null };
    return { write: null, base: base && "drop" };
  }
  if (draft.text === null) {
    if (!base || readOnly) return { write: null, base: null };
    return { write: { op: "delete", expect: version }, base: "drop" };
  }
  const write = readOnly ? null : updateOf(draft, draft.text, base, row, version);
  return { write, base: write ? null : moved(draft, base, version, draft.revisions.length, row) };
}

function insertOf(draft: Draft, text: TextContent): RowPut {
  const body = draft.input.hasBody ? text.body : null;
  return { op: "put", expect: null, set: text.fields, clear: [], body };
}

function updateOf(draft: Draft, text: TextContent, base: Base | null, row: RowContent, version: string) {
  const set: Record<string, Value> = {};
  for (const [column, value] of Object.entries(text.fields)) {
    if (!sameValue(value, fieldOf(row.fields, column)) && !accepted(column, text, base, row))
      set[column] = value;
  }
  const spokenOf = new Set([...Object.keys(base?.text.fields ?? {}), ...draft.cleared]);
  const clear = [...spokenOf].filter(
    (column) => fieldOf(text.fields, column) === undefined && !isEmptied(draft, row, column),
  );
  const body = draft.input.hasBody && bodyDiffers(text, base, row) ? text.body : null;
  const nothing = Object.keys(set).length === 0 && clear.length === 0 && body === null;
  return nothing ? null : ({ op: "put", expect: version, set, clear, body } satisfies RowPut);
}

/** The table's answer to this very value (a user's trigger rewrote it) stands: writing it again would never end. */
function accepted(column: string, text: TextContent, base: Base | null, row: RowContent): boolean {
  const answer = fieldOf(base?.row?.fields, column);
  if (!base || answer === undefined) return false;
  const asked = fieldOf(base.text.fields, column);
  return sameValue(asked, fieldOf(text.fields, column)) && sameValue(answer, fieldOf(row.fields, column));
}

function bodyDiffers(text: TextContent, base: Base | null, row: RowContent): boolean {
  if (text.body === (row.body ?? "")) return false;
  return !(base?.row && base.row.body !== null && base.row.body === row.body && base.text.body === text.body);
}

/** A catch-all without keys is gone from the text; a row that holds none says the same. */
function isEmptied(draft: Draft, row: RowContent, column: string): boolean {
  if (column !== draft.input.mapping.extra) return false;
  const value = fieldOf(row.fields, column);
  return value === null || value === "{}";
}

function versionOf(side: Side): string | null {
  const { reading } = side;
  return reading.state === "found" || reading.state === "unchanged" ? reading.version : null;
}

/** The new base, or null when it says what the present one says. */
function moved(
  draft: Draft,
  base: Base | null,
  version: string,
  revision: number,
  row: RowContent | null,
): NewBase | null {
  const now = draft.input.hub?.revision ?? 0;
  if (base && base.version === version && base.revision === now + revision) return null;
  return { version, revision, row };
}

/** Keeping what a row held before the hub's text is written over it. */
import { sameValue, type Value } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import { type Draft, made, record, rendered } from "./draft.ts";
import { fieldOf } from "./merge.ts";
import { type RowNews, saidFields } from "./row-news.ts";
import type { Base, RowContent, TextContent } from "./types.ts";

/** Files to rows: the row's news stays out, and what the push writes over or deletes is kept in the history. */
export function keepRowOut(draft: Draft, base: Base | null, row: RowContent): null {
  const hub = draft.text;
  if (!hub && !base) return null;
  const changes = new Map<string, Value>();
  for (const [column, value] of Object.entries(row.fields)) {
    const coming = hub ? fieldOf(hub.fields, column) : null;
    const spokenOf = coming !== undefined || fieldOf(base?.text.fields, column) !== undefined;
    const overwritten = spokenOf && !sameValue(coming, value);
    if (overwritten && isForeign(base, column, value)) changes.set(column, value);
  }
  const agreed = base?.text.body ?? "";
  const body = row.body !== null && row.body !== agreed && row.body !== hub?.body ? row.body : null;
  const isAnswer = row.body === base?.row?.body;
  if (changes.size === 0 && (body === null || isAnswer)) return null;
  keepVersion(draft, rowAsText(draft, base, row, { changes, body }));
  return null;
}

/** Whether a value in the row is somebody's: not what the text said, and not the table's own answer to that. */
export function isForeign(base: Base | null, column: string, value: Value): boolean {
  const said = fieldOf(saidFields(base), column);
  if (said === undefined) return value !== null && value !== "{}";
  return !sameValue(value, said) && !sameValue(value, fieldOf(base?.row?.fields, column));
}

export function keepVersion(draft: Draft, version: TextContent | null): void {
  if (!version) return;
  if (draft.text) record(draft, draft.text, draft.madeBy);
  record(draft, version, "table");
}

/** The row's version as a full text, for the records; null when it cannot be written as one. */
export function rowAsText(
  draft: Draft,
  base: Base | null,
  row: RowContent,
  news: RowNews,
): TextContent | null {
  const from = base?.text ?? draft.text;
  try {
    if (from) return rendered(draft, from, news.changes, news.body ?? from.body);
  } catch (error) {
    if (!(error instanceof FrontrowError)) throw error;
  }
  try {
    return made(draft, row.fields, row.body ?? from?.body ?? "");
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
}

/** What a row says that hub and table had not agreed on. */
import { type Fields, sameValue, type Value } from "../document/mod.ts";
import { fieldOf } from "./merge.ts";
import type { Base, RowContent, TextContent } from "./types.ts";

export interface RowNews {
  changes: Map<string, Value>;
  /** null: the row has no news about the body. */
  body: string | null;
}

/**
 * The row's news. What was agreed on is what the text said, for columns it spoke of, and what the row held for the
 * others: so a default stays the row's own, while a user's trigger that rewrites what we wrote is news. A column the
 * base's row does not have (it was mapped later) is met for the first time. A null is news only where there was a value
 * the text knew.
 */
export function rowNews(base: Base | null, row: RowContent, extra: string | undefined): RowNews {
  const changes = new Map<string, Value>();
  const saidThen = saidFields(base);
  for (const [column, value] of Object.entries(row.fields)) {
    const said = fieldOf(saidThen, column);
    const held = fieldOf(base?.row?.fields, column);
    const empty = value === null || (column === extra && value === "{}");
    if (empty && said === undefined) continue;
    if (held !== undefined && sameValue(value, said === undefined ? held : said)) continue;
    changes.set(column, value);
  }
  return { changes, body: row.body === null || row.body === saidBody(base) ? null : row.body };
}

/** What the base's text said of the columns the table had then. */
export function saidFields(base: Base | null): Fields {
  const known = base?.row?.fields ?? {};
  return Object.fromEntries(
    Object.entries(base?.text.fields ?? {}).filter(([column]) => Object.hasOwn(known, column)),
  );
}

/** What the base's text said in the body, if the table had one then. */
export function saidBody(base: Base | null): string {
  return base?.row?.body == null ? "" : base.text.body;
}

/** Whether a text already says all of the row's news. */
export function says(text: TextContent, { changes, body }: RowNews): boolean {
  if (body !== null && body !== text.body) return false;
  return [...changes].every(([column, value]) => sameValue(fieldOf(text.fields, column), value));
}

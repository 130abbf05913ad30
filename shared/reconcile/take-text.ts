/** A person wrote the document as it shall be: both sides take it, and what both said goes into the history. */
import { baseOf, type Draft, note, record, sideOf } from "./draft.ts";
import { fileOf } from "./pull-file.ts";
import { rowOf } from "./pull-table.ts";
import { rowNews } from "./row-news.ts";
import { rowAsText } from "./row-record.ts";
import type { TextContent } from "./types.ts";

/** Makes the hub's text the given one. A column the row has news about and the text does not speak of is cleared. */
export function takeText(draft: Draft, text: TextContent): void {
  const base = draft.input.hub?.text?.text ?? null;
  const file = recordFile(draft);
  const row = recordRow(draft, text);
  note(draft, {
    overlaps: [{ column: "(document)" }],
    held: false,
    decidedBy: "person",
    base,
    file: file?.text ?? null,
    row: row?.text ?? null,
    merged: text.text,
  });
  draft.text = text;
  draft.madeBy = "merge";
}

function recordFile(draft: Draft): TextContent | null {
  const side = sideOf(draft, "bucket");
  const file = side && fileOf(side);
  if (file) draft.bucketRevision = record(draft, file, "bucket");
  return file;
}

function recordRow(draft: Draft, text: TextContent): TextContent | null {
  const side = sideOf(draft, "table");
  const row = side && rowOf(side);
  if (!side || !row) return null;
  const base = baseOf(draft, side);
  const news = rowNews(base, row, draft.input.mapping.extra);
  draft.cleared = [...news.changes.keys()].filter((column) => !Object.hasOwn(text.fields, column));
  const version = rowAsText(draft, base, row, news);
  if (version) record(draft, version, "table");
  return version;
}

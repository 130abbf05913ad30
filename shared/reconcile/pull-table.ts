/** Folds a row's news into the hub's text. */

import { sameValue, type Value } from "../document/mod.ts";
import { decide } from "./decide.ts";
import { deleteAgainstEdit } from "./delete-against-edit.ts";
import {
  attempted,
  baseOf,
  type Draft,
  heldPlan,
  isRuledBy,
  made,
  note,
  quarantineOnFailure,
  record,
  rendered,
  ruling,
} from "./draft.ts";
import { changesOf, fieldOf, type MergeRules } from "./merge.ts";
import type { MergedBody } from "./merge-body.ts";
import { mergeBodyAs, mergeFieldsAs } from "./resolution.ts";
import { type RowNews, rowNews, saidBody, saidFields, says } from "./row-news.ts";
import { isForeign, keepRowOut, keepVersion, rowAsText } from "./row-record.ts";
import type { Base, Plan, RowContent, Side, TextContent } from "./types.ts";

/** Pulls the row. Returns a plan only when it ends the matter: held or quarantined. */
export function pullTable(draft: Draft, side: Side): Plan | null {
  const base = baseOf(draft, side);
  const row = rowOf(side);
  const hub = draft.text;
  const news = row ? rowNews(base, row, draft.input.mapping.extra) : { changes: new Map(), body: null };
  const isNews = news.changes.size > 0 || news.body !== null;
  if (draft.input.policies.direction === "files-to-rows") return row && keepRowOut(draft, base, row);
  const decision = decide({
    base: base !== null,
    hub: hub === null ? "absent" : base !== null && !hubHasNews(base, hub, row) ? "same" : "changed",
    replica: row === null ? "absent" : base !== null && !isNews ? "same" : "changed",
    agree: hub !== null && says(hub, news),
  });
  switch (decision) {
    case "create-in-hub":
      return quarantineOnFailure(side, () => createFromRow(draft, row!));
    case "write-hub":
    case "merge":
      return quarantineOnFailure(side, () => mergeRow(draft, side, row!, news));
    case "tombstone":
      draft.text = null;
      return null;
    case "delete-against-edit":
      return quarantineOnFailure(side, () => settleDeletion(draft, base!, row, news));
    default:
      return null;
  }
}

/** The row as read; null when there is none. */
export function rowOf(side: Side): RowContent | null {
  const { reading } = side;
  if (reading.state === "unchanged") {
    if (!side.base?.row) throw new Error("a row cannot be unchanged without a base");
    return side.base.row;
  }
  if (reading.state !== "found") return null;
  if (reading.content.kind !== "row") throw new Error("what the table holds must be a row");
  return reading.content;
}

/** Against a row, a text that only looks different is no news; against a deletion every edit counts. */
function hubHasNews(base: Base, hub: TextContent, row: RowContent | null): boolean {
  if (row === null) return hub.text !== base.text.text;
  return changesOf(saidFields(base), hub.fields).size > 0 || hub.body !== saidBody(base);
}

function createFromRow(draft: Draft, row: RowContent): null {
  const fields = Object.entries(row.fields).filter(([column]) => !isRuledBy(draft, column, "bucket"));
  const all = made(draft, row.fields, row.body ?? "");
  draft.text = made(draft, Object.fromEntries(fields), row.body ?? "");
  if (draft.text.text !== all.text) record(draft, all, "table");
  draft.madeBy = "table";
  return null;
}

function settleDeletion(draft: Draft, base: Base, row: RowContent | null, news: RowNews): Plan | null {
  const hub = draft.text;
  const counted = { changes: countedChanges(draft, news), body: news.body };
  // A row edited only where its word does not count does not stand in the way of a deletion; it is kept in the history.
  if (row && counted.changes.size === 0 && counted.body === null) {
    keepVersion(draft, rowAsText(draft, base, row, news));
    draft.text = null;
    return null;
  }
  const edited = row && rendered(draft, base.text, counted.changes, news.body ?? base.text.body);
  const texts = { base: base.text.text, file: hub?.text ?? null, row: edited?.text ?? null };
  const verdict = deleteAgainstEdit(draft, texts);
  if (verdict === "held") return heldPlan(draft.note!);
  if (counted.changes.size < news.changes.size) keepVersion(draft, rowAsText(draft, base, row!, news));
  if (verdict === "restore") {
    draft.text = edited ?? hub;
    if (edited) draft.madeBy = "table";
    return null;
  }
  if (edited) record(draft, edited, "table");
  if (hub) record(draft, hub, draft.madeBy);
  draft.text = null;
  return null;
}

/** What the row says in columns in which its word counts. */
function countedChanges(draft: Draft, { changes }: RowNews): Map<string, Value> {
  return new Map([...changes].filter(([column]) => !isRuledBy(draft, column, "bucket")));
}

function mergeRow(draft: Draft, side: Side, row: RowContent, news: RowNews): Plan | null {
  const base = baseOf(draft, side);
  const hub = draft.text!;
  const { held, rules } = ruling(draft, side);
  const said = saidFields(base);
  const ours = changesOf(said, hub.fields);
  const theirs = countedChanges(draft, news);
  const { resolution } = draft.input;
  const merged = mergeFieldsAs(resolution, "ours", { ...base?.row?.fields, ...said }, ours, theirs, rules);
  const body = mergeNews(draft, base, hub, news, rules);
  merged.overlaps.push(...body.overlaps);
  const changes = new Map<string, Value | undefined>();
  for (const [column, value] of merged.changes) {
    if (!sameValue(fieldOf(hub.fields, column), value)) changes.set(column, value);
  }
  const write = () => rendered(draft, hub, changes, body.value);
  if (merged.overlaps.length > 0) {
    const asText = rowAsText(draft, base, row, news);
    const texts = { base: base?.text.text ?? null, file: hub.text, row: asText?.text ?? null };
    const decidedBy = draft.input.policies.conflict;
    const attempt = attempted(write);
    const left = note(draft, { overlaps: merged.overlaps, held, decidedBy, ...texts, merged: attempt });
    if (left.held) return heldPlan(left);
    keepVersion(draft, asText);
  } else {
    const reverted = [...news.changes].filter(([column]) => !theirs.has(column));
    const foreign = reverted.some(([column, value]) => isForeign(base, column, value));
    if (foreign) keepVersion(draft, rowAsText(draft, base, row, news));
  }

  const text = write();
  if (text === hub) return null;
  draft.madeBy = ours.size > 0 || draft.revisions.length > 0 ? "merge" : "table";
  draft.text = text;
  return null;
}

function mergeNews(
  draft: Draft,
  base: Base | null,
  hub: TextContent,
  { body }: RowNews,
  rules: MergeRules,
): Pick<MergedBody, "value" | "overlaps"> {
  if (body === null) return { value: hub.body, overlaps: [] };
  const { resolution, policies } = draft.input;
  return mergeBodyAs(resolution, "ours", saidBody(base), hub.body, body, policies.bodyMerge, rules);
}

/** Folds a file's news, from the bucket or from an imported directory, into the hub's text. */

import { type Fields, sameValue } from "../document/mod.ts";
import { decide } from "./decide.ts";
import { deleteAgainstEdit } from "./delete-against-edit.ts";
import {
  attempted,
  baseOf,
  type Draft,
  heldPlan,
  isRuledBy,
  note,
  quarantineOnFailure,
  record,
  rendered,
  ruling,
  sideOf,
} from "./draft.ts";
import { changesOf, fieldOf } from "./merge.ts";
import { mergeBodyAs, mergeFieldsAs } from "./resolution.ts";
import type { Plan, Side, TextContent } from "./types.ts";

/** Pulls one file. Returns a plan only when it ends the matter: held or quarantined. */
export function pullFile(draft: Draft, side: Side): Plan | null {
  const base = baseOf(draft, side);
  const file = fileOf(side);
  const hub = draft.text;
  const decision = decide({
    base: base !== null,
    hub: hub === null ? "absent" : hub.text === base?.text.text ? "same" : "changed",
    replica: file === null ? "absent" : file.text === base?.text.text ? "same" : "changed",
    agree: hub !== null && hub.text === file?.text,
  });
  if (draft.input.policies.direction === "rows-to-files") return keepOut(draft, side, file);
  switch (decision) {
    case "create-in-hub":
    case "write-hub":
    case "merge":
      return quarantineOnFailure(side, () => mergeFile(draft, side, file!));
    case "tombstone":
      draft.text = null;
      return null;
    case "delete-against-edit": {
      const texts = { base: base!.text.text, file: file?.text ?? null, row: hub?.text ?? null };
      const verdict = deleteAgainstEdit(draft, texts);
      if (verdict === "held") return heldPlan(draft.note!);
      if (file === null) {
        if (verdict === "delete") draft.text = null;
        return null;
      }
      if (verdict === "restore") return quarantineOnFailure(side, () => mergeFile(draft, side, file));
      recordFile(draft, side, file);
      return null;
    }
    default:
      return null;
  }
}

/** The file as read; null when there is none. */
export function fileOf(side: Side): TextContent | null {
  const { reading } = side;
  if (reading.state === "unchanged") {
    if (!side.base) throw new Error("a replica cannot be unchanged without a base");
    return side.base.text;
  }
  if (reading.state !== "found") return null;
  if (reading.content.kind !== "text") throw new Error("what a file holds must be a text");
  return reading.content;
}

function recordFile(draft: Draft, side: Side, file: TextContent): void {
  const revision = record(draft, file, side.store);
  if (side.store === "bucket") draft.bucketRevision = revision;
}

/** The file's text is what the merge is written into: its comments, order and formatting win. */
function mergeFile(draft: Draft, side: Side, file: TextContent): Plan | null {
  const base = baseOf(draft, side)?.text;
  const hub = draft.text;
  const { held, rules } = ruling(draft, side);
  const theirs = changesOf(base?.fields, file.fields);
  const ours = hub ? changesOf(base?.fields, hub.fields) : new Map();
  const reverted = hasRow(draft)
    ? [...theirs.keys()].filter((column) => isRuledBy(draft, column, "table"))
    : [];
  for (const column of reverted) theirs.delete(column);
  const { resolution } = draft.input;
  const merged = mergeFieldsAs(resolution, "theirs", base?.fields ?? {}, ours, theirs, rules);
  for (const column of reverted) merged.changes.set(column, fieldOf((hub ?? base)?.fields, column));
  const { bodyMerge } = draft.input.policies;
  const from = base?.body ?? "";
  const body = hub
    ? mergeBodyAs(resolution, "theirs", from, hub.body, file.body, bodyMerge, rules)
    : { value: file.body, overlaps: [] };
  merged.overlaps.push(...body.overlaps);

  const changes = new Map(
    [...merged.changes].filter(([column, value]) => differs(file.fields, column, value)),
  );
  const write = () => rendered(draft, file, changes, body.value);
  if (merged.overlaps.length > 0) {
    const texts = { base: base?.text ?? null, file: file.text, row: hub?.text ?? null };
    const decidedBy = draft.input.policies.conflict;
    const attempt = attempted(write);
    const left = note(draft, { overlaps: merged.overlaps, held, decidedBy, ...texts, merged: attempt });
    if (left.held) return heldPlan(left);
    if (hub) record(draft, hub, draft.madeBy);
  }
  const text = write();
  recordFile(draft, side, file);
  draft.madeBy = text === file ? side.store : "merge";
  draft.text = text;
  return null;
}

/** Before there is a row, the table has no word that could count more than the file's. */
function hasRow(draft: Draft): boolean {
  const side = sideOf(draft, "table");
  return side !== null && (side.reading.state !== "absent" || baseOf(draft, side) !== null);
}

function differs(fields: Fields, column: string, value: Fields[string] | undefined): boolean {
  return !sameValue(fieldOf(fields, column), value);
}

/**
 * Rows to files: the file's news stays out, and what the push writes over is kept in the history. A file met for the
 * first time keeps everything that is not the table's: comments, order, keys without a column.
 */
function keepOut(draft: Draft, side: Side, file: TextContent | null): Plan | null {
  const base = baseOf(draft, side);
  if (file === null || file.text === base?.text.text || file.text === draft.text?.text) return null;
  const hub = draft.text;
  if (side.store !== "bucket" || (hub === null && base === null)) return null;
  if (hub === null || base !== null) {
    recordFile(draft, side, file);
    return null;
  }
  return quarantineOnFailure(side, () => {
    const body = draft.input.hasBody ? hub.body : file.body;
    draft.text = rendered(draft, file, changesOf(file.fields, hub.fields), body);
    recordFile(draft, side, file);
    draft.madeBy = "merge";
    return null;
  });
}

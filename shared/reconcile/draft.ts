/** What reconcile works on while it folds one store's news after the other into the hub's text. */

import type { Fields } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { MergeRules } from "./merge.ts";
import { isSettled, keptSide } from "./resolution.ts";
import type {
  Base,
  Changes,
  ConflictNote,
  NewRevision,
  Overlap,
  Plan,
  ReconcileInput,
  Side,
  StoreName,
  TextContent,
} from "./types.ts";

export interface Draft {
  readonly input: ReconcileInput;
  /** The hub's text as it comes out; null: no document. */
  text: TextContent | null;
  /** Where `text` became what it is. */
  madeBy: NewRevision["store"];
  readonly revisions: NewRevision[];
  /** The revision, counted from the plan's start, that is exactly the bucket's replica as read; null: none yet. */
  bucketRevision: number | null;
  /** Columns the row is to lose although the base's text never spoke of them. */
  cleared: readonly string[];
  note: ConflictNote | null;
}

export function startDraft(input: ReconcileInput): Draft {
  const text = input.hub?.text ?? null;
  return { input, text, madeBy: "merge", revisions: [], bucketRevision: null, cleared: [], note: null };
}

/** The base of a side, if the hub still knows the document. An imported directory has the bucket's. */
export function baseOf(draft: Draft, side: Side): Base | null {
  if (draft.input.hub === null) return null;
  if (side.store !== "directory") return side.base;
  return side.base ?? sideOf(draft, "bucket")?.base ?? null;
}

export function sideOf(draft: Draft, store: StoreName): Side | null {
  return draft.input.sides.find((side) => side.store === store) ?? null;
}

/** Appends a text to the history unless it is its last entry already; returns its number from the plan's start. */
export function record(draft: Draft, content: TextContent, store: NewRevision["store"]): number {
  const { revisions } = draft;
  const last = revisions.at(-1)?.text ?? draft.input.hub?.text?.text;
  if (last !== content.text) {
    revisions.push({ text: content.text, fields: content.fields, body: content.body, store });
  }
  return revisions.length;
}

/** A text with changes rendered into it. The catch-all is rendered key by key, so gone means no keys. */
export function rendered(draft: Draft, from: TextContent, changes: Changes, body: string): TextContent {
  const { codec, mapping } = draft.input;
  if (changes.size === 0 && body === from.body) return from;
  const all = new Map(changes);
  if (mapping.extra !== undefined && all.has(mapping.extra))
    all.set(mapping.extra, all.get(mapping.extra) ?? "{}");
  const newBody = body === from.body ? undefined : body;
  return contentOf(draft, codec.renderDocument(from.document, mapping, all, newBody));
}

/** A text made from nothing. Columns that are null are left out. */
export function made(draft: Draft, fields: Fields, body: string): TextContent {
  const present = Object.entries(fields).filter(([, value]) => value !== null);
  return contentOf(
    draft,
    draft.input.codec.newDocument(draft.input.mapping, Object.fromEntries(present), body),
  );
}

function contentOf(draft: Draft, text: string): TextContent {
  const { codec, mapping } = draft.input;
  const document = codec.parseDocument(text);
  return { kind: "text", text, document, fields: codec.readFields(document, mapping), body: document.body };
}

/** Runs what renders `side`'s news; a text that cannot be written is that side's to mend. */
export function quarantineOnFailure(side: Side, render: () => Plan | null): Plan | null {
  try {
    return render();
  } catch (error) {
    if (!(error instanceof FrontrowError) || error.retryable || !("version" in side.reading)) throw error;
    return quarantined(side.store, side.reading.version, error);
  }
}

/** Whose version an overlap takes, and whether a person must say. */
export function ruling(draft: Draft, pulled: Side): { held: boolean; rules: MergeRules } {
  const { policies, mapping } = draft.input;
  const fileSide = pulled.store === "table" ? "ours" : "theirs";
  const rowSide = pulled.store === "table" ? "theirs" : "ours";
  const kept = keptSide(draft.input.resolution);
  const fileWins = kept === null ? fileIsPreferred(draft, pulled) : kept === "file";
  const held = policies.conflict === "merge" || policies.conflict === "manual";
  const strict = policies.conflict === "manual";
  return { held, rules: { mapping, lists: policies.lists, prefer: fileWins ? fileSide : rowSide, strict } };
}

/** Whether only `store` may change a column. One way, the direction says who may. */
export function isRuledBy(
  { input: { policies } }: Draft,
  column: string,
  store: "bucket" | "table",
): boolean {
  return policies.direction === "two-way" && policies.authority[column] === store;
}

/** A row that is gone wins nothing: what the hub still holds of it is not newer than a file that is there. */
function fileIsPreferred(draft: Draft, pulled: Side): boolean {
  const { conflict } = draft.input.policies;
  if (pulled.store !== "table" && isGone(draft, sideOf(draft, "table"))) return true;
  return conflict === "newest" ? !rowIsNewer(draft, pulled) : conflict === "file-wins";
}

/** Whether a store has deleted what it once agreed on. */
function isGone(draft: Draft, side: Side | null): boolean {
  return side !== null && side.reading.state === "absent" && baseOf(draft, side) !== null;
}

/** By the database's clock; a tie goes to the file. */
function rowIsNewer(draft: Draft, pulled: Side): boolean {
  const file = pulled.store === "table" ? sideOf(draft, "bucket") : pulled;
  return instant(sideOf(draft, "table")) > instant(file);
}

/** Comparable as text: fractions have no trailing zeros, so the zone must not be compared. */
function instant(side: Side | null): string {
  return (side?.dirtyAt ?? "").replace(/(?:Z|\+00(?::00)?)$/, "").replace(" ", "T");
}

/**
 * Adds to the record of what overlapped; one plan has one record, with the file as it was read and not as an earlier
 * decision of this plan left it. What a person has decided is not held.
 */
export function note(draft: Draft, added: ConflictNote): ConflictNote {
  const overlaps: Overlap[] = [...(draft.note?.overlaps ?? []), ...added.overlaps];
  const base = draft.note ? draft.note.base : added.base;
  const file = draft.note?.file ?? added.file;
  draft.note = { ...added, overlaps, base, file };
  if (isSettled(draft.input.resolution, overlaps)) {
    draft.note = { ...draft.note, held: false, decidedBy: "person" };
  }
  return draft.note;
}

/** A text as far as it can be written. */
export function attempted(write: () => TextContent): string | null {
  try {
    return write().text;
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
}

export const NOTHING: Plan = {
  outcome: "unchanged",
  revisions: [],
  tombstone: false,
  bases: {},
  row: null,
  object: null,
  quarantine: null,
  conflict: null,
  deferred: null,
};

export function heldPlan(conflict: ConflictNote): Plan {
  return { ...NOTHING, outcome: "conflict", conflict };
}

export function deferredPlan(deferred: FrontrowError): Plan {
  return { ...NOTHING, outcome: "deferred", deferred };
}

export function quarantined(store: StoreName, version: string, error: FrontrowError): Plan {
  return { ...NOTHING, outcome: "quarantined", quarantine: { store, version, error } };
}

/**
 * Decides everything about one document. Pure: the same input gives the same plan.
 *
 * First every store's news is pulled into the hub's text, one store after the other; then the text that comes out is
 * compared with every store. Carrying out the plan and reconciling again finds nothing to do.
 */
import { type Draft, deferredPlan, heldPlan, quarantined, record, sideOf, startDraft } from "./draft.ts";
import { pullFile } from "./pull-file.ts";
import { pullTable } from "./pull-table.ts";
import { pushBucket, pushTable } from "./push.ts";
import { takeText } from "./take-text.ts";
import type { Outcome, Overlap, Plan, ReconcileInput, Side } from "./types.ts";

/** Decides what is to be done for one document. */
export function reconcile(input: ReconcileInput): Plan {
  const stopped = unreadable(input.sides);
  if (stopped) return stopped;
  const draft = startDraft(input);
  if (input.resolution && "text" in input.resolution) takeText(draft, input.resolution.text);
  else if (isGoneEverywhere(draft)) draft.text = null;
  else {
    const ended = pull(draft, pullOrder(input));
    if (ended) return ended.by === "table" ? ended.plan : withRow(input, ended.plan);
  }
  return push(draft);
}

interface Ended {
  plan: Plan;
  by: Side["store"];
}

/** Pulls one store after the other, until one ends the matter. */
function pull(draft: Draft, sides: readonly Side[]): Ended | null {
  for (const side of sides) {
    const plan = side.store === "table" ? pullTable(draft, side) : pullFile(draft, side);
    if (plan) return { plan, by: side.store };
  }
  return null;
}

/**
 * A file that overlaps with the hub ends the matter before the row is looked at; but a person must decide about the row
 * that is there, not about what the hub last heard of it. So the row is pulled first, and the file compared with that.
 */
function withRow(input: ReconcileInput, held: Plan): Plan {
  if (held.conflict === null || input.policies.direction !== "two-way") return held;
  const draft = startDraft(input);
  const ended = pull(draft, tableFirst(input.sides));
  if (ended === null) return push(draft);
  const conflict = ended.plan.conflict;
  if (conflict === null) return held;
  if (ended.by !== "table") return ended.plan;
  // The row overlaps with the hub as well: both stand in one record.
  return heldPlan({
    ...held.conflict,
    overlaps: union(held.conflict.overlaps, conflict.overlaps),
    row: conflict.row,
  });
}

function union(some: readonly Overlap[], more: readonly Overlap[]): Overlap[] {
  const said = new Set(some.map((overlap) => JSON.stringify(overlap)));
  return [...some, ...more.filter((overlap) => !said.has(JSON.stringify(overlap)))];
}

/** One replica that is no document, or that could not be read, and nothing is written anywhere. */
function unreadable(sides: readonly Side[]): Plan | null {
  for (const { store, reading } of sides) {
    if (reading.state === "invalid") return quarantined(store, reading.version, reading.error);
  }
  for (const { reading } of sides) {
    if (reading.state === "unknown") return deferredPlan(reading.error);
  }
  return null;
}

/** Rows that lead come first, so that a file met for the first time is compared with them. */
function pullOrder({ sides, policies }: ReconcileInput): readonly Side[] {
  return policies.direction === "rows-to-files" ? tableFirst(sides) : sides;
}

function tableFirst(sides: readonly Side[]): readonly Side[] {
  return [...sides].sort((a, b) => Number(b.store === "table") - Number(a.store === "table"));
}

/** Both stores agreed once and both have deleted it since: whatever the hub holds, nobody wants it. */
function isGoneEverywhere(draft: Draft): boolean {
  const stores = [sideOf(draft, "bucket"), sideOf(draft, "table")];
  const imported = sideOf(draft, "directory")?.reading.state === "found";
  return !imported && stores.every((side) => side?.base != null && side.reading.state === "absent");
}

function push(draft: Draft): Plan {
  const before = draft.input.hub?.text ?? null;
  if (draft.text) record(draft, draft.text, draft.madeBy);
  const tombstone = draft.text === null && (before !== null || draft.revisions.length > 0);
  const table = pushTable(draft);
  const bucket = pushBucket(draft);
  const bases: Plan["bases"] = {};
  if (bucket.base) bases.bucket = bucket.base;
  if (table.base) bases.table = table.base;
  const plan: Plan = {
    outcome: "unchanged",
    revisions: draft.revisions,
    tombstone,
    bases,
    row: table.write,
    object: bucket.write,
    quarantine: null,
    conflict: draft.note,
    deferred: null,
  };
  return { ...plan, outcome: outcomeOf(plan, draft) };
}

function outcomeOf(plan: Plan, draft: Draft): Outcome {
  if (plan.tombstone || plan.row?.op === "delete" || plan.object?.op === "delete") return "deleted";
  if (plan.revisions.some((revision) => revision.store === "merge")) return "merged";
  if (draft.text && !draft.input.hub?.text) return "created";
  if (plan.revisions.length > 0 || plan.row || plan.object) return "updated";
  return Object.keys(plan.bases).length > 0 ? "adopted" : "unchanged";
}

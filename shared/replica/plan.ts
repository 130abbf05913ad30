/**
 * Decides about one document of a clone, by the engine that decides in the cloud. Pure. To reconcile the working file is
 * the file (`bucket`) and the origin a `peer`; there is no table.
 */
import { digest, encode } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import { labelOf, type Resolution } from "../reconcile/resolution.ts";
import type { Plan, Policies, Side } from "../reconcile/types.ts";
import { type Binding, readFile, readText } from "../sync/binding.ts";
import type { Incoming, LocalApply, LocalBase, LocalConflict, LocalDocument, Maker } from "./local-hub.ts";
import { incomingReading, readingOf, readSide, textReader } from "./sides.ts";

/** What happens where both sides changed the same thing. `manual`: it waits for a person. */
export type LocalStrategy = "manual" | "ours" | "theirs";

export interface PlanInput {
  binding: Binding;
  strategy: LocalStrategy;
  path: string;
  document: LocalDocument | null;
  /** A revision's text. */
  textOf(revision: number): string | null;
  file: FileReading;
  incoming: Incoming | null;
  /** The document's open conflict, with a person's decision. */
  conflict: LocalConflict | null;
  author: string | null;
  message: string | null;
}

/** What the folder says of a document. `unchanged`: it is at the base's version. */
export type FileReading =
  | { state: "found"; version: string; bytes: Uint8Array }
  | { state: "unchanged"; version: string }
  | { state: "absent" };

export interface LocalPlan {
  outcome: Plan["outcome"];
  /** null: there is nothing to remember. */
  apply: LocalApply | null;
  /** What is to be done with the file afterwards; `base`: the version it must still have, null when there is none. */
  file: { text: string | null; base: string | null; revision: number } | null;
}

export function planDocument(input: PlanInput): LocalPlan {
  const { binding, document, incoming, conflict } = input;
  const known = textReader(input);
  const hubText = document === null || document.deleted ? null : known(document.revision);
  const file = readSide("bucket", document?.directory ?? null, readingOf(input), known);
  const sides: Side[] = [file];
  if (incoming !== null) {
    sides.push(readSide("peer", document?.peer ?? null, incomingReading(input, incoming), known));
    // A document that is made again, here or there, was not deleted.
    const isBack = incoming.text !== null && hubText === null;
    if (isBack && file.reading.state === "absent") sides[0] = { ...file, base: null };
  }
  const decide = (resolution: Resolution | null): Plan =>
    reconcile({
      hub: document === null ? null : { revision: document.revision, text: hubText },
      sides,
      mapping: binding.columns.mapping,
      policies: policiesOf(input),
      codec: binding.codec,
      hasBody: binding.collection.body !== null,
      resolution,
    });
  const undecided = decide(null);
  const names = namesOf(undecided, sides);
  const resolution = isAbout(conflict, undecided, names) ? resolutionOf(input, conflict, names) : null;
  const plan = resolution === null ? undecided : decide(resolution);
  return localPlan(input, refusedIfUnreadable(input, plan), names, resolution !== null);
}

/** How the two sides of an overlap are called here. */
type Names = Readonly<Record<"ours" | "theirs", "file" | "row">>;

/**
 * What came from the origin is theirs. Where it was merged into the hub before, and the file was edited before it was
 * written there, it is the working file that is ours.
 */
function namesOf({ conflict }: Plan, sides: readonly Side[]): Names {
  const isFiles = (store: Side["store"]): boolean => {
    const reading = sides.find((side) => side.store === store)?.reading;
    return reading?.state === "found" && "text" in reading.content && reading.content.text === conflict?.file;
  };
  const isWorking = isFiles("bucket") && !isFiles("peer");
  return isWorking ? { ours: "file", theirs: "row" } : { ours: "row", theirs: "file" };
}

/** A decision is about the versions that the person saw; when one has moved since, it is another question. */
function isAbout(conflict: LocalConflict | null, { conflict: now }: Plan, { ours, theirs }: Names): boolean {
  return now !== null && conflict?.ours === now[ours] && conflict.theirs === now[theirs];
}

/** The table has no word here, and every column may be edited on both sides. */
function policiesOf({ binding: { policies }, strategy, incoming }: PlanInput): Policies {
  const [ours, theirs] =
    incoming === null ? (["file-wins", "row-wins"] as const) : (["row-wins", "file-wins"] as const);
  const conflict = strategy === "manual" ? "merge" : strategy === "theirs" ? theirs : ours;
  return { ...policies, conflict, direction: "two-way", authority: {} };
}

function resolutionOf(
  { binding }: PlanInput,
  conflict: LocalConflict | null,
  names: Names,
): Resolution | null {
  const decision = conflict?.decision;
  if (!decision) return null;
  if ("text" in decision) return { text: readText(binding, decision.text) };
  if ("keep" in decision) return { keep: names[decision.keep] };
  return {
    fields: Object.fromEntries(Object.entries(decision.fields).map(([label, side]) => [label, names[side]])),
  };
}

/** A merged text must be a document of the collection, as the origin would refuse it otherwise: then a person looks. */
function refusedIfUnreadable({ binding, path, incoming }: PlanInput, plan: Plan): Plan {
  const text = plan.revisions.at(-1);
  if (text?.store !== "merge" || plan.tombstone) return plan;
  try {
    readFile(binding, path, encode(text.text));
    return plan;
  } catch (error) {
    if (!(error instanceof FrontrowError) || error.retryable) throw error;
    return {
      ...plan,
      outcome: "quarantined",
      quarantine: { store: "peer", version: String(incoming?.revision ?? ""), error },
    };
  }
}

function localPlan(input: PlanInput, plan: Plan, names: Names, isDecided: boolean): LocalPlan {
  const { binding, path, document, incoming, conflict, author, message } = input;
  const name = { collection: binding.collection.name, path };
  const expect = document?.revision ?? null;
  const empty = { ...name, expect, revisions: [], tombstone: false, author, message };
  if (plan.quarantine) {
    const { store, version, error } = plan.quarantine;
    const said = {
      store: makerOf(store) === "directory" ? ("directory" as const) : ("peer" as const),
      version,
      code: error.code,
      message: error.message,
      line: error.line ?? null,
      hint: error.hint ?? null,
    };
    return { outcome: "quarantined", apply: { ...empty, quarantine: said }, file: null };
  }
  const noted = plan.conflict && {
    overlapping: plan.conflict.overlaps.map(labelOf),
    held: plan.conflict.held,
    decidedBy: isDecided ? "person" : plan.conflict.decidedBy,
    base: plan.conflict.base,
    ours: plan.conflict[names.ours],
    theirs: plan.conflict[names.theirs],
    merged: plan.conflict.merged,
  };
  if (noted?.held) return { outcome: "conflict", apply: { ...empty, conflict: noted }, file: null };

  const before = document?.revision ?? 0;
  const after = before + plan.revisions.length + (plan.tombstone ? 1 : 0);
  const apply: LocalApply = {
    ...empty,
    revisions: plan.revisions.map(({ text, fields, body, store }) => ({
      text,
      digest: digest(fields, body),
      maker: makerOf(store),
      author: store === "peer" ? (incoming?.author ?? null) : author,
    })),
    tombstone: plan.tombstone,
    quarantine: null,
  };
  const directory = plan.bases.bucket;
  if (directory !== undefined)
    apply.directory =
      directory === "drop" ? null : { version: directory.version, revision: before + directory.revision };
  if (incoming !== null) {
    apply.taken = incoming;
    apply.peer = peerBase(input, incoming, plan, before);
  }
  if (noted !== null || conflict !== null) apply.conflict = noted;
  const isQuiet =
    plan.outcome === "unchanged" && incoming === null && conflict === null && directory === undefined;
  return {
    outcome: plan.outcome,
    apply: isQuiet && !document?.quarantined ? null : apply,
    file: plan.object && {
      text: plan.object.op === "put" ? plan.object.text : null,
      base: plan.object.expect,
      revision: after,
    },
  };
}

function makerOf(store: Plan["revisions"][number]["store"]): Maker {
  if (store === "bucket") return "directory";
  return store === "peer" ? "peer" : "merge";
}

/** The local revision that is, byte for byte, the origin's: the newest of them. */
function peerBase(
  { document, textOf }: PlanInput,
  { revision, text }: Incoming,
  plan: Plan,
  before: number,
): LocalBase | null {
  if (text === null) return null;
  const version = String(revision);
  const made = plan.revisions.findLastIndex((one) => one.text === text);
  if (made >= 0) return { version, revision: before + made + 1 };
  if (document !== null && !document.deleted && document.text === text) return { version, revision: before };
  const base = document?.peer ?? null;
  if (base !== null && textOf(base.revision) === text) return { version, revision: base.revision };
  throw new Error("the origin's text is in no revision");
}

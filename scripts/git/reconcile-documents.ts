/**
 * Merges two versions of a document with Frontrow's own engine: fields one by one, the body by sections. Where both sides
 * said different things the remote's word stays, as others have it already; ours stays in the history and is remembered.
 */
import { FrontrowError } from "../../shared/errors.ts";
import { mergeBody } from "../../shared/reconcile/merge-body.ts";
import { reconcile } from "../../shared/reconcile/reconcile.ts";
import type { Base, Codec, Overlap, Plan, Policies, TextContent } from "../../shared/reconcile/types.ts";
import { type Binding, readText } from "../../shared/sync/binding.ts";
import type { Reconcile, Versions } from "./reconcile.ts";

/** How the documents of one collection are read, and what its policies say. */
export interface Reader {
  mapping: Binding["columns"]["mapping"];
  codec: Codec;
  policies: Policies;
  /** @throws {FrontrowError} when it is no document. */
  read(text: string): TextContent;
}

/** What both sides changed, byte for byte, and what became of it. */
export interface Overlapped extends Versions {
  overlaps: readonly Overlap[];
  text: string | null;
}

export interface DocumentMerge {
  /** null: no collection has this path; it is merged by lines. */
  readerOf(path: string): Reader | null;
  /** Remembers it; the merge goes on when it is written down. The same one may be told twice. */
  onOverlap(overlapped: Overlapped): void | Promise<void>;
}

export function readerOf(binding: Binding): Reader {
  const { columns, policies, codec } = binding;
  return { mapping: columns.mapping, codec, policies, read: (text) => readText(binding, text) };
}

export function createReconcile({ readerOf, onOverlap }: DocumentMerge): Reconcile {
  return async (versions) => {
    const reader = readerOf(versions.path);
    const { text, overlaps } = (reader && byFields(reader, versions)) ?? byLines(versions);
    if (overlaps.length > 0) await onOverlap({ ...versions, overlaps, text });
    return { text };
  };
}

type Decided = Pick<Overlapped, "overlaps" | "text">;

/** null: one of the versions is no document, or what comes out would be none. */
function byFields(reader: Reader, { base, ours, theirs }: Versions): Decided | null {
  try {
    const read = (text: string | null) => (text === null ? null : reader.read(text));
    const from = read(base);
    const file = read(ours);
    const plan = reconcile({
      hub: { revision: 2, text: read(theirs) },
      sides: [
        {
          store: "bucket",
          base: from && ({ version: "base", revision: 1, text: from, row: null } satisfies Base),
          reading: file === null ? { state: "absent" } : { state: "found", version: "ours", content: file },
          dirtyAt: null,
        },
      ],
      mapping: reader.mapping,
      policies: betweenFiles(reader.policies),
      codec: reader.codec,
      hasBody: true,
    });
    return decidedBy(plan, theirs);
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
}

function decidedBy(plan: Plan, theirs: string | null): Decided | null {
  if (plan.quarantine !== null || plan.deferred !== null) return null;
  const overlaps = plan.conflict?.overlaps ?? [];
  if (plan.conflict?.held) return { text: plan.conflict.merged ?? theirs ?? plan.conflict.file, overlaps };
  if (plan.tombstone) return { text: null, overlaps };
  return { text: plan.revisions.at(-1)?.text ?? theirs, overlaps };
}

/** Between two versions of a file no row leads, and no clock is to be trusted. */
function betweenFiles(policies: Policies): Policies {
  const conflict = policies.conflict === "manual" ? "manual" : "merge";
  return { ...policies, conflict, direction: "two-way", authority: {} };
}

function byLines({ base, ours, theirs }: Versions): Decided {
  if (ours === null || theirs === null) return { text: ours ?? theirs, overlaps: [{ column: "(document)" }] };
  const { value, overlap } = mergeBody(base ?? "", ours, theirs, "lines", {
    prefer: "theirs",
    strict: false,
  });
  return { text: value, overlaps: overlap ? [{ column: "(document)" }] : [] };
}

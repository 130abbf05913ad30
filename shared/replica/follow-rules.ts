/** What is scrubbed from a clone's folder has changed: its files are taken in by the old rules, then written by the new. */
import { FrontrowError } from "../errors.ts";
import { type Scrubbing, scrubbingOf, scrubSchema } from "../scrub/rules.ts";
import type { Clone, CloneOutcome } from "./clone.ts";
import { scrubFile } from "./scrubbed-files.ts";

/** In the hub: the rules by which the folder's files are scrubbed. */
const RULES = "scrub";

/** Outcomes after which a file is still an edit by the old rules. */
const WAITING = new Set(["deferred", "busy", "conflict", "quarantined", "held"]);

/**
 * `takeIn` brings the folder's news into the hub.
 * @throws {FrontrowError} `IN_THE_WAY` where a person must decide on edits that were made by the old rules.
 */
export async function followRules(
  clone: Clone,
  takeIn: (clone: Clone) => Promise<{ outcomes: readonly CloneOutcome[] }>,
): Promise<void> {
  const { scrubbing = null, hub } = clone;
  const kept = hub.get(RULES);
  const known = kept === null ? null : (JSON.parse(kept) as { fingerprint: string; written: unknown });
  if (known?.fingerprint === scrubbing?.fingerprint) return;
  const { outcomes } = await takeIn({ ...clone, scrubbing: formerRules(known?.written) });
  const waiting = outcomes.filter(({ outcome }) => WAITING.has(outcome));
  if (waiting.length > 0) {
    throw new FrontrowError(
      "IN_THE_WAY",
      `Cannot change what is scrubbed, as the edit of "${waiting[0]!.path}" waits for a person.`,
      {
        path: waiting[0]!.path,
        hint: "Put the old rules back, settle or undo that edit, and change them then.",
      },
    );
  }
  for (const { collection, path, deleted } of hub.entries()) {
    if (!deleted) await scrubFile({ ...clone, scrubbing }, { collection, path });
  }
  const { fingerprint, written } = scrubbing ?? {};
  hub.set(RULES, scrubbing === null ? null : JSON.stringify({ fingerprint, written }));
}

/** Their salt is not known any more: whatever is hashed has no opinion. */
function formerRules(written: unknown): Scrubbing | null {
  return written === undefined ? null : scrubbingOf(scrubSchema.parse(written), crypto.randomUUID());
}

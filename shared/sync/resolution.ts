/** A person's decision, from the wire to what reconcile obeys. */
import { encode } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { ClaimedDocument } from "../hub/hub.ts";
import type { Resolution } from "../reconcile/resolution.ts";
import { type Binding, readFile } from "./binding.ts";

/**
 * The decision on a claimed document. A given text that is no document of the collection decides nothing, so that the
 * question is asked again: whoever gives one checks it first with `readFile`.
 */
export function resolutionOf(binding: Binding, { path, resolution }: ClaimedDocument): Resolution | null {
  if (resolution === null || !("text" in resolution)) return resolution;
  try {
    return { text: readFile(binding, path, encode(resolution.text)) };
  } catch (error) {
    if (error instanceof FrontrowError && !error.retryable) return null;
    throw error;
  }
}

/** What `frontrow.yaml` wants scrubbed from what leaves for folders. */
import { type Scrubbing, scrubbingOf, type WrittenScrub } from "../../../shared/scrub/rules.ts";
import { projectFileOf } from "./project-file.ts";
import type { Call } from "./verb.ts";

type ScrubCall = Pick<Call, "io" | "out">;

/** null: nothing. @throws {FrontrowError} `CONFIG_INVALID`, or `USAGE` without the salt that a rule needs. */
export async function scrubbingOfProject(call: ScrubCall): Promise<Scrubbing | null> {
  const written = (await projectFileOf(call))?.directory.scrub ?? null;
  return written === null ? null : scrubbingOf(written, saltOf(call, written));
}

/** For copies that come back: whatever their hashes were made with, they say nothing. */
export function scrubbingOfCopy(call: ScrubCall, written: WrittenScrub): Scrubbing {
  const salt = saltOf(call, written);
  return scrubbingOf(written, salt !== undefined && salt.length >= 16 ? salt : crypto.randomUUID());
}

function saltOf({ io, out }: ScrubCall, { salt }: WrittenScrub): string | undefined {
  const value = salt === undefined ? undefined : io.environment[salt];
  if (value) out.hide(value);
  return value;
}

/** Writes one new document, and never over one that is there. */
import { type FailureCode, FrontrowError } from "../../../shared/errors.ts";
import { LOCAL_LIMITS } from "../../../shared/sync/budget.ts";
import { type PushAnswer, pushDocuments } from "../../../shared/sync/push.ts";
import type { Engine } from "./engine.ts";

export interface Created {
  /** Whether it is there now; false: another document is. */
  done: boolean;
  revision: number | null;
}

/** How often it is tried while somebody else is at the document, and the pause between, in milliseconds. */
const TRIES = 40;
const PAUSE = 100;

/** @throws {FrontrowError} what the table, the schema or Storage say against it. */
export async function createDocument(
  { hub, peer, bindings, bucket }: Engine,
  { collection, path, text, message }: { collection: string; path: string; text: string; message?: string },
): Promise<Created> {
  const request = crypto.randomUUID();
  let answer: PushAnswer | undefined;
  for (let round = 0; round < TRIES; round++) {
    [answer] = await pushDocuments({
      hub,
      peer,
      bindings,
      bucket,
      limits: LOCAL_LIMITS,
      request,
      reader: "",
      ...(message === undefined ? {} : { message }),
      items: [{ collection, path, expected: null, text }],
    });
    if (answer!.outcome !== "busy") break;
    await new Promise((done) => setTimeout(done, PAUSE));
  }
  const { outcome, revision = null, code, message: why, line, hint } = answer!;
  if (outcome === "accepted") return { done: true, revision };
  if (outcome === "newer") return { done: false, revision };
  const fallback: FailureCode = outcome === "busy" ? "STORE_UNAVAILABLE" : "IN_THE_WAY";
  throw new FrontrowError((code as FailureCode | undefined) ?? fallback, why ?? WORDS[outcome], {
    path,
    ...(line === undefined ? {} : { line }),
    ...(hint === undefined ? {} : { hint }),
  });
}

const WORDS = {
  busy: "The document could not be written now: somebody else is at it.",
  held: "A person must look at what is there first.",
  refused: "The document was refused.",
} as const;

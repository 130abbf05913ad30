/** One document of a clone: look at the file, decide, remember, write the file. Repeated when somebody moves meanwhile. */
import { digestText } from "../document/digest.ts";
import { encode } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { DocumentName } from "../hub/peer-hub.ts";
import { bindingOf, type Clone, type CloneOutcome } from "./clone.ts";
import type { LocalDocument } from "./local-hub.ts";
import { type FileReading, planDocument } from "./plan.ts";
import { leavingText, meantBytes, scrubFile } from "./scrubbed-files.ts";

const TRIES = 5;

export interface SettleOptions {
  /** Why, for the history. @default the outcome */
  message?: string | undefined;
  /** The file's version, where it was seen just now: it is not looked for once more. */
  seen?: string | undefined;
}

/**
 * What the hub remembers is durable before the file is written: after a crash the file is at its old base and is written
 * then. Never throws what is about this document alone.
 */
export async function settleDocument(
  clone: Clone,
  name: DocumentName,
  { message, seen }: SettleOptions = {},
): Promise<CloneOutcome> {
  const { hub } = clone;
  const said = (outcome: string, error?: FrontrowError): CloneOutcome => {
    const one = { ...name, outcome, ...(error === undefined ? {} : { error }) };
    clone.onOutcome?.(one);
    return one;
  };
  for (let tries = 1; tries <= TRIES; tries++) {
    const document = hub.document(name);
    // The news may be what was sent itself: the answer says so.
    const isNews = document === null || (document.incoming && !document.sent);
    const incoming = isNews ? hub.incomingOf(name) : null;
    try {
      const file = await readFileOf(clone, name.path, document, tries === 1 ? seen : undefined);
      const {
        outcome,
        apply,
        file: write,
      } = planDocument({
        binding: bindingOf(clone, name.collection),
        strategy: clone.strategy,
        path: name.path,
        document,
        textOf: (revision) => hub.textOf(name, revision),
        file,
        incoming,
        conflict: document === null || document.conflict ? hub.conflictOf(name) : null,
        author: clone.author,
        message: message ?? null,
      });
      if (apply !== null && hub.apply(apply) === "stale") continue;
      if (write !== null) await writeFile(clone, name, write);
      else if (apply !== null && clone.scrubbing) await scrubFile(clone, name);
      return said(outcome);
    } catch (error) {
      if (!(error instanceof FrontrowError)) throw error;
      if (error.code === "REPLICA_MOVED" && tries < TRIES) continue;
      return said(error.retryable ? "busy" : "deferred", error);
    }
  }
  return said("busy");
}

async function readFileOf(
  clone: Clone,
  path: string,
  document: LocalDocument | null,
  seen: string | undefined,
): Promise<FileReading> {
  const { folder } = clone;
  const look = seen === undefined ? await folder.look(path) : ({ state: "found", version: seen } as const);
  if (look.state === "unknown") throw look.error;
  if (look.state === "absent") return look;
  if (look.version === document?.directory?.version) return { state: "unchanged", version: look.version };
  const answer = await folder.read(path, look);
  if (answer.state === "unknown") throw answer.error;
  if (answer.state === "absent") return answer;
  return { state: "found", version: answer.version, bytes: meantBytes(clone, document, answer.content) };
}

async function writeFile(
  clone: Clone,
  name: DocumentName,
  { text, base, revision }: { text: string | null; base: string | null; revision: number },
): Promise<void> {
  const { folder, hub } = clone;
  const permit = { base, intent: null };
  if (text === null) {
    await folder.remove(name.path, permit);
    hub.agree(name, revision, null);
    return;
  }
  const left = leavingText(clone, name, text);
  await folder.write(name.path, encode(left), permit);
  // Whoever edits what was just written makes another version of it: the next look finds that.
  hub.agree(name, revision, { version: digestText(left), revision });
}

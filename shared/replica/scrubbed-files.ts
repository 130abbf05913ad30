/** Files of a clone whose folder holds scrubbed copies: what is written there, and what a file that was edited means. */
import { digestText } from "../document/digest.ts";
import { decode, encode, parseDocument } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { DocumentName } from "../hub/peer-hub.ts";
import { restoreDocument } from "../scrub/restore.ts";
import { type Scrubbing, scrubbingFor } from "../scrub/rules.ts";
import { scrubDocument } from "../scrub/scrub.ts";
import type { Clone } from "./clone.ts";
import type { LocalDocument } from "./local-hub.ts";

type Scrubbed = Pick<Clone, "scrubbing">;

function rulesOf({ scrubbing }: Scrubbed, { collection }: DocumentName): Scrubbing | null {
  return scrubbing ? scrubbingFor(scrubbing, collection) : null;
}

/** What stands in the file. @throws {FrontrowError} `CANNOT_SPLICE`: then nothing may leave. */
export function leavingText(clone: Scrubbed, name: DocumentName, text: string): string {
  const rules = rulesOf(clone, name);
  return rules === null ? text : scrubDocument(text, rules).text;
}

/**
 * A file's bytes as they are meant: the hub's own text where they were scrubbed. Bytes that are no document stay as they
 * are: whoever reads them says so.
 * @throws {FrontrowError} `CANNOT_SPLICE`, rule `scrubbed`
 */
export function meantBytes(
  clone: Pick<Clone, "scrubbing" | "hub">,
  document: LocalDocument | null,
  bytes: Uint8Array,
): Uint8Array {
  const rules = document && rulesOf(clone, document);
  if (document === null || rules === null) return bytes;
  const left = document.directory?.revision ?? document.revision;
  const master = left === document.revision ? document.text : clone.hub.textOf(document, left);
  const text = readable(bytes);
  return master === null || text === null ? bytes : encode(restoreDocument(master, text, rules));
}

function readable(bytes: Uint8Array): string | null {
  try {
    const text = decode(bytes);
    parseDocument(text);
    return text;
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
}

/** Writes a file again that holds its document as a person wrote it, or as other rules left it. */
export async function scrubFile(clone: Clone, name: DocumentName): Promise<void> {
  const document = clone.hub.document(name);
  if (document === null || document.text === null || document.directory === null) return;
  const { text, revision, directory } = document;
  if (directory.revision !== revision) return;
  const left = leavingText(clone, name, text);
  const version = digestText(left);
  if (version === directory.version) return;
  await clone.folder.write(name.path, encode(left), { base: directory.version, intent: null });
  clone.hub.agree(name, revision, { version, revision });
}

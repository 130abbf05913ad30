/** The proof that an edit did what it should and nothing else: read it back, compare everything. */

import { FrontrowError } from "../errors.ts";
import { holds, type KeyChange } from "./change-set.ts";
import { type Document, parseDocument } from "./document.ts";
import { MAX_HEADER_LENGTH } from "./front-matter.ts";
import { type Entry, placeAt, quoteKey } from "./node.ts";

/**
 * Reads `rendered` back: each changed key must hold its value, every other key its very source, and the body must be
 * exact.
 * @throws {FrontrowError} `CANNOT_SPLICE` naming the first field that does not.
 */
export function verify(before: Document, rendered: string, wanted: readonly KeyChange[], body: string): void {
  let after: Document;
  try {
    after = parseDocument(rendered);
  } catch (cause) {
    const tooLarge = cause instanceof FrontrowError && cause.code === "FRONT_MATTER_TOO_LARGE";
    const [rule, why] = tooLarge
      ? (["header-too-large", `the header would have more than ${MAX_HEADER_LENGTH} characters`] as const)
      : (["unreadable", "the text could not be read back"] as const);
    throw failure(before, wanted[0]?.field.field, rule, why, cause);
  }
  if (after.body !== body) throw failure(before, undefined, "body", "the body would not come back the same");
  if (rendered.slice(0, after.openStart) !== before.text.slice(0, before.openStart)) {
    throw failure(before, undefined, "bom", "the byte order mark would not come back the same");
  }
  const changed = new Map(wanted.map((change) => [change.field.field, change]));
  for (const { field, value } of wanted) {
    const entry = after.entries.get(field.field);
    const right = value === undefined ? !entry : entry !== undefined && holds(rendered, entry, field, value);
    if (!right) {
      throw failure(before, field.field, "read-back", "the value would not read back as intended");
    }
  }
  for (const [key, entry] of before.entries) {
    if (changed.has(key)) continue;
    const now = after.entries.get(key);
    if (!now || sourceOfEntry(rendered, now) !== sourceOfEntry(before.text, entry)) {
      throw failure(before, key, "neighbour", "changing another field would change this one");
    }
  }
  refuseOtherOrder(before, after, wanted);
}

/** The keys that stay keep their order, and nothing comes but what was wanted; TOML puts new keys before its tables. */
function refuseOtherOrder(before: Document, after: Document, wanted: readonly KeyChange[]): void {
  const stayed = [...before.entries.keys()].filter((key) => after.entries.has(key));
  const added = wanted.filter(({ field, value }) => value !== undefined && !before.entries.has(field.field));
  const kept = [...after.entries.keys()].filter((key) => before.entries.has(key));
  const right = kept.every((key, index) => key === stayed[index]);
  if (right && kept.length === stayed.length && after.entries.size === stayed.length + added.length) return;
  throw failure(before, undefined, "keys", "the keys would not come back the same");
}

function sourceOfEntry(text: string, entry: Entry): string {
  return text.slice(entry.keyStart, entry.value.end);
}

function failure(
  before: Document,
  key: string | undefined,
  rule: string,
  why: string,
  cause?: unknown,
): FrontrowError {
  const entry = key === undefined ? undefined : before.entries.get(key);
  const offset = entry?.keyStart ?? before.headerStart;
  const what = key === undefined ? "the document" : `the field ${quoteKey(key)}`;
  return new FrontrowError("CANNOT_SPLICE", `Cannot change ${what} in place: ${why}`, {
    ...placeAt(before.text, offset),
    rule,
    hint: "Change this part of the document by hand.",
    cause,
  });
}

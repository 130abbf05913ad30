/** The one digest of a document, used wherever two documents are compared. */

// Not WebCrypto: one promise and one job for each document cost more than the hash. Deno, Node and the Edge Runtime all
// have this module.
import { createHash } from "node:crypto";
import { isWellFormed, refuseLoneSurrogates } from "./bytes.ts";
import type { Fields, Value } from "./value.ts";

/**
 * SHA-256, lower-case hex, over every field that is not null, by column, and the body. The fields are JSON, which says
 * itself where it ends, and the body follows as it is, so no two different documents share the form; a null field and an
 * absent one are the same document.
 */
export function digest(fields: Fields, body: string): string {
  const held: [string, Value][] = [];
  for (const column of Object.keys(fields).sort()) {
    const value = fields[column];
    if (value !== null && value !== undefined) held.push([column, value]);
  }
  const hash = createHash("sha256").update(JSON.stringify(["frontrow-2", held]), "utf8");
  // JSON escapes half a surrogate pair: where the body has one it is JSON as well, and what is hashed is well formed.
  if (isWellFormed(body)) hash.update("\n", "utf8").update(body, "utf8");
  else hash.update(JSON.stringify(body), "utf8");
  return hash.digest("hex");
}

/**
 * SHA-256, lower-case hex, of a text's UTF-8 bytes.
 * @throws {FrontrowError} `NOT_WELL_FORMED` for a lone surrogate, which UTF-8 cannot hold.
 */
export function digestText(text: string): string {
  refuseLoneSurrogates(text);
  return sha256(text);
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** The one digest of a document, used wherever two documents are compared. */

import { encode } from "./bytes.ts";
import type { Fields } from "./value.ts";

/**
 * SHA-256, lower-case hex, over every field that is not null, by column, and the body. The form is JSON, so no two
 * different documents share it; a null field and an absent one are the same document.
 */
export function digest(fields: Fields, body: string): Promise<string> {
  const held = Object.keys(fields)
    .filter((column) => fields[column] !== null && fields[column] !== undefined)
    .sort()
    .map((column) => [column, fields[column]]);
  return digestText(JSON.stringify(["frontrow-1", held, body]));
}

/** SHA-256, lower-case hex, of a text's UTF-8 bytes. */
export async function digestText(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", encode(text) as Uint8Array<ArrayBuffer>));
  let hex = "";
  for (const byte of hash) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

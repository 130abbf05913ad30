/**
 * Bytes ⇄ text, exactly. A byte order mark stays in the text; whatever cannot come back as the same bytes is refused.
 */

import { FrontrowError } from "../errors.ts";
import { placeAt } from "./node.ts";

/** What a document may weigh by default: 5 MiB. */
export const MAX_DOCUMENT_BYTES = 5 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
/** What the lenient decoder leaves behind where bytes are no UTF-8, and what Postgres cannot hold: one look for both. */
const DOUBTFUL = /[\0\uFFFD]/;
/** The second host is the one LFS had before its first release. */
const LFS_SIGNATURE = /^version https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\//;

/**
 * The text of a document's bytes.
 * @throws {FrontrowError} `DOCUMENT_TOO_LARGE`, `NOT_UTF8`, `NUL_BYTE` or `LFS_POINTER`; never worth repeating.
 */
export function decode(bytes: Uint8Array, maxBytes: number = MAX_DOCUMENT_BYTES): string {
  if (bytes.byteLength > maxBytes) {
    throw new FrontrowError(
      "DOCUMENT_TOO_LARGE",
      `Cannot read the document as it may weigh ${maxBytes} bytes: it has ${bytes.byteLength}`,
      { rule: "too-large", hint: "Split the document, or raise the limit." },
    );
  }
  let text = lenient.decode(bytes);
  if (DOUBTFUL.test(text)) text = decodeStrictly(bytes);
  if (text.length < 1024 && LFS_SIGNATURE.test(text)) {
    throw new FrontrowError(
      "LFS_POINTER",
      "Cannot read the document: this is a git LFS pointer, not content",
      {
        line: 1,
        rule: "lfs-pointer",
        hint: "Run `git lfs pull`, or stop tracking this file with LFS.",
      },
    );
  }
  return text;
}

function decodeStrictly(bytes: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw notUtf8(bytes, cause);
  }
  refuseNul(text);
  return text;
}

/**
 * The bytes of a text.
 * @throws {FrontrowError} `NOT_WELL_FORMED` for a lone surrogate, which UTF-8 cannot hold.
 */
export function encode(text: string): Uint8Array {
  refuseLoneSurrogates(text);
  return encoder.encode(text);
}

/** How many UTF-8 bytes a well-formed text has. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** @throws {FrontrowError} `NUL_BYTE` with the line, as Postgres holds no U+0000 in any text. */
export function refuseNul(text: string): void {
  const offset = text.indexOf("\0");
  if (offset < 0) return;
  throw new FrontrowError("NUL_BYTE", "Cannot keep the text: it holds a NUL character (U+0000)", {
    ...placeAt(text, offset),
    rule: "nul-byte",
    hint: "Remove the character.",
  });
}

/** @throws {FrontrowError} `NOT_WELL_FORMED` with the line. */
export function refuseLoneSurrogates(text: string): void {
  if (isWellFormed(text)) return;
  const offset = text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
  throw new FrontrowError("NOT_WELL_FORMED", "Cannot keep the text: it holds half a surrogate pair", {
    ...placeAt(text, offset),
    rule: "lone-surrogate",
    hint: "Remove the broken character.",
  });
}

/** Whether UTF-8 can hold the text. (ES2024; the project's library stops at ES2023.) */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function notUtf8(bytes: Uint8Array, cause: unknown): FrontrowError {
  const [a, b] = bytes;
  const utf16 = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  return new FrontrowError("NOT_UTF8", "Cannot read the document: its bytes are not UTF-8", {
    line: firstBadLine(bytes),
    rule: "not-utf8",
    hint: utf16 ? "This is UTF-16; save it as UTF-8." : "Save the file as UTF-8.",
    cause,
  });
}

/** The first line that does not decode by itself; line breaks are never inside a UTF-8 sequence. */
function firstBadLine(bytes: Uint8Array): number {
  let from = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(10, from);
    try {
      utf8.decode(bytes.subarray(from, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    from = end + 1;
  }
}

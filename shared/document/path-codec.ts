/**
 * How one value is spelled inside a Storage object name. Storage accepts a small ASCII alphabet; every other character
 * becomes its UTF-8 bytes as `=XX` (`café` → `caf=C3=A9`), so plain names stay readable and nothing is lost. The same
 * rules in SQL: `sql/10_paths.sql`; both pass `path-vectors.json`.
 */

import { FrontrowError } from "../errors.ts";

/** Longest segment and longest path Storage and S3 take, in bytes. */
export const MAX_SEGMENT_BYTES = 255;
export const MAX_PATH_BYTES = 1024;

const PLAIN = /^[A-Za-z0-9_!.*'() &$@;:+,?-]$/;
const ALL_PLAIN = /^[A-Za-z0-9_!.*'() &$@;:+,?-]+$/;
const ENCODED = /^(?:[A-Za-z0-9_!.*'() &$@;:+,?/-]|=[0-9A-F]{2})*$/;

const utf8 = new TextEncoder();
// `ignoreBOM` keeps a leading U+FEFF, which the decoder would otherwise swallow.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A PATH_INVALID error. `subject` is shown in the message with everything unprintable escaped. */
export function pathInvalid(rule: string, subject: string, because: string, hint?: string): FrontrowError {
  return new FrontrowError("PATH_INVALID", `Cannot use ${visible(subject)} in a path, as ${because}`, {
    rule,
    hint,
  });
}

/** The text in quotes, with control, invisible and direction-changing characters as escapes. */
export function visible(text: string): string {
  const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  return `"${shown.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, hexEscape)}"`;
}

function hexEscape(char: string): string {
  return `\\u{${char.codePointAt(0)!.toString(16).toUpperCase()}}`;
}

/**
 * One key value as it stands in a path. With `many`, `/` separates segments and stands for itself.
 * @throws {FrontrowError} `PATH_INVALID`: `empty`, `not-well-formed`, `nul` or `not-nfc`.
 */
export function encodeValue(value: string, many = false): string {
  if (ALL_PLAIN.test(value)) return unreserved(dotted(value));
  if (value === "") throw pathInvalid("empty", value, "a key value must not be empty");
  requireWellFormed(value);
  if (value.includes("\0")) throw pathInvalid("nul", value, "it must not hold a NUL character");
  requireNfc(value);
  if (!many) return unreserved(dotted(escapeText(value)));
  const segments = value.split("/");
  if (segments.includes("")) {
    throw pathInvalid(
      "empty",
      value,
      "no segment of it may be empty: write single slashes, none at the ends",
    );
  }
  return unreserved(segments.map((segment) => dotted(escapeText(segment))).join("/"));
}

/** @throws {FrontrowError} `PATH_INVALID` `not-well-formed`. Such a text has no UTF-8. */
export function requireWellFormed(text: string): void {
  if (!/\p{Cs}/u.test(text)) return;
  throw pathInvalid("not-well-formed", text, "it must be well-formed Unicode: it holds half a character");
}

/** @throws {FrontrowError} `PATH_INVALID` `not-nfc`, naming the spelling that is. */
export function requireNfc(text: string): void {
  const nfc = text.normalize("NFC");
  if (nfc === text) return;
  throw pathInvalid(
    "not-nfc",
    text,
    `it must be in Unicode normal form C: it is in another form, ${spelled(text)}`,
    `Write ${visible(nfc)}, ${spelled(nfc)}.`,
  );
}

/** Both forms look the same to a reader; their bytes do not. */
function spelled(text: string): string {
  return `spelled ${escapeText(text)}`;
}

/** Every character outside the alphabet as `=XX`, `/` and `=` included. Well-formed text only. */
export function escapeText(text: string): string {
  if (ALL_PLAIN.test(text)) return text;
  let escaped = "";
  for (const char of text) escaped += PLAIN.test(char) ? char : escapeChar(char);
  return escaped;
}

function escapeChar(char: string): string {
  let escaped = "";
  for (const byte of utf8.encode(char)) escaped += `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return escaped;
}

/** `.` and `..` mean a folder everywhere: their first dot is escaped. */
function dotted(segment: string): string {
  return segment === "." || segment === ".." ? `=2E${segment.slice(1)}` : segment;
}

/** Names that end in `.conflict` or `.conflict.<extension>` are kept for conflict copies: a value is not spelled so. */
function unreserved(encoded: string): string {
  return encoded.includes(".conflict") ? encoded.replace(/\.(?=conflict(?:\.[^./]*)?$)/g, "=2E") : encoded;
}

/**
 * The text behind an encoded value; `/` stays. Says nothing about whether the spelling is the canonical one.
 * @throws {FrontrowError} `PATH_INVALID`: `bad-escape` or `not-utf8`.
 */
export function decodeValue(encoded: string): string {
  if (!encoded.includes("=") && ENCODED.test(encoded)) return encoded;
  if (!ENCODED.test(encoded)) {
    const because = encoded.replace(/=[0-9A-F]{2}/g, "").includes("=")
      ? 'every "=" must be followed by two upper-case hex digits'
      : "it holds characters that Storage does not take";
    throw pathInvalid("bad-escape", encoded, because);
  }
  const bytes: number[] = [];
  for (let i = 0; i < encoded.length; i++) {
    if (encoded[i] !== "=") bytes.push(encoded.charCodeAt(i));
    else {
      bytes.push(Number.parseInt(encoded.slice(i + 1, i + 3), 16));
      i += 2;
    }
  }
  try {
    return strictUtf8.decode(new Uint8Array(bytes));
  } catch (cause) {
    const error = pathInvalid("not-utf8", encoded, "its escapes must be valid UTF-8");
    throw new FrontrowError(error.code, error.message, { rule: error.rule, cause });
  }
}

/** @throws {FrontrowError} `PATH_INVALID` `too-long`, with the lengths. The path is ASCII: characters are bytes. */
export function requireLength(path: string): void {
  if (path.length <= MAX_SEGMENT_BYTES) return;
  if (path.length > MAX_PATH_BYTES) {
    throw pathInvalid(
      "too-long",
      path,
      `a path must be at most ${MAX_PATH_BYTES} bytes: it is ${path.length}`,
    );
  }
  for (const segment of path.split("/")) {
    if (segment.length <= MAX_SEGMENT_BYTES) continue;
    const because = `a segment must be at most ${MAX_SEGMENT_BYTES} bytes: it is ${segment.length}`;
    throw pathInvalid("too-long", segment, because);
  }
}

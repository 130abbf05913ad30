/**
 * Where a document's header stands. Every offset is exact, so the text is always the sum of its parts.
 *
 * The plain `---` fence takes a path of our own; `---yaml`, `---toml`, `---json` and `+++` are dispatched by
 * gray-matter, and a text the two of us would cut differently is refused. Where we differ from gray-matter on plain
 * fences, on purpose: a closing fence is a line of its own (`---` and trailing blanks; gray-matter also stops at
 * `----` and `---word`), and a header that is never closed is no header (gray-matter takes the whole file for one).
 */

import { FrontrowError } from "../errors.ts";
import { refuseHeaderInConflict } from "./conflict-marker.ts";
import { isCode, refuse, split } from "./gray-matter.ts";
import { invalid } from "./node.ts";

export type Language = "yaml" | "toml" | "json";

/** What a header may be long, fences not counted. */
export const MAX_HEADER_LENGTH = 64 * 1024;

export interface FrontMatter {
  /** `null` when the document has no header; its offsets are then all at the body's start. */
  language: Language | null;
  /** After the BOM, where the opening fence is. */
  openStart: number;
  /** After the opening fence's line break. For bare JSON, the `{`. */
  headerStart: number;
  /** Where the closing fence's line starts. For bare JSON, after the `}`. */
  headerEnd: number;
  /** After the closing fence's line break, or the text's end. */
  bodyStart: number;
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  yaml: "yaml",
  yml: "yaml",
  toml: "toml",
  json: "json",
};
const FENCE = /(---|\+\+\+)(?:[ \t]*([A-Za-z][\w+-]*))?[ \t]*(?:\r?\n|$)/y;
const LONE_RETURN = /(?:---|\+\+\+)[ \t]*\r(?!\n)/y;
const CLOSING = /[ \t]*(?:\r?\n|$)/y;
const BARE_JSON = /\{\s*["}]/y;

/**
 * Finds the header.
 * @throws {FrontrowError} `FRONT_MATTER_REFUSED` for a program, `FRONT_MATTER_TOO_LARGE` past 64 KiB,
 * `FRONT_MATTER_INVALID` where readers would disagree on the header's end.
 */
export function splitFrontMatter(text: string): FrontMatter {
  const openStart = text.startsWith("\uFEFF") ? 1 : 0;
  const first = text.charCodeAt(openStart);
  if (first === 0x7b) return bareJson(text, openStart) ?? none(openStart);
  if (first === 0x3c) refuseHeaderInConflict(text, openStart);
  if (first !== 0x2d && first !== 0x2b) return none(openStart);
  FENCE.lastIndex = openStart;
  const match = FENCE.exec(text);
  if (match === null) {
    refuseLoneReturn(text, openStart);
    return none(openStart);
  }
  const fence = match[1] as "---" | "+++";
  const word = match[2]?.toLowerCase();
  if (word !== undefined && fence === "---" && isCode(word)) refuse();
  const headerStart = FENCE.lastIndex;
  const language = fence === "+++" ? plusLanguage(word) : LANGUAGES[word ?? "yaml"];
  if (language === undefined || !Object.hasOwn(LANGUAGES, word ?? "yaml")) return none(openStart);
  const headerEnd = closingFence(text, fence, headerStart);
  if (headerEnd < 0) return none(openStart);
  refuseLarge(text, headerStart, headerEnd);
  if (headerEnd - headerStart > MAX_HEADER_LENGTH) return none(openStart);
  const bodyStart = CLOSING.lastIndex;
  const found = { language, openStart, headerStart, headerEnd, bodyStart };
  if (word !== undefined || fence === "+++") agree(text, found, fence);
  return found;
}

function none(at: number): FrontMatter {
  return { language: null, openStart: at, headerStart: at, headerEnd: at, bodyStart: at };
}

/** Taken for body, such a header's every field would be cleared from the row. */
function refuseLoneReturn(text: string, openStart: number): void {
  LONE_RETURN.lastIndex = openStart;
  if (!LONE_RETURN.test(text) || !/\r(?:---|\+\+\+)/.test(text)) return;
  const message =
    "Cannot read the header: its lines end in carriage returns alone, which readers disagree about";
  throw invalid(text, openStart, "carriage-return", message, "Use LF or CRLF line ends.");
}

function plusLanguage(word: string | undefined): Language | undefined {
  return word === undefined || word === "toml" ? "toml" : undefined;
}

/** The offset of the closing fence, with `CLOSING.lastIndex` after its line break; -1 when there is none. */
function closingFence(text: string, fence: string, headerStart: number): number {
  const needle = `\n${fence}`;
  for (let at = text.indexOf(needle, headerStart - 1); at >= 0; at = text.indexOf(needle, at + 4)) {
    CLOSING.lastIndex = at + 4;
    if (CLOSING.test(text)) return at + 1;
  }
  return -1;
}

/** A long first part is a header only if it starts like one; else the fences are two rules in a long text. */
function refuseLarge(text: string, headerStart: number, headerEnd: number): void {
  if (headerEnd - headerStart <= MAX_HEADER_LENGTH) return;
  const head = text.slice(headerStart, headerStart + 1000);
  if (!/^\s*(?:#|\[|\{|[^\s:=]{1,100}\s*[:=])/.test(head)) return;
  throw new FrontrowError(
    "FRONT_MATTER_TOO_LARGE",
    `Cannot read the header as it may be ${MAX_HEADER_LENGTH} characters long: it has ${headerEnd - headerStart}`,
    { line: 1, column: 1, rule: "header-too-large", hint: "Move long texts into the body." },
  );
}

/** Hands the header to gray-matter and refuses it when gray-matter sees another language or another end. */
function agree(text: string, found: FrontMatter, fence: "---" | "+++"): void {
  const theirs = split(text.slice(found.openStart, found.bodyStart), fence);
  const ours = text.slice(
    text.indexOf("\n", found.openStart) + 1,
    Math.max(found.headerStart, found.headerEnd - 1),
  );
  const same =
    theirs.header.replace(/^[ \t]*\r?\n/, "") === ours || (ours === "" && theirs.header.trim() === "");
  if (same && LANGUAGES[theirs.language.toLowerCase()] === found.language) return;
  throw invalid(
    text,
    found.openStart,
    "ambiguous-fence",
    "Cannot read the header: a line inside it starts like the closing fence",
    "Indent or quote the line that starts with the fence's characters.",
  );
}

/**
 * Hugo's JSON header: the file starts with `{`, and its `}` ends a line. Liquid's `{%` and `{{` are body.
 * @throws {FrontrowError} `FRONT_MATTER_TOO_LARGE`
 */
function bareJson(text: string, openStart: number): FrontMatter | null {
  BARE_JSON.lastIndex = openStart;
  if (!BARE_JSON.test(text)) return null;
  let depth = 0;
  let inString = false;
  for (let at = openStart; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b) depth++;
    else if (char === 0x7d && --depth === 0) {
      CLOSING.lastIndex = at + 1;
      if (!CLOSING.test(text)) return null;
      refuseLarge(text, openStart, at + 1);
      return {
        language: "json",
        openStart,
        headerStart: openStart,
        headerEnd: at + 1,
        bodyStart: CLOSING.lastIndex,
      };
    }
  }
  return null;
}

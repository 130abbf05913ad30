/** The scalars and one-line flow collections of the quick YAML reader. Whatever is unusual throws `BAIL`. */

import { COLON, CR, HASH, LF, SPACE, TAB } from "./char-codes.ts";
import { type Entry, type ListNode, type MapNode, type Node, type ScalarNode, scalar } from "./node.ts";

/** "Not sure": the full reader must decide. Never leaves the quick reader. */
export const BAIL: unique symbol = Symbol("bail");

interface Source {
  readonly text: string;
  count(depth: number): void;
}

const SINGLE = /'((?:[^'\n\r]|'')*)'/y;
const DOUBLE = /"((?:[^"\\\n\r\t]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*)"/y;
const FLOW_PLAIN = /[A-Za-z0-9_./$()À-퟿][^,[\]{}:#\n\r\t]*/y;
const FLOW_KEY = /(?:([A-Za-z0-9_][\w.-]*)|"([^"\\\n\r]*)"|'([^'\n\r]*)'):(?= )/y;
const NOT_PLAIN = "?:,[]{}#&*!|>'\"%@`\t";

/** The value that starts at `at` in block context and ends on the same line. */
export function readInline(source: Source, at: number, depth: number): Node {
  const char = source.text[at] as string;
  if (char === '"' || char === "'") return readQuoted(source, at);
  if (char === "[" || char === "{") return readFlow(source, at, depth);
  return readPlain(source, at);
}

function readQuoted({ text }: Source, at: number): ScalarNode {
  const pattern = text[at] === '"' ? DOUBLE : SINGLE;
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) throw BAIL;
  const inner = match[1] ?? "";
  const end = pattern.lastIndex;
  if (pattern === SINGLE) return scalar("single", inner.replaceAll("''", "'"), at, end);
  return scalar("double", inner.includes("\\") ? (JSON.parse(match[0]) as string) : inner, at, end);
}

function readPlain({ text }: Source, at: number): ScalarNode {
  const first = text[at] as string;
  if (NOT_PLAIN.includes(first) || (first === "-" && /\s/.test(text[at + 1] ?? " "))) throw BAIL;
  let end = at;
  let blank = false;
  for (let p = at; ; p++) {
    const char = text.charCodeAt(p);
    if (char === LF || char === CR || (char === HASH && blank)) break;
    if (char === TAB || (char === COLON && endsKey(text.charCodeAt(p + 1)))) throw BAIL;
    blank = char === SPACE;
    if (!blank) end = p + 1;
  }
  return scalar("plain", text.slice(at, end), at, end);
}

function endsKey(char: number): boolean {
  return char === SPACE || char === LF || char === CR;
}

function readFlow(source: Source, at: number, depth: number): ListNode | MapNode {
  return source.text[at] === "[" ? readFlowList(source, at, depth) : readFlowMap(source, at, depth);
}

function readFlowItem(source: Source, at: number, depth: number): Node {
  source.count(depth);
  const { text } = source;
  const char = text[at];
  if (char === '"' || char === "'") return readQuoted(source, at);
  if (char === "[" || char === "{") return readFlow(source, at, depth);
  FLOW_PLAIN.lastIndex = at;
  if (!FLOW_PLAIN.test(text)) throw BAIL;
  let end = FLOW_PLAIN.lastIndex;
  while (text.charCodeAt(end - 1) === SPACE) end--;
  return scalar("plain", text.slice(at, end), at, end);
}

function readFlowList(source: Source, at: number, depth: number): ListNode {
  const items: Node[] = [];
  const end = readMembers(source.text, at, "]", (from) => {
    const item = readFlowItem(source, from, depth + 1);
    items.push(item);
    return item.end;
  });
  return { kind: "list", flow: true, items, dashes: [], start: at, end: end };
}

function readFlowMap(source: Source, at: number, depth: number): MapNode {
  const entries = new Map<string, Entry>();
  const { text } = source;
  const end = readMembers(text, at, "}", (from) => {
    FLOW_KEY.lastIndex = from;
    const match = FLOW_KEY.exec(text);
    if (match === null) throw BAIL;
    const key = match[1] ?? match[2] ?? match[3] ?? "";
    const keyEnd = FLOW_KEY.lastIndex - 1;
    if (entries.has(key)) throw BAIL;
    source.count(depth + 1);
    const value = readFlowItem(source, skipSpaces(text, keyEnd + 1), depth + 1);
    entries.set(key, { key, keyStart: from, keyEnd, value });
    return value.end;
  });
  return { kind: "map", flow: true, entries, start: at, end: end };
}

/** Reads comma-separated members up to `close`; returns the offset after it. */
function readMembers(text: string, open: number, close: string, member: (from: number) => number): number {
  let at = skipSpaces(text, open + 1);
  while (text[at] !== close) {
    at = skipSpaces(text, member(at));
    if (text[at] === ",") at = skipSpaces(text, at + 1);
    else if (text[at] !== close) throw BAIL;
  }
  return at + 1;
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

const BLOCK_HEADER = /([|>])([+-]?) *\r?\n/y;

/** A block scalar without indentation indicator, inside a collection at column `parent`, before `limit`. */
export function readBlockScalar(
  text: string,
  at: number,
  parent: number,
  limit: number,
): { node: ScalarNode; next: number } {
  BLOCK_HEADER.lastIndex = at;
  const match = BLOCK_HEADER.exec(text);
  if (match === null) throw BAIL;
  const lines: string[] = [];
  let indent = -1;
  let next = BLOCK_HEADER.lastIndex;
  while (next < limit) {
    const lineBreak = text.indexOf("\n", next);
    const line = text.slice(next, text[lineBreak - 1] === "\r" ? lineBreak - 1 : lineBreak);
    const margin = skipSpaces(line, 0);
    if (margin === line.length) {
      if (margin > Math.max(indent, 0) || (indent < 0 && margin > 0)) throw BAIL;
      lines.push("");
    } else {
      if (indent < 0 && margin > parent) indent = margin;
      if (margin < indent || indent < 0) break;
      if (line[margin] === "\t") throw BAIL;
      lines.push(line.slice(indent));
    }
    next = lineBreak + 1;
  }
  if (indent < 0) throw BAIL;
  const [, style, chomp] = match;
  let trailing = 0;
  while (lines.length > 0 && lines.at(-1) === "") {
    lines.pop();
    trailing++;
  }
  const inner = style === "|" ? lines.join("\n") : fold(lines);
  const tail = chomp === "-" ? "" : chomp === "+" ? "\n".repeat(trailing + 1) : "\n";
  const end = blockScalarEnd(text, at, next, chomp === "+");
  return { node: scalar(style === "|" ? "literal" : "folded", inner + tail, at, end), next };
}

/** Line breaks inside a folded scalar become spaces, blank lines become line breaks. */
function fold(lines: string[]): string {
  let folded = "";
  let blanks = 0;
  for (const [index, line] of lines.entries()) {
    if (line.startsWith(" ")) throw BAIL;
    if (line === "") blanks++;
    else {
      if (index > 0) folded += blanks > 0 ? "\n".repeat(blanks) : folded === "" ? "" : " ";
      folded += line;
      blanks = 0;
    }
  }
  return folded;
}

/** Where a block scalar whose source runs to `rawEnd` ends for editing; blank lines after it are not its own. */
export function blockScalarEnd(text: string, start: number, rawEnd: number, keep: boolean): number {
  let end = rawEnd;
  if (keep) {
    if (text[end - 1] === "\n") end--;
    if (text[end - 1] === "\r") end--;
    return end;
  }
  while (end > start && /\s/.test(text[end - 1] as string)) end--;
  return end;
}

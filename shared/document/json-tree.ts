/** JSON read strictly (RFC 8259) into a tree with places. Numbers keep their digits; nothing passes through doubles. */

import {
  duplicateKey,
  type Entry,
  invalid,
  type ListNode,
  MAX_DEPTH,
  type MapNode,
  type Node,
  scalar,
  tooDeep,
} from "./node.ts";

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;
const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const BLANK = /[ \t\r\n]*/y;

/** The object a JSON header is. Nothing but blanks may stand around it. */
export function readJsonHeader(text: string, start: number, end: number): MapNode {
  const from = blanks(text, start);
  if (from >= end) return { kind: "map", flow: true, entries: new Map(), start: from, end: from };
  const root = readJson(text, start, end);
  if (root.kind === "map") return root;
  throw invalid(
    text,
    root.start,
    "not-a-map",
    "Cannot read the header: it must be a JSON object",
    "Write {…}.",
  );
}

/** The value that `text` holds between two offsets, nested at most `maxDepth` levels. */
export function readJson(text: string, start = 0, end = text.length, maxDepth = MAX_DEPTH): Node {
  const reader = new JsonReader(text, end, maxDepth);
  const node = reader.value(blanks(text, start), 0);
  const rest = blanks(text, node.end);
  if (rest < end) throw reader.error(rest);
  return node;
}

class JsonReader {
  readonly text: string;
  readonly limit: number;
  readonly maxDepth: number;

  constructor(text: string, limit: number, maxDepth: number) {
    this.text = text;
    this.limit = limit;
    this.maxDepth = maxDepth;
  }

  error(offset: number) {
    const message = "Cannot read the JSON: it is not valid at this place";
    return invalid(this.text, Math.min(offset, this.limit), "json-syntax", message, "Mend the JSON.");
  }

  value(at: number, depth: number): Node {
    if (depth > this.maxDepth) throw tooDeep(this.text, at, this.maxDepth);
    const char = this.text[at];
    if (char === '"') return this.string(at);
    if (char === "{") return this.object(at, depth);
    if (char === "[") return this.array(at, depth);
    LITERAL.lastIndex = at;
    const match = LITERAL.exec(this.text);
    if (match === null || LITERAL.lastIndex > this.limit) throw this.error(at);
    return scalar("plain", match[0], at, LITERAL.lastIndex);
  }

  string(at: number) {
    const end = this.stringEnd(at);
    return scalar("double", JSON.parse(this.text.slice(at, end)) as string, at, end);
  }

  /** A loop and not one pattern: a pattern's stack overflows on a string of some megabytes. */
  stringEnd(open: number): number {
    for (let at = open + 1; at < this.limit; ) {
      const char = this.text.charCodeAt(at);
      if (char === 0x22) return at + 1;
      if (char < 0x20) break;
      ESCAPE.lastIndex = at;
      if (char !== 0x5c) at++;
      else if (ESCAPE.test(this.text)) at = ESCAPE.lastIndex;
      else break;
    }
    throw this.error(open);
  }

  array(open: number, depth: number): ListNode {
    const items: Node[] = [];
    const end = this.members(open, "]", (at) => {
      const item = this.value(at, depth + 1);
      items.push(item);
      return item.end;
    });
    return { kind: "list", flow: true, items, dashes: [], start: open, end };
  }

  object(open: number, depth: number): MapNode {
    const entries = new Map<string, Entry>();
    const end = this.members(open, "}", (at) => {
      if (this.text[at] !== '"') throw this.error(at);
      const key = this.string(at);
      const colon = blanks(this.text, key.end);
      if (this.text[colon] !== ":") throw this.error(colon);
      const first = entries.get(key.text);
      if (first) throw duplicateKey(this.text, key.text, first.keyStart, key.start);
      const value = this.value(blanks(this.text, colon + 1), depth + 1);
      entries.set(key.text, { key: key.text, keyStart: key.start, keyEnd: key.end, value });
      return value.end;
    });
    return { kind: "map", flow: true, entries, start: open, end };
  }

  /** Reads members between brackets; `member` gets each one's start and returns its end. */
  members(open: number, close: string, member: (at: number) => number): number {
    let at = blanks(this.text, open + 1);
    if (this.text[at] === close) return at + 1;
    for (;;) {
      at = blanks(this.text, member(at));
      if (this.text[at] === close && at < this.limit) return at + 1;
      if (this.text[at] !== ",") throw this.error(at);
      at = blanks(this.text, at + 1);
    }
  }
}

function blanks(text: string, at: number): number {
  BLANK.lastIndex = at;
  BLANK.test(text);
  return BLANK.lastIndex;
}

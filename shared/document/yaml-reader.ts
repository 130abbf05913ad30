/**
 * The quick reader for the YAML people really write in headers: block maps and lists, one-line scalars, one-line flow
 * collections, plain block scalars. It either returns the very tree the full reader would, or `null` ("not sure"),
 * and then the full reader decides. A differential test holds the two together.
 */

import { CR, HASH, LF, SPACE } from "./char-codes.ts";
import { type Entry, type ListNode, MAX_DEPTH, MAX_NODES, type MapNode, type Node, scalar } from "./node.ts";
import { BAIL, readBlockScalar, readInline } from "./yaml-inline.ts";
import { Lines } from "./yaml-lines.ts";
import { afterItem, afterPair, lineValue } from "./yaml-plain-line.ts";

// Anything here makes readers disagree, or needs the full reader's rules.
const UNUSUAL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]/;
const LONE_CR = /\r(?!\n)/;

/** The header's map, or `null` when the full reader must look at it. */
export function readSimpleYaml(text: string, start: number, end: number): MapNode | null {
  const header = text.slice(start, end);
  if (UNUSUAL.test(header) || (header.includes("\r") && LONE_CR.test(header))) return null;
  const reader = new Reader(text, end);
  try {
    return reader.root(start);
  } catch (error) {
    if (error === BAIL) return null;
    throw error;
  }
}

class Reader extends Lines {
  nodes = 0;

  root(start: number): MapNode {
    this.toLine(start);
    if (this.at < 0) return { kind: "map", flow: false, entries: new Map(), start, end: start };
    const root = this.blockMap(this.indent, 1);
    if (this.at >= 0) throw BAIL;
    return root;
  }

  count(depth: number): void {
    if (++this.nodes > MAX_NODES || depth > MAX_DEPTH) throw BAIL;
  }

  /** The map whose first key is at `this.at`, in column `indent`. */
  blockMap(indent: number, depth: number): MapNode {
    this.count(depth);
    const entries = new Map<string, Entry>();
    const start = this.at;
    let end = start;
    let count = 0;
    do {
      const next = afterPair(this.text, this.at);
      const entry = next < 0 ? this.entry(indent, depth) : this.simpleEntry(next, depth);
      end = entry.value.end;
      entries.set(entry.key, entry);
      // Written twice.
      if (entries.size !== ++count) throw BAIL;
    } while (this.at >= 0 && this.indent === indent);
    if (this.indent > indent) throw BAIL;
    return { kind: "map", flow: false, entries, start: start, end: end };
  }

  /** The entry at `this.at`, which is one line up to `next`. */
  simpleEntry(next: number, depth: number): Entry {
    const { text, at: keyStart } = this;
    this.count(depth);
    this.count(depth + 1);
    const keyEnd = text.indexOf(":", keyStart);
    const value = lineValue(text, keyEnd + 1, next);
    this.toLine(next);
    return { key: text.slice(keyStart, keyEnd), keyStart, keyEnd, value };
  }

  /** The entry at `this.at`, whatever its value is. */
  entry(parent: number, depth: number): Entry {
    const { text, at: keyStart } = this;
    const colon = this.keyAt(keyStart);
    this.count(depth);
    let keyEnd = colon - 1;
    while (text.charCodeAt(keyEnd - 1) === SPACE) keyEnd--;
    const quote = text[keyStart];
    const bare = quote !== '"' && quote !== "'";
    const key = bare ? text.slice(keyStart, keyEnd) : text.slice(keyStart + 1, keyEnd - 1);
    return { key, keyStart, keyEnd, value: this.value(colon, parent, depth + 1, true) };
  }

  /** The list whose first dash is at `this.at`, in column `indent`. */
  blockList(indent: number, depth: number): ListNode {
    this.count(depth);
    const items: Node[] = [];
    const dashes: number[] = [];
    const start = this.at;
    let end = start;
    while (this.at >= 0 && this.indent === indent && this.isDash(this.at)) {
      dashes.push(this.at);
      const item = this.item(this.at, indent, depth + 1);
      items.push(item);
      end = item.end;
    }
    if (this.indent > indent) throw BAIL;
    return { kind: "list", flow: false, items, dashes, start: start, end: end };
  }

  /** What follows a dash: a map that starts on the dash's line, or any value. */
  item(dash: number, indent: number, depth: number): Node {
    const next = afterItem(this.text, dash);
    if (next >= 0) {
      this.count(depth);
      const value = lineValue(this.text, dash + 1, next);
      this.toLine(next);
      return value;
    }
    let at = dash + 1;
    while (this.text.charCodeAt(at) === SPACE) at++;
    if (this.isDash(at)) throw BAIL;
    if (this.colonAfter(at) < 0) return this.value(dash + 1, indent, depth, false);
    this.at = at;
    this.indent = indent + at - dash;
    return this.blockMap(this.indent, depth);
  }

  /** The value after a colon or dash that ends at `from`, inside a collection at column `parent`. */
  value(from: number, parent: number, depth: number, inMap: boolean): Node {
    const { text } = this;
    let at = from;
    while (text.charCodeAt(at) === SPACE) at++;
    const char = text.charCodeAt(at);
    if (char === LF || char === CR || (char === HASH && at > from)) {
      return this.nested(from, at, parent, depth, inMap);
    }
    this.count(depth);
    if (char === 0x7c || char === 0x3e) {
      const block = readBlockScalar(text, at, parent, this.end);
      this.toLine(block.next);
      if (this.indent > parent) throw BAIL;
      return block.node;
    }
    const node = readInline(this, at, depth);
    this.afterInline(node.end, parent);
    return node;
  }

  /** Nothing follows on the line: a collection on the next lines, or an empty value. */
  nested(from: number, at: number, parent: number, depth: number, inMap: boolean): Node {
    this.toLine(this.text.indexOf("\n", at) + 1);
    if (this.at >= 0 && this.indent > parent) {
      return this.isDash(this.at) ? this.blockList(this.indent, depth) : this.blockMap(this.indent, depth);
    }
    if (inMap && this.at >= 0 && this.indent === parent && this.isDash(this.at)) {
      return this.blockList(parent, depth);
    }
    this.count(depth);
    return scalar("plain", "", from, from);
  }

  /** Checks that only blanks or a comment follow, then goes to the next line, which must not continue the value. */
  afterInline(from: number, parent: number): void {
    const { text } = this;
    let at = from;
    while (text.charCodeAt(at) === SPACE) at++;
    const char = text.charCodeAt(at);
    if (char !== LF && char !== CR && !(char === HASH && at > from)) throw BAIL;
    this.toLine(text.indexOf("\n", at) + 1);
    if (this.indent > parent) throw BAIL;
  }
}

/**
 * TOML into a tree with places. smol-toml decides whether the text is TOML and what its strings say; this scanner
 * only finds where top-level keys and their values stand, so it may assume valid text. What is written in tables, with
 * dotted keys or over several lines is read, and marked so that it is never edited in place.
 */

import { parse, TomlError } from "smol-toml";
import { type Entry, type ListNode, MAX_DEPTH, type MapNode, type Node, tooDeep } from "./node.ts";
import { type Key, TomlLexer, tomlSyntax } from "./toml-lexer.ts";

/** @throws {FrontrowError} `FRONT_MATTER_INVALID` with line and column. */
export function readToml(text: string, start: number, end: number): MapNode {
  const header = text.slice(start, end);
  try {
    parse(header, { maxDepth: MAX_DEPTH, integersAsBigInt: true });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw tomlSyntax(text, start + offsetOf(header, error.line, error.column));
  }
  const root = table(start, start);
  new TomlScanner(text, start, end).statements(root);
  refuseDeep(text, root, 0);
  return root;
}

function table(start: number, end: number, fixed?: string): MapNode {
  return {
    kind: "map",
    flow: fixed === undefined,
    entries: new Map(),
    start,
    end,
    ...(fixed ? { fixed } : {}),
  };
}

class TomlScanner extends TomlLexer {
  statements(root: MapNode): void {
    let current = root;
    for (this.blanks(true); this.at < this.end; this.blanks(true)) {
      const start = this.at;
      if (this.text[start] === "[") {
        const many = this.text[start + 1] === "[";
        this.at += many ? 2 : 1;
        const path = this.path();
        this.at = this.text.indexOf("]", this.at) + (many ? 2 : 1);
        current = this.open(root, path, start, many);
      } else this.assign(current, root);
    }
  }

  /** The table a header names, made where it is missing; `[[…]]` appends one. */
  open(root: MapNode, path: Key[], start: number, many: boolean): MapNode {
    const parent = descend(root, path.slice(0, -1), start, this.at);
    const last = path.at(-1) as Key;
    const held = parent.entries.get(last.text);
    const made = table(start, this.at, "table");
    if (!many) {
      if (held) return tableOf(held.value);
      parent.entries.set(last.text, entry(last, made));
    } else if (held?.value.kind === "list") held.value.items.push(made);
    else {
      const list: ListNode = {
        kind: "list",
        flow: false,
        items: [made],
        dashes: [],
        start,
        end: this.at,
        fixed: "table",
      };
      parent.entries.set(last.text, entry(last, list));
    }
    return made;
  }

  assign(current: MapNode, root: MapNode): void {
    const path = this.path();
    this.at = this.text.indexOf("=", this.at) + 1;
    this.blanks(false);
    const value = this.value();
    const parent = descend(current, path.slice(0, -1), (path[0] as Key).start, value.end, "dotted-key");
    const last = path.at(-1) as Key;
    if (path.length > 1 || current !== root) value.fixed ??= path.length > 1 ? "dotted-key" : "table";
    parent.entries.set(last.text, entry(last, value));
  }

  value(): Node {
    const start = this.at;
    const char = this.text[start];
    if (char === '"' || char === "'") return this.string();
    if (char === "[") {
      const list: ListNode = { kind: "list", flow: true, items: [], dashes: [], start, end: start };
      this.members("]", () => list.items.push(this.value()));
      list.end = this.at;
      return list;
    }
    if (char === "{") {
      const map = table(start, start);
      this.members("}", () => this.assign(map, map));
      map.end = this.at;
      return map;
    }
    return this.word();
  }

  members(close: string, member: () => void): void {
    this.at++;
    for (this.blanks(true); this.text[this.at] !== close; this.blanks(true)) {
      member();
      this.blanks(true);
      if (this.text[this.at] === ",") this.at++;
    }
    this.at++;
  }
}

function entry(key: Key, value: Node): Entry {
  return { key: key.text, keyStart: key.start, keyEnd: key.end, value };
}

function tableOf(node: Node): MapNode {
  const last = node.kind === "list" ? (node.items.at(-1) as Node) : node;
  return last as MapNode;
}

function descend(from: MapNode, path: Key[], start: number, end: number, fixed = "table"): MapNode {
  let current = from;
  for (const key of path) {
    const held = current.entries.get(key.text);
    if (held) current = tableOf(held.value);
    else {
      const made = table(start, end, fixed);
      current.entries.set(key.text, entry(key, made));
      current = made;
    }
  }
  return current;
}

function refuseDeep(text: string, node: Node, depth: number): void {
  if (depth > MAX_DEPTH) throw tooDeep(text, node.start);
  if (node.kind === "list") for (const item of node.items) refuseDeep(text, item, depth + 1);
  if (node.kind === "map") for (const { value } of node.entries.values()) refuseDeep(text, value, depth + 1);
}

function offsetOf(text: string, line: number, column: number): number {
  let from = 0;
  for (let at = 1; at < line; at++) from = text.indexOf("\n", from) + 1;
  return from + Math.max(0, column - 1);
}

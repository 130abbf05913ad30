/**
 * The tree of a header: what each value says and exactly where it stands in the text. YAML, TOML and JSON headers
 * all become this tree, so reading and editing are written once.
 *
 * Offsets are UTF-16 offsets into the whole file. Lines and columns are worked out only when an error needs them.
 */

import { FrontrowError, type Place } from "../errors.ts";

export const MAX_DEPTH = 32;
export const MAX_NODES = 10_000;

export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

interface Span {
  /** Offset of the first character, without anchor and tag; an empty value stands right after its `:` or `-`. */
  start: number;
  /** Offset after the last character. A block scalar ends with its last line, without that line's break. */
  end: number;
  /** The tag as written, resolved (`tag:yaml.org,2002:int`); absent for almost every value. */
  tag?: string;
  anchor?: string;
  /** Set where the source can be read but never edited in place; the kebab-case reason. */
  fixed?: string;
}

export interface ScalarNode extends Span {
  kind: "scalar";
  style: ScalarStyle;
  /** The text the author meant: unescaped, unfolded. Plain scalars are not interpreted here. */
  text: string;
}

export interface ListNode extends Span {
  kind: "list";
  flow: boolean;
  items: Node[];
  /** For block lists, the offset of each item's dash. */
  dashes: number[];
}

export interface MapNode extends Span {
  kind: "map";
  flow: boolean;
  entries: Map<string, Entry>;
}

export interface AliasNode extends Span {
  kind: "alias";
  target: Node;
}

export type Node = ScalarNode | ListNode | MapNode | AliasNode;

export interface Entry {
  key: string;
  /** Where the key's source starts, quotes included. */
  keyStart: number;
  keyEnd: number;
  value: Node;
}

export function scalar(style: ScalarStyle, text: string, start: number, end: number): ScalarNode {
  return { kind: "scalar", style, text, start, end };
}

/** The node an alias stands for; any other node itself. */
export function resolved(node: Node): ScalarNode | ListNode | MapNode {
  let current = node;
  while (current.kind === "alias") current = current.target;
  return current;
}

/** Every node below `node`, itself first, aliases not followed. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  if (node.kind === "list") for (const item of node.items) yield* walk(item);
  if (node.kind === "map") for (const entry of node.entries.values()) yield* walk(entry.value);
}

/** The line and column of an offset, both from 1; a BOM takes no column. */
export function placeAt(text: string, offset: number): Required<Pick<Place, "line" | "column">> {
  let line = 1;
  let from = text.startsWith("\uFEFF") ? 1 : 0;
  for (;;) {
    const next = text.indexOf("\n", from);
    if (next < 0 || next >= offset) break;
    line++;
    from = next + 1;
  }
  return { line, column: Math.max(1, offset - from + 1) };
}

/** Offset of the start of the line that holds `offset`. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Offset after the line break that ends the line holding `offset` (the text's end for a last line without one). */
export function lineEnd(text: string, offset: number): number {
  const next = text.indexOf("\n", offset);
  return next < 0 ? text.length : next + 1;
}

/** A header that cannot be read, with its place. Messages never hold content beyond a key's name. */
export function invalid(text: string, offset: number, rule: string, message: string, hint: string) {
  return new FrontrowError("FRONT_MATTER_INVALID", message, { ...placeAt(text, offset), rule, hint });
}

/** The error for what is nested deeper than anybody means. */
export function tooDeep(text: string, offset: number, levels: number = MAX_DEPTH): FrontrowError {
  const message = `Cannot read the header: it has more than ${levels} levels`;
  return invalid(text, offset, "too-deep", message, "Nest less, or move the data into the body.");
}

/** The error for more values than a header is for. */
export function tooMany(text: string, offset: number): FrontrowError {
  const message = `Cannot read the header: it has more than ${MAX_NODES} values`;
  return invalid(text, offset, "too-many-nodes", message, "Move the data into the body.");
}

/** The error for a key written twice, naming both lines. */
export function duplicateKey(text: string, key: string, first: number, second: number): FrontrowError {
  const [a, b] = [placeAt(text, first).line, placeAt(text, second).line];
  return invalid(
    text,
    second,
    "duplicate-key",
    `Cannot read the header: the key ${quoteKey(key)} is written twice, on lines ${a} and ${b}`,
    "Keep one of the two lines.",
  );
}

/** A key as messages show it: short, and with nothing invisible in it. */
export function quoteKey(key: string): string {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

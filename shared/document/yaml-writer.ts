/** Spells YAML keys and scalars: in the old style where the new text allows it, else in the file's own style. */

import { type Node, type ScalarNode, walk } from "./node.ts";
import { plainKind } from "./scalar-kind.ts";
import type { ScalarTarget } from "./target.ts";
import { trimEnd } from "./trim-end.ts";
import { keepsPlain, quoted, type Spot } from "./writer.ts";

/** The habits of a file, for what is written anew. */
export interface Style {
  quote: "single" | "double";
  newline: "\n" | "\r\n";
  /** `flow`, or how far a block list's dashes stand in from their key. */
  lists: "flow" | number;
  /** Whether texts of several lines may be block scalars; not where a comment or a blank line would join them. */
  blocks: boolean;
}

/** What the file does most. */
export function styleOf(root: Node, text: string, newline: Style["newline"]): Style {
  let single = 0;
  let double = 0;
  let lists: Style["lists"] | undefined;
  for (const node of walk(root)) {
    if (node.kind === "scalar" && node.style === "single") single++;
    if (node.kind === "scalar" && node.style === "double") double++;
    if (node.kind !== "map") continue;
    for (const { keyStart, value } of node.entries.values()) {
      if (lists !== undefined || value.kind !== "list" || value.items.length === 0) continue;
      lists = value.flow ? "flow" : columnOf(text, value.start) - columnOf(text, keyStart);
    }
  }
  return { quote: single > double ? "single" : "double", newline, lists: lists ?? 2, blocks: true };
}

/** The column of an offset, from 0. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

export function writeYamlKey(key: string, style: Style): string {
  // As a key, nobody takes a lone letter for a boolean.
  const plain = /^[A-Za-z]$/.test(key) || plainKind(key) === "string";
  if (plain && isPlain(key, true) && !/[:#]/.test(key)) return key;
  return quote(key, style.quote);
}

export function writeYamlScalar({ as, text }: ScalarTarget, spot: Spot, style: Style): string {
  const { old } = spot;
  if (as === "null") return spot.flow ? "null" : "";
  if (as === "literal") return text;
  const wasQuoted = old?.style === "single" || old?.style === "double";
  if (as === "typed" && !wasQuoted) return isPlain(text, spot.flow) ? text : quote(text, style.quote);
  if (wasQuoted) return quote(text, old.style === "single" ? "single" : "double");
  const wasBlock = old?.style === "literal" || old?.style === "folded";
  if (style.blocks && !spot.flow && (wasBlock || text.includes("\n"))) {
    const block = writeBlock(text, spot, style);
    if (block !== null) return block;
  }
  const plain = isPlain(text, spot.flow) && (plainKind(text) === "string" || keepsPlain(as, text, old));
  return plain ? text : quote(text, style.quote);
}

const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;
const PLAIN_START = /^(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|[-?:](?=[^\s,[\]{}:#?-]))/;

/** Whether every reader takes the text, unquoted, as one scalar. */
function isPlain(text: string, flow: boolean): boolean {
  if (!PLAIN_START.test(text) || UNPRINTABLE.test(text) || text.endsWith(" ") || text.startsWith("..."))
    return false;
  if (text.includes(": ") || text.includes(" #") || text.endsWith(":")) return false;
  return !flow || !/[,[\]{}]|:$/.test(text);
}

function quote(text: string, style: "single" | "double"): string {
  return style === "single" && !UNPRINTABLE.test(text) ? `'${text.replaceAll("'", "''")}'` : quoted(text);
}

/** A block scalar, without its last line break; `null` when the text cannot be one. */
function writeBlock(text: string, { old, source = "", indent }: Spot, style: Style): string | null {
  const content = trimEnd(text, "\n");
  if (content === "" || /^\s/.test(content) || UNPRINTABLE.test(text.replace(/[\n\t]/g, ""))) return null;
  if (/^[ \t]+$/m.test(text)) return null;
  const ends = text.length - content.length;
  const chomp = ends === 0 ? "-" : ends === 1 ? "" : "+";
  const folded = old?.style === "folded" && !/^[ \t]/m.test(content);
  const [header = "", ...lines] = isBlock(old) ? source.split(/\r?\n/) : [];
  const after = header.replace(/^[|>][-+\d]*/, "");
  const margin = lines.find((line) => line.trim() !== "")?.search(/\S/) ?? indent;
  const width = Math.max(20, ...lines.map((line) => line.length - margin));
  const body = folded ? unfold(content, width) : content.split("\n");
  for (let blank = 1; blank < ends; blank++) body.push("");
  const pad = " ".repeat(margin);
  const padded = body.map((line) => (line === "" ? "" : pad + line));
  return [`${folded ? ">" : "|"}${chomp}${after}`, ...padded].join(style.newline);
}

function isBlock(old: ScalarNode | undefined): boolean {
  return old?.style === "literal" || old?.style === "folded";
}

/** The lines of a folded scalar: one blank line per line break, long lines broken at single blanks. */
function unfold(content: string, width: number): string[] {
  const lines: string[] = [];
  for (const [index, paragraph] of content.split("\n").entries()) {
    if (index > 0) lines.push("");
    if (paragraph === "") continue;
    let line = "";
    for (const word of paragraph.split(/(?<=\S) (?=\S)/)) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** A document: a header read into a tree, and a body nobody looks into. Reading keeps the text; nothing is cached. */

import { refuseConflictMarkers } from "./conflict-marker.ts";
import { type Language, splitFrontMatter } from "./front-matter.ts";
import { readJsonHeader } from "./json-tree.ts";
import { type Entry, type MapNode, type Node, placeAt } from "./node.ts";
import { readToml } from "./toml-tree.ts";
import { readSimpleYaml } from "./yaml-reader.ts";
import { readYaml } from "./yaml-tree.ts";

export interface Document {
  /** The whole file, BOM included. */
  readonly text: string;
  /** `null` when there is no header. */
  readonly language: Language | null;
  readonly root: MapNode;
  /** The top-level keys, in the order they are written. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Exactly what follows the closing fence's line break. */
  readonly body: string;
  readonly openStart: number;
  readonly headerStart: number;
  readonly headerEnd: number;
  readonly bodyStart: number;
}

/**
 * Reads a text as a document. A text without a header is all body; an empty one is a valid, empty document.
 * @throws {FrontrowError} `FRONT_MATTER_INVALID`, `FRONT_MATTER_REFUSED` or `FRONT_MATTER_TOO_LARGE`, with the line.
 */
export function parseDocument(text: string): Document {
  const { language, openStart, headerStart, headerEnd, bodyStart } = splitFrontMatter(text);
  const root = readHeader(text, language, headerStart, headerEnd);
  const body = text.slice(bodyStart);
  return { text, language, root, entries: root.entries, body, openStart, headerStart, headerEnd, bodyStart };
}

function readHeader(text: string, language: Language | null, start: number, end: number): MapNode {
  switch (language) {
    case "yaml":
      return readSimpleYaml(text, start, end) ?? readYaml(text, start, end);
    case "toml":
      refuseConflictMarkers(text, start, end, language);
      return readToml(text, start, end);
    case "json":
      refuseConflictMarkers(text, start, end, language);
      return readJsonHeader(text, start, end);
    default:
      return { kind: "map", flow: false, entries: new Map(), start, end };
  }
}

/** The source of a value as it stands in the file. */
export function sourceOf(document: Document, node: Node): string {
  return document.text.slice(node.start, node.end);
}

/** The line and column, from 1, where a value or key stands in the file. */
export function placeOf(document: Document, node: Node | Entry): { line: number; column: number } {
  return placeAt(document.text, "keyStart" in node ? node.keyStart : node.start);
}

/** The line break the file uses most; `\n` when it has none. */
export function newlineOf(text: string): "\n" | "\r\n" {
  let crlf = 0;
  let lf = 0;
  for (let at = text.indexOf("\n"); at >= 0 && lf + crlf < 1000; at = text.indexOf("\n", at + 1)) {
    if (text.charCodeAt(at - 1) === 13) crlf++;
    else lf++;
  }
  return crlf > lf ? "\r\n" : "\n";
}

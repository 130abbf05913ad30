/**
 * Writes changed values into the text that is there. Only what changed changes: comments, order, quoting, alignment,
 * unknown keys, blank lines, BOM, line ends and a missing last line break all survive. What was written is read back
 * and compared before anybody gets it; what cannot be changed safely is refused, never damaged.
 */

import { FrontrowError } from "../errors.ts";
import { changeSet, type KeyChange } from "./change-set.ts";
import { type Document, newlineOf, parseDocument } from "./document.ts";
import { applySplices, type Context, type Splice } from "./edit.ts";
import { patchMap } from "./edit-block.ts";
import { patchToml } from "./edit-toml.ts";
import type { Mapping } from "./mapping.ts";
import { type Node, placeAt, quoteKey, walk } from "./node.ts";
import type { Target } from "./target.ts";
import type { Fields, Value } from "./value.ts";
import { verify } from "./verify.ts";
import { writerFor } from "./writer.ts";
import { styleOf } from "./yaml-writer.ts";

/**
 * The document's text with some columns set and, if given, another body. A `Value` sets the column's key (null empties
 * it; in TOML, which has no null, it removes it), `undefined` removes the key with its lines. For the extra column the
 * value is a JSON object, taken key by key. Without an effective change the very same string comes back.
 *
 * @throws {FrontrowError} `CANNOT_SPLICE` naming the field, line and rule. Nothing is half-written.
 */
export function renderDocument(
  document: Document,
  mapping: Mapping,
  changes: ReadonlyMap<string, Value | undefined>,
  body: string = document.body,
): string {
  const wanted = changeSet(document, mapping, changes);
  if (wanted.length === 0 && body === document.body) return document.text;
  try {
    return attempt(document, wanted, body, true);
  } catch (error) {
    // A comment or blank line below may have joined a block scalar; quoted texts are safe from their neighbours.
    if (!(error instanceof FrontrowError) || error.rule !== "read-back" || document.language !== "yaml")
      throw error;
    return attempt(document, wanted, body, false);
  }
}

/** One way to write the changes, read back and compared. */
function attempt(document: Document, wanted: readonly KeyChange[], body: string, blocks: boolean): string {
  const splices = [...headerSplices(document, wanted, blocks), ...bodySplices(document, body)];
  const text = applySplices(document.text, splices);
  const rendered =
    document.language === null && needsHeader(text, wanted, body) ? withHeader(document, wanted, body) : text;
  verify(document, rendered, wanted, body);
  return rendered;
}

/** A fresh YAML document: the mapped fields in order, then the extra ones; null and absent columns left out. */
export function newDocument(mapping: Mapping, fields: Fields, body: string): string {
  const changes = new Map<string, Value | undefined>();
  for (const { column } of mapping.fields) if (fields[column] !== null) changes.set(column, fields[column]);
  if (mapping.extra !== undefined) changes.set(mapping.extra, fields[mapping.extra]);
  return renderDocument(parseDocument(""), mapping, changes, body);
}

function headerSplices(document: Document, wanted: readonly KeyChange[], blocks: boolean): Splice[] {
  const { language, root, headerStart, headerEnd } = document;
  if (language === null || wanted.length === 0) return [];
  const context = contextOf(document, blocks);
  const patch = new Map<string, Target | null>();
  for (const change of wanted) {
    refuseShared(document, change);
    patch.set(change.field.field, change.target);
  }
  try {
    if (language === "toml") return patchToml(context, root, patch, headerStart);
    if (root.end === root.start) return [emptyRoot(context, document, patch)];
    return patchMap(context, root, patch, headerEnd);
  } catch (error) {
    throw named(document, wanted, error);
  }
}

/** The first keys of a header that has none. */
function emptyRoot(
  context: Context,
  { language, headerStart, headerEnd, root }: Document,
  patch: Patch,
): Splice {
  if (language === "json") {
    const empty = { ...root, flow: true };
    const [splice] = patchMap(context, empty, patch);
    const text = `${splice?.text ?? "{}"}${headerStart === headerEnd ? context.style.newline : ""}`;
    return { start: root.start, end: root.end, text };
  }
  const [...splices] = patchMap(context, { ...root, flow: false }, patch, headerEnd);
  return { start: headerEnd, end: headerEnd, text: splices.map((splice) => splice.text).join("") };
}

type Patch = ReadonlyMap<string, Target | null>;

function bodySplices({ text, body, bodyStart, headerEnd, language }: Document, wanted: string): Splice[] {
  if (wanted === body) return [];
  // A closing fence that ends the file needs a line break before a body can follow.
  const open = language !== null && bodyStart > headerEnd && text[bodyStart - 1] !== "\n";
  const bare = language === "json" && bodyStart === headerEnd;
  const gap = wanted !== "" && (open || bare) ? newlineOf(text) : "";
  return [{ start: bodyStart, end: text.length, text: gap + wanted }];
}

function needsHeader(text: string, wanted: readonly KeyChange[], body: string): boolean {
  if (wanted.length > 0) return true;
  try {
    const read = parseDocument(text);
    return read.language !== null || read.body !== body;
  } catch {
    return true;
  }
}

/** A header for a document without one. An empty one keeps a body that would itself read as a header. */
function withHeader(document: Document, wanted: readonly KeyChange[], body: string): string {
  const newline = newlineOf(document.text === "" ? body : document.text);
  const bom = document.text.slice(0, document.openStart);
  const empty = parseDocument(`${bom}---${newline}---${newline}${body}`);
  const context = { ...contextOf(empty), style: styleOf(empty.root, "", newline) };
  const patch = new Map(wanted.map(({ field, target }) => [field.field, target]));
  return wanted.length === 0 ? empty.text : applySplices(empty.text, [emptyRoot(context, empty, patch)]);
}

function contextOf({ text, root, language, headerEnd }: Document, blocks = true): Context {
  const newline = newlineOf(
    text.slice(0, headerEnd + 4).includes("\n") ? text.slice(0, headerEnd + 5) : text,
  );
  const style = { ...styleOf(root, text, newline), blocks };
  return { text, style, writer: writerFor(language ?? "yaml", style) };
}

/** Refuses a key whose value other keys borrow, or that borrows itself. */
function refuseShared({ text, root, entries }: Document, { field }: KeyChange): void {
  const targets = new Set<Node>();
  for (const node of walk(root)) if (node.kind === "alias") targets.add(node.target);
  if (targets.size === 0) return;
  const entry = entries.get(field.field);
  const refusal = (offset: number, rule: string, why: string): FrontrowError =>
    new FrontrowError("CANNOT_SPLICE", `Cannot change the field ${quoteKey(field.field)} in place: ${why}`, {
      ...placeAt(text, offset),
      rule,
      hint: "Write the value out instead of borrowing it.",
    });
  for (const node of entry ? walk(entry.value) : []) {
    if (node.kind === "alias") throw refusal(node.start, "alias", "its value is borrowed through an alias");
    if (targets.has(node)) throw refusal(node.start, "anchor", "other keys borrow its value");
  }
  const merge = entries.get("<<");
  for (const node of !entry && merge ? walk(merge.value) : []) {
    const map = node.kind === "alias" ? node.target : node;
    if (map.kind === "map" && map.entries.has(field.field)) {
      throw refusal(node.start, "merge", "some readers take it from a merge key");
    }
  }
}

/** The same refusal with the field's name, where it can be told which one it is about. */
function named(
  { text, entries, headerStart }: Document,
  wanted: readonly KeyChange[],
  error: unknown,
): unknown {
  if (!(error instanceof FrontrowError)) return error;
  const lineOf = (offset: number): number => placeAt(text, offset).line;
  const holder = wanted.find(({ field }) => {
    const entry = entries.get(field.field);
    if (!entry || error.line === undefined) return false;
    return lineOf(entry.keyStart) <= error.line && error.line <= lineOf(entry.value.end);
  });
  const key = (holder ?? (wanted.length === 1 ? wanted[0] : undefined))?.field.field;
  if (key === undefined) return error;
  const why = error.message.replace(/^Cannot [^:]*: /, "");
  const message = `Cannot change the field ${quoteKey(key)} in place: ${why}`;
  const place = placeAt(text, entries.get(key)?.keyStart ?? headerStart);
  const { line = place.line, column = place.column, rule, hint } = error;
  return new FrontrowError(error.code, message, { line, column, rule, hint });
}

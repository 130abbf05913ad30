/** What the tests of this folder share: real files, refusals as plain values, and the one-line way to a document. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { FrontrowError } from "../errors.ts";
import { type Document, parseDocument } from "./document.ts";
import type { FieldMapping, Mapping } from "./mapping.ts";
import type { ColumnType } from "./value.ts";

export const CORPORA = join(import.meta.dirname as string, "..", "..", "..", "shared", "corpora");

/** For `it(name, { skip }, …)`: `false` where the corpora are, else the sentence that says what is not tested. */
export const skipWithoutCorpora: string | false = existsSync(CORPORA)
  ? false
  : `there are no real files at ${CORPORA}`;

/** The markdown files of the corpora, or every `step`th of them. */
export function* realFiles(step = 1): Generator<{ path: string; bytes: Uint8Array }> {
  const names = readdirSync(CORPORA, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:md|mdx|markdown)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (let at = 0; at < names.length; at += step) {
    const name = names[at] as string;
    yield { path: relative(CORPORA, name), bytes: new Uint8Array(readFileSync(name)) };
  }
}

/** The real files as texts; those that are not UTF-8 are left out. */
export function* realTexts(step = 1): Generator<{ path: string; text: string }> {
  for (const { path, bytes } of realFiles(step)) {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    if (!text.includes("\uFFFD")) yield { path, text };
  }
}

/** What an action is refused with; it must be refused, and with an error of ours. */
export function refusal(run: () => unknown): FrontrowError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof FrontrowError, `not an error of ours: ${(error as Error)?.stack ?? error}`);
    return error;
  }
  assert.fail("nothing was refused");
}

/** `CODE rule line:column`, as far as the error knows. */
export function refusedAs(run: () => unknown): string {
  const { code, rule, line, column } = refusal(run);
  const place = line === undefined ? "" : ` ${line}${column === undefined ? "" : `:${column}`}`;
  return `${code}${rule === undefined ? "" : ` ${rule}`}${place}`;
}

/** A document with this YAML between its fences. */
export function yaml(header: string, body = ""): Document {
  return parseDocument(`---\n${header}${header === "" || header.endsWith("\n") ? "" : "\n"}---\n${body}`);
}

/** Every key of the document as a column of the same name: of the type given, else text. */
export function mappingOf(types: Readonly<Record<string, ColumnType>>, extra?: string): Mapping {
  const fields = Object.entries(types).map(([field, type]): FieldMapping => ({ field, column: field, type }));
  return extra === undefined ? { fields } : { fields, extra };
}

/**
 * `frontrow check <dir>`: would Frontrow give every markdown file below a folder back unchanged, and does an edit of
 * one field touch that field's line alone? Reads files; writes nothing.
 *
 * The `README.md` of the checked folder itself is about the files and not one of them: it is left out and counted as
 * ignored. A `README.md` further down is a file like any other.
 */

import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import {
  type Document,
  decode,
  type Entry,
  encode,
  type Mapping,
  parseDocument,
  readFields,
  renderDocument,
  sameValue,
  type Value,
} from "../../shared/document/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { editedValue } from "./edited-value.ts";
import { inferMapping } from "./infer-mapping.ts";

export interface Refusal {
  path: string;
  code: string;
  rule?: string | undefined;
  line?: number | undefined;
  message: string;
}

export interface DirectoryCheck {
  /** Markdown files found, without the ignored one. */
  files: number;
  /** 1 where the folder has a `README.md` of its own, else 0. */
  ignored: number;
  /** Files that came back byte for byte. */
  identical: number;
  refused: Refusal[];
  /** Files with at least one top-level scalar. */
  editable: number;
  /** Of those, the files where editing each scalar in turn changed exactly its own line or lines. */
  edited_one_line: number;
  /** Single edits tried, over all files. */
  edits: number;
  /** What went wrong with a file that was not refused; empty when all is well. */
  failures: Refusal[];
}

/**
 * Checks every `.md`, `.mdx` and `.markdown` file below `root`, folders that start with a dot included, but for the
 * `README.md` of `root` itself.
 */
export async function checkDirectory(
  root: string,
  onProgress?: (done: number, total: number) => void,
): Promise<DirectoryCheck> {
  const found = await markdownFiles(root);
  const paths = found.filter((path) => relative(root, path) !== "README.md");
  const check: DirectoryCheck = {
    files: paths.length,
    ignored: found.length - paths.length,
    identical: 0,
    refused: [],
    editable: 0,
    edited_one_line: 0,
    edits: 0,
    failures: [],
  };
  for (const [index, path] of paths.entries()) {
    const bytes = await readFile(path);
    checkFile(check, relative(root, path).split(sep).join("/"), bytes);
    onProgress?.(index + 1, paths.length);
  }
  return check;
}

/** The markdown files below a folder, sorted; dependency and repository folders left out. */
export async function markdownFiles(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isDirectory() && entry.name !== ".git" && entry.name !== "node_modules") {
      found.push(...(await markdownFiles(path)));
    } else if (entry.isFile() && /\.(?:md|mdx|markdown)$/i.test(entry.name)) found.push(path);
  }
  return found.sort();
}

function checkFile(check: DirectoryCheck, path: string, bytes: Uint8Array): void {
  try {
    const document = parseDocument(decode(bytes));
    const mapping = inferMapping(document);
    const fields = readFields(document, mapping);
    const rendered = encode(renderDocument(document, mapping, new Map(Object.entries(fields))));
    if (sameBytes(rendered, bytes)) check.identical++;
    else check.failures.push({ path, code: "NOT_IDENTICAL", message: "the file did not come back the same" });
    checkEdits(check, path, document, mapping);
  } catch (error) {
    check.refused.push(refusal(path, error));
  }
}

/** Edits every top-level scalar, one at a time. */
function checkEdits(check: DirectoryCheck, path: string, document: Document, mapping: Mapping): void {
  const scalars = [...document.entries.values()].filter((entry) => entry.value.kind === "scalar");
  if (scalars.length === 0) return;
  check.editable++;
  let right = 0;
  for (const entry of scalars) {
    check.edits++;
    const why = wrongEdit(document, mapping, entry);
    if (why === null) right++;
    else check.failures.push({ path, code: "EDIT", rule: entry.key, ...why });
  }
  if (right === scalars.length) check.edited_one_line++;
}

/** What is wrong with the edit of one field; `null` when nothing is. */
function wrongEdit(
  document: Document,
  mapping: Mapping,
  entry: Entry,
): Omit<Refusal, "path" | "code"> | null {
  const field = mapping.fields.find(({ field }) => field === entry.key);
  if (!field) throw new Error(`no mapping for ${entry.key}`);
  const before = readFields(document, mapping);
  const value = editedValue(field.type, before[field.column] ?? null);
  let text: string;
  try {
    text = renderDocument(document, mapping, new Map<string, Value>([[field.column, value]]));
  } catch (error) {
    const { message, line } = refusal("", error);
    return { message, line };
  }
  const after = readFields(parseDocument(text), mapping);
  if (!sameValue(after[field.column], value)) return { message: "the value did not read back" };
  for (const { column } of mapping.fields) {
    if (column !== field.column && !sameValue(after[column], before[column])) {
      return { message: `the field ${column} changed too` };
    }
  }
  return onlyOwnLines(document, entry, text) ? null : { message: "other lines changed" };
}

/** Whether two texts differ only in the lines a field's value stands on; one line stays one line. */
function onlyOwnLines(document: Document, entry: Entry, after: string): boolean {
  const [old, now] = [document.text.split("\n"), after.split("\n")];
  const first = document.text.slice(0, entry.keyStart).split("\n").length - 1;
  const height = document.text.slice(entry.keyStart, entry.value.end).split("\n").length;
  const grown = now.length - old.length;
  if (height === 1 && grown !== 0) return false;
  for (let line = 0; line < first; line++) if (old[line] !== now[line]) return false;
  for (let line = first + height; line < old.length; line++)
    if (old[line] !== now[line + grown]) return false;
  return true;
}

function refusal(path: string, error: unknown): Refusal {
  if (!(error instanceof FrontrowError)) throw error;
  const { code, rule, line, message } = error;
  return { path, code, rule, line, message };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

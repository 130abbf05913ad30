/** A new document of a collection, ready to be written: its path and its text, checked as any file is. Pure. */

import type { Columns, ResolvedCollection } from "../collections/mod.ts";
import { encode, type Fields, type Value } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import { type Binding, readFile } from "../sync/binding.ts";
import { newFromTemplate } from "./new-from-template.ts";
import { placeholdersOf } from "./placeholders.ts";
import { typedValue } from "./typed-value.ts";

export interface NewDocument {
  /** The id, where the collection has ids. */
  id: string | null;
  title?: string | undefined;
  /** A day, `2026-11-21`. */
  date: string;
  /** Empty where nobody knows. */
  author: string;
  /** By field, key param or placeholder. */
  set: Readonly<Record<string, string>>;
  /** The template's text. @default a header, and the title as a heading */
  template?: string | undefined;
}

/**
 * Fields that were said (`title`, `set`) are set whatever the template says of them.
 * @throws {FrontrowError} `USAGE` (a key is missing, or what was said goes nowhere), `CONFIG_INVALID` (the template),
 * `PATH_INVALID`, or what a file that is no document of the collection throws.
 */
export function newDocumentOf(binding: Binding, wanted: NewDocument): { path: string; text: string } {
  const { collection, columns } = binding;
  const { id, title, date, author, set } = wanted;
  const template = wanted.template ?? (title === undefined ? "" : "\n# {{title}}\n");
  const keys = keysOf(collection, wanted);
  refuseUnused(collection, wanted, template);
  const values = {
    ...(id === null ? {} : { id }),
    ...(title === undefined ? {} : { title }),
    date,
    author,
    ...keys,
    ...set,
  };
  const path = collection.path.build(keys);
  const text = newFromTemplate(template, values, {
    mapping: columns.mapping,
    codec: binding.codec,
    fields: fieldsOf(columns, wanted, keys),
  });
  readFile(binding, path, encode(text));
  return { path, text };
}

function keysOf({ name, path, ids }: ResolvedCollection, { id, set }: NewDocument): Record<string, string> {
  const given = { ...set, ...(ids === null || id === null ? {} : { [ids.key]: id }) };
  const names = path.params.map((param) => param.name);
  const missing = names.filter((key) => !Object.hasOwn(given, key) || given[key] === "");
  if (missing.length > 0) {
    throw new FrontrowError(
      "USAGE",
      `Cannot make a document of "${name}", as its path "${path.template}" needs ${missing.join(", ")}.`,
      { rule: "missing-key", hint: `Say ${missing.map((key) => `--set ${key}=…`).join(" ")}` },
    );
  }
  return Object.fromEntries(names.map((key) => [key, given[key] as string]));
}

/** What was typed and goes nowhere is a slip of the pen. */
function refuseUnused(
  { fields, path, ids }: ResolvedCollection,
  { set }: NewDocument,
  template: string,
): void {
  const params = path.params.map(({ name }) => name).filter((name) => name !== ids?.key);
  const known = new Set([...fields.map(({ field }) => field), ...params, ...placeholdersOf(template)]);
  const unknown = Object.keys(set).filter((name) => !known.has(name) || name === ids?.key);
  if (unknown.length === 0) return;
  throw new FrontrowError("USAGE", `Cannot set ${unknown.map((name) => `"${name}"`).join(", ")}.`, {
    rule: "unknown-field",
    hint: `There is ${[...known].filter((name) => name !== ids?.key).join(", ")}.`,
  });
}

function fieldsOf({ mapping }: Columns, { title, set }: NewDocument, keys: Record<string, string>): Fields {
  const said: Record<string, string> = { ...(title === undefined ? {} : { title }), ...set };
  const fields: Record<string, Value> = {};
  for (const field of mapping.fields) {
    // A key that is a field too must say what the path says.
    const text = keys[field.column] ?? said[field.field];
    if (text !== undefined) fields[field.column] = typedValue(field, text);
  }
  return fields;
}

/**
 * A new document's text from a template: a document with `{{placeholders}}`. The front matter is written by the codec, so
 * that whatever a person calls their story is quoted as it must be; comments, order and layout are the template's. Pure.
 */

import { canonicalScalar } from "../document/canonical.ts";
import {
  type Document,
  type DocumentCodec,
  type FieldMapping,
  type Fields,
  type Mapping,
  type Node,
  parseDocument,
  placeOf,
  plainCodec,
  readFields,
  type Value,
} from "../document/mod.ts";
import { resolved } from "../document/node.ts";
import { FrontrowError } from "../errors.ts";
import { asWords, requireValues } from "./placeholders.ts";
import { typedValue } from "./typed-value.ts";

type Words = ReturnType<typeof asWords>;

interface Said {
  mapping: Mapping;
  fields: Fields;
  codec: DocumentCodec;
}

/**
 * `values` are the placeholders' (`id`, `title`, `date`, `author` …); an empty one leaves its key without a value. `fields`
 * (by column) are set whatever the template says. A key that `mapping` does not know is a text.
 * @throws {FrontrowError} `CONFIG_INVALID` (rule `placeholder`: one has no value, or stands in a key), or what reading and
 * writing front matter throws, with the template's line.
 */
export function newFromTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
  { mapping, fields, codec }: Said = { mapping: { fields: [] }, fields: {}, codec: plainCodec },
): string {
  requireValues(template, values);
  const words = asWords(template, values);
  const document = codec.parseDocument(words.text);
  const known = new Map(mapping.fields.map((one) => [one.field, one]));
  const filled: FieldMapping[] = [];
  const changes = new Map<string, Value | undefined>();
  for (const { key, value } of document.entries.values()) {
    if (!words.text.slice(value.start, value.end).includes(words.mark)) continue;
    refuseInKeys(document, value, words);
    // Told apart from every column by a sign that no column's name may hold.
    const field = known.get(key) ?? { field: key, column: `\0${key}`, type: guessedType(value, words) };
    if (!known.has(key)) filled.push(field);
    changes.set(field.column, filledValue(document, field, value, words));
  }
  refuseInKeys(document, document.root, words);
  for (const { column } of mapping.fields) {
    if (fields[column] !== undefined) changes.set(column, fields[column]);
  }
  const said = { fields: [...mapping.fields, ...filled] };
  const text = codec.renderDocument(document, said, changes, words.fill(document.body));
  // What is left is in comments.
  const { bodyStart } = parseDocument(text);
  const header = words.fill(text.slice(0, bodyStart), (value) => value.replace(/\p{Cc}+/gu, " "));
  return header + text.slice(bodyStart);
}

/** As plain texts are read: what looks like a date is one, so that it stays without quotes. */
function guessedType(node: Node, words: Words): FieldMapping["type"] {
  const real = resolved(node);
  if (real.kind !== "scalar") return "jsonb";
  const text = words.fill(real.text);
  return real.style === "plain" && canonicalScalar("date", text) === text ? "date" : "text";
}

function filledValue(document: Document, field: FieldMapping, node: Node, words: Words): Value {
  const real = resolved(node);
  if (real.kind === "scalar" && field.type !== "jsonb") {
    try {
      return typedValue(field, words.fill(real.text));
    } catch (error) {
      throw error instanceof FrontrowError ? withPlace(error, document, node) : error;
    }
  }
  const { type } = field;
  const read =
    readFields(document, { fields: [{ field: field.field, column: "value", type }] }).value ?? null;
  if (typeof read === "string") return words.fill(read, (value) => JSON.stringify(value).slice(1, -1));
  return read === null ? null : read.map((item) => item && words.fill(item));
}

/** A key that comes from a title is one that nobody looks for. */
function refuseInKeys(document: Document, node: Node, words: Words): void {
  const real = resolved(node);
  if (real.kind === "list") for (const item of real.items) refuseInKeys(document, item, words);
  if (real.kind !== "map") return;
  for (const entry of real.entries.values()) {
    if (entry.key.includes(words.mark)) {
      throw new FrontrowError(
        "CONFIG_INVALID",
        "Cannot fill in the template, as a placeholder stands in a key",
        {
          ...placeOf(document, entry),
          rule: "placeholder",
          hint: "Placeholders may stand in values, comments and the body.",
        },
      );
    }
    refuseInKeys(document, entry.value, words);
  }
}

function withPlace(error: FrontrowError, document: Document, node: Node): FrontrowError {
  const { rule, hint, cause } = error;
  return new FrontrowError(error.code, error.message, { ...placeOf(document, node), rule, hint, cause });
}

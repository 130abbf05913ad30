/**
 * The codec for collections with fields in the body (`lines: ["Status"]`). To the engine such a field is like any other:
 * its value is in `entries`, and the document's `body` is the text without it, so that the field and the body never
 * contradict each other. In the file both stand where their author put them. Only these collections pay for it.
 */

import { FrontrowError } from "../errors.ts";
import { type BodyLine, lineFinder, withoutValues, withValues } from "./body-lines.ts";
import { sameValue } from "./canonical.ts";
import { type Document, parseDocument } from "./document.ts";
import { readFields } from "./field-value.ts";
import type { FieldMapping, Mapping } from "./mapping.ts";
import { type Entry, quoteKey, scalar } from "./node.ts";
import { newDocument, renderDocument } from "./render.ts";
import type { Fields, Value } from "./value.ts";

/** Reading and writing documents of one collection. */
export interface DocumentCodec {
  parseDocument(text: string): Document;
  readFields(document: Document, mapping: Mapping): Fields;
  renderDocument(
    document: Document,
    mapping: Mapping,
    changes: ReadonlyMap<string, Value | undefined>,
    body?: string,
  ): string;
  newDocument(mapping: Mapping, fields: Fields, body: string): string;
  /** A row's body, which may hold a line's value that is not the column's: the column is right. */
  bodyOf(body: string): string;
}

export const plainCodec: DocumentCodec = {
  parseDocument,
  readFields,
  renderDocument,
  newDocument,
  bodyOf: (body) => body,
};

interface LinedDocument extends Document {
  /** As any other codec reads it. */
  readonly whole: Document;
  readonly lines: ReadonlyMap<string, BodyLine>;
}

/** `names` are fields of the mapping that every call is given. */
export function createLineCodec(names: readonly string[]): DocumentCodec {
  const find = lineFinder(names);

  function parse(text: string): LinedDocument {
    const whole = parseDocument(text);
    const lines = find(whole.body);
    if (lines.size === 0) return { ...whole, whole, lines };
    const entries = new Map(whole.entries);
    for (const [name, line] of lines) entries.set(name, entryOf(whole, name, line));
    return { ...whole, entries, body: withoutValues(whole.body, lines), whole, lines };
  }

  /** In the body are those that have a line there, and those that stand nowhere yet. */
  function isInBody({ whole, lines }: LinedDocument, { field }: FieldMapping): boolean {
    return names.includes(field) && (lines.has(field) || !whole.entries.has(field));
  }

  function render(
    document: LinedDocument,
    mapping: Mapping,
    changes: ReadonlyMap<string, Value | undefined>,
    body: string,
  ): string {
    const { whole, lines } = document;
    const inBody = mapping.fields.filter((field) => isInBody(document, field));
    const wanted = inBody.filter(({ column }) => changes.has(column));
    const values = new Map<string, string | null>();
    for (const [name, line] of lines) values.set(name, whole.body.slice(line.valueStart, line.valueEnd));
    for (const field of wanted) {
      const value = changes.get(field.column);
      const held = readFields(document, { fields: [field] })[field.column];
      if (!sameValue(held, value)) values.set(field.field, lineText(field, value));
    }
    const lead = (name: string): string => {
      const line = lines.get(name);
      return line === undefined || line.valueStart === line.open
        ? " "
        : whole.body.slice(line.open, line.valueStart);
    };
    const from = body === document.body ? whole.body : body;
    const columns = new Set(inBody.map(({ column }) => column));
    const others = new Map([...changes].filter(([column]) => !columns.has(column)));
    const text = renderDocument(whole, mapping, others, withValues(from, find, values, lead));
    verify(parse(text), wanted, changes);
    return text;
  }

  return {
    parseDocument: parse,
    readFields,
    renderDocument: (document, mapping, changes, body = document.body) =>
      render(
        "whole" in document ? (document as LinedDocument) : parse(document.text),
        mapping,
        changes,
        body,
      ),
    newDocument(mapping, fields, body) {
      const inBody = mapping.fields.filter(({ field }) => names.includes(field));
      const columns = new Set(inBody.map(({ column }) => column));
      const others = Object.fromEntries(Object.entries(fields).filter(([column]) => !columns.has(column)));
      const text = newDocument(mapping, others, body);
      const changes = new Map(inBody.map(({ column }) => [column, fields[column] ?? null]));
      const document = parse(text);
      return render(document, mapping, changes, document.body);
    },
    bodyOf: (body) => withoutValues(body, find(body)),
  };
}

/** A line as an entry of the header would be, so that it is typed, and told of in errors, in the same way. */
function entryOf({ body, bodyStart }: Document, key: string, line: BodyLine): Entry {
  const { start, open, valueStart, valueEnd } = line;
  const value = scalar(
    "plain",
    body.slice(valueStart, valueEnd),
    bodyStart + valueStart,
    bodyStart + valueEnd,
  );
  return { key, keyStart: bodyStart + start, keyEnd: bodyStart + open, value };
}

function lineText({ field, type }: FieldMapping, value: Value | undefined): string | null {
  if (value === undefined) return null;
  if (value === null) return "";
  if (typeof value === "string" && value !== "" && value.trim() === value && !/[\r\n]/.test(value))
    return value;
  const why = type === "text[]" ? "a line of the body holds no list" : "a line of the body cannot hold it";
  throw refused(field, "line", why);
}

/** What was written must be what is read: a text such as `null`, or one that reads as another line, is not. */
function verify(
  document: Document,
  wanted: readonly FieldMapping[],
  changes: ReadonlyMap<string, Value | undefined>,
): void {
  for (const field of wanted) {
    const read = readFields(document, { fields: [field] })[field.column] ?? null;
    if (!sameValue(read, changes.get(field.column) ?? null)) {
      throw refused(field.field, "read-back", "the value would not read back as intended");
    }
  }
}

function refused(field: string, rule: string, why: string): FrontrowError {
  return new FrontrowError("CANNOT_SPLICE", `Cannot change the field ${quoteKey(field)} in place: ${why}`, {
    rule,
    hint: "Give it a value of one line.",
  });
}

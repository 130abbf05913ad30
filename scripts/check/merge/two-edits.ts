/** One file, edited by two sides: what each of them holds, and what is known about the merge beforehand. */
import {
  type Document,
  type Fields,
  type Mapping,
  parseDocument,
  readFields,
  renderDocument,
  type Value,
} from "../../../shared/document/mod.ts";
import type { TextContent } from "../../../shared/reconcile/types.ts";
import { type BodyEdits, bodyEdits } from "./body-edits.ts";
import { fieldEdits } from "./field-edits.ts";
import type { Random } from "./random.ts";

export interface TwoEdits {
  kind: string;
  base: TextContent;
  file: TextContent;
  row: { fields: Fields; body: string };
  /** The texts only one side wrote. */
  tokens: { file: readonly string[]; row: readonly string[] };
  /** Whether the edits are apart by construction: they must merge without a conflict. */
  isApart: boolean;
  body: Pick<BodyEdits, "expected" | "untouched" | "isBlankFree">;
  fields: ReadonlyMap<string, Value>;
}

/**
 * Two sides' random edits of a document.
 * @throws {FrontrowError} `CANNOT_SPLICE` where the file's fields cannot be edited in place.
 */
export function twoEdits(base: TextContent, mapping: Mapping, random: Random): TwoEdits {
  const written = { file: [] as string[], row: [] as string[] };
  let count = 0;
  const token = () => `tk${random.below(2 ** 30).toString(36)}x${count++}q`;
  const body = bodyEdits(base.body, random, token);
  const fields = fieldEdits(base.fields, mapping, random, token);
  const [first, second] = random.chance(0.5) ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const);
  const [fileBody, rowBody] = [body?.[first] ?? base.body, body?.[second] ?? base.body];
  const changed = new Map([...fields[first]]);
  const file = textOf(
    renderDocument(base.document, mapping, changed, fileBody === base.body ? undefined : fileBody),
    mapping,
  );
  const row = { fields: { ...rowOf(base, mapping), ...Object.fromEntries(fields[second]) }, body: rowBody };
  const [inFile, inRow] = [file.text, JSON.stringify(row)];
  for (const one of inFile.match(/tk[0-9a-z]+x\d+q/g) ?? []) written.file.push(one);
  for (const one of inRow.match(/tk[0-9a-z]+x\d+q/g) ?? []) written.row.push(one);
  return {
    kind: body?.kind ?? "fields",
    base,
    file,
    row,
    tokens: written,
    isApart: fields.isApart && (body?.isApart ?? true),
    body: body ?? { expected: base.body, untouched: [] },
    fields: fields.expected,
  };
}

export function textOf(text: string, mapping: Mapping): TextContent {
  const document: Document = parseDocument(text);
  return { kind: "text", text, document, fields: readFields(document, mapping), body: document.body };
}

/** The row the base's text makes: what it does not speak of is null. */
export function rowOf(base: TextContent, mapping: Mapping): Fields {
  const nulls = mapping.fields.map(({ column }) => [column, null]);
  return { ...Object.fromEntries(nulls), ...base.fields };
}

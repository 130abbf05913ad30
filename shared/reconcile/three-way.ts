/** Base, file and row side by side: what each of them changed, field by field and hunk by hunk. For people to look at. */
import { type Document, type Node, parseDocument } from "../document/mod.ts";
import { resolved } from "../document/node.ts";
import { FrontrowError } from "../errors.ts";
import { type Changed, changedBy, linesOf, stretchesOf } from "./line-stretches.ts";

/** One top-level key as short text; null: it is not there. */
export interface FieldDifference {
  field: string;
  changed: Changed;
  base: string | null;
  file: string | null;
  row: string | null;
}

/** Lines with their line breaks, as in the three bodies. */
export interface BodyDifference {
  changed: Changed;
  /** The first line in the file's body, from 1. */
  line: number;
  /** The nearest heading above, as it is written; null: none. */
  heading: string | null;
  /** Up to three lines of the base around it. */
  before: readonly string[];
  base: readonly string[];
  file: readonly string[];
  row: readonly string[];
  after: readonly string[];
}

export interface ThreeWay {
  fields: readonly FieldDifference[];
  body: readonly BodyDifference[];
}

const CONTEXT = 3;
const HEADING = /^ {0,3}#{1,6}[ \t]/;

/** Compares three texts; null is a side without a document. A text that cannot be read as one counts as all body. */
export function threeWay(base: string | null, file: string | null, row: string | null): ThreeWay {
  const [b, f, r] = [read(base), read(file), read(row)];
  return { fields: fieldsOf(b, f, r), body: bodyOf(linesOf(b.body), linesOf(f.body), linesOf(r.body)) };
}

function read(text: string | null): Pick<Document, "entries" | "body"> {
  try {
    return parseDocument(text ?? "");
  } catch (error) {
    if (error instanceof FrontrowError) return { entries: new Map(), body: text ?? "" };
    throw error;
  }
}

type Read = ReturnType<typeof read>;

function fieldsOf(base: Read, file: Read, row: Read): FieldDifference[] {
  const fields = new Set([...base.entries.keys(), ...file.entries.keys(), ...row.entries.keys()]);
  const found: FieldDifference[] = [];
  for (const field of fields) {
    const [b, f, r] = [base, file, row].map(({ entries }) => {
      const entry = entries.get(field);
      return entry === undefined ? null : shown(entry.value);
    }) as [string | null, string | null, string | null];
    const changed = changedBy(b === f, b === r, f === r);
    if (changed !== null) found.push({ field, changed, base: b, file: f, row: r });
  }
  return found;
}

/** A value on one line; how it was quoted or laid out makes no difference. */
function shown(node: Node): string {
  const real = resolved(node);
  if (real.kind === "list") return `[${real.items.map(shown).join(", ")}]`;
  if (real.kind === "map") {
    return `{${[...real.entries.values()].map(({ key, value }) => `${key}: ${shown(value)}`).join(", ")}}`;
  }
  return real.text;
}

function bodyOf(base: readonly string[], file: readonly string[], row: readonly string[]): BodyDifference[] {
  return stretchesOf(base, file, row).map(({ start, end, fileAt, ...one }) => ({
    changed: one.changed,
    line: fileAt + 1,
    heading: base.slice(0, start).findLast((line) => HEADING.test(line)) ?? null,
    before: base.slice(Math.max(0, start - CONTEXT), start),
    base: one.base,
    file: one.file,
    row: one.row,
    after: base.slice(end, end + CONTEXT),
  }));
}

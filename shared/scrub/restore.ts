/**
 * A document that left scrubbed and comes back. What was scrubbed has no opinion: there the master stands. What else was
 * edited is an edit. Nothing that we put in a value's place ever becomes a value: where it could, the whole is refused.
 */
import { type Document, parseDocument } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import { type HeaderValue, headerValue, isSame, withValues } from "./header-values.ts";
import { restoreSegments } from "./restore-segments.ts";
import { HASHED, type Scrubbing } from "./rules.ts";
import { type Scrubbed, type ScrubbedField, scrubDocument } from "./scrub.ts";
import { isKept } from "./segments.ts";

type Changes = Map<string, HeaderValue | undefined>;

/**
 * The text that `returned` means: the master's own, to the byte, where nothing was edited. `scrubbing` is what it left by.
 * @throws {FrontrowError} `CANNOT_SPLICE`, rule `scrubbed`, where nobody can tell what a placeholder stands for any more;
 * what `parseDocument` throws.
 */
export function restoreDocument(master: string, returned: string, scrubbing: Scrubbing): string {
  const left = scrubDocument(master, scrubbing);
  if (returned === left.text) return master;
  const document = parseDocument(returned);
  const body = restoreSegments(left.body, document.body);
  if (body === null) throw untellable("the body");

  const edits: Changes = new Map();
  const restored: Changes = new Map();
  const scrubbed = parseDocument(left.text);
  for (const key of new Set([...scrubbed.entries.keys(), ...document.entries.keys()])) {
    const [was, is] = [headerValue(scrubbed, key), headerValue(document, key)];
    if (isSame(was, is)) continue;
    edits.set(key, is);
    const field = left.fields.get(key);
    if (field === undefined || is === undefined) restored.set(key, is);
    else if (!isPlaceholder(field, is)) restored.set(key, restoreValue(key, field, is));
  }

  const text = isAllOf(edits, scrubbed, document)
    ? withValues(left.document, restored, body)
    : inTheirNotation(document, left, restored, body);
  requireNoPlaceholders(text, master, left);
  return text;
}

/** What stands in a scrubbed field's place though the field's own was another: another salt's hash. */
function isPlaceholder({ rule }: ScrubbedField, { value }: HeaderValue): boolean {
  if (rule === null || value === null) return false;
  return rule.action === "hash" ? HASHED.test(value) : rule.action === "replace" && value === rule.with;
}

function restoreValue(key: string, field: ScrubbedField, is: HeaderValue): HeaderValue {
  if (field.rule !== null || is.value === null) return is;
  if (is.type !== field.scrubbed?.type) {
    if (field.segments.some((one) => !isKept(one) && is.value!.includes(one.text)))
      throw untellable(`"${key}"`);
    return is;
  }
  // In a list or map, each member is a line.
  const value = restoreSegments(field.segments, is.value, is.type === "jsonb" ? /(?<=,)/ : undefined);
  if (value === null) throw untellable(`"${key}"`);
  return { type: is.type, value };
}

/** Whether these values, and the body, are all that was edited: no comment, no order, no quotes. */
function isAllOf(edits: Changes, scrubbed: Document, { text, body }: Document): boolean {
  try {
    return withValues(scrubbed, edits, body) === text;
  } catch (error) {
    if (error instanceof FrontrowError) return false;
    throw error;
  }
}

/** The header as they wrote it, with the master's values where it says nothing. */
function inTheirNotation(document: Document, left: Scrubbed, restored: Changes, body: string): string {
  if (left.comments) throw untellable("the comments of the header");
  const values: Changes = new Map();
  for (const [key, { original, scrubbed }] of left.fields) {
    const is = headerValue(document, key);
    if (restored.has(key)) values.set(key, restored.get(key));
    // A key that was dropped comes back; one that was there and is not any more was taken away.
    else if (is !== undefined || scrubbed === undefined) values.set(key, original);
  }
  return withValues(document, values, body);
}

/** The last word: no placeholder that was not in the master already. */
function requireNoPlaceholders(text: string, master: string, { fields, body, document }: Scrubbed): void {
  const segments = [...body, ...[...fields.values()].flatMap(({ segments }) => segments)];
  const placeholders = new Set(segments.filter((one) => !isKept(one)).map(({ text }) => text));
  for (const one of placeholders) {
    if (text.split(one).length > master.split(one).length) throw untellable("a scrubbed place");
  }
  const now = parseDocument(text);
  for (const key of now.entries.keys()) {
    const value = headerValue(now, key);
    if (value?.value && HASHED.test(value.value) && !isSame(value, headerValue(document, key))) {
      throw untellable(`"${key}"`);
    }
  }
}

function untellable(what: string): FrontrowError {
  return new FrontrowError(
    "CANNOT_SPLICE",
    `Cannot bring the edit back, as nobody can tell what was scrubbed from ${what} any more.`,
    { rule: "scrubbed", hint: "Make this edit in the project itself, or around what was scrubbed." },
  );
}

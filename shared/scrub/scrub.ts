/**
 * Takes out of a document what must not leave for a store. Only a copy is changed: the hub's text, the master, never is.
 * What cannot be taken out safely refuses the whole document.
 */
import { type Document, parseDocument } from "../document/mod.ts";
import { placeAt } from "../document/node.ts";
import { FrontrowError } from "../errors.ts";
import { scrubComments } from "./comments.ts";
import { type HeaderValue, headerValue, withValues } from "./header-values.ts";
import type { FieldRule, PatternRule, Scrubbing } from "./rules.ts";
import { type Counts, count, isKept, jsonSegmentsOf, type Segment, segmentsOf, textOf } from "./segments.ts";

export interface ScrubbedField {
  /** null: patterns did it, and `segments` says where. */
  rule: FieldRule | null;
  segments: readonly Segment[];
  original: HeaderValue;
  /** undefined: it is not there any more. */
  scrubbed: HeaderValue | undefined;
}

export interface Scrubbed {
  text: string;
  /** Values that were replaced or dropped, by the rule's label. */
  counts: Counts;
  /** The document as it was. */
  document: Document;
  /** The fields that leave as something else. */
  fields: ReadonlyMap<string, ScrubbedField>;
  body: readonly Segment[];
  /** Whether a comment of the header was changed. */
  comments: boolean;
}

/**
 * @throws {FrontrowError} `CANNOT_SPLICE` where a value cannot be replaced in place, or a pattern finds something in a
 * key's name; `FRONT_MATTER_INVALID` when it is no document.
 */
export function scrubDocument(text: string, scrubbing: Scrubbing): Scrubbed {
  const document = parseDocument(text);
  const counts: Counts = {};
  const fields = new Map<string, ScrubbedField>();
  const everywhere = scrubbing.patterns.filter((rule) => rule.in === null);
  for (const { key, keyStart } of document.entries.values()) {
    if (everywhere.some(({ pattern }) => key.search(pattern) >= 0)) {
      throw new FrontrowError("CANNOT_SPLICE", "Cannot scrub the name of a header's key.", {
        ...placeAt(text, keyStart),
        rule: "scrub-key",
        hint: "Rename the key.",
      });
    }
    const field = scrubField(key, headerValue(document, key)!, scrubbing, counts);
    if (field !== null) fields.set(key, field);
  }
  const inBody = scrubbing.patterns.filter((rule) => rule.in?.has("body") ?? true);
  const body = segmentsOf(document.body, inBody, counts);
  const changes = new Map([...fields].map(([key, { scrubbed }]) => [key, scrubbed]));
  const plain = withValues(document, changes, textOf(body));
  const final = scrubComments(plain, everywhere, counts);
  return { text: final, counts, document, fields, body, comments: final !== plain };
}

function scrubField(
  key: string,
  original: HeaderValue,
  { fields, patterns, hash }: Scrubbing,
  counts: Counts,
): ScrubbedField | null {
  const rule = fields.find(({ field }) => field === key);
  if (original.value === null) return null;
  if (rule === undefined) {
    const rules = patterns.filter(({ in: only }) => only?.has(key) ?? true);
    const segments = valueSegments(original, rules, counts);
    if (segments.every(isKept)) return null;
    // A typed number that a pattern found has become a text.
    const type = isJsonScalar(original) ? "text" : original.type;
    return { rule: null, segments, original, scrubbed: { type, value: textOf(segments) } };
  }
  const scrubbed: Record<FieldRule["action"], string | undefined> = {
    drop: undefined,
    replace: rule.with,
    hash: hash(original.value),
  };
  const value = scrubbed[rule.action];
  count(counts, rule.label);
  return {
    rule,
    segments: [],
    original,
    scrubbed: value === undefined ? undefined : { type: "text", value },
  };
}

function valueSegments(
  { type, value }: HeaderValue,
  rules: readonly PatternRule[],
  counts: Counts,
): Segment[] {
  const isText = type === "text" || isJsonScalar({ type, value });
  return isText ? segmentsOf(value!, rules, counts) : jsonSegmentsOf(value!, rules, counts);
}

function isJsonScalar({ type, value }: HeaderValue): boolean {
  return type === "jsonb" && !/^[[{]/.test(value!);
}

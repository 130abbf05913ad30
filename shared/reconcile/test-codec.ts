/** A small codec for tests: one `key: JSON` per line, comments on lines of their own. The real one reads it as YAML. */

import type { Document, Mapping, Value } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { Codec, TextContent } from "./types.ts";

/** What the tests' documents look like: `status` has a default in the table, `labels` merges as a list. */
export const MAPPING: Mapping = {
  fields: [
    { field: "title", column: "title", type: "text" },
    { field: "note", column: "note", type: "text" },
    { field: "status", column: "status", type: "text" },
    { field: "tags", column: "tags", type: "text[]" },
    { field: "labels", column: "labels", type: "text[]" },
    { field: "meta", column: "meta", type: "jsonb" },
  ],
  extra: "rest",
};

interface Split {
  lines: string[];
  body: string;
}

function split(text: string): Split {
  const match = /^---\n((?:.*\n)*?)---\n/.exec(text);
  if (!match) return { lines: [], body: text };
  return { lines: match[1]!.split("\n").slice(0, -1), body: text.slice(match[0].length) };
}

const join = ({ lines, body }: Split) => `---\n${lines.map((line) => `${line}\n`).join("")}---\n${body}`;

const keyOf = (line: string) => /^(\w+):/.exec(line)?.[1];

function readJson(type: string | undefined, json: string): Value {
  if (json === "" || json === "null") return null;
  return type === "jsonb" ? json : JSON.parse(json);
}

function lineOf(key: string, type: string | undefined, value: Value): string {
  if (value === null) return `${key}:`;
  if (value === "UNRENDERABLE") throw new FrontrowError("CANNOT_SPLICE", "Cannot write the value");
  return `${key}: ${type === "jsonb" ? (value as string) : JSON.stringify(value)}`;
}

function withLine(lines: string[], key: string, line: string | undefined): string[] {
  const at = lines.findIndex((each) => keyOf(each) === key);
  if (at < 0) return line === undefined ? lines : [...lines, line];
  return lines.toSpliced(at, 1, ...(line === undefined ? [] : [line]));
}

export const testCodec: Codec = {
  parseDocument: (text) => ({ text, body: split(text).body }) as Document,
  readFields(document, mapping) {
    const fields: Record<string, Value> = {};
    const rest: string[] = [];
    for (const line of split(document.text).lines) {
      const key = keyOf(line);
      if (key === undefined) continue;
      const field = mapping.fields.find((each) => each.field === key);
      const json = line.slice(key.length + 1).trim();
      if (field) fields[field.column] = readJson(field.type, json);
      else rest.push(`"${key}":${json === "" ? "null" : json}`);
    }
    if (mapping.extra && rest.length > 0) fields[mapping.extra] = `{${rest.sort().join(",")}}`;
    return fields;
  },
  renderDocument(document, mapping, changes, body) {
    const parts = split(document.text);
    let lines = parts.lines;
    for (const [column, value] of changes) {
      if (column === mapping.extra) {
        const wanted = JSON.parse(value as string) as Record<string, unknown>;
        const mapped = new Set(mapping.fields.map((each) => each.field));
        const present = lines.map(keyOf).filter((key) => key !== undefined && !mapped.has(key)) as string[];
        for (const key of present) if (!(key in wanted)) lines = withLine(lines, key, undefined);
        for (const key of Object.keys(wanted))
          lines = withLine(lines, key, `${key}: ${JSON.stringify(wanted[key])}`);
        continue;
      }
      const { field, type } = mapping.fields.find((each) => each.column === column)!;
      lines = withLine(lines, field, value === undefined ? undefined : lineOf(field, type, value));
    }
    return join({ lines, body: body ?? parts.body });
  },
  newDocument(mapping, fields, body) {
    const document = testCodec.parseDocument(join({ lines: [], body }));
    return testCodec.renderDocument(document, mapping, new Map(Object.entries(fields)));
  },
};

/** A text as reconcile sees it. */
export function content(text: string, codec: Codec = testCodec): TextContent {
  const document = codec.parseDocument(text);
  return { kind: "text", text, document, fields: codec.readFields(document, MAPPING), body: document.body };
}

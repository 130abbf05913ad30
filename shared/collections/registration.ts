/** What the database is told of a collection, as plain JSON: the request of `frontrow_register`. */

import { digestText } from "../document/digest.ts";
import type { PathTemplate, PathToken } from "../document/path.ts";
import { escapeText } from "../document/path-codec.ts";
import type { ResolvedPolicies } from "./policies.ts";
import type { ResolvedCollection } from "./resolve.ts";

export interface Registration {
  name: string;
  schema: string;
  table: string;
  bucket: string;
  template: string;
  tokens: readonly PathToken[];
  pattern: string;
  /** The key columns, in the order of the template. */
  key: string[];
  fields: { field: string; column: string }[];
  body: string | null;
  extra: string | null;
  policies: ResolvedPolicies;
  /** Only where fields stand in the body. */
  lines?: readonly string[];
  /** Only where the collection has ids. */
  ids?: RegisteredIds;
  /** SHA-256 hex over what decides which documents there are. Another scope is another set of documents. */
  scope: string;
  /** SHA-256 hex over all of the above. The same digest needs no new registration. */
  digest: string;
}

export interface RegisteredIds {
  /** The key column that holds the id. */
  key: string;
  format: string;
  /** Regular expressions with one group, an id's number: over a document's path, and over the key's value. */
  inPath: string;
  inKey: string;
}

/** The zod schema is not part of it: the database checks its own constraints. */
export async function registrationOf(collection: ResolvedCollection): Promise<Registration> {
  const { name, schema, table, bucket, path, body, extra, policies } = collection;
  const said = {
    name,
    schema,
    table,
    bucket,
    template: path.template,
    tokens: path.tokens,
    pattern: path.pattern,
    key: path.params.map((param) => param.name),
    fields: collection.fields.map(({ field, column }) => ({ field, column })),
    body,
    extra,
    policies,
    ...(collection.lines.length === 0 ? {} : { lines: collection.lines.toSorted() }),
    ...(collection.ids === null ? {} : { ids: registeredIds(path, collection.ids) }),
  };
  const scope = digestText(stableJson(["frontrow-scope-1", bucket, path.template, schema, table]));
  return {
    ...said,
    scope,
    digest: digestText(stableJson(["frontrow-registration-1", { ...said, scope }])),
  };
}

/** A number counts however many zeros lead it, so that none is handed out that somebody wrote in another way. */
function registeredIds(
  { tokens }: PathTemplate,
  { key, format }: NonNullable<ResolvedCollection["ids"]>,
): RegisteredIds {
  const { prefix, suffix } = format;
  const around = (before: string, after: string) => `${literal(before)}0*([0-9]{1,15})${literal(after)}`;
  const inPath = tokens.map((token) => {
    if (typeof token === "string") return literal(token);
    return token.param === key ? around(escapeText(prefix), escapeText(suffix)) : token.many ? ".+" : "[^/]+";
  });
  return { key, format: format.format, inPath: `^${inPath.join("")}$`, inKey: `^${around(prefix, suffix)}$` };
}

/** A text that stands for itself in a regular expression, in JavaScript and in Postgres. */
function literal(text: string): string {
  return text.replace(/[.*+?()$]/g, "\\$&");
}

/** JSON with sorted keys, so that the order in which a configuration was written does not matter. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, held: unknown) => {
    if (typeof held !== "object" || held === null || Array.isArray(held)) return held;
    return Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

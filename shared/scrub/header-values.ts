/** Header values without columns: a scalar is its text, anything deeper its JSON. Enough to change one and leave the rest. */
import { canonicalJson } from "../document/json-value.ts";
import { type Document, renderDocument } from "../document/mod.ts";
import { resolved } from "../document/node.ts";
import { kindOf } from "../document/scalar-kind.ts";

export interface HeaderValue {
  type: "text" | "jsonb";
  /** null: the key says nothing. */
  value: string | null;
}

/** undefined: there is no such key. */
export function headerValue({ text, entries, language }: Document, key: string): HeaderValue | undefined {
  const entry = entries.get(key);
  if (entry === undefined) return undefined;
  const node = resolved(entry.value);
  if (node.kind !== "scalar") return { type: "jsonb", value: canonicalJson(text, node) };
  const kind = kindOf(node);
  if (kind === "null") return { type: "text", value: null };
  if (kind === "string") return { type: "text", value: node.text };
  const json = canonicalJson(text, node);
  // TOML's and JSON's scalars have a type to keep; YAML's are what they are spelled as, and `1.10` is no 1.1.
  return language !== "yaml" || json === node.text
    ? { type: "jsonb", value: json }
    : { type: "text", value: node.text };
}

export function isSame(one: HeaderValue | undefined, other: HeaderValue | undefined): boolean {
  return one?.type === other?.type && one?.value === other?.value;
}

/** `undefined` takes the key away. @throws {FrontrowError} `CANNOT_SPLICE` */
export function withValues(
  document: Document,
  changes: ReadonlyMap<string, HeaderValue | undefined>,
  body: string,
): string {
  const fields = [...changes].map(
    ([key, to]) => ({ field: key, column: key, type: to?.type ?? "text" }) as const,
  );
  const values = new Map([...changes].map(([key, to]) => [key, to?.value]));
  return renderDocument(document, { fields }, values, body);
}

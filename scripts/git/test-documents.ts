/** Real documents for the tests of this folder, how they are read, and edits a person would make. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { plainCodec } from "../../shared/document/line-codec.ts";
import { type Mapping, parseDocument, readFields, renderDocument } from "../../shared/document/mod.ts";
import type { Policies } from "../../shared/reconcile/types.ts";
import type { Reader } from "./reconcile-documents.ts";

const CONTENT = fileURLToPath(new URL("../../examples/garden/content", import.meta.url));

const MAPPING: Mapping = {
  fields: [
    { field: "name", column: "name", type: "text" },
    { field: "status", column: "status", type: "text" },
    { field: "category", column: "category", type: "text" },
    { field: "tags", column: "tags", type: "text[]" },
    { field: "charge", column: "charge", type: "float8" },
    { field: "notes", column: "notes", type: "jsonb" },
  ],
};

const POLICIES: Policies = {
  conflict: "merge",
  deletes: "edit-wins",
  direction: "two-way",
  lists: { tags: "set" },
  bodyMerge: "sections",
  authority: {},
};

export const READER: Reader = {
  mapping: MAPPING,
  codec: plainCodec,
  policies: POLICIES,
  read(text) {
    const document = parseDocument(text);
    return { kind: "text", text, document, fields: readFields(document, MAPPING), body: document.body };
  },
};

/** The garden's files by path, plain YAML ones whose fields can be edited in place. */
export function gardenFiles(most: number): Map<string, string> {
  const found = new Map<string, string>();
  for (const path of readdirSync(CONTENT, { recursive: true, encoding: "utf8" }).sort()) {
    if (!path.endsWith(".md") || found.size === most) continue;
    const text = readFileSync(`${CONTENT}/${path}`, "utf8");
    if (text.startsWith("---\n")) found.set(path, text);
  }
  return found;
}

/** The text with one column set. */
export function withField(text: string, column: string, value: string): string {
  return renderDocument(parseDocument(text), MAPPING, new Map([[column, value]]));
}

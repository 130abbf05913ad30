/** Real documents for the codec's bench, and one collection that takes all of them. */

import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import matter from "gray-matter";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { columnsFrom, resolveConfig } from "../../shared/collections/mod.ts";
import {
  decode,
  type Mapping,
  parseDocument,
  plainCodec,
  readFields,
  type Value,
} from "../../shared/document/mod.ts";
import { encodeFilePath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { markdownFiles } from "../check/check-directory.ts";
import { editedValue } from "../check/edited-value.ts";
import { inferMapping } from "../check/infer-mapping.ts";

/** A document all readers can read, with one scalar to change. What is parsed is not kept: it would not be, either. */
export interface Sample {
  bytes: Uint8Array;
  /** As an object name of the collection. */
  path: string;
  /** Every key a column, typed by what it holds. */
  mapping: Mapping;
  changes: Map<string, Value>;
  /** The key that changes, for gray-matter. */
  key: string;
  /** The header alone, for the readers that know nothing else. */
  header: string;
}

const bare = { not_null: false, has_default: false };

/** Some keys that many documents have, checked by zod; the others go into one jsonb column. */
export function everyDocument(): Binding {
  const fields = z.object({
    title: z.string().max(1000).nullish(),
    description: z.string().nullish(),
    layout: z.string().nullish(),
    created: z.iso.date().nullish(),
    weight: z.number().nullish(),
  });
  const documents = {
    name: "documents",
    table: "documents",
    path: ":slug*.md",
    body: "body",
    extra: "extra",
    fields,
  };
  const [collection] = resolveConfig({ collections: [documents] }).collections;
  const columns = columnsFrom(collection!, [
    ...["slug", "title", "description", "layout"].map((column) => ({ column, type: "text", ...bare })),
    { column: "created", type: "date", ...bare },
    { column: "weight", type: "numeric", ...bare },
    { column: "extra", type: "jsonb", ...bare },
  ]);
  return { collection: collection!, columns, digest: "", policies: collection!.policies, codec: plainCodec };
}

/** The samples among the markdown files below a folder. */
export async function samplesIn(root: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const file of await markdownFiles(root)) {
    const path = encodeFilePath(relative(root, file).replace(/\.[a-z]+$/i, ".md"));
    const sample = sampleOf(path, await readFile(file));
    if (sample) samples.push(sample);
  }
  return samples;
}

function sampleOf(path: string, file: Uint8Array): Sample | null {
  try {
    const bytes = new Uint8Array(file);
    const text = decode(bytes);
    const document = parseDocument(text);
    const mapping = inferMapping(document);
    const fields = readFields(document, mapping);
    const field = mapping.fields.find(({ field }) => document.entries.get(field)?.value.kind === "scalar");
    if (document.language !== "yaml" || !field) return null;
    const changes = new Map([[field.column, editedValue(field.type, fields[field.column] ?? null)]]);
    const { matter: header } = matter(text, {}) as matter.GrayMatterFile<string>;
    parseYaml(header, { logLevel: "error" });
    return { bytes, path, mapping, changes, key: field.field, header };
  } catch (error) {
    // Ours refuses it by name, or theirs throw their error: not a sample for anybody.
    if (error instanceof FrontrowError || /^YAML/.test((error as Error).name)) return null;
    throw error;
  }
}

/**
 * The codec against gray-matter, over real documents: reading, and writing one changed field. Rounds of both are
 * interleaved in one process, so a noisy machine slows both; the result is medians.
 */

import { readFile } from "node:fs/promises";
import matter from "gray-matter";
import {
  type Document,
  decode,
  type Mapping,
  parseDocument,
  readFields,
  renderDocument,
} from "../../shared/document/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { markdownFiles } from "../check/check-directory.ts";
import { editedValue } from "../check/edited-value.ts";
import { inferMapping } from "../check/infer-mapping.ts";

export interface CodecBenchOptions {
  /** A folder of markdown files; only those with a YAML header that both sides read are timed. */
  root: string;
  /** @default 7 */
  rounds?: number;
}

export interface CodecBench {
  documents: number;
  rounds: number;
  parse_docs_per_s: number;
  render_docs_per_s: number;
  gray_matter_parse_docs_per_s: number;
  gray_matter_stringify_docs_per_s: number;
  parse_ratio: number;
  render_ratio: number;
}

interface Sample {
  bytes: Uint8Array;
  text: string;
  mapping: Mapping;
  document: Document;
  changes: Map<string, ReturnType<typeof editedValue>>;
  /** What gray-matter is given to write: its own reading, with the same key changed. */
  data: Record<string, unknown>;
  key: string;
  body: string;
}

export async function bench({ root, rounds = 7 }: CodecBenchOptions): Promise<CodecBench> {
  const samples: Sample[] = [];
  for (const path of await markdownFiles(root)) {
    const sample = sampleOf(await readFile(path));
    if (sample) samples.push(sample);
  }
  const utf8 = new TextDecoder();
  const jobs = {
    parse: ({ bytes, mapping }: Sample) => readFields(parseDocument(decode(bytes)), mapping),
    grayParse: ({ bytes }: Sample) => matter(utf8.decode(bytes), {}).data,
    render: ({ document, mapping, changes }: Sample) => renderDocument(document, mapping, changes),
    grayStringify: ({ body, data, key }: Sample) => matter.stringify(body, { ...data, [key]: "edited" }, {}),
  };
  const times: Record<keyof typeof jobs, number[]> = {
    parse: [],
    grayParse: [],
    render: [],
    grayStringify: [],
  };
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const name of Object.keys(jobs) as (keyof typeof jobs)[]) {
      const job: (sample: Sample) => unknown = jobs[name];
      const start = performance.now();
      for (const sample of samples) job(sample);
      if (round > 0) times[name].push((performance.now() - start) / 1000);
    }
  }
  const perSecond = (name: keyof typeof jobs): number => Math.round(samples.length / median(times[name]));
  const ratio = (ours: number, theirs: number): number => Math.round((ours / theirs) * 100) / 100;
  const [parse, render] = [perSecond("parse"), perSecond("render")];
  const [grayParse, grayStringify] = [perSecond("grayParse"), perSecond("grayStringify")];
  return {
    documents: samples.length,
    rounds,
    parse_docs_per_s: parse,
    render_docs_per_s: render,
    gray_matter_parse_docs_per_s: grayParse,
    gray_matter_stringify_docs_per_s: grayStringify,
    parse_ratio: ratio(parse, grayParse),
    render_ratio: ratio(render, grayStringify),
  };
}

/** A document both sides can read, with one scalar to change; else `null`. */
function sampleOf(bytes: Uint8Array): Sample | null {
  try {
    const text = decode(bytes);
    const document = parseDocument(text);
    const mapping = inferMapping(document);
    const fields = readFields(document, mapping);
    const field = mapping.fields.find(({ field }) => document.entries.get(field)?.value.kind === "scalar");
    if (document.language !== "yaml" || !field) return null;
    const changes = new Map([[field.column, editedValue(field.type, fields[field.column] ?? null)]]);
    const { data, content } = matter(text, {});
    return { bytes, text, mapping, document, changes, data, key: field.field, body: content };
  } catch (error) {
    // Ours refuses it by name, or gray-matter throws js-yaml's error: not a sample for either.
    if (error instanceof FrontrowError || (error as Error).name === "YAMLException") return null;
    throw error;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * The codec against gray-matter, js-yaml and yaml, over real documents. Rounds of all are interleaved in one process, so
 * a noisy machine slows all of them; the result is medians.
 */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import matter from "gray-matter";
import { parse as parseYaml } from "yaml";
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
import { atLeast, type BenchOptions, type Figures, median, round } from "./case.ts";

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
  /** The header alone, for the readers that know nothing else. */
  header: string;
}

/** The js-yaml that gray-matter brings along. */
const jsYaml = createRequire(createRequire(import.meta.url).resolve("gray-matter"))("js-yaml") as {
  load(text: string): unknown;
};
const utf8 = new TextDecoder();
const NOTHING = new Map<string, never>();

const JOBS = {
  parse: ({ bytes, mapping }: Sample) => readFields(parseDocument(decode(bytes)), mapping),
  gray_matter_parse: ({ bytes }: Sample) => matter(utf8.decode(bytes), {}).data,
  js_yaml_parse: ({ bytes, header }: Sample) => [utf8.decode(bytes), jsYaml.load(header)],
  yaml_parse: ({ bytes, header }: Sample) => [utf8.decode(bytes), parseYaml(header, { logLevel: "error" })],
  render_unchanged: ({ document, mapping }: Sample) => renderDocument(document, mapping, NOTHING),
  render_one_field: ({ document, mapping, changes }: Sample) => renderDocument(document, mapping, changes),
  edit_one_field: ({ bytes, mapping, changes }: Sample) =>
    renderDocument(parseDocument(decode(bytes)), mapping, changes),
  gray_matter_stringify: ({ body, data, key }: Sample) =>
    matter.stringify(body, { ...data, [key]: "edited" }, {}),
  gray_matter_edit: ({ bytes, key }: Sample) => {
    const { data, content } = matter(utf8.decode(bytes), {});
    return matter.stringify(content, { ...data, [key]: "edited" }, {});
  },
};
type Job = keyof typeof JOBS;

export async function bench({ root, runs = 7, progress }: BenchOptions): Promise<Figures> {
  const samples: Sample[] = [];
  for (const path of await markdownFiles(root)) {
    const sample = sampleOf(await readFile(path));
    if (sample) samples.push(sample);
  }
  const bytes = samples.reduce((sum, sample) => sum + sample.bytes.length, 0);
  const names = Object.keys(JOBS) as Job[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Job, number[]>;
  // The first round warms up and is not counted.
  for (let run = 0; run <= runs; run++) {
    for (const name of names) {
      const job: (sample: Sample) => unknown = JOBS[name];
      const start = performance.now();
      for (const sample of samples) job(sample);
      if (run > 0) times[name].push((performance.now() - start) / 1000);
    }
    progress(`${run} of ${runs}`);
  }
  const seconds = (name: Job): number => median(times[name]);
  const ratio = (ours: Job, theirs: Job): number => seconds(theirs) / seconds(ours);
  return {
    documents: samples.length,
    megabytes: round(bytes / 1e6),
    runs,
    per_second: Object.fromEntries(
      names.map((name) => [
        name,
        {
          documents: Math.round(samples.length / seconds(name)),
          megabytes: round(bytes / 1e6 / seconds(name)),
          min: Math.round(samples.length / Math.max(...times[name])),
          max: Math.round(samples.length / Math.min(...times[name])),
        },
      ]),
    ),
    targets: [
      atLeast("parse, times gray-matter", ratio("parse", "gray_matter_parse"), { aim: 1.5 }),
      atLeast(
        "render unchanged, times gray-matter stringify",
        ratio("render_unchanged", "gray_matter_stringify"),
        { aim: 20 },
      ),
      atLeast(
        "one field edited (parse + render), times gray-matter parse + stringify",
        ratio("edit_one_field", "gray_matter_edit"),
        { aim: 1 },
      ),
    ],
  };
}

/** A document all can read, with one scalar to change; else `null`. */
function sampleOf(bytes: Uint8Array): Sample | null {
  try {
    const text = decode(bytes);
    const document = parseDocument(text);
    const mapping = inferMapping(document);
    const fields = readFields(document, mapping);
    const field = mapping.fields.find(({ field }) => document.entries.get(field)?.value.kind === "scalar");
    if (document.language !== "yaml" || !field) return null;
    const changes = new Map([[field.column, editedValue(field.type, fields[field.column] ?? null)]]);
    const { data, content, matter: header } = matter(text, {}) as matter.GrayMatterFile<string>;
    parseYaml(header, { logLevel: "error" });
    return { bytes, text, mapping, document, changes, data, key: field.field, body: content, header };
  } catch (error) {
    // Ours refuses it by name, or theirs throw their error: not a sample for anybody.
    if (error instanceof FrontrowError || /^YAML/.test((error as Error).name)) return null;
    throw error;
  }
}

/**
 * The codec against gray-matter, js-yaml and yaml, over real documents, in one thread of one process. Every job takes the
 * same hundred documents before any takes the next hundred, so a noisy machine slows all of them alike; what two jobs are
 * compared by is the median of each round's own ratio.
 */

import { createRequire } from "node:module";
import matter from "gray-matter";
import { parse as parseYaml } from "yaml";
import {
  type Document,
  decode,
  digest,
  parseDocument,
  readFields,
  renderDocument,
} from "../../shared/document/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { readFile } from "../../shared/sync/binding.ts";
import { atLeast, atMost, type BenchOptions, type Figures, median, round, spread } from "./case.ts";
import { everyDocument, type Sample, samplesIn } from "./codec-samples.ts";

/** A sample with what a job may take as given. */
interface Ready extends Sample {
  document: Document;
  theirs: { data: Record<string, unknown>; content: string };
}

/** The js-yaml that gray-matter brings along, 3.x. */
const jsYaml = createRequire(createRequire(import.meta.url).resolve("gray-matter"))("js-yaml") as {
  load(text: string): unknown;
};
const utf8 = new TextDecoder();
const NOTHING = new Map<string, never>();
const binding = everyDocument();
const CHUNK = 100;

const JOBS = {
  parse: ({ bytes, mapping }: Ready) => readFields(parseDocument(decode(bytes)), mapping),
  gray_matter_parse: ({ bytes }: Ready) => matter(utf8.decode(bytes), {}).data,
  js_yaml_parse: ({ bytes, header }: Ready) => [utf8.decode(bytes), jsYaml.load(header)],
  yaml_parse: ({ bytes, header }: Ready) => [utf8.decode(bytes), parseYaml(header, { logLevel: "error" })],
  // What a bulk load pays for a document: bytes, header, values, path, zod, digest.
  whole_chain: (sample: Ready) => chain(sample),
  render_unchanged: ({ document, mapping }: Ready) => renderDocument(document, mapping, NOTHING),
  render_one_field: ({ document, mapping, changes }: Ready) => renderDocument(document, mapping, changes),
  gray_matter_stringify: ({ theirs, key }: Ready) =>
    matter.stringify(theirs.content, { ...theirs.data, [key]: "edited" }, {}),
  edit_one_field: ({ bytes, mapping, changes }: Ready) =>
    renderDocument(parseDocument(decode(bytes)), mapping, changes),
  gray_matter_edit: ({ bytes, key }: Ready) => {
    const { data, content } = matter(utf8.decode(bytes), {});
    return matter.stringify(content, { ...data, [key]: "edited" }, {});
  },
};
type Job = keyof typeof JOBS;
const NAMES = Object.keys(JOBS) as Job[];

function chain({ path, bytes }: Pick<Sample, "path" | "bytes">): string {
  const { fields, body } = readFile(binding, path, bytes);
  return digest(fields, body);
}

export async function bench({ root, runs = 9, progress }: BenchOptions): Promise<Figures> {
  const samples = (await samplesIn(root)).filter(isTaken);
  const megabytes = samples.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;
  const times = Object.fromEntries(NAMES.map((name) => [name, [] as number[]])) as Record<Job, number[]>;
  // The first rounds warm up and are not counted.
  for (let run = -1; run <= runs; run++) {
    const seconds = oneRound(samples);
    if (run > 0) for (const name of NAMES) times[name].push(seconds[name]);
    progress(`${run} of ${runs}`);
  }
  const ratio = (ours: Job, theirs: Job): number =>
    median(times[ours].map((mine, run) => times[theirs][run]! / mine));
  const micros = (name: Job): number[] => times[name].map((seconds) => (seconds / samples.length) * 1e6);
  return {
    documents: samples.length,
    megabytes: round(megabytes),
    runs,
    jobs: Object.fromEntries(
      NAMES.map((name) => [
        name,
        {
          documents_per_second: Math.round(samples.length / median(times[name])),
          megabytes_per_second: round(megabytes / median(times[name])),
          micros_per_document: spread(micros(name)),
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
      // The best round: on a machine that others use too, the others are measured as well.
      atMost("bytes to digest with zod, µs a document", Math.min(...micros("whole_chain")), { aim: 40 }),
    ],
  };
}

/** Seconds by job, over all samples once. */
function oneRound(samples: readonly Sample[]): Record<Job, number> {
  const seconds = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<Job, number>;
  for (let at = 0; at < samples.length; at += CHUNK) {
    const ready = samples.slice(at, at + CHUNK).map(prepared);
    for (const name of NAMES) {
      const job: (sample: Ready) => unknown = JOBS[name];
      const start = performance.now();
      for (const sample of ready) job(sample);
      seconds[name] += (performance.now() - start) / 1000;
    }
  }
  return seconds;
}

function prepared(sample: Sample): Ready {
  const text = decode(sample.bytes);
  return { ...sample, document: parseDocument(text), theirs: matter(text, {}) };
}

/** Whether the collection takes it: `weight: heavy` is no number. */
function isTaken(sample: Sample): boolean {
  try {
    return chain(sample) !== "";
  } catch (error) {
    if (error instanceof FrontrowError) return false;
    throw error;
  }
}

/**
 * One edit, end to end, on the local stack: from the upload's return to the row being visible, and from the row's
 * commit to the object being served. Edits follow each other, as a person's do; each waits for the one before.
 */
import garden from "../../examples/garden/example.ts";
import { openProject, type Project } from "../start/project.ts";
import { atMost, type BenchOptions, type Figures, percentile } from "./case.ts";

/** Milliseconds between edits, drawn anew each time, so that they do not fall in step with the worker's polls. */
const PAUSE = [20, 400] as const;

export async function bench({ runs = 60, progress }: BenchOptions): Promise<Figures> {
  const project = await openProject({ example: garden, dataDir: "memory" });
  try {
    const toRow: number[] = [];
    const toFile: number[] = [];
    // Two documents: one that both sides rewrite by turns without pause is what the breaker is for.
    await fileToRow(project, 0, "file");
    await fileToRow(project, 0, "row");
    await rowToFile(project, 0);
    for (let round = 1; round <= runs; round++) {
      await pause();
      toRow.push(await fileToRow(project, round, "file"));
      await pause();
      toFile.push(await rowToFile(project, round));
      if (round % 10 === 0) progress(`${round} of ${runs}`);
    }
    const all = [...toRow, ...toFile];
    return {
      ...figures(all),
      file_to_row: figures(toRow),
      row_to_file: figures(toFile),
      edits: all.length,
      targets: [
        atMost("an edit on the other side, p50 ms", percentile(all, 50), { aim: 40 }),
        atMost("an edit on the other side, p95 ms", percentile(all, 95), { aim: 120 }),
      ],
    };
  } finally {
    await project.stop();
  }
}

const pathOf = (slug: string): string => `users/bench/parts/${slug}.md`;

async function fileToRow({ client, bucketName }: Project, round: number, slug: string): Promise<number> {
  const text = `---\nname: Round ${round}\nstatus: active # by a file\ntags: [a, b]\n---\n\nThe body of round ${round}.\n`;
  const { error } = await client.storage
    .from(bucketName)
    .upload(pathOf(slug), new TextEncoder().encode(text), { upsert: true, contentType: "text/markdown" });
  if (error) throw error;
  const started = performance.now();
  await until(async () => {
    const { data } = await client
      .from("parts")
      .select("name")
      .eq("user_id", "bench")
      .eq("slug", slug)
      .maybeSingle();
    return data?.name === `Round ${round}`;
  });
  return performance.now() - started;
}

async function rowToFile({ client, bucketName }: Project, round: number): Promise<number> {
  const name = `From the row ${round}`;
  const { error } = await client.from("parts").update({ name }).eq("user_id", "bench").eq("slug", "row");
  if (error) throw error;
  const started = performance.now();
  await until(async () => {
    const { data } = await client.storage
      .from(bucketName)
      .download(pathOf("row"), { cacheNonce: crypto.randomUUID() });
    return data !== null && (await data.text()).includes(`name: ${name}\n`);
  });
  return performance.now() - started;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error("an edit did not arrive within 30 s");
    await new Promise((done) => setTimeout(done, 2));
  }
}

async function pause(): Promise<void> {
  const [least, most] = PAUSE;
  await new Promise((done) => setTimeout(done, least + Math.random() * (most - least)));
}

function figures(values: readonly number[]): { p50_ms: number; p95_ms: number; p99_ms: number } {
  const at = (p: number): number => Number(percentile(values, p).toFixed(1));
  return { p50_ms: at(50), p95_ms: at(95), p99_ms: at(99) };
}

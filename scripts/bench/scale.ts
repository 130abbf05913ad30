/**
 * 1,000, 10,000, 100,000 documents: what each further one costs. The files are small and made here, so that the largest
 * size fits; each size starts in an empty project.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drain } from "../../shared/sync/worker.ts";
import { type BenchOptions, type Figures, median, round } from "./case.ts";
import { costOfBackfill } from "./notes/backfill.ts";
import { coldLane } from "./notes/cold.ts";
import { fileToRow } from "./notes/event.ts";
import { runFrontrow } from "./notes/frontrow.ts";
import { type NotesGround, openNotes, postgresIsHere } from "./notes/ground.ts";
import { landFiles } from "./notes/seed.ts";
import { sizesOf } from "./notes/sizes.ts";
import { writeSmallFiles } from "./notes/small-files.ts";
import { EDITS, SIZES, type Step, stepFigures, targetsOf } from "./scale-figures.ts";
import type { Whole } from "./whole.ts";

const EVENTS = 15;

export async function bench({ runs = 3, progress }: BenchOptions): Promise<Figures> {
  const database = (await postgresIsHere()) ? "postgres" : "pglite";
  const home = await mkdtemp(join(tmpdir(), "frontrow-bench-scale-"));
  const ground = await openNotes({ database });
  const steps = new Map<number, Step>();
  try {
    for (const size of SIZES) {
      const folder = join(home, String(size));
      await writeSmallFiles(folder, size);
      // The largest once: what is asked is the cost of each document.
      steps.set(size, await measure(ground, folder, size, size === SIZES.at(-1) ? 1 : runs, progress));
    }
  } finally {
    await ground.stop();
    await rm(home, { recursive: true, force: true });
  }
  const figures = [...steps].map(([size, step]) => [size, stepFigures(size, step)]);
  return { database, ...Object.fromEntries(figures), targets: targetsOf(steps) };
}

async function measure(
  ground: NotesGround,
  folder: string,
  size: number,
  runs: number,
  progress: BenchOptions["progress"],
): Promise<Step> {
  const { project } = ground;
  const lane = coldLane({ name: "frontrow", ground, folder, documents: size });
  const imports: Whole[] = [];
  for (let run = 1; run <= runs; run++) imports.push(await lane.run());
  progress(`${size} files imported, ${round(imports.at(-1)!.seconds)} s`);
  await landFiles(project);
  const sizes = await sizesOf(project, size);
  const backfills: number[] = [];
  for (let run = 1; run <= runs; run++) backfills.push((await costOfBackfill(project)).seconds);
  progress(`${size} documents compared, ${round(median(backfills))} s`);
  const worker = await rowsToFiles(ground);
  const { hub, bindings, bucket } = project;
  const work = (): Promise<unknown> =>
    drain({ hub, bindings, bucket, cause: "bench", limits: { linger: 0 } });
  const events: number[] = [];
  for (let round = 0; round < EVENTS; round++)
    events.push(await fileToRow(project, "users/bench", round, work));
  return { imports, backfills, worker, events, sizes };
}

/** A worker as a process of its own brings edited rows to their files. */
async function rowsToFiles(ground: NotesGround): Promise<Whole> {
  const { sql } = ground.project.stack;
  await sql.query(
    `update public.notes set data = data || '{"title": "Edited"}' where path in (
       select path from public.notes order by path limit $1)`,
    [EDITS],
  );
  const whole = await runFrontrow(ground, ["sync"]);
  const [left] = await sql.query<{ count: number }>("select count(*)::int as count from frontrow.dirty");
  if (left!.count > 0) throw new Error(`a worker left ${left!.count} of ${EDITS}: ${whole.stdout}`);
  return whole;
}

/**
 * One file changed among many: how long until its row follows, and what is done for it. All sizes are up at once and
 * take turns, so that their ratio survives a noisy machine.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { atMost, type BenchOptions, type Figures, median, percentile, round } from "./case.ts";
import { openFolders } from "./folder.ts";
import { wholeFigures } from "./lanes.ts";
import { fileToRow } from "./notes/event.ts";
import { type NotesGround, openNotes, postgresIsHere } from "./notes/ground.ts";
import { type Ours, runOurs } from "./notes/ours.ts";
import { rowsWritten } from "./notes/rows-written.ts";
import { landFiles, seed } from "./notes/seed.ts";
import { type Requests, watchRequests } from "./requests.ts";

const SIZES = [1000, 10_000, 100_000];
const FILES = 10_000;

export async function bench({ root, runs = 40, progress }: BenchOptions): Promise<Figures> {
  const database = (await postgresIsHere()) ? "postgres" : "pglite";
  const events = await eventFigures(database, runs, progress);
  const imports = await importOne(database, root, Math.min(runs, 5), progress);
  const p50 = (size: number): number => events[size]!.p50_ms;
  const seconds = median(imports.map((one) => one.seconds));
  return {
    database,
    event: events,
    import_one_of_10_000: { ...wholeFigures(imports, FILES), traffic: imports.at(-1)!.traffic },
    targets: [
      atMost("an event among 100,000 documents, times among 1,000", p50(100_000) / p50(1000), { aim: 1.3 }),
      atMost("its downloads", events[100_000]!.downloads, { aim: 1 }),
      atMost("import with one of 10,000 files changed, seconds of the whole process", seconds, {
        aim: 0.4,
        gate: 0.7,
      }),
    ],
  };
}

interface EventFigures {
  p50_ms: number;
  p95_ms: number;
  /** For each event. */
  calls: Record<string, number>;
  downloads: number;
  rows_written: number;
}

async function eventFigures(
  database: NotesGround["database"],
  runs: number,
  progress: BenchOptions["progress"],
): Promise<Record<number, EventFigures>> {
  const grounds = new Map<number, NotesGround>();
  try {
    for (const size of SIZES) {
      const ground = await openNotes({ database, awake: true });
      grounds.set(size, ground);
      await seed(ground.project, size);
      progress(`${size} small documents are in`);
      for (let warm = -3; warm < 0; warm++) await fileToRow(ground.project, "users/bench", warm);
    }
    const taken = new Map(SIZES.map((size) => [size, [] as number[]]));
    const asked = new Map(SIZES.map((size) => [size, [] as Requests[]]));
    const before = new Map<number, number>();
    for (const [size, { project }] of grounds) before.set(size, await rowsWritten(project));
    for (let run = 1; run <= runs; run++) {
      for (const [size, { project }] of grounds) {
        const requests = watchRequests(project.stack.url);
        taken.get(size)!.push(await fileToRow(project, "users/bench", run));
        asked.get(size)!.push(requests.stop());
      }
      if (run % 10 === 0) progress(`${run} of ${runs} edits`);
    }
    const figures: Record<number, EventFigures> = {};
    for (const [size, { project }] of grounds) {
      const written = (await rowsWritten(project)) - before.get(size)!;
      figures[size] = {
        p50_ms: round(percentile(taken.get(size)!, 50)),
        p95_ms: round(percentile(taken.get(size)!, 95)),
        ...workOf(asked.get(size)!),
        rows_written: round(written / runs),
      };
    }
    return figures;
  } finally {
    for (const ground of grounds.values()) await ground.stop();
  }
}

/** What was asked for one event, without its upload. */
function workOf(all: readonly Requests[]): Pick<EventFigures, "calls" | "downloads"> {
  const calls: Record<string, number> = {};
  for (const one of all)
    for (const [name, count] of Object.entries(one.calls)) calls[name] = (calls[name] ?? 0) + count;
  for (const name of Object.keys(calls)) calls[name] = round(calls[name]! / all.length);
  return { calls, downloads: round(all.reduce((sum, { downloads }) => sum + downloads, 0) / all.length) };
}

/** `frontrow import` of a folder in which one file is new each time. */
async function importOne(
  database: NotesGround["database"],
  root: string,
  runs: number,
  progress: BenchOptions["progress"],
): Promise<Ours[]> {
  const folders = await openFolders(root);
  const ground = await openNotes({ database });
  const taken: Ours[] = [];
  try {
    const folder = await folders.of(FILES);
    const file = join(folder, "changed.md");
    await writeFile(file, "---\ntitle: Round 0\n---\n\nA body.\n");
    await runOurs({ ground, folder });
    await landFiles(ground.project);
    for (let run = 1; run <= runs; run++) {
      await rm(file);
      await writeFile(file, `---\ntitle: Round ${run}\n---\n\nA body.\n`);
      const ours = await runOurs({ ground, folder });
      if (ours.said.counts.unchanged !== FILES)
        throw new Error(`an import of one changed file was told otherwise: ${JSON.stringify(ours.said)}`);
      taken.push(ours);
      progress(`one changed file, import ${run} of ${runs}: ${round(ours.seconds)} s`);
    }
    return taken;
  } finally {
    await ground.stop();
    await folders.remove();
  }
}

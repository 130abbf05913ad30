/** The same again with nothing changed: an import of 10,000 files that are in, a backfill of 10,000 objects in sync. */
import { atMost, type BenchOptions, type Figures, spread } from "./case.ts";
import { runHash } from "./floor.ts";
import { openFolders } from "./folder.ts";
import { wholeFigures } from "./lanes.ts";
import { type BackfillCost, backfillByFunction, costOfBackfill } from "./notes/backfill.ts";
import { openNotes, postgresIsHere } from "./notes/ground.ts";
import { type Ours, runOurs } from "./notes/ours.ts";
import { landFiles } from "./notes/seed.ts";
import type { Whole } from "./whole.ts";

const MANY = 10_000;

export async function bench({ root, runs = 5, progress }: BenchOptions): Promise<Figures> {
  const folders = await openFolders(root);
  const database = (await postgresIsHere()) ? "postgres" : "pglite";
  const ground = await openNotes({ database });
  const again: Ours[] = [];
  const floor: Whole[] = [];
  const backfills: BackfillCost[] = [];
  const doors: Awaited<ReturnType<typeof backfillByFunction>>[] = [];
  try {
    const folder = await folders.of(MANY);
    await runOurs({ ground, folder });
    progress(`${MANY} files are in`);
    await landFiles(ground.project);
    for (let run = 1; run <= runs; run++) {
      again.push(await runOurs({ ground, folder }));
      const { said } = again.at(-1)!;
      if (said.counts.unchanged !== MANY || !said.in_sync)
        throw new Error(`an import of what is in was told otherwise: ${JSON.stringify(said)}`);
      floor.push(await runHash(folder));
      backfills.push(await costOfBackfill(ground.project));
      doors.push(await backfillByFunction(ground.project));
      progress(`${run} of ${runs}`);
    }
  } finally {
    await ground.stop();
    await folders.remove();
  }
  const most = (of: (one: Ours) => number): number => Math.max(...again.map(of));
  const seconds = spread(again.map((one) => one.seconds));
  const inDatabase = spread(backfills.map((one) => one.seconds));
  const writes = Math.max(...backfills.map((one) => one.rows_written));
  const downloads = Math.max(...doors.map((one) => one.downloads));
  const functions = Math.max(...doors.map((one) => one.functions));
  return {
    database,
    import: { ...wholeFigures(again, MANY), traffic: again.at(-1)!.traffic },
    read_and_hash: wholeFigures(floor, MANY),
    backfill: { objects: MANY, database_seconds: inDatabase, by_function: doors.at(-1) },
    targets: [
      atMost("10,000 unchanged files, seconds of the whole process", seconds.median, {
        aim: 0.35,
        gate: 0.6,
      }),
      atMost(
        "its round trips after connecting",
        most(({ traffic }) => traffic.round_trips),
        { aim: 2 },
      ),
      atMost(
        "bytes from the server",
        most(({ traffic }) => traffic.received),
        { aim: 2048 },
      ),
      atMost("backfill of 10,000 objects, database seconds", inDatabase.median, { aim: 1 }),
      atMost("its rows written", writes, { aim: 0 }),
      atMost("its downloads", downloads, { aim: 0 }),
      atMost("its function calls", functions, { aim: 1 }),
    ],
  };
}

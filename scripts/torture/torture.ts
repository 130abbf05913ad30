/** The whole of it: a cluster, a storm, the calm after it, and the verdict. */
import { writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { type Arena, openArena } from "./arena.ts";
import { calm } from "./calm.ts";
import { startChaos } from "./chaos.ts";
import { surviveCutConnections } from "./children.ts";
import { openCluster } from "./cluster.ts";
import { COLLECTIONS, keyOf } from "./config.ts";
import { hire } from "./crew.ts";
import { MIDDLE } from "./edits.ts";
import { writeFiles } from "./file-writer.ts";
import { gather } from "./gather.ts";
import { seeded } from "./random.ts";
import { writeRows } from "./row-writer.ts";
import { judge, type Verdict } from "./verdict.ts";
import { openScene } from "./writers.ts";

export interface TortureOptions {
  /** How long the storm lasts. @default 60 */
  seconds?: number;
  /** Worker processes. @default 8 */
  workers?: number;
  seed: number;
  /** How long a worker holds what it claimed; it stalls for longer. @default 1 */
  leaseSeconds?: number;
  /** Protections that are switched off (scripts/testing/mutations.ts). */
  mutations?: readonly string[];
  /** A file for everything the oracle saw, when it found something. */
  evidence?: string | undefined;
  /** Told how it goes. */
  progress?(message: string): void;
}

export interface Report {
  seed: number;
  seconds: number;
  workers: number;
  /** Committed foreign writes. */
  events: number;
  leases: number;
  /** Effects a worker held back for longer than its lease. */
  stalls: number;
  /** Writes of theirs that were refused, because the lease was lost or something had moved. */
  refused: number;
  kills: { workers: number; backends: number; statements: number; postmaster: number };
  /** Rings that woke the workers, and rings that got lost on the way. */
  doorbell: { heard: number; lost: number };
  conflicts: { open: number; recorded: number; decided: number };
  quarantined: number;
  lost: number;
  backward_writes: number;
  deadlocks: number;
  unconverged: number;
  resurrected: number;
  /** Documents that only a backfill would have found. */
  missed: number;
  /** What was found, the first ones. */
  examples: string[];
}

/** Documents of each collection at the start. */
const EACH = 16;
const WRITERS = { files: 6, rows: 9 };
const USER_ERRORS = 0.01;
/** How long writers and plagues may take to end, ms. */
const END_MS = 120_000;

/** Nothing of a run stays behind, however it ends. */
export async function torture(options: TortureOptions): Promise<Report> {
  surviveCutConnections();
  const cluster = await openCluster();
  try {
    const arena = await openArena({ cluster, seed: options.seed, mutations: options.mutations ?? [] });
    try {
      return await run(arena, options);
    } finally {
      await arena.close();
    }
  } finally {
    await cluster.stop();
  }
}

async function run(arena: Arena, options: TortureOptions): Promise<Report> {
  const { seconds = 60, workers = 8, leaseSeconds = 1, seed, progress = () => {} } = options;
  const random = seeded(seed);
  const scene = openScene(random, EACH, COLLECTIONS);
  await plant(arena, scene.paths);
  await arena.sql.query("update torture.weather set user_errors = $1", [USER_ERRORS]);
  const crew = hire(arena, { workers, leaseSeconds, random });
  try {
    await crew.ready;
    progress(`storm: ${seconds} s, ${workers} workers, seed ${seed}`);
    const chaos = startChaos(arena, crew, { random, isOver: scene.isOver, seconds });
    const writing = [
      ...Array.from({ length: WRITERS.files }, () => writeFiles(arena, scene)),
      ...Array.from({ length: WRITERS.rows }, () => writeRows(arena, scene)),
    ];
    const started = performance.now();
    // A storm that did not meet a single lease was none: on a busy machine it lasts until it did.
    while (performance.now() - started < seconds * 1000 || crew.leases === 0) {
      await pause(Math.min(seconds, 5) * 1000);
      const { terminated, postmaster } = chaos.damage;
      progress(
        `${((performance.now() - started) / 1000).toFixed(0)} s: ${crew.leases} leases; ${crew.kills} workers, ${terminated} backends, ${postmaster} postmasters killed`,
      );
    }
    scene.end();
    await withinReason(Promise.all([...writing, chaos.ended]));
    await crew.dismiss();
    progress("calm");
    await calm(arena);
    const evidence = await gather(arena);
    const verdict = judge(evidence);
    if (options.evidence) await writeFile(options.evidence, JSON.stringify(evidence));
    const { marked: missed } = await arena.hub.backfill({});
    const { damage } = chaos;
    return {
      seed,
      seconds,
      workers,
      ...countsOf(verdict),
      leases: crew.leases,
      stalls: crew.stalls,
      refused: crew.refused,
      kills: {
        workers: crew.kills,
        backends: damage.terminated,
        statements: damage.cancelled,
        postmaster: damage.postmaster,
      },
      doorbell: arena.doorbell,
      ...(await asideOf(arena, damage.decided)),
      deadlocks: await arena.cluster.deadlocks(arena.sql),
      missed,
    };
  } finally {
    scene.end();
    await crew.dismiss();
  }
}

/** Whoever is in the middle of something may end it; who never does is a defect of the torture. */
async function withinReason(work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  const tooLong = pause(END_MS, undefined, { signal: patience.signal }).then(() => {
    throw new Error("a writer or a plague does not end");
  });
  try {
    await Promise.race([work, tooLong]);
  } finally {
    patience.abort();
    tooLong.catch(() => {});
  }
}

/** Every document once as a row, known on both sides: most of what follows are edits. */
async function plant(arena: Arena, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { table, slug } = keyOf(path);
    await arena.sql.query(
      `insert into public.${table} (slug, body) values ($1, 'begin' || $2 || 'end' || chr(10))`,
      [slug, MIDDLE],
    );
  }
  await calm(arena);
}

/** The verdict in numbers, and what it is about. */
export function countsOf({ events, lost, backward, resurrected, unconverged }: Verdict) {
  return {
    events,
    lost: lost.length,
    backward_writes: backward.length,
    unconverged: unconverged.length,
    resurrected: resurrected.length,
    examples: [
      ...lost.map((one) => `lost: ${one}`),
      ...backward.map((one) => `backward: ${one}`),
      ...unconverged.map((one) => `unconverged: ${one}`),
      ...resurrected.map((one) => `resurrected: ${one}`),
    ].slice(0, 20),
  };
}

async function asideOf({ sql }: Arena, decided: number): Promise<Pick<Report, "conflicts" | "quarantined">> {
  const [counts] = await sql.query<{ open: number; recorded: number; quarantined: number }>(
    `select (select count(*) from frontrow.conflicts where state = 'open') as open,
      (select count(*) from frontrow.conflicts) as recorded, (select count(*) from frontrow.quarantine) as quarantined`,
  );
  const { open, recorded, quarantined } = counts!;
  return { conflicts: { open, recorded, decided }, quarantined };
}

/** What must be zero. */
export function isClean(
  report: Pick<Report, "lost" | "backward_writes" | "deadlocks" | "unconverged" | "resurrected" | "missed">,
): boolean {
  const { lost, backward_writes, deadlocks, unconverged, resurrected, missed } = report;
  return [lost, backward_writes, deadlocks, unconverged, resurrected, missed].every((count) => count === 0);
}

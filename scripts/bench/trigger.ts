/**
 * What capture adds to a user's own statement. A captured table, its twin without capture, and one with the least trigger
 * that could do it, take turns, statement by statement; so do objects in three buckets. Once as a real server commits (fsync,
 * synchronous_commit and full_page_writes on), once with all of that off.
 */
import { openPostgres } from "../local/database/postgres-js.ts";
import type { Sql } from "../local/stack.ts";
import { atMost, type BenchOptions, type Figures, median, round, spread } from "./case.ts";
import { openGround } from "./server.ts";
import {
  addTwins,
  BULK,
  beAwake,
  type Change,
  clear,
  pgNetQueues,
  SIDES,
  SINGLES,
  type Side,
  vacuum,
} from "./trigger-changes.ts";

const ROWS = 100_000;
/** Statements of one kind in one run, on each side. */
const STATEMENTS = 100;

type Taken = Record<Side, number[]>;
const nothing = (): Taken => ({ with: [], without: [], floor: [] });

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) * 1000;
}

/** All sides of one change, each first in its turn. */
async function each(taken: Taken, turn: number, change: (side: Side) => Promise<unknown>) {
  for (let i = 0; i < SIDES.length; i++) {
    const side = SIDES[(turn + i) % SIDES.length]!;
    taken[side].push(await timed(() => change(side)));
  }
}

async function commitAs(sql: Sql, how: "durable" | "fast"): Promise<void> {
  const value = how === "durable" ? "on" : "off";
  for (const name of ["fsync", "synchronous_commit", "full_page_writes"])
    await sql.query(`alter system set ${name} = ${value}`);
  await sql.exec("select pg_reload_conf(); checkpoint;");
}

/** Every change in every state, `runs` times. Microseconds per statement, or per row in bulk. */
async function measure(
  sql: Sql,
  { runs, seen }: { runs: number; seen(): void },
): Promise<Map<string, Taken>> {
  const found = new Map<string, Taken>();
  const takenOf = ({ name }: Change) => {
    if (!found.has(name)) found.set(name, nothing());
    return found.get(name)!;
  };
  let nth = 0;
  for (let run = 0; run < runs; run++) {
    for (const change of SINGLES) {
      await clear(sql);
      if (change.isAwake) await beAwake(sql);
      for (let i = -15; i < STATEMENTS; i++) {
        const at = ++nth;
        const taken = i < 0 ? nothing() : takenOf(change);
        await each(taken, at, (side) => change.run(sql, side, at));
      }
    }
    await clear(sql);
    await beAwake(sql);
    for (const change of BULK) {
      const taken = nothing();
      await each(taken, run, (side) => change.run(sql, side, ROWS));
      for (const side of SIDES) takenOf(change)[side].push(taken[side][0]! / ROWS);
      await vacuum(sql);
    }
    seen();
  }
  return found;
}

function figures(found: Map<string, Taken>): Record<string, unknown> {
  return Object.fromEntries(
    [...found].map(([name, taken]) => {
      const [slow, fast, floor] = [median(taken.with), median(taken.without), median(taken.floor)];
      return [
        name,
        {
          with: spread(taken.with),
          without: spread(taken.without),
          added_us: round(slow - fast),
          added_percent: round((slow / fast - 1) * 100),
          floor_added_us: round(floor - fast),
          floor_added_percent: round((floor / fast - 1) * 100),
        },
      ];
    }),
  );
}

export async function bench({ runs = 5, progress }: BenchOptions): Promise<Figures> {
  const ground = await openGround();
  // Nobody is woken: what is measured is the statement, not the worker that follows.
  await pgNetQueues(ground.project.stack);
  // One session: each of a pool's ten would compile and plan the trigger first.
  const session = ground.databaseUrl ? openPostgres(ground.databaseUrl, { connections: 1 }) : null;
  const sql = session ?? ground.project.stack.sql;
  await addTwins(sql);
  const settings = ground.database === "postgres" ? (["durable", "fast"] as const) : (["fast"] as const);
  const found = {} as Record<"durable" | "fast", Map<string, Taken>>;
  try {
    for (const how of settings) {
      if (ground.database === "postgres") await commitAs(sql, how);
      let run = 0;
      const seen = () => progress(`${how}: ${++run} of ${runs}`);
      found[how] = await measure(sql, { runs, seen });
    }
  } finally {
    await session?.close();
    await ground.stop();
  }
  const real = found.durable ?? found.fast;
  const added = (name: string) => median(real.get(name)!.with) - median(real.get(name)!.without);
  const percent = (name: string) => (added(name) / median(real.get(name)!.without)) * 100;
  return {
    database: ground.database,
    runs,
    ...Object.fromEntries(Object.entries(found).map(([how, taken]) => [how, figures(taken)])),
    targets: [
      ...SINGLES.map(({ name }) => atMost(`${name}, added percent`, percent(name), { aim: 10 })),
      ...BULK.map(({ name }) => atMost(`${ROWS} rows, ${name}, added µs per row`, added(name), { aim: 15 })),
    ],
  };
}

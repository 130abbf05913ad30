/** Schedules by the number: each has a seed of its own, so that any of them can be played again by itself. */
import fc from "fast-check";
import type { Arena } from "./arena.ts";
import { type Kind, type Schedule, scheduleOf, type World } from "./commands.ts";
import type { Coverage } from "./coverage.ts";
import { type Played, play } from "./play.ts";

export interface Found {
  seed: number;
  /** What was broken, in one line. */
  violation: string;
  /** As small as fast-check could make it. */
  schedule: Schedule;
  trace: readonly string[];
}

export interface RunOptions {
  arena: Arena;
  coverage: Coverage;
  /** Commands in a schedule, at most. @default 24 */
  most?: number;
  /** @default any */
  world?: World;
}

/** One schedule in so many is played a second time, and must give the same trace (I19). */
const AGAIN = 97;
/** And one in so many with workers whose clock is years wrong (I11). */
const SKEWED = 101;

/** Plays the schedule of one seed. Answers what it broke; null when all holds. Shrinks nothing. */
export async function playSeed(seed: number, options: RunOptions): Promise<Found | null> {
  const [schedule] = fc.sample(scheduleIn(options), { numRuns: 1, seed });
  return await tried(seed, schedule!, options);
}

/** Makes a failing seed's schedule as small as it will go. */
export async function shrunk(found: Found, options: RunOptions, seconds = 60): Promise<Found> {
  let smallest = found;
  const fails = fc.asyncProperty(scheduleIn(options), async (schedule) => {
    const again = await tried(found.seed, schedule, options);
    if (again === null) return true;
    // Another invariant's failure is another story.
    if (rootOf(again) !== rootOf(found)) return true;
    if (sizeOf(again.schedule) <= sizeOf(smallest.schedule)) smallest = again;
    return false;
  });
  await fc.check(fails, { numRuns: 1, seed: found.seed, interruptAfterTimeLimit: seconds * 1000 });
  return smallest;
}

/** Plays a schedule, and where the seed asks for it once more, and once more with a skewed clock. */
export async function tried(seed: number, schedule: Schedule, options: RunOptions): Promise<Found | null> {
  const first = await attempt(seed, schedule, options);
  if ("violation" in first) return first;
  if (options.arena.lacks.has("clock")) return null;
  const same = async (invariant: string, skew: number): Promise<Found | null> => {
    options.coverage.note("check", invariant);
    const again = await attempt(seed, schedule, options, skew);
    if ("violation" in again) return again;
    const at = again.trace.findIndex((line, index) => line !== first.trace[index]);
    if (at < 0 && again.trace.length === first.trace.length) return null;
    const violation = `${invariant}: the trace is another from effect ${at} on: ${again.trace[at]}`;
    return { seed, schedule, violation, trace: again.trace };
  };
  if (seed % AGAIN === 0) {
    const found = await same("I19 same seed, same trace", 0);
    if (found) return found;
  }
  return seed % SKEWED === 0 ? await same("I11 clock skew", ((seed * 7919) % 21) - 10.5) : null;
}

async function attempt(
  seed: number,
  schedule: Schedule,
  { arena, coverage }: RunOptions,
  skew = 0,
): Promise<Found | Played> {
  try {
    return await withDate(skew, () => play(schedule, { arena, coverage, skew }));
  } catch (error) {
    const { trace = [] } = error as { trace?: readonly string[] };
    const violation =
      error instanceof Error
        ? error.name === "Violation"
          ? error.message
          : String(error.stack)
        : String(error);
    return { seed, schedule, violation, trace };
  } finally {
    await arena.clear();
  }
}

/** The same years off for whoever asks the machine's clock behind the engine's back. */
async function withDate<T>(years: number, work: () => Promise<T>): Promise<T> {
  if (years === 0) return await work();
  const { now } = Date;
  Date.now = () => now() + years * 31_536_000_000;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

function scheduleIn({ arena, most = 24, world }: RunOptions): fc.Arbitrary<Schedule> {
  const without = new Set<Kind>(arena.lacks.has("transactions") ? ["begin", "commit"] : []);
  const options = { most, without };
  return fc.noBias(scheduleOf(world ? { ...options, world } : options));
}

const rootOf = ({ violation }: Found) => violation.slice(0, violation.indexOf(":"));
const sizeOf = (schedule: Schedule) => JSON.stringify(schedule).length;

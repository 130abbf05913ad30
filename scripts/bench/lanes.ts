/** Programs that are measured side by side: by turns, so that a noisy machine slows all of them alike. */
import { round, spread } from "./case.ts";
import type { Whole } from "./whole.ts";

export interface Lane {
  name: string;
  run(): Promise<Whole>;
  /** Most runs, for what is too slow to repeat. @default the case's */
  runs?: number;
}

export interface LaneRuns {
  wholes: Whole[];
  /** Why it was run no more. */
  failed?: string;
}

/** By lane. */
export type Measured = ReadonlyMap<string, LaneRuns>;

/** Runs of a lane stop once they have taken `patience` seconds together, or one failed: the others go on. */
export async function takeTurns(
  lanes: readonly Lane[],
  runs: number,
  { progress, patience = 30 }: { progress(message: string): void; patience?: number },
): Promise<Measured> {
  const taken = new Map<string, LaneRuns>(lanes.map(({ name }) => [name, { wholes: [] }]));
  for (let turn = 1; turn <= runs; turn++) {
    for (const lane of lanes) {
      const mine = taken.get(lane.name)!;
      const spent = mine.wholes.reduce((sum, { seconds }) => sum + seconds, 0);
      if (turn > (lane.runs ?? runs) || spent > patience || mine.failed !== undefined) continue;
      try {
        const whole = await lane.run();
        mine.wholes.push(whole);
        progress(`${lane.name} ${turn} of ${lane.runs ?? runs}: ${round(whole.seconds)} s`);
      } catch (error) {
        mine.failed = error instanceof Error ? error.message : String(error);
        progress(`${lane.name} failed: ${mine.failed}`);
      }
    }
  }
  return taken;
}

export function laneFigures({ wholes, failed }: LaneRuns, documents: number): Record<string, unknown> {
  return {
    ...(wholes.length === 0 ? {} : wholeFigures(wholes, documents)),
    ...(failed === undefined ? {} : { failed }),
  };
}

/** Of at least one run, for so many documents. */
export function wholeFigures(wholes: readonly Whole[], documents: number): Record<string, unknown> {
  const of = (pick: (whole: Whole) => number): ReturnType<typeof spread> => spread(wholes.map(pick));
  return {
    documents,
    runs: wholes.length,
    seconds: of(({ seconds }) => seconds),
    cpu_seconds: of(({ cpu }) => cpu),
    us_per_document: round((of(({ seconds }) => seconds).median / documents) * 1e6),
    cpu_us_per_document: round((of(({ cpu }) => cpu).median / documents) * 1e6),
    peak_mb: of(({ memory }) => memory),
  };
}

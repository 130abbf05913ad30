/** What the sizes say, and whether the cost of a document stays what it is. */
import { atMost, median, round, spread, type Target } from "./case.ts";
import { wholeFigures } from "./lanes.ts";
import { hubBytes, type Sizes } from "./notes/sizes.ts";
import type { Whole } from "./whole.ts";

export const SIZES = [1000, 10_000, 100_000] as const;
/** Rows that a worker brings to their files at each size. */
export const EDITS = 500;

export interface Step {
  imports: Whole[];
  /** Seconds. */
  backfills: number[];
  worker: Whole;
  /** Milliseconds from an upload to its row, by a worker that is called. */
  events: number[];
  sizes: Sizes;
}

export function stepFigures(size: number, step: Step): Record<string, unknown> {
  return {
    import: wholeFigures(step.imports, size),
    backfill_us_per_document: round((median(step.backfills) / size) * 1e6),
    worker: wholeFigures([step.worker], EDITS),
    event_ms: spread(step.events),
    bytes_per_document: step.sizes,
    hub_bytes_per_document: round(hubBytes(step.sizes)),
  };
}

/** A fifth more for each further document is still flat. */
const FLAT = { aim: 1.2 };

export function targetsOf(steps: ReadonlyMap<number, Step>): Target[] {
  const importOf = ({ imports }: Step): number => median(imports.map(({ seconds }) => seconds));
  const cpuOf = ({ imports }: Step): number => median(imports.map(({ cpu }) => cpu));
  const backfillOf = ({ backfills }: Step): number => median(backfills);
  const [small, middle, large] = SIZES.map((size) => steps.get(size)!) as [Step, Step, Step];
  /** The cost of each document between 10,000 and 100,000, as a multiple of the one before. */
  const growth = (of: (step: Step) => number): number =>
    ((of(large) - of(middle)) / (SIZES[2] - SIZES[1]) / (of(middle) - of(small))) * (SIZES[1] - SIZES[0]);
  return [
    atMost("import, cost of a further document at 100,000, times at 10,000", growth(importOf), FLAT),
    atMost("the client's CPU for it, times", growth(cpuOf), FLAT),
    atMost("backfill, cost of a further document, times", growth(backfillOf), FLAT),
    atMost("an event at 100,000, times at 1,000", median(large.events) / median(small.events), FLAT),
    atMost(
      "hub bytes of a document at 100,000, times at 10,000",
      hubBytes(large.sizes) / hubBytes(middle.sizes),
      FLAT,
    ),
    atMost(
      "import of 100,000 files, peak MB of the client",
      Math.max(...large.imports.map(({ memory }) => memory)),
      {
        aim: 200,
        gate: 300,
      },
    ),
  ];
}

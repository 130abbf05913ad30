/**
 * Random schedules of foreign edits, crashes, stalls and races. Whatever happens: both sides end up the same (I1), no
 * writer's token is lost (I2), nothing comes back from the dead (I3) or dies by itself (I4), the engine stops (I6), and
 * its status never says that all is well while it is not (I20).
 *
 * `FRONTROW_SEED=… FRONTROW_RUNS=…` plays others; `scripts/testing/soak.ts` looks longer.
 */
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import fixtures from "../../scripts/testing/schedules.json" with { type: "json" };
import { type Step, scheduleOf, Theatre, VARIANTS } from "../../scripts/testing/schedules.ts";

const RUNS = Number(process.env.FRONTROW_RUNS ?? 40);
/** The same schedules each time, so that a failure is news about the code; the soak is for new ones. */
const SEED = Number(process.env.FRONTROW_SEED ?? 20261120);

for (const [name, variant] of Object.entries(VARIANTS)) {
  describe(name, () => {
    let theatre: Theatre;
    before(async () => {
      theatre = await Theatre.open(variant);
    });
    after(() => theatre?.stop());

    const failed = (fixtures as { variant: string; name: string; steps: Step[] }[]).filter(
      (fixture) => fixture.variant === name,
    );
    for (const { name: what, steps } of failed) test(`once it failed: ${what}`, () => theatre.play(steps));

    test(`${RUNS} schedules`, async () => {
      const holds = fc.asyncProperty(scheduleOf(), (steps) => theatre.play(steps));
      await fc.assert(holds, { numRuns: RUNS, seed: SEED });
    });
  });
}

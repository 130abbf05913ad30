/**
 * Plays random schedules for as long as one likes: `deno run -A scripts/testing/soak.ts --schedules 5000 --seed 1`. Ends
 * with 1 at the first that breaks an invariant, shrunk; put it into schedules.json.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { scheduleOf, Theatre, VARIANTS } from "./schedules.ts";

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    length: { type: "string", default: "40" },
    /** One of VARIANTS. */
    variant: { type: "string", default: "the garden" },
  },
});
const [schedules, seed] = [Number(values.schedules), Number(values.seed)];
const started = performance.now();
const variant = VARIANTS[values.variant];
if (!variant)
  throw new Error(`Cannot play "${values.variant}": there is ${Object.keys(VARIANTS).join(", ")}`);
let theatre = await Theatre.open(variant);
let played = 0;
console.log(`${values.variant}, seed ${seed}`);
const found = await fc.check(
  fc.asyncProperty(scheduleOf(Number(values.length)), async (steps) => {
    // A fresh database now and then: what piles up is another matter.
    if (++played % 500 === 0) {
      await theatre.stop();
      theatre = await Theatre.open(variant);
      console.log(`${played} played`);
    }
    await theatre.play(steps);
  }),
  { numRuns: schedules, seed },
);
await theatre.stop();
const seconds = (performance.now() - started) / 1000;
console.log(`${found.numRuns} schedules in ${seconds.toFixed(0)} s, seed ${seed}`);
if (found.failed) {
  console.error(JSON.stringify(found.counterexample?.[0]));
  console.error(found.errorInstance);
  process.exitCode = 1;
}

/** `frontrow sync [collection]`: works from here until nothing is due. */
import { InvalidArgumentError } from "commander";
import { refuseFilter } from "./frame/clone-only.ts";
import { countsText, createTally, noteResults } from "./frame/outcomes.ts";
import { exitOf, sayState, stateOf } from "./frame/state.ts";
import type { Verb } from "./frame/verb.ts";

export const sync: Verb = {
  name: "sync",
  summary: "work until nothing is due",
  notes: "Ends with 1 when it is not in sync afterwards, or (--dry-run) would not be.",
  examples: ["frontrow sync", "frontrow sync parts --dry-run"],
  takesFilter: true,
  define(command) {
    command
      .argument("[collection]", "only this one")
      .option("--full", "look at every document again, whatever its versions say")
      .option("--hours <n>", "look again at documents that changed in the last n hours", hours)
      .option("--deletions", "in a clone: many files that are gone at once were deleted on purpose")
      .option("--dry-run", "list what would happen; change nothing");
  },
  inClone: async (call, ground) => (await import("./clone/sync.ts")).syncIn("sync", call, ground),
  async run(call) {
    refuseFilter(call);
    const { openEngine, settle } = await import("./frame/engine.ts");
    const { options, out } = call;
    const started = performance.now();
    const engine = await openEngine(call);
    const scope = {
      ...(engine.collection === undefined ? {} : { collection: engine.collection }),
      ...(options.full === true ? { full: true } : {}),
      ...(options.hours === undefined ? {} : { hours: options.hours as number }),
    };
    if (options.dryRun === true) {
      const { dryRun } = await import("./frame/dry-run.ts");
      return await dryRun(engine, scope, call);
    }
    const isWide = "full" in scope || "hours" in scope;
    const { marked } = isWide ? await engine.hub.backfill(scope) : { marked: null };
    const tally = createTally();
    const report = await settle(engine, call, (results) => {
      tally.add(results);
      noteResults(results, out);
    });
    const counts = tally.counts();
    out.say(`${countsText(counts)}\n`);
    sayState(report, call);
    const state = stateOf(report);
    const seconds = Math.round(performance.now() - started) / 1000;
    return {
      code: exitOf(state),
      json: { ...(marked === null ? {} : { marked }), counts, ...state, seconds },
    };
  },
};

function hours(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number of hours, at least 1.");
}

/** `frontrow backfill [collection]`: compares everything, marks what differs, works it off. */
import type { CollectionReport, Report } from "../../shared/hub/hub.ts";
import { EXIT } from "./frame/exit.ts";
import { countsText, createTally, noteResults } from "./frame/outcomes.ts";
import { exitOf, sayState, stateOf } from "./frame/state.ts";
import { plural } from "./frame/text.ts";
import type { Verb } from "./frame/verb.ts";

export const backfill: Verb = {
  name: "backfill",
  summary: "compare every file and row, and work off what differs",
  notes:
    "Ends with 1 when it is not in sync afterwards, or when a collection has no document though there are rows or files.",
  examples: ["frontrow backfill", "frontrow backfill parts --full"],
  define(command) {
    command
      .argument("[collection]", "only this one")
      .option("--full", "look at every document again, whatever its versions say");
  },
  async run(call) {
    const { openEngine, settle } = await import("./frame/engine.ts");
    const { options, out } = call;
    const started = performance.now();
    const engine = await openEngine(call);
    const { marked } = await engine.hub.backfill({
      ...(engine.collection === undefined ? {} : { collection: engine.collection }),
      ...(options.full === true ? { full: true } : {}),
    });
    out.note(`${plural(marked, "document")} to look at`);
    const tally = createTally();
    const report = await settle(engine, call, (results) => {
      tally.add(results);
      noteResults(results, out);
    });
    const counts = tally.counts();
    const alarms = alarmsIn(report);
    out.say(`${countsText(counts)}\n`);
    for (const { message } of alarms) out.say(`${out.paint.red("Alarm")}: ${message}`);
    sayState(report, call);
    const state = stateOf(report);
    const seconds = Math.round(performance.now() - started) / 1000;
    return {
      code: state.in_sync && alarms.length > 0 ? EXIT.attention : exitOf(state),
      json: { marked, counts, alarms, ...state, seconds },
    };
  },
};

interface Alarm {
  collection: string;
  message: string;
}

/** Nothing found where something is: most often a path template or a bucket that is not the one meant. */
function alarmsIn({ collections }: Report): Alarm[] {
  return collections.flatMap((one): Alarm[] => {
    const held = heldBy(one);
    if (one.documents > 0 || held === null) return [];
    const hint = "Check the collection's table, bucket and path template.";
    return [
      { collection: one.collection, message: `"${one.collection}" has no document, yet ${held}. ${hint}` },
    ];
  });
}

function heldBy({ rows, objects, ignored }: CollectionReport): string | null {
  if (rows) return `its table has ${plural(rows, "row")}`;
  if (objects > 0) return `its bucket has ${plural(objects, "file")} of its path`;
  return ignored > 0 ? `its bucket has ${plural(ignored, "file")}, none of which fits a path template` : null;
}

/** `frontrow resolve <path> --keep|--field|--text`: a person decides an open conflict. */
import { displayPath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { ConflictRecord, Decision } from "../../shared/hub/hub.ts";
import { conflictNamed, noneOpen, seenOf, seenWord } from "./frame/conflict.ts";
import { decisionOf } from "./frame/decision.ts";
import type { Engine } from "./frame/engine.ts";
import { EXIT } from "./frame/exit.ts";
import { createTally, noteResults } from "./frame/outcomes.ts";
import type { Answer, Call, Verb } from "./frame/verb.ts";

export const resolve: Verb = {
  name: "resolve",
  summary: "decide an open conflict; both versions stay in its record and in the history",
  examples: [
    "frontrow resolve users/ann/parts/critic.md --keep file",
    "frontrow resolve users/ann/parts/critic.md --field status=row",
  ],
  define(command) {
    command
      .argument("<path>", "the document, as status shows it")
      .option("--keep <side>", "file or row: that side is right about whatever overlaps")
      .option(
        "--field <name=side>",
        "decide one field, (body) or a JSON key (links.home); once for each that overlaps",
        (value: string, all: string[] = []) => [...all, value],
      )
      .option("--text <file>", "the document as it shall be; - reads it from stdin")
      .option("--seen <word>", "only if nothing moved since `conflicts <path>` printed this word");
  },
  inClone: async (call, ground) => (await import("./clone/conflicts.ts")).resolveIn(call, ground),
  async run(call) {
    const {
      arguments: [named],
      options,
      shared,
    } = call;
    requireOneAnswer(options);
    const { openEngine } = await import("./frame/engine.ts");
    const engine = await openEngine({ ...call, arguments: [] });
    const record = await conflictNamed(engine.hub, named!, shared.collection);
    const decision = await decisionOf(call, engine, record);
    if (options.seen !== undefined && options.seen !== seenWord(record)) throw moved(record);
    const { collection, path } = record;
    const request = { collection, path, seen: seenOf(record), ...decision };
    const { state } = await engine.hub.resolve(request).catch((error: FrontrowError) => {
      if (error.code === "NOT_FOUND") throw noneOpen(named!);
      throw error.code === "REPLICA_MOVED" ? moved(record) : error;
    });
    return await carryOut(call, engine, record, decision, state === "resolved");
  },
};

function requireOneAnswer({ keep, field, text }: Call["options"]): void {
  if ([keep, field, text].filter((one) => one !== undefined).length === 1) return;
  throw new FrontrowError("USAGE", "Say what is right with one of --keep, --field and --text.", {
    hint: "--keep file, --keep row, --field name=file, or --text <file>",
  });
}

function moved({ path }: ConflictRecord): FrontrowError {
  const shown = displayPath(path);
  return new FrontrowError(
    "REPLICA_MOVED",
    `"${shown}" changed since you looked at its conflict: nothing was decided.`,
    { path, hint: "Look at it again with: conflicts <path>" },
  );
}

/** Works until the decision is done, and says what became of the document. */
async function carryOut(
  call: Call,
  engine: Engine,
  { collection, path }: ConflictRecord,
  decision: Decision,
  wasDone: boolean,
): Promise<Answer> {
  const { out } = call;
  const { settle } = await import("./frame/engine.ts");
  const tally = createTally();
  await settle(engine, call, (results) => {
    tally.add(results);
    noteResults(results, out);
  });
  const isOpen = (await engine.hub.conflictsOf(path, { collection })).length > 0;
  const outcome = tally.of(collection, path) ?? null;
  const isDone = !isOpen && (outcome === null || !["deferred", "failed", "stale"].includes(outcome));
  const said = "keep" in decision ? `the ${decision.keep} was right` : "decided";
  const shown = displayPath(path);
  if (wasDone) out.say(`${shown}: was decided so already.`);
  else out.say(isDone ? `${shown}: ${said} (${outcome ?? "done"}).` : `${shown}: not carried out yet.`);
  return {
    code: isDone ? EXIT.ok : EXIT.attention,
    json: { collection, path, ...jsonOf(decision), outcome, resolved: isDone },
  };
}

/** A decision without content. */
function jsonOf(decision: Decision): object {
  return "text" in decision ? { text: true } : decision;
}

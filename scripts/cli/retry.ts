/** `frontrow retry [path]`: looks again at what is in quarantine. */
import { displayPath, objectNameOf } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { EXIT } from "./frame/exit.ts";
import { countsText, createTally, noteResults } from "./frame/outcomes.ts";
import type { Answer, Call, Verb } from "./frame/verb.ts";

interface Named {
  collection: string;
  path: string;
}

export const retry: Verb = {
  name: "retry",
  summary: "look again, now, at what is in quarantine",
  examples: ["frontrow retry", "frontrow retry users/ann/parts/critic.md"],
  define(command) {
    command
      .argument("[path]", "only this document")
      .option("--dry-run", "list what would be looked at again; change nothing");
  },
  inClone: async (call, ground) => (await import("./clone/retry.ts")).retryIn(call, ground, chosen),
  async run(call) {
    const { out, shared } = call;
    const [{ openEngine, settle }, { reportOf }] = await Promise.all([
      import("./frame/engine.ts"),
      import("./frame/state.ts"),
    ]);
    const engine = await openEngine({ ...call, arguments: [] });
    const before = await reportOf(engine.hub, shared.collection);
    const keys = chosen(call, before.quarantine).map(({ collection, path }) => ({ collection, path }));
    if (call.options.dryRun === true) return listed(call, keys);
    const tally = createTally();
    if (keys.length > 0) {
      await engine.hub.signal(keys);
      await settle(engine, call, (results) => {
        tally.add(results);
        noteResults(results, out);
      });
    }
    const left = (await reportOf(engine.hub, shared.collection)).quarantine.length;
    return said(call, tally.counts(), left);
  },
};

/** Of what is in quarantine, what the person means. @throws {FrontrowError} `NOT_FOUND` */
export function chosen<One extends Named>({ arguments: [named] }: Call, all: readonly One[]): One[] {
  if (named === undefined) return [...all];
  const found = all.filter(({ path }) => path === named || path === objectNameOf(named));
  if (found.length > 0) return found;
  throw new FrontrowError("NOT_FOUND", `"${named}" is not in quarantine.`, {
    path: named,
    hint:
      all.length === 0 ? "Nothing is." : `There is ${all.map(({ path }) => displayPath(path)).join(", ")}`,
  });
}

/** What would be looked at again. */
export function listed({ out }: Call, all: readonly Named[]): Answer {
  for (const { path } of all) out.say(displayPath(path));
  const would = all.map(({ collection, path }) => ({ collection, path }));
  return { code: EXIT.ok, json: { dry_run: true, would } };
}

export function said({ out }: Call, counts: Record<string, number>, left: number): Answer {
  out.say(countsText(counts));
  out.say(left === 0 ? "Nothing is in quarantine." : `Still in quarantine: ${left}.`);
  return { code: left === 0 ? EXIT.ok : EXIT.attention, json: { counts, quarantined: left } };
}

/** `frontrow restore <path> <revision>`: an old revision becomes the newest, and both sides follow. */
import { FrontrowError } from "../../shared/errors.ts";
import { signed } from "./frame/author.ts";
import { EXIT } from "./frame/exit.ts";
import { createTally, noteResults } from "./frame/outcomes.ts";
import { documentNamed, revisionNumber } from "./frame/revisions.ts";
import type { Verb } from "./frame/verb.ts";

export const restore: Verb = {
  name: "restore",
  summary: "make an old revision of a document the newest; file and row follow",
  notes:
    "Nothing is lost: what is there now stays in the history. What somebody changes meanwhile is merged.",
  examples: [
    "frontrow restore users/ann/parts/critic.md 3",
    'frontrow restore users/ann/parts/critic.md 3 --message "as in May"',
  ],
  define(command) {
    signed(
      command
        .argument("<path>", "the document; a deleted one comes back")
        .argument("<revision>", "as log shows it", revisionNumber)
        .option("--dry-run", "show what would change; change nothing")
        .option("--expect <revision>", "refuse unless this is the newest one now", revisionNumber),
    );
  },
  inClone: async (call, ground) => (await import("./clone/history.ts")).restoreIn(call, ground),
  async run(call) {
    const { options, shared, out } = call;
    const [named, revision] = call.arguments as unknown as [string, number];
    const [{ openEngine, settle }, { restoreRevision }] = await Promise.all([
      import("./frame/engine.ts"),
      import("../../shared/sync/restore.ts"),
    ]);
    const engine = await openEngine({ ...call, arguments: [] });
    const { history } = engine;
    const { collection, path, shown } = await documentNamed(history, named, shared.collection);
    const binding = engine.bindings.get(collection);
    if (binding === undefined) {
      throw new FrontrowError(
        "NOT_REGISTERED",
        `Cannot restore "${shown}", as "${collection}" is not in the config.`,
        {
          path,
        },
      );
    }
    const now = await history.revision({ collection, path });
    if (options.dryRun === true) {
      const [{ sayDiff }, then] = await Promise.all([
        import("./frame/diff-text.ts"),
        history.revision({ collection, path, revision }),
      ]);
      return sayDiff(
        call,
        { collection, path, from: now.revision, to: revision },
        { before: now.deleted ? "" : (now.text ?? ""), after: then.text ?? "" },
        { before: `${shown}@${now.revision}`, after: `${shown}@${revision}` },
      );
    }
    const newest = now.revision;
    const done = await restoreRevision(history, binding, {
      collection,
      path,
      revision,
      expect: (options.expect as number | undefined) ?? newest,
      ...(options.message === undefined ? {} : { message: options.message as string }),
    });
    const tally = createTally();
    const report = await settle(engine, call, (results) => {
      tally.add(results);
      noteResults(results, out);
    });
    const outcome = tally.of(collection, path) ?? null;
    const isHere = (one: { collection: string; path: string }): boolean =>
      one.collection === collection && one.path === path;
    const isWaiting = report.conflicts.some(isHere) || report.quarantine.some(isHere);
    const isDone = !isWaiting && (outcome === null || !["deferred", "failed", "stale"].includes(outcome));
    const words = done.changed
      ? `${shown}: revision ${revision} is the newest again, as ${done.revision}`
      : `${shown} is as it was at revision ${revision}: nothing to restore`;
    out.say(isDone ? `${words}.` : `${words}, but it is not on both sides yet (${outcome ?? "waiting"}).`);
    return {
      code: isDone ? EXIT.ok : EXIT.attention,
      json: { collection, path, ...done, outcome, in_sync: isDone },
    };
  },
};

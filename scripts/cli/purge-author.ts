/** `frontrow purge-author <author…>`: forgets what a person wrote, and their name. */
import { displayPath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { Purged } from "../../shared/hub/history-hub.ts";
import { EXIT } from "./frame/exit.ts";
import { plural } from "./frame/text.ts";
import type { Call, Verb } from "./frame/verb.ts";

/** People see this many documents; `--json` has them all. */
const MOST = 20;

export const purgeAuthor: Verb = {
  name: "purge-author",
  summary: "forget what a person wrote in the history, and their name",
  notes:
    "Revisions keep their numbers, places and times. Documents as they are now stay: those that were last written by this person are listed, and it ends with 1 while there are any. Revisions by others stay, also where they quote.",
  examples: [
    "frontrow purge-author ann@example.org --dry-run",
    "frontrow purge-author ann@example.org 6f9d2c1e-… --yes",
  ],
  define(command) {
    command
      .argument("<author...>", "all names of one person, as log shows them: an e-mail, an id")
      .option("--dry-run", "say what would go; change nothing");
  },
  async run(call) {
    const { options, shared, out, io } = call;
    const authors = (call.arguments[0] as unknown as string[]).map((name) => name.trim());
    if (authors.includes("")) throw new FrontrowError("USAGE", "An author's name must not be empty.");
    const { openProject } = await import("./frame/engine.ts");
    const { history } = await openProject(call);
    const preview = await history.purgeAuthor({ authors, dryRun: true });
    if (options.dryRun === true) return answer(preview, call);
    if (!shared.yes) {
      if (io.ask === null) {
        throw new FrontrowError("USAGE", "Nothing was purged: it cannot be undone, so say --yes.");
      }
      const question = `Forget ${plural(preview.revisions, "revision")} for good? This cannot be undone.`;
      if (!(await io.ask(question))) {
        throw new FrontrowError("USAGE", "Nothing was purged, as the answer was no.");
      }
    }
    const purged = await history.purgeAuthor({ authors });
    out.note("Backups of the database still hold what was purged, until they run out.");
    return answer(purged, call);
  },
};

function answer(purged: Purged, { out }: Call): { code: 0 | 1; json: object } {
  const { dryRun, revisions, conflicts, signals, entries, messages, current, pending } = purged;
  const word = dryRun ? "would be forgotten" : "forgotten";
  out.say(`${plural(revisions, "revision")}, ${plural(conflicts, "conflict record")} ${word}`);
  out.say(
    `the name taken out of ${plural(signals, "signal")}, ${plural(entries, "audit entry", "audit entries")}, ${plural(messages, "message")}`,
  );
  if (pending > 0) {
    out.say(
      `${plural(pending, "text")} on which a document or a merge still stands; each goes when nothing does.`,
    );
  }
  if (current.length > 0) {
    out.say(`\n${out.paint.bold("Last written by this person, and still there")}: edit or delete them.`);
    for (const { path } of current.slice(0, MOST)) out.say(`  ${displayPath(path)}`);
    if (current.length > MOST) out.say(`  … and ${current.length - MOST} more (--json lists them)`);
  }
  return { code: current.length > 0 ? EXIT.attention : EXIT.ok, json: purged };
}

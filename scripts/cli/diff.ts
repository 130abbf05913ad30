/** `frontrow diff <path> [from] [to]`: what changed between two revisions. */
import { FrontrowError } from "../../shared/errors.ts";
import type { RevisionText } from "../../shared/hub/history-hub.ts";
import { documentNamed, revisionNumber } from "./frame/revisions.ts";
import type { Verb } from "./frame/verb.ts";

export const diff: Verb = {
  name: "diff",
  summary: "what changed in a document between two revisions",
  notes:
    "Without a number: the last change. With one: all changes since that revision. With two: from one to the other. A deletion counts as an empty text. Ends with 0, also when something differs.",
  examples: ["frontrow diff users/ann/parts/critic.md", "frontrow diff users/ann/parts/critic.md 3 5"],
  define(command) {
    command
      .argument("<path>", "the document")
      .argument("[from]", "a revision (default: the one the newest was made from)", revisionNumber)
      .argument("[to]", "a revision (default: the newest)", revisionNumber);
  },
  inClone: async (call, ground) => (await import("./clone/history.ts")).diffIn(call, ground),
  async run(call) {
    const { openProject } = await import("./frame/engine.ts");
    const { history } = await openProject(call);
    const [named, from, to] = call.arguments as unknown as [string, number | undefined, number | undefined];
    const { collection, path, shown } = await documentNamed(history, named, call.shared.collection);
    const one = (revision?: number): Promise<RevisionText> =>
      history.revision({ collection, path, ...(revision === undefined ? {} : { revision }) });
    const after = await one(to);
    const earlier = from ?? after.parents[0] ?? null;
    const before = earlier === null ? null : await one(earlier);
    const texts = { before: before === null ? "" : textOf(before), after: textOf(after) };
    const { sayDiff } = await import("./frame/diff-text.ts");
    return sayDiff(call, { collection, path, from: before?.revision ?? null, to: after.revision }, texts, {
      before: before === null ? "/dev/null" : `${shown}@${before.revision}`,
      after: `${shown}@${after.revision}`,
    });
  },
};

function textOf({ text, deleted, path, revision }: RevisionText): string {
  if (text !== null || deleted) return text ?? "";
  throw new FrontrowError("NOT_FOUND", `The text of revision ${revision} was purged.`, { path });
}

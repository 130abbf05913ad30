/** `frontrow show <path>[@revision]`: a document as it was, byte for byte. */
import { EXIT } from "./frame/exit.ts";
import { documentNamed, splitRevision, textless } from "./frame/revisions.ts";
import type { Verb } from "./frame/verb.ts";

export const show: Verb = {
  name: "show",
  summary: "print a document as it was at a revision, byte for byte",
  examples: [
    "frontrow show users/ann/parts/critic.md@3",
    "frontrow show users/ann/parts/critic.md@3 > critic.md",
  ],
  define(command) {
    command.argument("<path[@revision]>", "the document; without a revision the newest");
  },
  inClone: async (call, ground) => (await import("./clone/history.ts")).showIn(call, ground),
  async run(call) {
    const { openProject } = await import("./frame/engine.ts");
    const { history } = await openProject(call);
    const { named, revision } = splitRevision(call.arguments[0]!);
    const { collection, path } = await documentNamed(history, named, call.shared.collection);
    const found = await history.revision({
      collection,
      path,
      ...(revision === undefined ? {} : { revision }),
    });
    if (found.text === null) throw textless(found);
    // Not by `out`, which would blank what looks like a secret: these are the person's own bytes.
    if (!call.shared.json) call.io.stdout(found.text);
    return { code: EXIT.ok, json: found };
  },
};

/** `frontrow diff <path> [from] [to]`: what changed between two revisions. */
import { FrontrowError } from "../../shared/errors.ts";
import type { RevisionText } from "../../shared/hub/history-hub.ts";
import { EXIT } from "./frame/exit.ts";
import { documentNamed, revisionNumber } from "./frame/revisions.ts";
import type { Paint } from "./frame/text.ts";
import { unifiedDiff } from "./frame/unified.ts";
import type { Verb } from "./frame/verb.ts";

export const diff: Verb = {
  name: "diff",
  summary: "what changed in a document between two revisions",
  define(command) {
    command
      .argument("<path>", "the document")
      .argument("[from]", "a revision (default: the one the newest was made from)", revisionNumber)
      .argument("[to]", "a revision (default: the newest)", revisionNumber)
      .addHelpText(
        "after",
        "\nExamples:\n  frontrow diff users/ann/parts/critic.md        the last change\n" +
          "  frontrow diff users/ann/parts/critic.md 3      all changes since revision 3\n" +
          "  frontrow diff users/ann/parts/critic.md 3 5    from 3 to 5\n\n" +
          "A deletion counts as an empty text. Ends with 0, also when something differs.",
      );
  },
  async run(call) {
    const { out } = call;
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
    const lines = unifiedDiff(texts.before, texts.after, {
      before: before === null ? "/dev/null" : `${shown}@${before.revision}`,
      after: `${shown}@${after.revision}`,
    });
    for (const line of lines) out.say(coloured(line, out.paint));
    if (lines.length === 0) out.note("They are the same.");
    return {
      code: EXIT.ok,
      json: {
        collection,
        path,
        from: before?.revision ?? null,
        to: after.revision,
        same: lines.length === 0,
        ...(await changedParts(texts.before, texts.after)),
        diff: lines.map((line) => `${line}\n`).join(""),
      },
    };
  },
};

function textOf({ text, deleted, path, revision }: RevisionText): string {
  if (text !== null || deleted) return text ?? "";
  throw new FrontrowError("NOT_FOUND", `The text of revision ${revision} was purged.`, { path });
}

/** The front matter keys whose source differs, and whether the body does. */
async function changedParts(before: string, after: string): Promise<{ fields: string[]; body: boolean }> {
  const { parseDocument, sourceOf } = await import("../../shared/document/mod.ts");
  const [old, now] = [parseDocument(before), parseDocument(after)];
  const source = (document: typeof old, name: string): string | null => {
    const entry = document.entries.get(name);
    return entry === undefined ? null : sourceOf(document, entry.value);
  };
  const names = new Set([...old.entries.keys(), ...now.entries.keys()]);
  return {
    fields: [...names].filter((name) => source(old, name) !== source(now, name)),
    body: old.body !== now.body,
  };
}

function coloured(line: string, paint: Paint): string {
  if (line.startsWith("--- ") || line.startsWith("+++ ")) return paint.bold(line);
  if (line.startsWith("@@")) return paint.dim(line);
  if (line.startsWith("+")) return paint.green(line);
  return line.startsWith("-") ? paint.red(line) : line;
}

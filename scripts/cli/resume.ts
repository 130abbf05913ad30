/** `frontrow resume <halt> --apply|--restore`: a person decides what a halt holds back. */
import { InvalidArgumentError } from "commander";
import { FrontrowError } from "../../shared/errors.ts";
import { EXIT } from "./frame/exit.ts";
import { countsText, createTally, noteResults } from "./frame/outcomes.ts";
import { plural } from "./frame/text.ts";
import type { Verb } from "./frame/verb.ts";

export const resume: Verb = {
  name: "resume",
  summary: "decide a halt: carry out the deletions it holds, or give back what is missing",
  define(command) {
    command
      .argument("<halt>", "its number, as status shows it", number)
      .option("--apply", "carry out what is held")
      .option("--restore", "give the missing files or rows back from the other side");
  },
  async run(call) {
    const { options, shared, out, io } = call;
    const halt = call.arguments[0] as unknown as number;
    const decision = options.apply === true ? "apply" : "restore";
    if ((options.apply === true) === (options.restore === true)) {
      throw new FrontrowError("USAGE", "Say what to do: --apply or --restore, one of them.");
    }
    const { openEngine, settle } = await import("./frame/engine.ts");
    const engine = await openEngine({ ...call, arguments: [] });
    const known = (await engine.hub.report(shared.collection)).halts.find(({ id }) => id === halt);
    if (known?.kind === "schema-changed") {
      throw new FrontrowError(
        "USAGE",
        `Halt ${halt} ends when the collection is registered again: ${known.reason}.`,
        {
          hint: `Type: ${io.program} register`,
        },
      );
    }
    if (known && decision === "apply" && known.documents > 0 && !shared.yes && io.ask !== null) {
      const question = `${known.reason}. Delete ${plural(known.documents, "document")} from the other side too?`;
      if (!(await io.ask(question)))
        throw new FrontrowError("USAGE", "Nothing was changed, as the answer was no.");
    }
    const { documents } = await engine.hub.resume(halt, decision);
    const tally = createTally();
    const report = await settle(engine, call, (results) => {
      tally.add(results);
      noteResults(results, out);
    });
    const isOpen = report.halts.some(({ id }) => id === halt);
    const counts = tally.counts();
    out.say(`Halt ${halt}, ${plural(documents, "document")}: ${countsText(counts)}.`);
    if (isOpen) out.say(`It is open again; see ${io.program} status.`);
    return {
      code: isOpen ? EXIT.attention : EXIT.ok,
      json: { halt, decision, documents, counts, resumed: !isOpen },
    };
  },
};

function number(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a halt's number.");
}

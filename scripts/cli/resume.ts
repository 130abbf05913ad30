/** `frontrow resume <halt>`: a person decides about what a halt holds back, and about nothing that came later. */
import { displayPath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { HaltKind, HeldSet } from "../../shared/hub/hub.ts";
import type { Engine } from "./frame/engine.ts";
import { EXIT } from "./frame/exit.ts";
import { decisionsOf, haltNumber } from "./frame/halts.ts";
import { countsText, createTally, noteResults } from "./frame/outcomes.ts";
import { plural } from "./frame/text.ts";
import type { Answer, Call, Verb } from "./frame/verb.ts";

export const resume: Verb = {
  name: "resume",
  summary: "decide a halt: carry out what it holds, give back what is missing, or let it go on",
  examples: ["frontrow resume 3 --restore", "frontrow resume 3 --apply --dry-run"],
  define(command) {
    command
      .argument("<halt>", "its number, as status shows it", haltNumber)
      .option("--apply", "carry out what is held, or let go on what was stopped")
      .option("--restore", "give the missing files or rows back; identity: keep the project as it is")
      .option("--seen <moment>", "only what was held when you looked: as `frontrow halts` printed it")
      .option("--dry-run", "say what would happen; change nothing");
  },
  async run(call) {
    const { options, shared, out, io } = call;
    const halt = call.arguments[0] as unknown as number;
    const { openEngine } = await import("./frame/engine.ts");
    const engine = await openEngine({ ...call, arguments: [] });
    const held = await engine.hub.held(halt);
    const decision = decisionFor(held.kind, halt, options);
    const seen = typeof options.seen === "string" ? options.seen : held.seen;
    const isDry = options.dryRun === true;
    const would = await engine.hub.resume(halt, decision, { seen, dryRun: true });
    for (const path of would.paths) out.note(displayPath(path));
    if (would.documents > would.paths.length) out.note(`… and ${would.documents - would.paths.length} more`);
    if (isDry) {
      out.say(`${wouldText(held, decision, would.documents)}; nothing was changed`);
      return { code: EXIT.ok, json: { dry_run: true, halt, decision, ...would } };
    }
    if (!shared.yes && io.ask !== null && !(await io.ask(questionOf(held, decision, would.documents))))
      throw new FrontrowError("USAGE", "Nothing was changed, as the answer was no.");
    const { documents, left } = await engine.hub.resume(halt, decision, { seen });
    if (held.kind === "identity" && decision === "restore") {
      out.say(`Halt ${halt} is closed: the database stays with "${held.evidence.registered}".`);
      return { code: EXIT.ok, json: { halt, decision, documents, counts: {}, resumed: true } };
    }
    return await carryOut(engine, call, { halt, decision, documents, left });
  },
};

async function carryOut(
  engine: Engine,
  call: Call,
  decided: { halt: number; decision: string; documents: number; left: number },
): Promise<Answer> {
  const { halt, documents, left } = decided;
  const { out, io } = call;
  const { settle } = await import("./frame/engine.ts");
  const tally = createTally();
  const report = await settle(engine, call, (results) => {
    tally.add(results);
    noteResults(results, out);
  });
  const isOpen = report.halts.some(({ id }) => id === halt);
  const counts = tally.counts();
  out.say(`Halt ${halt}, ${plural(documents, "document")}: ${countsText(counts)}.`);
  if (left > 0) out.say(`${plural(left, "document")} came after you looked: ${io.program} halts ${halt}`);
  else if (isOpen) out.say(`It is open again; see ${io.program} status.`);
  return { code: isOpen ? EXIT.attention : EXIT.ok, json: { ...decided, counts, resumed: !isOpen } };
}

/** What can only go on needs no choice. */
function decisionFor(
  kind: HaltKind,
  halt: number,
  { apply, restore }: Readonly<Record<string, unknown>>,
): "apply" | "restore" {
  const possible = decisionsOf(kind);
  if (possible.length === 1 && restore !== true) return "apply";
  if ((apply === true) !== (restore === true)) return apply === true ? "apply" : "restore";
  const choices = possible.map(({ option, about }) => `${option} (${about})`).join(" or ");
  throw new FrontrowError("USAGE", `Say what to do about halt ${halt}: --apply or --restore, one of them.`, {
    ...(choices === "" ? {} : { hint: choices }),
  });
}

function questionOf({ kind, reason }: HeldSet, decision: string, documents: number): string {
  const many = plural(documents, "document");
  if (kind === "identity") {
    return decision === "apply"
      ? `${reason}. Make it the caller's, so that the registered project's workers are refused?`
      : `${reason}. Keep it as it is?`;
  }
  if (decision === "restore") return `${reason}. Give back what is missing of ${many}?`;
  if (kind === "oscillation") return `${reason}. Let ${many} go on?`;
  if (kind === "fence") return `${reason}. Try again?`;
  return `${reason}. Delete ${many} from the other side too?`;
}

function wouldText({ id, kind }: HeldSet, decision: string, documents: number): string {
  const what = decisionsOf(kind).find(({ option }) => option === `--${decision}`)?.about ?? decision;
  return `Halt ${id}, ${plural(documents, "document")}: would ${what}`;
}

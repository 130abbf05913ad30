/** `frontrow conflicts [path]`: what both sides changed. Needs no config. */
import { displayPath } from "../../shared/document/path-disk.ts";
import type { ConflictRecord, ConflictSummary } from "../../shared/hub/hub.ts";
import { globOf } from "./frame/chosen-paths.ts";
import { conflictNamed, listed, overlapNames, seenWord } from "./frame/conflict.ts";
import { EXIT } from "./frame/exit.ts";
import { ago, aligned, quoted } from "./frame/text.ts";
import { threeWayText } from "./frame/three-way-text.ts";
import type { Answer, Call, Verb } from "./frame/verb.ts";

export const conflicts: Verb = {
  name: "conflicts",
  summary: "list the open conflicts, or show one: what the base, the file and the row say",
  examples: ["frontrow conflicts", "frontrow conflicts users/ann/parts/critic.md"],
  takesFilter: true,
  define(command) {
    command
      .argument("[path]", "the document, as status shows it")
      .option("--all", "resolved ones too, newest first");
  },
  inClone: async (call, ground) => (await import("./clone/conflicts.ts")).conflictsIn(call, ground),
  async run(call) {
    const {
      arguments: [named],
      options,
      shared: { collection },
    } = call;
    const { openProject } = await import("./frame/engine.ts");
    const { hub } = await openProject(call);
    if (named !== undefined) return await show(await conflictNamed(hub, named, collection), call);
    const state = options.all === true ? "all" : "open";
    const found = await hub.conflicts({ state, ...(collection === undefined ? {} : { collection }) });
    const { filter } = call.shared;
    return list(filter === undefined ? found : found.filter(({ path }) => globOf(filter)(path)), call);
  },
};

function list(found: readonly ConflictSummary[], call: Call): Answer {
  const { out } = call;
  const rows = found.map((one) => [
    displayPath(one.path),
    out.paint.yellow(overlapNames(one)),
    one.state === "open" ? ago(one.created_at) : `resolved by ${one.decided_by}`,
    out.paint.dim(one.collection),
  ]);
  return listed(found, rows, call);
}

async function show(record: ConflictRecord, call: Call): Promise<Answer> {
  const { out, io } = call;
  const isOpen = record.state === "open";
  const seen = seenWord(record);
  if (!out.isJson) {
    for (const line of header(record, call)) out.say(line);
    const { threeWay } = await import("../../shared/reconcile/three-way.ts");
    const { base_text, file_text, row_text } = record;
    const columns = Math.min(io.columns, 100);
    for (const line of threeWayText(threeWay(base_text, file_text, row_text), columns, out.paint))
      out.say(line);
    for (const line of isOpen ? answers(record, seen, call) : [ending(record)]) out.say(line);
  }
  return { code: isOpen ? EXIT.conflicts : EXIT.ok, json: { conflict: { ...record, seen } } };
}

function header(record: ConflictRecord, { out: { paint } }: Call): string[] {
  const side = (name: string, text: string | null, author: string | null, at: string | null): string[] => [
    `  ${name}`,
    [
      text === null ? paint.yellow("deleted, or not to be written as a text") : "changed",
      at === null ? "" : ago(at),
      author === null ? "" : `by ${author}`,
    ]
      .filter((part) => part !== "")
      .join(" "),
  ];
  return [
    `${paint.bold(displayPath(record.path))}  ${paint.yellow(overlapNames(record))}  ${paint.dim(`${record.collection}, conflict ${record.id}, ${ago(record.created_at)}`)}`,
    ...aligned([
      side("file", record.file_text, record.file_author, record.file_at),
      side("row", record.row_text, record.row_author, record.row_at),
      ...(record.copy === null
        ? []
        : [["  copy", `${displayPath(record.copy.name)} ${COPY[record.copy.state]}`]]),
    ]),
    "",
  ];
}

const COPY: Record<NonNullable<ConflictRecord["copy"]>["state"], string> = {
  there: "shows all three",
  pending: "is not written yet",
  taken: "is not written: a file of that name is somebody's own",
};

/** What to type, and for which texts it counts. */
function answers(record: ConflictRecord, seen: string, { io, out: { paint } }: Call): string[] {
  const command = `${io.program} resolve ${quoted(displayPath(record.path))} --seen ${seen}`;
  const names = [...new Set(record.overlapping.map(({ name }) => name))];
  const fields = names.map((name, at) => `--field ${quoted(`${name}=${at % 2 === 0 ? "file" : "row"}`)}`);
  return [
    "Decide (what overlaps; the rest is merged):",
    `  ${command} --keep file`,
    `  ${command} --keep row`,
    ...(names.length > 1 ? [`  ${command} ${fields.join(" ")}`] : []),
    `  ${command} --text <file>  ${paint.dim("the document as it shall be; - reads stdin")}`,
  ];
}

function ending({ decided_by, decider, decision, resolved_at }: ConflictRecord): string {
  const when = resolved_at === null ? "" : ` ${ago(resolved_at)}`;
  if (decided_by === "agreement")
    return `Resolved${when}: both sides came to say the same, or one of them went.`;
  if (decided_by !== "person") return `Resolved${when} by the policy ${decided_by}.`;
  const how =
    decision === null
      ? ""
      : "keep" in decision
        ? `: the ${decision.keep} was kept`
        : "fields" in decision
          ? `: ${Object.entries(decision.fields)
              .map(([label, choice]) => `${label}=${choice}`)
              .join(", ")}`
          : ": with a text of their own";
  return `Resolved${when} by ${decider ?? "a person"}${how}.`;
}

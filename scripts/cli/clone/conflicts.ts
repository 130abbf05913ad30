/** `frontrow conflicts` and `resolve` in a clone: the two sides are ours (this folder's) and theirs (the origin's). */
import { digestText } from "../../../shared/document/digest.ts";
import { decode } from "../../../shared/document/mod.ts";
import { displayPath } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { threeWay } from "../../../shared/reconcile/three-way.ts";
import type { LocalConflict, LocalDecision } from "../../../shared/replica/local-hub.ts";
import { settleDocument } from "../../../shared/replica/settle.ts";
import { readFile } from "../../../shared/sync/binding.ts";
import type { OpenClone } from "../../replica/open.ts";
import { listed } from "../frame/conflict.ts";
import { EXIT } from "../frame/exit.ts";
import { readBytes } from "../frame/input.ts";
import { ago, quoted } from "../frame/text.ts";
import { threeWayText } from "../frame/three-way-text.ts";
import type { Answer, Call } from "../frame/verb.ts";
import type { Ground } from "./ground.ts";
import { pathsFor } from "./named.ts";
import { leftText, watching } from "./tell.ts";

/** Theirs is the file, ours the row, as the engine has them (shared/replica/plan.ts). */
const SIDES = { file: "theirs", row: "ours", said: { file: "they", row: "we" } };

export async function conflictsIn(call: Call, ground: Ground): Promise<Answer> {
  const { out, options } = call;
  const clone = await ground.open();
  const [named] = call.arguments;
  if (named !== undefined) return show(conflictNamed(clone, ground, call, named), call);
  const found = clone.hub
    .conflicts(options.all === true ? "all" : "open")
    .filter(({ path }) => clone.isChosen?.(path) ?? true);
  const rows = found.map(({ path, overlapping, state, at, decidedBy, theirAuthor }) => [
    displayPath(path),
    out.paint.yellow(overlapping.join(", ")),
    state === "open" ? ago(at) : `resolved by ${decidedBy}`,
    theirAuthor ?? "",
  ]);
  return listed(found, rows, call);
}

function show(record: LocalConflict, call: Call): Answer {
  const { out, io } = call;
  const { path, overlapping, base, ours, theirs, theirAuthor, at, state } = record;
  const seen = seenWord(record);
  const isOpen = state === "open";
  if (!out.isJson) {
    const by = theirAuthor === null ? "" : `, theirs by ${theirAuthor}`;
    out.say(
      `${out.paint.bold(displayPath(path))}  ${out.paint.yellow(overlapping.join(", "))}  ${out.paint.dim(`${ago(at)}${by}`)}`,
    );
    out.say();
    const columns = Math.min(io.columns, 100);
    for (const line of threeWayText(threeWay(base, theirs, ours), columns, out.paint, SIDES)) out.say(line);
    const command = `${io.program} resolve ${quoted(displayPath(path))} --seen ${seen}`;
    if (isOpen) {
      out.say("Decide (what overlaps; the rest is merged):");
      out.say(`  ${command} --keep ours`);
      out.say(`  ${command} --keep theirs`);
      if (overlapping.length > 1)
        out.say(
          `  ${command} ${overlapping.map((label, index) => `--field ${quoted(`${label}=${index % 2 ? "theirs" : "ours"}`)}`).join(" ")}`,
        );
      out.say(`  ${command} --text <file>`);
    } else out.say(`Resolved by ${record.decidedBy}.`);
  }
  return { code: isOpen ? EXIT.conflicts : EXIT.ok, json: { conflict: { ...record, seen } } };
}

export async function resolveIn(call: Call, ground: Ground): Promise<Answer> {
  const { options, out } = call;
  if ([options.keep, options.field, options.text].filter((one) => one !== undefined).length !== 1)
    throw new FrontrowError("USAGE", "Say what is right with one of --keep, --field and --text.", {
      hint: "--keep ours, --keep theirs, --field name=ours, or --text <file>",
    });
  const clone = await ground.open(watching(call));
  const record = conflictNamed(clone, ground, call, call.arguments[0]!);
  const { collection, path } = record;
  const shown = displayPath(path);
  if (record.state !== "open")
    throw new FrontrowError("NOT_FOUND", `"${shown}" has no open conflict.`, { path: shown });
  if (options.seen !== undefined && options.seen !== seenWord(record)) throw moved(shown);
  const decision = await decisionOf(call, clone, record);
  clone.hub.decide(record.id, decision, clone.author);
  const { outcome, error } = await settleDocument(clone, { collection, path });
  if (error !== undefined) throw error;
  const isDone = clone.hub.conflictOf(record) === null;
  if (!isDone) throw moved(shown);
  const isAhead = clone.hub.document({ collection, path })?.queued === true;
  out.say(`${shown}: decided (${outcome}).${isAhead ? " It goes out with the next push." : ""}`);
  const counts = clone.hub.counts();
  out.say(leftText(counts));
  return {
    code: counts.conflicts > 0 ? EXIT.conflicts : EXIT.ok,
    json: { collection, path, outcome, resolved: true, conflicts: counts.conflicts },
  };
}

function moved(shown: string): FrontrowError {
  return new FrontrowError(
    "REPLICA_MOVED",
    `"${shown}" changed since you looked at its conflict: nothing was decided.`,
    { path: shown, hint: "Look at it again with: conflicts <path>" },
  );
}

async function decisionOf(
  { options, io }: Call,
  clone: OpenClone,
  { collection, path, overlapping }: LocalConflict,
): Promise<LocalDecision> {
  if (options.keep !== undefined) return { keep: sideIn(String(options.keep)) };
  if (options.text !== undefined) {
    const binding = clone.bindings.get(collection)!;
    const bytes = await readBytes(io, String(options.text));
    readFile(binding, path, bytes);
    return { text: decode(bytes, binding.collection.policies.maxBytes) };
  }
  const fields: Record<string, "ours" | "theirs"> = {};
  for (const one of options.field as string[]) {
    const at = one.lastIndexOf("=");
    const label = one.slice(0, at);
    if (at < 1 || !overlapping.includes(label))
      throw new FrontrowError("USAGE", `Cannot read --field "${one}": write name=ours or name=theirs.`, {
        path,
        hint: `What overlaps: ${overlapping.join(", ")}`,
      });
    fields[label] = sideIn(one.slice(at + 1));
  }
  const left = overlapping.filter((label) => !Object.hasOwn(fields, label));
  if (left.length > 0)
    throw new FrontrowError("USAGE", `Not decided yet: ${left.join(", ")}. Nothing was changed.`, {
      path,
      hint: "Give a --field for each of them.",
    });
  return { fields };
}

function sideIn(text: string): "ours" | "theirs" {
  if (text === "ours" || text === "theirs") return text;
  throw new FrontrowError("USAGE", `Cannot keep "${text}": in a clone it must be ours or theirs.`);
}

function conflictNamed(clone: OpenClone, ground: Ground, call: Call, named: string): LocalConflict {
  const paths = pathsFor(ground, call, named);
  const found = clone.hub.conflicts("all").filter(({ path }) => paths.includes(path));
  const record = found.find(({ state }) => state === "open") ?? found[0];
  if (record !== undefined) return record;
  throw new FrontrowError("NOT_FOUND", `"${named}" has no conflict.`, { path: named });
}

/** The versions of a record as one short word, for a command line. */
function seenWord({ ours, theirs }: LocalConflict): string {
  return digestText(JSON.stringify([ours, theirs])).slice(0, 10);
}

/** `frontrow halts [halt]`: what is stopped, and the exact set it holds. Needs no config. */
import { displayPath } from "../../shared/document/path-disk.ts";
import type { HeldSet } from "../../shared/hub/hub.ts";
import { EXIT } from "./frame/exit.ts";
import { decisionsOf, haltNumber } from "./frame/halts.ts";
import { reportOf } from "./frame/state.ts";
import { aligned } from "./frame/text.ts";
import type { Call, Verb } from "./frame/verb.ts";

/** Longer lists are cut; `--json` has them whole. */
const MOST = 100;

export const halts: Verb = {
  name: "halts",
  summary: "what was stopped until a person has looked, with every document it holds",
  notes: "Ends with 1 when a halt is open. `resume --seen` takes the moment it prints.",
  examples: ["frontrow halts", "frontrow halts 3 --json"],
  define(command) {
    command.argument("[halt]", "only this one, open or closed", haltNumber);
  },
  async run(call) {
    const { openProject } = await import("./frame/engine.ts");
    const { hub } = await openProject(call);
    const named = call.arguments[0] as unknown as number | undefined;
    const ids =
      named === undefined ? (await reportOf(hub, call.shared.collection)).halts.map(({ id }) => id) : [named];
    const all: HeldSet[] = [];
    for (const id of ids) all.push(await hub.held(id));
    for (const one of all) show(one, call);
    if (all.length === 0) call.out.say("Nothing is halted.");
    const isOpen = all.some(({ state }) => state === "open");
    return { code: isOpen ? EXIT.attention : EXIT.ok, json: { halts: all } };
  },
};

function show(halt: HeldSet, { out, io }: Call): void {
  const { id, collection, kind, state, reason, items, seen, evidence } = halt;
  out.say(
    `${out.paint.yellow(`#${id}`)} ${kind}${collection && `, ${collection}`}${state === "open" ? "" : ` (${state})`}`,
  );
  out.say(`  ${reason}`);
  for (const [name, value] of Object.entries(evidence)) {
    if (value !== null && name !== "paths")
      out.say(`  ${out.paint.dim(`${name}: ${JSON.stringify(value)}`)}`);
  }
  const rows = items
    .slice(0, MOST)
    .map(({ path, store, confirmed, evidence: { names } }) => [
      `  ${displayPath(path)}`,
      store,
      `${Array.isArray(names) ? names.join(", ") : ""}${confirmed ? " confirmed" : ""}`,
    ]);
  for (const line of aligned(rows)) out.say(line);
  if (items.length > MOST) out.say(`  … and ${items.length - MOST} more (--json lists them)`);
  if (state === "open") {
    const commands = decisionsOf(kind).map(({ option, about }) => [
      `  ${io.program} resume ${id} ${option} --seen ${seen}`,
      out.paint.dim(about),
    ]);
    for (const line of aligned(commands)) out.say(line);
  }
  out.say();
}

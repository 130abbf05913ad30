/** `frontrow quarantine`: what cannot be read or written as a document, and why. Needs no config. */
import { displayPath } from "../../shared/document/path-disk.ts";
import { globOf } from "./frame/chosen-paths.ts";
import { EXIT } from "./frame/exit.ts";
import { aligned, plural } from "./frame/text.ts";
import type { Answer, Call, Verb } from "./frame/verb.ts";

interface Quarantined {
  collection: string;
  path: string;
  store: string;
  code: string;
  line: number | null;
  message: string;
  hint: string | null;
}

export const quarantine: Verb = {
  name: "quarantine",
  summary: "list what cannot be read or written as a document, with the line and the reason",
  notes:
    "Nothing is written because of such a file or row, and nobody else waits for it. It is looked at again by itself when it changes, and at once with: retry",
  examples: ["frontrow quarantine", "frontrow quarantine --collection parts --json"],
  define() {},
  async inClone(call, ground) {
    const { hub } = await ground.open();
    return list(hub.quarantine(), call);
  },
  async run(call) {
    const { openProject } = await import("./frame/engine.ts");
    const { hub } = await openProject(call);
    const { reportOf } = await import("./frame/state.ts");
    return list((await reportOf(hub, call.shared.collection)).quarantine, call);
  },
};

function list(all: readonly Quarantined[], { out, io, shared }: Call): Answer {
  const fits = shared.filter === undefined ? () => true : globOf(shared.filter);
  const found = all.filter(
    ({ collection, path }) => collection === (shared.collection ?? collection) && fits(path),
  );
  const rows = found.map(({ path, line, store, code, message }) => [
    `${displayPath(path)}${line === null ? "" : `:${line}`}`,
    out.paint.dim(store),
    out.paint.yellow(code),
    message,
  ]);
  for (const line of aligned(rows)) out.say(line);
  out.say(
    found.length === 0 ? "Nothing is in quarantine." : `${plural(found.length, "document")} in quarantine.`,
  );
  if (found.length > 0) out.say(`Mended outside, or by luck: ${io.program} retry`);
  return { code: found.length === 0 ? EXIT.ok : EXIT.attention, json: { quarantine: found } };
}

/** `frontrow resolve <path> --file|--row`: a person decides an open conflict. */
import { displayPath, encodeFilePath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { Report } from "../../shared/hub/hub.ts";
import { EXIT } from "./frame/exit.ts";
import { createTally, noteResults } from "./frame/outcomes.ts";
import type { Verb } from "./frame/verb.ts";

export const resolve: Verb = {
  name: "resolve",
  summary: "decide an open conflict; the other version stays in the history",
  define(command) {
    command
      .argument("<path>", "the document, as status shows it")
      .option("--file", "the file is right")
      .option("--row", "the row is right");
  },
  async run(call) {
    const {
      arguments: [named],
      options,
      shared,
      out,
    } = call;
    const keep = options.file === true ? "file" : "row";
    if ((options.file === true) === (options.row === true)) {
      throw new FrontrowError("USAGE", "Say which side is right: --file or --row, one of them.");
    }
    const { openEngine, settle } = await import("./frame/engine.ts");
    const engine = await openEngine({ ...call, arguments: [] });
    const { path, collection } = conflictNamed(await engine.hub.report(shared.collection), named!);
    await engine.hub.resolve({ collection, path, keep });
    const tally = createTally();
    const report = await settle(engine, call, (results) => {
      tally.add(results);
      noteResults(results, out);
    });
    const isOpen = report.conflicts.some((one) => one.collection === collection && one.path === path);
    const outcome = tally.of(collection, path) ?? null;
    const isDone = !isOpen && (outcome === null || !["deferred", "failed", "stale"].includes(outcome));
    const shown = displayPath(path);
    out.say(
      isDone ? `${shown}: the ${keep} was right (${outcome ?? "done"}).` : `${shown}: not carried out yet.`,
    );
    return {
      code: isDone ? EXIT.ok : EXIT.attention,
      json: { collection, path, keep, outcome, resolved: isDone },
    };
  },
};

function conflictNamed({ conflicts }: Report, named: string): Report["conflicts"][number] {
  const found = conflicts.filter(({ path }) => path === named || path === asObjectName(named));
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const names = found.map(({ collection }) => collection).join(", ");
    throw new FrontrowError("USAGE", `"${named}" is in conflict in several collections: ${names}.`, {
      path: named,
      hint: "Name one with --collection.",
    });
  }
  const open = conflicts.slice(0, 5).map(({ path }) => displayPath(path));
  throw new FrontrowError("NOT_FOUND", `"${named}" has no open conflict.`, {
    path: named,
    hint: open.length === 0 ? "There is none at all." : `Open: ${open.join(", ")}`,
  });
}

function asObjectName(diskPath: string): string | null {
  try {
    return encodeFilePath(diskPath);
  } catch {
    return null;
  }
}

/** `frontrow import <dir>`: brings the files of a folder in, many at a time. */
import { resolve } from "node:path";
import { FrontrowError } from "../../shared/errors.ts";
import { signed } from "./frame/author.ts";
import { chosenPaths } from "./frame/chosen-paths.ts";
import { EXIT } from "./frame/exit.ts";
import { countsText } from "./frame/outcomes.ts";
import { createProgress, type Progress } from "./frame/progress.ts";
import { exitOf, sayState, stateOf, total } from "./frame/state.ts";
import { plural } from "./frame/text.ts";
import type { Verb } from "./frame/verb.ts";
import { requireFolder, walk } from "./frame/walk.ts";

/** People see this many refused files; `--json` has them all. */
const MOST = 20;

export const importVerb: Verb = {
  name: "import",
  summary: "bring the files of a folder in; each counts as an edit of its document",
  notes:
    "Dotfiles, symbolic links and files that fit no collection are counted as ignored. A file that cannot be read as a document is quarantined, and lands in the bucket where there is nothing else by its name. What left scrubbed has no opinion where it was scrubbed. Ends with 1 when it is not in sync afterwards.",
  examples: ["frontrow import content", "git diff --name-only | frontrow import . -"],
  takesFilter: true,
  define(command) {
    signed(
      command
        .argument(
          "[paths...]",
          "a folder, whose paths are the object names; of it only the files and folders that follow (comma lists; - reads names from stdin). In a clone: of its own folder",
        )
        .option("--dry-run", "list what would be brought in; change nothing")
        .option("--bucket <name>", "only into the collections of this bucket")
        .option("--no-upload", "only documents and rows: the functions bring new files into the bucket"),
    );
  },
  inClone: async (call, ground) => (await import("./clone/sync.ts")).syncIn("import", call, ground),
  async run(call) {
    const { out, io, options } = call;
    const [named, ...only] = (call.arguments[0] ?? []) as unknown as string[];
    if (named === undefined)
      throw new FrontrowError("USAGE", "Which folder? Outside of a clone, import needs one.");
    const [{ openEngine }, { load }, { createMissing }, { bringBack }] = await Promise.all([
      import("./frame/engine.ts"),
      import("./frame/load.ts"),
      import("./frame/buckets.ts"),
      import("./frame/bring-back.ts"),
    ]);
    const started = performance.now();
    const folder = resolve(io.folder, named);
    await requireFolder(folder, named);
    // The database is asked while the folder is walked.
    const [engine, found] = await Promise.all([
      openEngine({ ...call, arguments: [] }, { registerIfNone: true }),
      walk(folder),
    ]);
    if (engine.isNew)
      out.note(`Nothing was registered yet: installed ${[...engine.bindings.keys()].join(", ")}.`);
    const collections = engine.config.collections.filter(
      ({ name, bucket }) => engine.bindings.has(name) && bucket === (options.bucket ?? bucket),
    );
    if (collections.length === 0) {
      throw new FrontrowError("USAGE", `No collection is kept in the bucket "${options.bucket}".`, {
        hint: `There is ${engine.config.collections.map(({ name, bucket }) => `${name} in ${bucket}`).join(", ")}.`,
      });
    }
    const isChosen = await chosenPaths(call, folder, only);
    if (isChosen !== null) found.files = found.files.filter(({ path }) => isChosen(path));
    const back = await bringBack(engine, { collections }, resolve(io.folder, named), found.files, call);
    if (options.dryRun === true) {
      const { previewLoad } = await import("./frame/preview-load.ts");
      return await previewLoad(engine, { ...engine.config, collections }, back.files, call);
    }
    const created: string[] = [];
    let progress: Progress | undefined;
    const loaded = await load(engine, { collections }, back.files, call, {
      onStart: (documents) => {
        progress = createProgress("importing", documents, out, io);
      },
      onResults: ({ length }) => progress?.advance(length),
      onStorage: async () => {
        const buckets = collections.map(({ bucket }) => bucket);
        created.push(...(await createMissing(await engine.client(), buckets)));
        for (const name of created) out.note(`Created the private bucket "${name}".`);
      },
      upload: options.upload !== false,
    });
    progress?.end();

    const refused = [...found.refused, ...back.refused, ...loaded.refused];
    const ignored = found.ignored + loaded.ignored;
    const { left, report } = loaded;
    const documents = loaded.documents + back.unchanged;
    const counts = loaded.tally.counts();
    if (back.unchanged > 0) counts.unchanged = (counts.unchanged ?? 0) + back.unchanged;
    const state = stateOf(report);
    const seconds = Math.round(performance.now() - started) / 1000;
    out.say(`${plural(documents, "document")} in ${seconds} s: ${countsText(counts)}`);
    if (ignored > 0) out.say(`${plural(ignored, "other file")} ignored`);
    for (const { path, message, hint } of refused.slice(0, MOST)) {
      out.say(`${out.paint.yellow("refused")}  ${path}  ${message}${hint ? ` ${hint}` : ""}`);
    }
    if (refused.length > MOST) out.say(`… and ${refused.length - MOST} more (--json lists them)`);
    if (left.length > 0) out.say(`${plural(left.length, "file")} did not get in: import again.`);
    out.say();
    sayState(report, call);
    // A bad file over a good object leaves no trace in the state: its refusal is said here.
    const isTaken = !counts.quarantined && !counts.conflict && !counts.halted;
    // Without uploads the files of new documents are still to be written.
    const isAsWanted = options.upload === false || state.in_sync;
    const isWhole =
      isTaken && isAsWanted && refused.length === 0 && left.length === 0 && !io.interruption().aborted;
    return {
      code: isWhole ? EXIT.ok : exitOf({ ...state, in_sync: false }),
      json: {
        documents,
        ignored,
        rows: total(report, "rows"),
        ...state,
        refused: refused.map(({ code, rule, path, message }) => ({
          path,
          code,
          rule: rule ?? null,
          message,
        })),
        left,
        counts,
        registered: engine.isNew,
        buckets_created: created,
        seconds,
      },
    };
  },
};

/** Keeps a clone and its origin the same: the folder is watched, the origin asked every so often. */
import { FrontrowError } from "../../../shared/errors.ts";
import type { ConnectedClone } from "../../../shared/replica/clone.ts";
import { type Synced, syncClone } from "../../../shared/replica/sync.ts";
import { createBatcher } from "../../directory/batch.ts";
import { watch } from "../../directory/watch.ts";
import { runEvery } from "../../git/every.ts";
import { EXIT } from "../frame/exit.ts";
import { plural } from "../frame/text.ts";
import type { Answer, Call } from "../frame/verb.ts";
import { openCloneGit, usesGit } from "./git.ts";
import type { Ground } from "./ground.ts";
import { codeOf, leftText, watching } from "./tell.ts";

/** Milliseconds between tries while the origin is away: doubled each time, up to the most. */
const AWAY = { least: 5_000, most: 60_000 };

export async function watchIn(call: Call, ground: Ground): Promise<Answer> {
  const { out, options } = call;
  const { autoSync, initialSync, syncDebounce, watchInterval } = ground.project.directory;
  if (!autoSync)
    throw new FrontrowError("USAGE", "autoSync is off in frontrow.yaml: nothing is to follow by itself.", {
      hint: "Switch it on, or use sync.",
    });
  const clone = await ground.connect(watching(call));
  const signal = call.io.interruption();
  const counts: Record<string, number> = {};
  const git = usesGit(ground)
    ? await openCloneGit(clone, ground, () => syncClone(clone as ConnectedClone))
    : null;
  let isAway = false;
  let pause = (options.every as number) * 1000;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function count({ absorbed, merged, pushed }: Synced): void {
    for (const { outcome } of [...absorbed.outcomes, ...merged, ...pushed.outcomes])
      counts[outcome] = (counts[outcome] ?? 0) + 1;
  }

  async function round(): Promise<void> {
    if (signal.aborted) return;
    const started = new Date();
    const done = await syncClone(clone as ConnectedClone, { deletions: options.deletions === true });
    count(done);
    if (done.offline !== null && !isAway) out.note(`${done.offline.message} ${done.offline.hint ?? ""}`);
    if (done.offline === null && isAway) out.note("The origin is back.");
    isAway = done.offline !== null;
    const every = (options.every as number) * 1000;
    pause = isAway ? Math.min(Math.max(pause * 2, AWAY.least), AWAY.most) : every;
    const did = done.absorbed.outcomes.length + done.merged.length + done.pushed.outcomes.length;
    if (did > 0)
      clone.hub.log({
        verb: "watch",
        author: clone.author,
        counts,
        error: done.offline?.code ?? null,
        startedAt: started.toISOString(),
        milliseconds: Date.now() - started.getTime(),
      });
    if (git !== null && did > 0) await git.commit();
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(() => batcher.add("origin"), pause);
  }

  let fatal: unknown;
  const stopped = new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener("abort", () => done());
  });
  let fail: () => void = () => undefined;
  const failed = new Promise<void>((done) => {
    fail = done;
  });
  const batcher = createBatcher({
    quiet: syncDebounce,
    work: round,
    onError(error) {
      if (signal.aborted) return;
      // What repeating does not help ends it, loudly.
      if (!(error instanceof FrontrowError) || !error.retryable) {
        fatal = error;
        fail();
      } else out.note(error.message);
    },
  });
  const watcher = watch({
    folder: clone.folder.root.path,
    interval: watchInterval ?? undefined,
    onChange: (path) => batcher.add(path),
    onDoubt: () => batcher.add(""),
  });
  await watcher.ready;
  const { autoSync: pulls, syncInterval } = ground.project.git;
  const cycles =
    git !== null && pulls
      ? runEvery({
          interval: syncInterval,
          signal,
          // In turn with the folder's batches: never two at a time.
          run: () => batcher.alone(() => git.cycle()),
          onResult: ({ commits, pulled }) => {
            if (commits > 0) out.note(`git: ${plural(commits, "commit")}`);
            if (pulled.names.length > 0) out.note(`git: ${plural(pulled.names.length, "document")} pulled`);
          },
          onError: (error) => out.note(`git: ${error instanceof Error ? error.message : String(error)}`),
        })
      : Promise.resolve();
  out.note(`Watching ${ground.folder}. Ctrl-C ends it.`);
  if (initialSync) await round();
  else batcher.add("origin");
  await Promise.race([stopped, failed]);
  clearTimeout(timer);
  await watcher.close();
  await cycles;
  await batcher.close();
  if (fatal !== undefined) throw fatal;
  const left = clone.hub.counts();
  out.say(leftText(left));
  return { code: codeOf(left) === EXIT.conflicts ? EXIT.conflicts : EXIT.ok, json: { counts, left } };
}

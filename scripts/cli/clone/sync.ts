/** `frontrow sync`, `pull`, `push` and `import` in a clone. */

import { displayPath } from "../../../shared/document/path-disk.ts";
import { compareFolder } from "../../../shared/replica/absorb.ts";
import type { Clone, ConnectedClone } from "../../../shared/replica/clone.ts";
import { cursorOf } from "../../../shared/replica/pull.ts";
import { type SyncOptions, syncClone, takeIn } from "../../../shared/replica/sync.ts";
import { EXIT } from "../frame/exit.ts";
import { aligned, plural } from "../frame/text.ts";
import type { Answer, Call } from "../frame/verb.ts";
import { openCloneGit, usesGit } from "./git.ts";
import { type Ground, originOf } from "./ground.ts";
import { answer, watching } from "./tell.ts";

export type Way = "sync" | "pull" | "push" | "import";

const PARTS: Record<Exclude<Way, "import">, Pick<SyncOptions, "pull" | "push">> = {
  sync: {},
  pull: { push: false },
  push: { pull: false },
};

export async function syncIn(way: Way, call: Call, ground: Ground): Promise<Answer> {
  const { options } = call;
  const started = new Date();
  const how: SyncOptions = {
    deletions: options.deletions === true,
    message: options.message as string | undefined,
  };
  if (way === "import") {
    const named = (call.arguments[0] ?? []) as unknown as readonly string[];
    const clone = await ground.open(watching(call), named);
    if (options.dryRun === true) return await previewFolder(clone, call);
    // Files that the origin has as they are come to be known as such, where it can be asked: then nothing is left to push.
    const origin = await originOf(ground.project, call, clone.author).catch(() => null);
    const done =
      origin === null
        ? await takeIn(clone, how)
        : { ...(await syncClone({ ...clone, origin }, { ...how, push: false })), offline: null };
    return answer(way, started, clone, done, call);
  }
  const clone = await ground.connect(watching(call));
  if (options.dryRun === true) return await preview(way, clone, call);
  const synced = await syncClone(clone, { ...how, ...PARTS[way] });
  if (way === "sync" && usesGit(ground)) {
    const git = await openCloneGit(clone, ground, () => syncClone(clone, how));
    if (ground.project.git.autoSync) await git.cycle();
    else await git.commit();
  }
  return answer(way, started, clone, synced, call);
}

/** What an import would take in. */
async function previewFolder(clone: Clone, call: Call): Promise<Answer> {
  const { out } = call;
  const { changed, missing, unreadable } = await compareFolder(clone);
  const rows = [
    ...changed.map(({ path }) => [out.paint.green("changed"), displayPath(path)]),
    ...missing.map(({ path }) => [out.paint.yellow("deleted"), displayPath(path)]),
    ...unreadable.map(({ shown, error }) => [out.paint.yellow("unreadable"), shown, error.message]),
  ];
  for (const line of aligned(rows)) out.say(line);
  out.say(rows.length === 0 ? "Nothing to do." : `${plural(rows.length, "file")}; nothing was changed.`);
  const names = (some: readonly { path: string }[]): string[] => some.map(({ path }) => path);
  return {
    code: rows.length === 0 ? EXIT.ok : EXIT.attention,
    json: {
      changed: names(changed),
      missing: names(missing),
      unreadable: unreadable.map(({ shown }) => shown),
    },
  };
}

/** What a sync would begin with. What it meets at the origin while it pushes is known only then. */
async function preview(way: Way, clone: ConnectedClone, call: Call): Promise<Answer> {
  const { out } = call;
  const { entries, changed, missing, unreadable } = await compareFolder(clone);
  const queued = entries.filter((one) => one.queued);
  const seen = new Set(queued.map(({ path }) => path));
  const pushes = [...queued, ...[...changed, ...missing].filter(({ path }) => !seen.has(path))];
  const pulls = clone.hub.incoming().map(({ path, author }) => ({ path, author }));
  if (way !== "push") {
    const known = new Map(entries.map((one) => [one.path, one.peer?.version]));
    let since = clone.hub.get(cursorOf(clone)) ?? undefined;
    for (let more = true; more; ) {
      const page = await clone.origin.changes({ since, texts: false });
      pulls.push(...page.items.filter((one) => known.get(one.path) !== String(one.revision)));
      [since, more] = [page.next, page.more];
    }
  }
  const rows = [
    ...(way === "pull" ? [] : pushes.map(({ path }) => [out.paint.green("push"), displayPath(path), ""])),
    ...(way === "push"
      ? []
      : pulls.map(({ path, author }) => [out.paint.green("pull"), displayPath(path), author ?? ""])),
  ];
  for (const line of aligned(rows)) out.say(line);
  out.say(rows.length === 0 ? "Nothing to do." : `${plural(rows.length, "document")}; nothing was changed.`);
  return {
    code: rows.length + unreadable.length === 0 ? EXIT.ok : EXIT.attention,
    json: {
      push: way === "pull" ? [] : pushes.map(({ path }) => path),
      pull: way === "push" ? [] : pulls.map(({ path }) => path),
    },
  };
}

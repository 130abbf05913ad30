/** `frontrow status` in a clone: what is ahead, behind, in conflict, in quarantine, and not taken in yet. */
import { displayPath } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { compareFolder } from "../../../shared/replica/absorb.ts";
import type { LocalEntry } from "../../../shared/replica/local-hub.ts";
import { fetchNews } from "../../../shared/replica/pull.ts";
import { EXIT } from "../frame/exit.ts";
import { ago, aligned, plural } from "../frame/text.ts";
import type { Answer, Call } from "../frame/verb.ts";
import type { Ground } from "./ground.ts";
import { codeOf } from "./tell.ts";

/** People see so many of a kind; `--json` has them all. */
const MOST = 20;

export async function statusIn(call: Call, ground: Ground): Promise<Answer> {
  const { out, io, options } = call;
  if (options.watch === true)
    throw new FrontrowError("USAGE", "In a clone status looks once.", {
      hint: `${io.program} watch keeps it in sync; ${io.program} status --watch --origin looks at the project.`,
    });
  const clone = await (options.fetch === true ? ground.connect() : ground.open());
  const { hub } = clone;
  if ("origin" in clone) await fetchNews(clone as Parameters<typeof fetchNews>[0]);
  const found = await compareFolder(clone);
  const isChosen = clone.isChosen ?? (() => true);
  const chosen = <One extends { path: string }>(all: readonly One[]): One[] =>
    all.filter(({ path }) => isChosen(path));
  const entries = chosen(found.entries);
  const kinds: [title: string, rows: string[][]][] = [
    [
      "Files that are not taken in yet (sync does):",
      [
        ...found.changed.map(({ path }) => ["changed", displayPath(path)]),
        ...found.missing.map(({ path }) => ["deleted", displayPath(path)]),
        ...found.unwritten.map(({ path }) => ["to write", displayPath(path)]),
      ],
    ],
    [
      "Ahead of the origin (push):",
      entries.filter((one) => one.queued).map((one) => [aheadWord(one), displayPath(one.path)]),
    ],
    [
      "Behind the origin (pull):",
      hub
        .incoming()
        .map(({ path, text, author }) => [
          text === null ? "deleted" : "changed",
          displayPath(path),
          author ?? "",
        ]),
    ],
    [
      `In conflict (${io.program} conflicts):`,
      chosen(hub.conflicts("open")).map(({ path, overlapping }) => [
        overlapping.join(", "),
        displayPath(path),
      ]),
    ],
    [
      "In quarantine (mend the file; it is looked at again by itself):",
      chosen(hub.quarantine()).map(({ path, line, message }) => [
        `${displayPath(path)}${line === null ? "" : `:${line}`}`,
        message,
      ]),
    ],
    ["Unreadable:", found.unreadable.map(({ shown, error }) => [shown, error.message])],
  ];
  const [last] = hub.runs(1);
  out.say(out.paint.dim(ground.project.origin!.url));
  for (const [title, rows] of kinds) {
    if (rows.length === 0) continue;
    out.say();
    out.say(title);
    for (const line of aligned(rows.slice(0, MOST))) out.say(`  ${line}`);
    if (rows.length > MOST) out.say(`  … and ${rows.length - MOST} more (--json lists them)`);
  }
  const counts = hub.counts();
  const isClean = kinds.every(([, rows]) => rows.length === 0);
  const when = last === undefined ? "never" : ago(last.startedAt);
  out.say();
  out.say(
    isClean
      ? `Clean: ${plural(counts.documents, "document")}, as the origin was at the last sync (${when}).`
      : `${plural(counts.documents, "document")}; last sync ${when}.`,
  );
  const code = codeOf(counts);
  return {
    code: code === EXIT.ok && !isClean ? EXIT.attention : code,
    json: {
      origin: ground.project.origin!.url,
      clean: isClean,
      documents: counts.documents,
      last_sync: last ?? null,
      changed: found.changed,
      missing: found.missing.map(nameOf),
      unwritten: found.unwritten.map(nameOf),
      unreadable: found.unreadable.map(({ shown, error }) => ({ path: shown, ...error.toJSON() })),
      ignored: found.ignored,
      ahead: entries.filter((one) => one.queued).map(nameOf),
      behind: chosen(hub.incoming()).map(({ text: _, ...one }) => ({ ...one, deleted: _ === null })),
      conflicts: chosen(hub.conflicts("open")).map(({ path, collection, overlapping, at }) => ({
        collection,
        path,
        overlapping,
        at,
      })),
      quarantine: chosen(hub.quarantine()),
    },
  };
}

function aheadWord({ peer, deleted }: LocalEntry): string {
  if (deleted) return "deleted";
  return peer === null ? "new" : "changed";
}

function nameOf({ collection, path }: { collection: string; path: string }) {
  return { collection, path };
}

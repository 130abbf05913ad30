/** What became of a clone's documents, in words and as an exit code. */
import type { LocalCounts, LocalHub } from "../../../shared/replica/local-hub.ts";
import type { Synced } from "../../../shared/replica/sync.ts";
import { EXIT, type ExitCode } from "../frame/exit.ts";
import { noteResults } from "../frame/outcomes.ts";
import { createProgress, type Progress } from "../frame/progress.ts";
import { plural } from "../frame/text.ts";
import type { Answer, Call } from "../frame/verb.ts";
import type { Watching } from "./ground.ts";

/** More documents than these get a bar on a terminal, and a line only where something is wrong. */
const MANY = 50;

/** Lines for a few documents, a progress bar for many. */
export function watching({ out, io }: Call): Watching {
  let progress: Progress | undefined;
  return {
    onWork(what, documents) {
      progress?.end();
      progress = documents > MANY && out.canDraw ? createProgress(what, documents, out, io) : undefined;
    },
    onOutcome({ collection, path, outcome, error }) {
      progress?.advance();
      if (progress !== undefined && error === undefined && outcome !== "conflict") return;
      const said = error === undefined ? {} : { message: error.message };
      noteResults([{ collection, path, outcome, ...said }], out);
    },
  };
}

/** 3: a person must decide · 1: something is left · 0: nothing is. */
export function codeOf({ queued, incoming, conflicts, quarantined }: LocalCounts): ExitCode {
  if (conflicts > 0) return EXIT.conflicts;
  return queued + incoming + quarantined > 0 ? EXIT.attention : EXIT.ok;
}

/** `2 to push, 1 to pull, 1 conflict`; or that nothing is left. */
export function leftText(counts: LocalCounts): string {
  const parts = [
    counts.queued > 0 ? `${counts.queued} to push` : "",
    counts.incoming > 0 ? `${counts.incoming} to merge` : "",
    counts.conflicts > 0 ? plural(counts.conflicts, "conflict") : "",
    counts.quarantined > 0 ? `${counts.quarantined} in quarantine` : "",
  ].filter((part) => part !== "");
  return parts.length === 0
    ? `Nothing left to do: ${plural(counts.documents, "document")}.`
    : `Left: ${parts.join(", ")}.`;
}

/** The verb's last words, its audit entry and its JSON. */
export function answer(
  verb: string,
  started: Date,
  { hub, author }: { hub: LocalHub; author: string | null },
  { absorbed, fetched, merged, pushed, offline }: Synced,
  { out, io }: Call,
): Answer {
  const all = [...absorbed.outcomes, ...merged, ...pushed.outcomes];
  const counts: Record<string, number> = {};
  for (const { outcome } of all) counts[outcome] = (counts[outcome] ?? 0) + 1;
  hub.log({
    verb,
    author,
    counts,
    error: offline?.code ?? null,
    startedAt: started.toISOString(),
    milliseconds: Date.now() - started.getTime(),
  });
  for (const { shown, error } of absorbed.unreadable)
    out.note(`${out.notePaint.yellow("unreadable")}   ${shown}  ${error.message}`);
  for (const shown of absorbed.leftovers)
    out.note(
      `${out.notePaint.yellow("left over")}    ${shown}  by a run that was killed: look whether you need it`,
    );
  if (absorbed.held.length > 0) {
    out.say(`${plural(absorbed.held.length, "file")} are gone at once: that waits for your word.`);
    out.say(
      `If it was meant: ${io.program} ${verb} --deletions. Else put them back: ${io.program} restore <path>`,
    );
  }
  if (offline !== null) {
    out.say(offline.message);
    if (offline.hint !== undefined) out.say(offline.hint);
  }
  const left = hub.counts();
  out.say(leftText(left));
  if (left.conflicts > 0) out.say(`Decide: ${io.program} conflicts`);
  const isOpen = absorbed.held.length + absorbed.unreadable.length > 0 || offline !== null;
  const code = codeOf(left);
  return {
    code: code === EXIT.ok && isOpen ? EXIT.attention : code,
    json: {
      counts,
      fetched,
      requests: pushed.requests,
      offline: offline !== null,
      held: absorbed.held.map(({ collection, path }) => ({ collection, path })),
      unreadable: absorbed.unreadable.map(({ shown, error }) => ({ path: shown, ...error.toJSON() })),
      problems: all
        .filter(({ error }) => error !== undefined)
        .map(({ path, outcome, error }) => ({ path, outcome, code: error!.code, message: error!.message })),
      left,
    },
  };
}

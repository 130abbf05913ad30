/**
 * The oracle, from outside: it knows what foreign writers wrote and saw, and what both sides hold in the end. Of the hub
 * it believes one thing, that what is in the history or in a conflict record can be had back. Pure.
 */
import type { Entry } from "./monitor.ts";
import { counterIn, removedBy, tokensIn } from "./tokens.ts";

/** One document when all is quiet. */
export interface Final {
  path: string;
  /** null: none. */
  file: string | null;
  /** The row as JSON; null: none. */
  row: string | null;
  /** Whether both sides say the same. */
  agree: boolean;
  /** In an open conflict, in quarantine, or halted. */
  aside: boolean;
}

export interface Evidence {
  journal: readonly Entry[];
  finals: readonly Final[];
  /** Everything the hub keeps of revisions. */
  history: string;
  /** Every conflict record whole, with its path. */
  conflicts: readonly { path: string; record: string }[];
}

export interface Verdict {
  /** Committed foreign writes. */
  events: number;
  /** Tokens neither current on both sides (or on one, of what waits for a person), nor overwritten by one who saw them, nor kept. */
  lost: string[];
  /** Frontrow's writes that put back what a foreign writer had replaced, or replaced what Frontrow had not seen. */
  backward: string[];
  /** Documents that foreign writers deleted and that are there all the same. */
  resurrected: string[];
  /** Documents whose sides differ, and nobody knows. */
  unconverged: string[];
}

export function judge({ journal, finals, history, conflicts }: Evidence): Verdict {
  const foreign = journal.filter(({ engine }) => !engine);
  const overwritten = new Set(foreign.flatMap(({ before, after }) => removedBy(before, after)));
  const moved = movedAway(foreign);
  const recorded = new Map<string, string>();
  for (const { path, record } of conflicts) recorded.set(path, (recorded.get(path) ?? "") + record);
  return {
    events: foreign.length,
    lost: lostTokens(foreign, finals, overwritten, recorded, history),
    backward: journal
      .filter(({ engine }) => engine)
      .flatMap((entry) => goesBackward(entry, overwritten, moved, recorded)),
    resurrected: resurrected(foreign, finals),
    unconverged: finals.filter(({ agree, aside }) => !agree && !aside).map(({ path }) => path),
  };
}

function lostTokens(
  foreign: readonly Entry[],
  finals: readonly Final[],
  overwritten: ReadonlySet<string>,
  recorded: ReadonlyMap<string, string>,
  history: string,
): string[] {
  const files = tokensIn(finals.map(({ file }) => file).join("\n"));
  const rows = tokensIn(finals.map(({ row }) => row).join("\n"));
  const waiting = tokensIn(finals.flatMap(({ file, row, aside }) => (aside ? [file, row] : [])).join("\n"));
  const inConflicts = tokensIn([...recorded.values()].join("\n"));
  const inHistory = tokensIn(history);
  // History is where what was deleted is looked for; what nobody deleted must be there, or in dispute.
  const deleted = new Set(
    foreign.flatMap(({ oldPath, newPath }) => (oldPath !== newPath ? (oldPath ?? []) : [])),
  );
  const lost: string[] = [];
  for (const { before, after, newPath, store } of foreign) {
    if (newPath === null) continue;
    for (const token of removedBy(after, before)) {
      const isThere = (files.has(token) && rows.has(token)) || waiting.has(token);
      const isKept = inConflicts.has(token) || (deleted.has(newPath) && inHistory.has(token));
      if (!isThere && !isKept && !overwritten.has(token)) lost.push(`${token} of ${newPath} (${store})`);
    }
  }
  return lost;
}

function goesBackward(
  { store, oldPath, newPath, before, after, isBlind }: Entry,
  overwritten: ReadonlySet<string>,
  moved: ReadonlySet<string>,
  recorded: ReadonlyMap<string, string>,
): string[] {
  const path = oldPath ?? newPath!;
  const dispute = tokensIn(recorded.get(path) ?? null);
  const found: string[] = [];
  if (isBlind) found.push(`${path}: a version was replaced that was not the one meant (${store})`);
  if (before === null || after === null) return found;
  for (const field of ["a", "b"] as const) {
    const [was, is] = [counterIn(before, field), counterIn(after, field)];
    const isDecided = dispute.has(`t${was}t`) && dispute.has(`t${is}t`);
    if (was !== null && is !== null && is < was && !isDecided)
      found.push(`${path}: ${field} went from ${was} to ${is} (${store})`);
  }
  const taken = removedBy(before, after).filter(
    (token) => !overwritten.has(token) && !dispute.has(token) && !moved.has(`${path} ${token}`),
  );
  if (taken.length > 0) found.push(`${path}: ${taken.join(", ")} taken out unseen (${store})`);
  return found;
}

/** `path token` of what a foreign writer took along to another name: it is not missed at the old one. */
function movedAway(foreign: readonly Entry[]): Set<string> {
  return new Set(
    foreign.flatMap(({ oldPath, newPath, before }) =>
      newPath === null || newPath === oldPath
        ? []
        : [...tokensIn(before)].map((token) => `${oldPath} ${token}`),
    ),
  );
}

/** A document is alive by a token that no deletion knew of. */
function resurrected(foreign: readonly Entry[], finals: readonly Final[]): string[] {
  const deleted = new Map<string, Set<string>>();
  for (const { oldPath, newPath, before } of foreign) {
    if (oldPath === null || newPath !== null) continue;
    const tokens = deleted.get(oldPath) ?? new Set();
    for (const token of tokensIn(before)) tokens.add(token);
    deleted.set(oldPath, tokens);
  }
  const isDead = ({ path, file, row, aside }: Final): boolean => {
    const tokens = tokensIn(`${file}\n${row}`);
    const dead = deleted.get(path);
    return !aside && tokens.size > 0 && dead !== undefined && [...tokens].every((token) => dead.has(token));
  };
  return finals.filter(isDead).map(({ path }) => path);
}

/** Documents and revisions as people name them: `notes/a.md`, `notes/a.md@3`. */
import { InvalidArgumentError } from "commander";
import { displayPath, objectNameOf } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { HistoryHub, Page, Revision } from "../../../shared/hub/history-hub.ts";

export interface DocumentName {
  collection: string;
  /** The object name. */
  path: string;
  /** As people see it. */
  shown: string;
}

/**
 * The document with a history by this name, spelled as its object or as its file on a disk.
 * @throws {FrontrowError} `NOT_FOUND`; `USAGE` when several collections have one.
 */
export async function documentNamed(
  history: HistoryHub,
  named: string,
  collection: string | undefined,
): Promise<DocumentName> {
  for (const path of new Set([named, objectNameOf(named)])) {
    const { items } = await history.history({ path, ...(collection === undefined ? {} : { collection }) });
    const names = new Set(items.map((item) => item.collection));
    if (names.size > 1) {
      throw new FrontrowError("USAGE", `"${named}" is in several collections: ${[...names].join(", ")}.`, {
        path: named,
        hint: "Name one with --collection.",
      });
    }
    if (items[0]) return { collection: items[0].collection, path, shown: displayPath(path) };
  }
  throw new FrontrowError("NOT_FOUND", `"${named}" has no history.`, {
    path: named,
    hint: "It was never synced; status and log show what was.",
  });
}

/** `notes/a.md@3` → the path and 3. */
export function splitRevision(named: string): { named: string; revision: number | undefined } {
  const found = /^(.+)@(\d{1,15})$/.exec(named);
  return found === null ? { named, revision: undefined } : { named: found[1]!, revision: Number(found[2]) };
}

/** For commander: a revision's number, `3` or `@3`. */
export function revisionNumber(text: string): number {
  if (/^@?\d{1,15}$/.test(text)) return Number(text.replace("@", ""));
  throw new InvalidArgumentError("It must be a revision's number, as log shows it.");
}

/** For commander: how many lines, at least one. */
export function limit(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number, at least 1.");
}

/** For commander: `2026-11-21`, an ISO moment, or `12h`, `7d`, `4w` ago. Answers an ISO moment. */
export function moment(text: string): string {
  const span = /^(\d{1,5})([hdw])$/.exec(text);
  const hours = { h: 1, d: 24, w: 168 };
  const time = span
    ? Date.now() - Number(span[1]) * hours[span[2] as keyof typeof hours] * 3_600_000
    : Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError("It must be a date, a moment, or like 12h, 7d, 4w.");
  return new Date(time).toISOString();
}

/** Pages until there are `most` items, or no more. */
export async function upTo<Item>(
  most: number,
  page: (request: { limit: number; after?: unknown }) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const items: Item[] = [];
  let next: unknown;
  do {
    const wanted = Math.min(most - items.length, 500);
    const answer = await page({ limit: wanted, ...(next === undefined ? {} : { after: next }) });
    items.push(...answer.items);
    next = answer.next ?? undefined;
  } while (next !== undefined && items.length < most);
  return { items, next: next ?? null };
}

/** What happened, and from what: `merged (of 3 and 4)`. */
export function whatHappened(item: Revision): string {
  const { revision, parents, trimmed, deleted, purged, message, store } = item;
  const said = message ?? (deleted ? "deleted" : store);
  const notes: string[] = [];
  if (parents.length > 1) notes.push(`of ${parents.join(" and ")}`);
  else if (parents.length === 1 && parents[0] !== revision - 1) notes.push(`from ${parents[0]}`);
  if (trimmed.length > 0) notes.push(`${trimmed.join(" and ")} not kept any more`);
  if (purged) notes.push("purged");
  return notes.length === 0 ? said : `${said} (${notes.join("; ")})`;
}

/** Why a revision has no text. */
export function textless({ path, revision, deleted }: Revision): FrontrowError {
  return new FrontrowError(
    "NOT_FOUND",
    deleted
      ? `Revision ${revision} of "${displayPath(path)}" is a deletion: it has no text.`
      : `The text of revision ${revision} of "${displayPath(path)}" was purged.`,
    { path, ...(deleted ? { hint: `Take the one before it: ${revision - 1}.` } : {}) },
  );
}

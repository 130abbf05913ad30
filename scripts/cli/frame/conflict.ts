/** One document's conflict, named as a person names it. */
import { digestText } from "../../../shared/document/digest.ts";
import { displayPath, objectNameOf } from "../../../shared/document/path-disk.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { ConflictRecord, ConflictSummary, Hub, Seen } from "../../../shared/hub/hub.ts";
import { EXIT } from "./exit.ts";
import { aligned, plural, quoted } from "./text.ts";
import type { Answer, Call } from "./verb.ts";

/**
 * The document's open conflict, else its last one.
 * @throws {FrontrowError} `NOT_FOUND` when it never had one; `USAGE` when it is in several collections.
 */
export async function conflictNamed(hub: Hub, named: string, collection?: string): Promise<ConflictRecord> {
  const where = collection === undefined ? {} : { collection };
  const latest = new Map<string, ConflictRecord>();
  for (const path of new Set([named, objectNameOf(named)])) {
    // Newest first; an open one is always the newest of its document.
    for (const record of await hub.conflictsOf(path, { ...where, state: "all", limit: 20 })) {
      const key = `${record.collection}\0${record.path}`;
      if (!latest.has(key)) latest.set(key, record);
    }
  }
  const all = [...latest.values()];
  const open = all.filter(({ state }) => state === "open");
  const found = open.length > 0 ? open : all;
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const names = found.map((one) => one.collection).join(", ");
    throw new FrontrowError("USAGE", `"${named}" is in conflict in several collections: ${names}.`, {
      path: named,
      hint: "Name one with --collection.",
    });
  }
  const others = (await hub.conflicts({ ...where, limit: 5 })).map(({ path }) => displayPath(path));
  throw noneOpen(named, others.length === 0 ? "There is none at all." : `Open: ${others.join(", ")}`);
}

export function noneOpen(named: string, hint?: string): FrontrowError {
  return new FrontrowError("NOT_FOUND", `"${named}" has no open conflict.`, { path: named, hint });
}

/** The versions of a record, to be given back with a decision. */
export function seenOf({ bucket_version, table_version, revision }: Seen): Seen {
  return { bucket_version, table_version, revision };
}

/** The same as one short word, for a command line. */
export function seenWord(seen: Seen): string {
  const { bucket_version, table_version, revision } = seen;
  return digestText(JSON.stringify([bucket_version, table_version, revision])).slice(0, 10);
}

/** The overlaps as people call them, `title, links.home, (body)`. */
export function overlapNames({ overlapping }: Pick<ConflictSummary, "overlapping">): string {
  return [...new Set(overlapping.map(({ name }) => name))].join(", ");
}

/** The list of conflicts, of a project or a clone: its rows, and what to type. */
export function listed(
  found: readonly { path: string; state: "open" | "resolved" }[],
  rows: readonly (readonly string[])[],
  { out, io }: Call,
): Answer {
  const open = found.filter(({ state }) => state === "open");
  for (const line of aligned(rows)) out.say(line);
  if (rows.length > 0) out.say();
  out.say(
    open.length === 0
      ? "No open conflict."
      : `${plural(open.length, "open conflict")}. Both versions are kept.`,
  );
  if (open.length > 0) out.say(`Look at one: ${io.program} conflicts ${quoted(displayPath(open[0]!.path))}`);
  return { code: open.length === 0 ? EXIT.ok : EXIT.conflicts, json: { conflicts: found } };
}

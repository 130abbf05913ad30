/** The folder's news into the local hub. Nothing is taken for deleted that was not looked for, nor many at once unasked. */
import { digestText } from "../document/digest.ts";
import { displayPath } from "../document/path-disk.ts";
import type { FrontrowError } from "../errors.ts";
import { type DocumentName, keyOf } from "../hub/peer-hub.ts";
import { isTemporary } from "../stores/directory-names.ts";
import { pooled } from "../sync/pool.ts";
import { type Clone, type CloneOutcome, ownerOf } from "./clone.ts";
import { followRules } from "./follow-rules.ts";
import type { LocalEntry } from "./local-hub.ts";
import { settleDocument } from "./settle.ts";
import { liveIn, tooMany } from "./valve.ts";

/** Documents at a time: what takes long is the file system. */
export const BREADTH = 8;

export interface Absorbed {
  outcomes: CloneOutcome[];
  /** Deletions that wait for a person. */
  held: DocumentName[];
  /** Files that could not be read, and names that no document can have. */
  unreadable: { shown: string; error: FrontrowError }[];
  /** Files of no collection. */
  ignored: number;
  /** Temporary files that a killed run left, and that hold what is known nowhere else. */
  leftovers: string[];
}

export interface AbsorbOptions {
  /** Take many deletions for meant. @default false */
  deletions?: boolean;
  message?: string | undefined;
}

export interface Differences extends Omit<Absorbed, "outcomes" | "held"> {
  /** Files that are new or changed, and their versions. */
  changed: (DocumentName & { version: string })[];
  /** Files that are gone. */
  missing: LocalEntry[];
  /** Documents whose file was not written yet. */
  unwritten: DocumentName[];
  /** Everything the hub has, as it was compared. */
  entries: readonly LocalEntry[];
  /** Documents that are not deleted, by collection. */
  live: ReadonlyMap<string, number>;
}

/** Compares the folder with the local hub, and changes nothing. */
export async function compareFolder(clone: Clone): Promise<Differences> {
  const known = clone.hub.entries();
  const entries = new Map(known.map((entry) => [keyOf(entry), entry]));
  const found: Differences = {
    entries: known,
    changed: [],
    missing: [],
    unwritten: [],
    unreadable: [],
    ignored: 0,
    leftovers: [],
    live: liveIn(known),
  };
  const seen = new Set<string>();
  const unread: string[] = [];
  const isChosen = clone.isChosen ?? (() => true);
  const wanted = (path: string): boolean => isChosen(path) && ownerOf(clone, path) !== null;
  for await (const one of clone.folder.scan({ wanted })) {
    clone.signal?.throwIfAborted();
    if (one.state === "ignored") {
      if (isTemporary(one.shown.slice(one.shown.lastIndexOf("/") + 1))) found.leftovers.push(one.shown);
      else found.ignored++;
    } else if (one.state === "unread") {
      unread.push(one.shown);
      found.unreadable.push(one);
    } else if (one.state === "unknown") {
      found.unreadable.push(one);
      const owner = one.path === null ? null : ownerOf(clone, one.path);
      if (owner !== null) seen.add(keyOf({ collection: owner.collection.name, path: one.path! }));
    } else {
      const name = { collection: ownerOf(clone, one.path)!.collection.name, path: one.path };
      const key = keyOf(name);
      seen.add(key);
      const entry = entries.get(key);
      if (entry === undefined || entry.deleted || entry.directory?.version !== one.version)
        found.changed.push({ ...name, version: one.version });
      else if (entry.directory.revision < entry.revision) found.unwritten.push(name);
    }
  }
  const isUnread = (path: string): boolean =>
    unread.some((folder) => folder === "" || path.startsWith(`${folder}/`));
  for (const [key, entry] of entries) {
    if (seen.has(key) || isUnread(entry.path) || !wanted(entry.path)) continue;
    // Never written here, or not again: it is to come, and was not deleted.
    if (entry.directory !== null && !entry.deleted) found.missing.push(entry);
    else if (entry.directory === null && !entry.deleted) found.unwritten.push(entry);
  }
  return found;
}

export async function absorb(clone: Clone, options: AbsorbOptions = {}): Promise<Absorbed> {
  await followRules(clone, (former) => absorbBy(former, options));
  return await absorbBy(clone, options);
}

async function absorbBy(clone: Clone, { deletions = false, message }: AbsorbOptions): Promise<Absorbed> {
  const found = await compareFolder(clone);
  const { changed, missing, unwritten, unreadable, ignored } = found;
  const held = deletions ? [] : heldBack(clone, found);
  const isHeld = new Set(held);
  const names: (DocumentName & { version?: string })[] = [
    ...changed,
    ...unwritten,
    ...missing.filter((one) => !isHeld.has(one)),
  ];
  clone.onWork?.("taking in", names.length);
  const outcomes = await pooled(names, BREADTH, async ({ collection, path, version }) => {
    clone.signal?.throwIfAborted();
    return await settleDocument(clone, { collection, path }, { message, seen: version });
  });
  for (const { collection, path } of held) clone.onOutcome?.({ collection, path, outcome: "held" });
  return { outcomes, held, unreadable, ignored, leftovers: await sweep(clone, found.leftovers) };
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/") + 1);

/** Answers those that stay. */
async function sweep({ folder, hub }: Clone, leftovers: readonly string[]): Promise<string[]> {
  /** Whether a text of a document that lies beside the file has this digest. Asked of old files alone: it reads histories. */
  const isKnown = (shown: string, version: string): boolean => {
    return hub
      .entries()
      .filter(({ path }) => folderOf(displayPath(path)) === folderOf(shown))
      .some((entry) =>
        hub.history(entry).some(({ revision }) => {
          const text = hub.textOf(entry, revision);
          return text !== null && digestText(text) === version;
        }),
      );
  };
  const left: string[] = [];
  for (const shown of leftovers) {
    const outcome = await folder.sweep(shown, (version) => isKnown(shown, version)).catch(() => "kept");
    if (outcome === "kept") left.push(shown);
  }
  return left;
}

/** By collection, as in the cloud; what was deleted before counts no more, as it was said to be meant. */
function heldBack(clone: Clone, { missing, live }: Differences): LocalEntry[] {
  return tooMany(clone, missing, live).flatMap(({ gone }) => gone);
}

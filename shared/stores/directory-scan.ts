/** Everything below the folder, file by file. What cannot be read is said, never left out: absence must be known. */
import { displayPath, encodeFilePath } from "../document/path-disk.ts";
import { FrontrowError } from "../errors.ts";
import { type Disk, type FolderEntry, onDisk } from "./directory-disk.ts";
import { isIgnored } from "./directory-names.ts";
import { checkRoot, type Root } from "./directory-place.ts";
import type { Look } from "./directory-store.ts";
import type { Version } from "./store.ts";

export type Scanned =
  | { state: "found"; path: string; version: Version; size: number }
  /** `path` is null where the name can be no object name. `shown` is the path below the folder, for people. */
  | { state: "unknown"; path: string | null; shown: string; error: FrontrowError }
  /** Nothing is known of what is below this folder. */
  | { state: "unread"; shown: string; error: FrontrowError }
  | { state: "ignored"; shown: string };

export interface ScanOptions {
  /** Files that are of interest, by object name; others are ignored, unread. @default all */
  wanted?: (path: string) => boolean;
}

/** Files in memory at a time. */
const BREADTH = 32;

/**
 * Walks the folder in the order of names.
 * @throws {FrontrowError} `STORE_UNAVAILABLE` when the root is missing or replaced, also in the end: then what was told
 * before is no whole picture, and nothing may be taken for absent.
 */
export async function* scan(
  { disk, root }: { disk: Disk; root: Root },
  look: (path: string, shown: string) => Promise<Look>,
  { wanted = () => true }: ScanOptions = {},
): AsyncGenerator<Scanned> {
  await checkRoot(disk, root);
  yield* enter("");
  await checkRoot(disk, root);

  async function* enter(below: string): AsyncGenerator<Scanned> {
    const entries = await entriesOf(below);
    if (entries instanceof FrontrowError) {
      yield { state: "unread", shown: below, error: entries };
      return;
    }
    for (let at = 0; at < entries.length; at += BREADTH) {
      // Looked at together, told in the order of names.
      const some = entries.slice(at, at + BREADTH).map((entry) => {
        const shown = below === "" ? entry.name : `${below}/${entry.name}`;
        const isFolder = entry.isDirectory() && !isIgnored(entry.name);
        return { shown, told: isFolder ? null : tell(entry, shown) };
      });
      const told = await Promise.all(some.map((one) => one.told));
      for (const [index, { shown }] of some.entries()) {
        const one = told[index];
        if (one === null) yield* enter(shown);
        else if (one !== undefined) yield one;
      }
    }
  }

  /** undefined: it went away since its folder was read, and is absent. */
  async function tell(entry: FolderEntry, shown: string): Promise<Scanned | undefined> {
    if (isIgnored(entry.name) || !entry.isFile()) return { state: "ignored", shown };
    let path: string;
    try {
      path = encodeFilePath(shown);
    } catch (error) {
      if (!(error instanceof FrontrowError)) throw error;
      return { state: "unknown", path: null, shown, error };
    }
    if (!wanted(path)) return { state: "ignored", shown };
    const seen = await look(path, shown);
    if (seen.state === "absent") return undefined;
    return seen.state === "found"
      ? { path, ...seen }
      : { state: "unknown", path, shown: displayPath(path), error: seen.error };
  }

  async function entriesOf(below: string): Promise<FolderEntry[] | FrontrowError> {
    const folder = below === "" ? root.path : `${root.path}/${below}`;
    try {
      const entries = await onDisk("list", below, () => disk.readdir(folder, { withFileTypes: true }));
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      if (error instanceof FrontrowError) return error;
      throw error;
    }
  }
}

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

/**
 * Walks the folder in the order of names, one file in memory at a time.
 * @throws {FrontrowError} `STORE_UNAVAILABLE` when the root is missing or replaced, also in the end: then what was told
 * before is no whole picture, and nothing may be taken for absent.
 */
export async function* scan(
  { disk, root }: { disk: Disk; root: Root },
  look: (path: string) => Promise<Look>,
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
    for (const entry of entries) {
      const shown = below === "" ? entry.name : `${below}/${entry.name}`;
      if (isIgnored(entry.name)) yield { state: "ignored", shown };
      else if (entry.isDirectory()) yield* enter(shown);
      else if (!entry.isFile()) yield { state: "ignored", shown };
      else yield* file(shown);
    }
  }

  async function* file(shown: string): AsyncGenerator<Scanned> {
    let path: string;
    try {
      path = encodeFilePath(shown);
    } catch (error) {
      if (!(error instanceof FrontrowError)) throw error;
      yield { state: "unknown", path: null, shown, error };
      return;
    }
    if (!wanted(path)) {
      yield { state: "ignored", shown };
      return;
    }
    const seen = await look(path);
    if (seen.state === "unknown")
      yield { state: "unknown", path, shown: displayPath(path), error: seen.error };
    else if (seen.state === "found") yield { path, ...seen };
    // Else it went away since its folder was read, and is absent.
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

/**
 * A file changed only where it is at the expected version, as well as a file system can: there is no compare-and-swap.
 *
 * The file's bytes are first given a second, temporary name: what is verified, and is still checked after the change, is
 * that very file; an edit in place that came between is put back, and the change is refused. The window that is left: a program
 * that renames its own new file into place between our last look and our change, one system call; and one that holds the
 * file open and writes into it after we are done. Where a file cannot have two names (FAT, some network folders), an edit
 * in place within that call is not seen either.
 */
import { FrontrowError } from "../errors.ts";
import { codeOf, type Disk, isSameContent, moved, statsOf } from "./directory-disk.ts";
import { temporaryName } from "./directory-names.ts";
import type { Place, Root } from "./directory-place.ts";
import { readStable } from "./directory-read.ts";
import type { Version } from "./store.ts";

export interface Ground {
  disk: Disk;
  root: Root;
  /** Flush files and their folders to the disk before going on. */
  durable: boolean;
  maxBytes: number;
  /** Folders that were made here, below the root; those that become empty are removed again. */
  made: Set<string>;
}

export type Found = Extract<Place, { state: "found" }>;
export type Absent = Extract<Place, { state: "absent" }>;

/** Links that a file system, or a rule of the system's, does not allow. */
export const NO_LINKS = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "EXDEV", "EINVAL"]);

export interface Change {
  change(): Promise<void>;
  /** Puts back what was changed under our hands; false when there is something else by now. */
  undo(held: string): Promise<boolean>;
}

/** @throws {FrontrowError} `REPLICA_MOVED` when the file is not at `base`: nothing is lost, and nothing of ours is there. */
export async function guarded(
  { disk, maxBytes }: Ground,
  path: string,
  { file, folder }: Found,
  base: Version,
  { change, undo }: Change,
): Promise<void> {
  const held = `${folder}/${temporaryName()}`;
  const isHeld = await disk.link(file, held).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === "ENOENT") throw moved(path);
      if (NO_LINKS.has(codeOf(error) ?? "")) return false;
      throw error;
    },
  );
  let isKept = false;
  try {
    const before = await readStable(disk, isHeld ? held : file, path, maxBytes);
    if (before.version !== base) throw moved(path);
    const now = await statsOf(disk, file);
    if (now === null || !isSameContent(now, before.stats)) throw moved(path);
    await change();
    if (!isHeld || isSameContent(await disk.lstat(held, { bigint: true }), before.stats)) return;
    if (await undo(held)) throw moved(path);
    isKept = true;
    throw new FrontrowError("REPLICA_MOVED", `The file "${path}" was edited while it was replaced.`, {
      path,
      hint: `The edited bytes are in "${held}".`,
    });
  } finally {
    if (isHeld && !isKept) await forget(disk, held);
  }
}

/** Takes a temporary name away. */
export async function forget(disk: Disk, temporary: string): Promise<void> {
  await disk.unlink(temporary).catch(() => undefined); // it was renamed, or is a leftover that nobody reads
}

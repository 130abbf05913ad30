/** What files looked like when they were read, so that those that still look so are not read again. Only that: a cache. */
import type { Stats } from "./directory-disk.ts";
import type { Version } from "./store.ts";

/** Numbers of the file system as texts, so that it can be kept as JSON. */
export interface Stamp {
  version: Version;
  size: string;
  mtime: string;
  ctime: string;
  ino: string;
  /** When it was read, in milliseconds by this machine's clock. */
  at: number;
}

/** By object name. */
export type Stamps = Map<string, Stamp>;

/** The coarsest times that file systems keep (FAT), in milliseconds. */
const SLACK = 2000;

export function stampOf(stats: Stats, version: Version, at: number): Stamp {
  const { size, mtimeNs, ctimeNs, ino } = stats;
  return {
    version,
    size: String(size),
    mtime: String(mtimeNs),
    ctime: String(ctimeNs),
    ino: String(ino),
    at,
  };
}

/**
 * The version of a file that looks as it did when it was read; else undefined. As in git's index, a file that had just been
 * changed when it was read is not believed: it could have changed once more within the same tick of the clock.
 */
export function stampedVersion(stamp: Stamp | undefined, stats: Stats): Version | undefined {
  if (stamp === undefined) return undefined;
  const { size, mtimeNs, ctimeNs, ino } = stats;
  const isSame =
    stamp.size === String(size) &&
    stamp.mtime === String(mtimeNs) &&
    stamp.ctime === String(ctimeNs) &&
    stamp.ino === String(ino);
  const settled = BigInt(Math.floor(stamp.at - SLACK)) * 1_000_000n;
  return isSame && mtimeNs < settled && ctimeNs < settled ? stamp.version : undefined;
}

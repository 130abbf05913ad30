/**
 * A folder as a store. Its own authority: `look` and `scan` say what is there. A version is the digest of the bytes, so a
 * file that was touched, copied back or moved by git is still the same; times and inodes only save reading.
 */
import { MAX_DOCUMENT_BYTES } from "../document/bytes.ts";
import { FrontrowError } from "../errors.ts";
import { type Disk, moved, onDisk, type Stats } from "./directory-disk.ts";
import { type Swept, sweepLeftover } from "./directory-leftovers.ts";
import { requireName } from "./directory-names.ts";
import { createPlaces, openRoot, type Root } from "./directory-place.ts";
import { readStable, requireSize } from "./directory-read.ts";
import { type Scanned, type ScanOptions, scan } from "./directory-scan.ts";
import { type Stamps, stampedVersion, stampOf } from "./directory-stamps.ts";
import { createFile, removeFile, replaceFile } from "./directory-write.ts";
import type { Store, Version } from "./store.ts";

export interface DirectoryOptions {
  /** `node:fs/promises`, or what a test makes of it. */
  disk: Disk;
  /** The folder. A symbolic link to it is followed once, now. */
  folder: string;
  /** Bytes; a larger file is not read. @default 5 MiB */
  maxBytes?: number;
  /** Make no file by a name that Windows cannot hold; one that is there is read and written. @default true */
  portable?: boolean;
  /** Flush each write to the disk: slower, and a power cut loses nothing that was said to be written. @default false */
  durable?: boolean;
  /** What an earlier look left, see there; kept up to date. @default none */
  stamps?: Stamps;
  /** Folders that an earlier run made, below the root; kept up to date. Only these are removed when empty. @default none */
  made?: Set<string>;
  /** Milliseconds. @default Date.now */
  now?: () => number;
}

export type Look =
  | { state: "found"; version: Version; size: number }
  | { state: "absent" }
  | { state: "unknown"; error: FrontrowError };

export interface DirectoryStore extends Store<Uint8Array> {
  readonly root: Root;
  /** What is there now. A folder that is missing or was replaced is `unknown`, never full of absences. */
  look(path: string): Promise<Look>;
  /** Removes what a killed run left, see there; `shown` as a scan tells it. */
  sweep(shown: string, isKnown: (version: Version) => boolean): Promise<Swept>;
  /** Everything there is. */
  scan(options?: ScanOptions): AsyncGenerator<Scanned>;
}

const PLAIN = /^[\x20-\x7e]+$/;

/** @throws {FrontrowError} `STORE_UNAVAILABLE` when there is no such folder. */
export async function openDirectoryStore(options: DirectoryOptions): Promise<DirectoryStore> {
  const { disk, maxBytes = MAX_DOCUMENT_BYTES, portable = true, durable = false } = options;
  const { stamps = new Map(), made = new Set(), now = Date.now } = options;
  const root = await openRoot(disk, options.folder);
  const places = createPlaces(disk, root);
  const ground = { disk, root, durable, maxBytes, made };

  /** Failures as answers; a defect is thrown. */
  async function answered<T>(
    path: string,
    work: () => Promise<T>,
  ): Promise<T | { state: "unknown"; error: FrontrowError }> {
    try {
      return await onDisk("read", path, work);
    } catch (error) {
      if (error instanceof FrontrowError) return { state: "unknown", error };
      throw error;
    }
  }

  async function fetch(path: string, file: string) {
    const at = now();
    const { bytes, version, stats } = await readStable(disk, file, path, maxBytes);
    stamps.set(path, stampOf(stats, version, at));
    return { version, bytes };
  }

  const look = (path: string): Promise<Look> =>
    answered<Look>(path, async () => {
      const place = await places.locate(path);
      if (place.state === "absent") return { state: "absent" };
      const { size } = place.stats;
      requireSize(size, path, maxBytes);
      const known = stampedVersion(stamps.get(path), place.stats);
      if (known !== undefined) return { state: "found", version: known, size: Number(size) };
      const { version, bytes } = await fetch(path, place.file);
      return { state: "found", version, size: bytes.length };
    });

  function lookAt(file: string): Stats | undefined {
    try {
      return disk.lstatSync?.(file, { bigint: true, throwIfNoEntry: false });
    } catch {
      return undefined; // the whole look says what is wrong
    }
  }

  /** A scan has just come by the file's folders, and a plain name has one spelling: of a file known by its stamp one look is enough. */
  async function glance(path: string, shown: string): Promise<Look> {
    const stamp = stamps.get(path);
    if (stamp === undefined || !PLAIN.test(shown)) return await look(path);
    const stats = lookAt(`${root.path}/${shown}`);
    const known = stats?.isFile() ? stampedVersion(stamp, stats) : undefined;
    return known === undefined
      ? await look(path)
      : { state: "found", version: known, size: Number(stamp.size) };
  }

  return {
    name: `directory ${options.folder}`,
    root,
    look,
    sweep: (shown, isKnown) =>
      onDisk("sweep", shown, () => sweepLeftover({ disk, root, maxBytes, now }, shown, isKnown)),
    scan: (given) => scan({ disk, root }, glance, given),

    read: (path, expected) =>
      answered(path, async () => {
        const place = await places.locate(path);
        if (place.state === "absent" && expected === null) return { state: "absent" };
        if (place.state === "absent" || expected === null) throw moved(path);
        const { version, bytes } = await fetch(path, place.file);
        if (version !== expected.version) throw moved(path);
        return { state: "found", version, content: bytes };
      }),

    write: (path, content, { base }) =>
      onDisk("write", path, async () => {
        const place = await places.locate(path);
        if ((place.state === "absent") !== (base === null)) throw moved(path);
        if (place.state === "absent") {
          requireName(path, portable);
          await createFile(ground, path, place, content);
        } else await replaceFile(ground, path, place, content, base!);
      }),

    remove: (path, { base }) =>
      onDisk("remove", path, async () => {
        const place = await places.locate(path);
        if (place.state === "absent") return;
        if (base === null) throw moved(path);
        await removeFile(ground, path, place, base);
        stamps.delete(path);
      }),
  };
}

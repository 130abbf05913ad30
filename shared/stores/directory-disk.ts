/**
 * The file system as the directory store uses it: the part of `node:fs/promises` that is needed, passed in, so that this
 * runs on Deno and Node alike and a test can make any call fail. And what its failures mean.
 */
import { FrontrowError } from "../errors.ts";

/** Of `lstat` and `fstat` with `{ bigint: true }`. */
export interface Stats {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mode: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

export interface OpenFile {
  stat(options: { bigint: true }): Promise<Stats>;
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  writeFile(content: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FolderEntry {
  name: string;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface Disk {
  lstat(path: string, options: { bigint: true }): Promise<Stats>;
  /** `lstat` at once; undefined where nothing is. A scan looks at thousands of files in a third of the time by it. */
  lstatSync?(path: string, options: { bigint: true; throwIfNoEntry: false }): Stats | undefined;
  open(path: string, flags: string | number, mode?: number): Promise<OpenFile>;
  readdir(path: string, options: { withFileTypes: true }): Promise<FolderEntry[]>;
  realpath(path: string): Promise<string>;
  mkdir(path: string): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  link(path: string, second: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Where a system has no such flag, it is missing. */
  constants: { O_NOFOLLOW?: number; O_NONBLOCK?: number };
}

/** The system's code of a failed call; undefined for what is no such failure. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** What is there, or null. Only "there is no such thing" is null; every other failure is thrown. */
export async function statsOf(disk: Disk, file: string): Promise<Stats | null> {
  try {
    return await disk.lstat(file, { bigint: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** Whether two looks at a file saw the same file with the same content. `ctime` is left out: a second name changes it. */
export function isSameContent(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

/**
 * Runs what works on the disk for one document; a failure of the system becomes ours, never an absence. A defect stays one.
 * @throws {FrontrowError} `PATH_INVALID` where the name is to blame; else `STORE_UNAVAILABLE`, with the system's code.
 */
export async function onDisk<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw toFailure(action, path, code, error);
  }
}

const OF_THE_NAME: Readonly<Record<string, [rule: string, because: string]>> = {
  ENAMETOOLONG: ["too-long", "its name is too long for this file system"],
  EILSEQ: ["not-portable", "this file system cannot hold its name"],
  EISDIR: ["file-and-folder", "there is a folder of its name"],
  ENOTDIR: ["file-and-folder", "a part of its path is a file"],
  ELOOP: ["symlink", "a part of its path is a symbolic link"],
};

function toFailure(action: string, path: string, code: string, cause: unknown): FrontrowError {
  const named = OF_THE_NAME[code];
  if (named !== undefined) return refused(path, named[0], named[1], undefined, cause);
  return new FrontrowError("STORE_UNAVAILABLE", `The folder could not ${action} "${path}" (${code}).`, {
    path,
    rule: code,
    cause,
  });
}

/** A path that is not used in this folder, and why. */
export function refused(
  path: string,
  rule: string,
  because: string,
  hint?: string,
  cause?: unknown,
): FrontrowError {
  const message = `Cannot use "${path}" in a folder, as ${because}.`;
  return new FrontrowError("PATH_INVALID", message, { path, rule, hint, cause });
}

/** The file is not what the caller last saw. */
export function moved(path: string): FrontrowError {
  return new FrontrowError("REPLICA_MOVED", `The file "${path}" changed since it was read.`, { path });
}

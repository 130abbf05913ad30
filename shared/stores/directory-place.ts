/**
 * From a document's path to its place in the folder: part by part, through no symbolic link, to the very name that is
 * there. Nothing outside the root is ever reached, and no file is taken for another of nearly its name.
 */
import { decodeFilePath } from "../document/path-disk.ts";
import { FrontrowError } from "../errors.ts";
import { type Disk, refused, type Stats, statsOf } from "./directory-disk.ts";
import { checkName, checkPortable } from "./directory-names.ts";

/** The folder as it was opened; another one in its place is not it. */
export interface Root {
  /** Absolute, without symbolic links. */
  path: string;
  dev: bigint;
  ino: bigint;
}

export type Place =
  | { state: "found"; file: string; folder: string; stats: Stats }
  /** `missing`: the folders still to be made below `folder`, outermost first. */
  | { state: "absent"; file: string; folder: string; missing: readonly string[] };

/** @throws {FrontrowError} `STORE_UNAVAILABLE` when there is no such folder. */
export async function openRoot(disk: Disk, folder: string): Promise<Root> {
  const path = await disk.realpath(folder).catch((cause: unknown) => {
    throw gone(folder, "root-missing", "is not there", cause);
  });
  const stats = await disk.lstat(path, { bigint: true });
  if (!stats.isDirectory()) throw gone(folder, "root-missing", "is no folder");
  return { path, dev: stats.dev, ino: stats.ino };
}

/**
 * A folder that is missing, not mounted or replaced says nothing about any document.
 * @throws {FrontrowError} `STORE_UNAVAILABLE`
 */
export async function checkRoot(disk: Disk, root: Root): Promise<void> {
  const stats = await statsOf(disk, root.path);
  if (stats === null) throw gone(root.path, "root-missing", "is not there");
  if (!stats.isDirectory() || stats.dev !== root.dev || stats.ino !== root.ino) {
    throw gone(root.path, "root-replaced", "is another one than it was");
  }
}

function gone(path: string, rule: string, because: string, cause?: unknown): FrontrowError {
  return new FrontrowError("STORE_UNAVAILABLE", `The folder "${path}" ${because}.`, { path, rule, cause });
}

export interface Places {
  /** @throws {FrontrowError} `PATH_INVALID` when the document cannot be in this folder; or the system's failure. */
  locate(path: string): Promise<Place>;
}

export function createPlaces(disk: Disk, root: Root): Places {
  const isWindows = !root.path.startsWith("/");
  /** Whether names that differ in case alone are one name here; undefined until a name with letters was met. */
  let folds: boolean | undefined;

  async function isFolding(folder: string, name: string, stats: Stats): Promise<boolean> {
    const other = name.replace(/[a-zA-Z]/g, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    if (folds !== undefined || other === name) return folds ?? true;
    const twin = await statsOf(disk, `${folder}/${other}`);
    if (twin !== null) folds = twin.ino === stats.ino && twin.dev === stats.dev;
    else if ((await statsOf(disk, `${folder}/${name}`)) !== null) folds = false; // it is still there by its own name
    return folds ?? true;
  }

  /** The entry of this name, whichever Unicode form it is spelled in; null when there is none. */
  async function entryOf(folder: string, name: string, path: string): Promise<[string, Stats] | null> {
    const stats = await statsOf(disk, `${folder}/${name}`);
    if (stats === null) {
      const spelled = await spelledOtherwise(folder, name, path);
      if (spelled === null) return null;
      const found = await statsOf(disk, `${folder}/${spelled}`);
      return found && [spelled, found];
    }
    if (stats.isSymbolicLink()) throw refused(path, "symlink", `"${name}" is a symbolic link`);
    const decomposed = name.normalize("NFD");
    if (decomposed !== name) {
      const twin = await statsOf(disk, `${folder}/${decomposed}`);
      if (twin !== null && twin.ino !== stats.ino) throw unicodeTwin(path, name);
    }
    if (await isFolding(folder, name, stats)) await requireSpelling(folder, name, path);
    return [name, stats];
  }

  /** Of file systems that tell no cases apart: the file by this name must be spelled so, or it is another document's. */
  async function requireSpelling(folder: string, name: string, path: string): Promise<void> {
    const real = await disk.realpath(`${folder}/${name}`);
    const spelled = /[^/\\]*$/.exec(real)![0];
    if (spelled.normalize("NFC") === name) return;
    const because = `"${spelled}" is there, and this file system does not tell the two names apart`;
    throw refused(path, "case-twin", because, "Rename one of the two documents.");
  }

  async function spelledOtherwise(folder: string, name: string, path: string): Promise<string | null> {
    if (name.normalize("NFD") === name) return null; // it has one spelling only
    const entries = await disk.readdir(folder, { withFileTypes: true });
    const spelled = entries.filter((entry) => entry.name.normalize("NFC") === name);
    if (spelled.length > 1) throw unicodeTwin(path, name);
    return spelled[0]?.name ?? null;
  }

  return {
    async locate(path) {
      const names = decodeFilePath(path).split("/");
      for (const name of names) checkName(name, path);
      // There, such a name is not a file that may be absent: it is a device, or a stream of another file.
      if (isWindows) for (const name of names) checkPortable(name, path);
      let folder = root.path;
      for (const [at, name] of names.entries()) {
        const entry = await entryOf(folder, name, path);
        if (entry === null) {
          await checkRoot(disk, root);
          const missing = names.slice(at, -1);
          const file = `${folder}/${names.slice(at).join("/")}`;
          return { state: "absent", file, folder, missing };
        }
        const [spelled, stats] = entry;
        const file = `${folder}/${spelled}`;
        if (at === names.length - 1) {
          if (stats.isDirectory()) throw bothKinds(path, "there is a folder of its name");
          if (!stats.isFile()) throw refused(path, "no-file", "what is there is no plain file");
          return { state: "found", file, folder, stats };
        }
        if (stats.isSymbolicLink()) throw refused(path, "symlink", `"${name}" is a symbolic link`);
        if (!stats.isDirectory()) throw bothKinds(path, `"${name}" is a file`);
        folder = file;
      }
      throw new Error("a path has one part at least");
    },
  };
}

function bothKinds(path: string, because: string): FrontrowError {
  return refused(path, "file-and-folder", because, "Rename one of the two documents.");
}

function unicodeTwin(path: string, name: string): FrontrowError {
  const because = `several files are called "${name}", in different Unicode forms`;
  return refused(path, "unicode-twin", because, "Remove or rename all but one.");
}

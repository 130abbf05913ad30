/**
 * Files put in their place and taken away, all of it or nothing, and only where the version is the expected one. A new file
 * is linked into place, which fails where something is; where a file cannot have two names, it is looked for and renamed.
 */
import { codeOf, moved, refused, statsOf } from "./directory-disk.ts";
import { type Absent, type Found, forget, type Ground, guarded, NO_LINKS } from "./directory-guard.ts";
import { temporaryName } from "./directory-names.ts";
import type { Version } from "./store.ts";

/** @throws {FrontrowError} `REPLICA_MOVED` when something is there by now. */
export async function createFile(ground: Ground, path: string, place: Absent, content: Uint8Array) {
  const { disk } = ground;
  const folder = await makeFolders(ground, path, place);
  await withTemporary(ground, path, folder, content, 0o666, async (temporary) => {
    try {
      await disk.link(temporary, place.file);
    } catch (error) {
      const code = codeOf(error) ?? "";
      if (code === "EEXIST") throw moved(path);
      if (!NO_LINKS.has(code)) throw error;
      if ((await statsOf(disk, place.file)) !== null) throw moved(path);
      await disk.rename(temporary, place.file);
    }
  });
}

/** @throws {FrontrowError} `REPLICA_MOVED` when the file is not at `base`. */
export async function replaceFile(
  ground: Ground,
  path: string,
  place: Found,
  content: Uint8Array,
  base: Version,
) {
  const { disk } = ground;
  const mode = Number(place.stats.mode & 0o7777n);
  await withTemporary(ground, path, place.folder, content, mode, async (temporary) => {
    await disk.chmod(temporary, mode); // the process' mask may have taken bits away
    const ours = await disk.lstat(temporary, { bigint: true });
    await guarded(ground, path, place, base, {
      change: () => disk.rename(temporary, place.file),
      async undo(held) {
        const now = await statsOf(disk, place.file);
        if (now === null || now.ino !== ours.ino) return false;
        await disk.rename(held, place.file);
        return true;
      },
    });
  });
}

/** Removes the file, then the folders of ours that it leaves empty. @throws {FrontrowError} as `replaceFile` */
export async function removeFile(ground: Ground, path: string, place: Found, base: Version): Promise<void> {
  const { disk } = ground;
  await guarded(ground, path, place, base, {
    change: () => disk.unlink(place.file),
    undo: (held) =>
      disk.link(held, place.file).then(
        () => true,
        () => false,
      ),
  });
  await flushFolder(ground, place.folder);
  await prune(ground, place.folder);
}

/** Writes a file beside its place, whole, and takes it away again whatever happens. */
async function withTemporary(
  ground: Ground,
  path: string,
  folder: string,
  content: Uint8Array,
  mode: number,
  use: (temporary: string) => Promise<void>,
): Promise<void> {
  const { disk, root, durable } = ground;
  const temporary = `${folder}/${temporaryName()}`;
  const open = await disk.open(temporary, "wx", mode);
  try {
    try {
      // A link that took the place of a folder since the look would lead the file elsewhere.
      if (!isBelow(await disk.realpath(temporary), root.path)) {
        throw refused(path, "symlink", "a part of its path is a symbolic link");
      }
      await open.writeFile(content);
      if (durable) await open.sync();
    } finally {
      await open.close();
    }
    await use(temporary);
    await flushFolder(ground, folder);
  } finally {
    await forget(disk, temporary);
  }
}

function isBelow(real: string, root: string): boolean {
  return real.startsWith(root) && /^[/\\]/.test(real.slice(root.replace(/[/\\]$/, "").length));
}

async function makeFolders(ground: Ground, path: string, place: Absent): Promise<string> {
  let folder = place.folder;
  for (const name of place.missing) {
    folder = `${folder}/${name}`;
    try {
      await ground.disk.mkdir(folder);
      ground.made.add(folder.slice(ground.root.path.length + 1));
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      const stats = await statsOf(ground.disk, folder);
      if (!stats?.isDirectory()) throw refused(path, "file-and-folder", `"${name}" is no folder`);
    }
  }
  return folder;
}

async function prune({ disk, root, made }: Ground, folder: string): Promise<void> {
  let below = folder.slice(root.path.length + 1);
  while (made.has(below)) {
    try {
      await disk.rmdir(`${root.path}/${below}`);
    } catch {
      return; // it is not empty, or somebody else's affair
    }
    made.delete(below);
    below = below.slice(0, Math.max(0, below.lastIndexOf("/")));
  }
}

/** So that the name outlives a power cut, too. Some systems cannot open a folder: nothing is to be done there. */
async function flushFolder({ disk, durable }: Ground, folder: string): Promise<void> {
  if (!durable) return;
  const open = await disk.open(folder, "r").catch(() => null);
  try {
    await open?.sync();
  } catch {
    // as above
  } finally {
    await open?.close();
  }
}

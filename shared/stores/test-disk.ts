/** Disks for tests: one on which any call fails or is overtaken, and one that tells no cases apart. */
import type { Disk } from "./directory-disk.ts";

type Call = Exclude<keyof Disk, "constants">;

export interface TestDisk extends Disk {
  /** Before the next call of this kind about a file of this name: throw, or do what somebody else does meanwhile. */
  meanwhile(call: Call, name: RegExp, act: () => void | Promise<void>): void;
  /** That call fails, always. */
  fail(call: Call, name: RegExp, code: string): void;
}

export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: as the test wants it`), { code });
}

export function createTestDisk(disk: Disk): TestDisk {
  const acts: { call: Call; name: RegExp; once: boolean; act: () => void | Promise<void> }[] = [];
  const wrapped = Object.fromEntries(
    Object.entries(disk)
      .filter(([, value]) => typeof value === "function")
      .map(([call, value]) => [
        call,
        async (...given: unknown[]) => {
          const at = acts.findIndex((one) => one.call === call && one.name.test(given.slice(0, 2).join(" ")));
          if (at >= 0) {
            const { act, once } = acts[at]!;
            if (once) acts.splice(at, 1);
            await act();
          }
          return (value as (...given: unknown[]) => unknown).apply(disk, given);
        },
      ]),
  ) as unknown as Disk;
  return {
    ...wrapped,
    constants: disk.constants,
    meanwhile: (call, name, act) => void acts.push({ call, name, once: true, act }),
    fail: (call, name, code) =>
      void acts.push({
        call,
        name,
        once: false,
        act: () => {
          throw failure(code);
        },
      }),
  };
}

/** As macOS and Windows: a name that is there in another case is that name. */
export function createFoldingDisk(disk: Disk): Disk {
  async function real(path: string): Promise<string> {
    let folder = "";
    for (const name of path.split("/").slice(1)) {
      const entries = await disk.readdir(folder || "/", { withFileTypes: true }).catch(() => []);
      const same = (other: string) => other.normalize("NFC").toLowerCase();
      const found =
        entries.find((entry) => entry.name === name) ??
        entries.find((entry) => same(entry.name) === same(name));
      folder = `${folder}/${found?.name ?? name}`;
    }
    return folder;
  }
  return {
    constants: disk.constants,
    lstat: async (path, options) => disk.lstat(await real(path), options),
    open: async (path, flags, mode) => disk.open(await real(path), flags, mode),
    readdir: async (path, options) => disk.readdir(await real(path), options),
    realpath: async (path) => disk.realpath(await real(path)),
    mkdir: async (path) => disk.mkdir(await real(path)),
    rmdir: async (path) => disk.rmdir(await real(path)),
    link: async (path, second) => disk.link(await real(path), await real(second)),
    rename: async (from, to) => disk.rename(await real(from), await real(to)),
    unlink: async (path) => disk.unlink(await real(path)),
    chmod: async (path, mode) => disk.chmod(await real(path), mode),
  };
}

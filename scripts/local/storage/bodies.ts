import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where object bodies are kept: by version, so that a body is never overwritten, only added and removed. */
export interface Bodies {
  put(version: string, bytes: Uint8Array): Promise<void>;
  /** `undefined` when there is none. */
  get(version: string): Promise<Uint8Array | undefined>;
  /** Removing what is not there is fine. */
  remove(versions: string[]): Promise<void>;
  /** The versions held, in no order. */
  versions(): Promise<string[]>;
}

export function memoryBodies(): Bodies {
  const held = new Map<string, Uint8Array>();
  return {
    async put(version, bytes) {
      held.set(version, bytes);
    },
    async get(version) {
      return held.get(version);
    },
    async remove(versions) {
      for (const version of versions) held.delete(version);
    },
    async versions() {
      return [...held.keys()];
    },
  };
}

/** One file per version, complete or absent. */
export async function folderBodies(folder: string): Promise<Bodies> {
  await mkdir(folder, { recursive: true });
  const path = (version: string) => {
    if (!/^[0-9a-f-]{36}$/.test(version)) throw new Error(`Not a body's version: ${version}`);
    return join(folder, version);
  };
  return {
    async put(version, bytes) {
      const draft = `${path(version)}.draft`;
      await writeFile(draft, bytes);
      await rename(draft, path(version));
    },
    async get(version) {
      return await readFile(path(version)).catch((error) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
    },
    async remove(versions) {
      await Promise.all(versions.map((version) => rm(path(version), { force: true })));
    },
    async versions() {
      return (await readdir(folder)).filter((name) => !name.endsWith(".draft"));
    },
  };
}

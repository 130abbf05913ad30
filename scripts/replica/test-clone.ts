/** Clones of one garden, as several people have them, on a real local stack over HTTP. */

import { mkdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startApi, type TestApi } from "../../functions/api/test-api.ts";
import type { ConnectedClone } from "../../shared/replica/clone.ts";
import { createOrigin, type Origin } from "../../shared/replica/origin.ts";
import type { LocalStrategy } from "../../shared/replica/plan.ts";
import { type Synced, type SyncOptions, syncClone } from "../../shared/replica/sync.ts";
import type { GardenOptions } from "../testing/garden.ts";
import { initClone, type OpenClone, openClone } from "./open.ts";

export interface Person {
  folder: string;
  origin: Origin;
  /** Cuts the line; null puts it back. `after`: requests that still arrive, and whose answers are lost. */
  cut(how: { lost: number } | null): void;
  write(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** null when there is no such file. */
  read(path: string): Promise<string | null>;
  open(): Promise<OpenClone>;
  with<Result>(work: (clone: ConnectedClone) => Promise<Result>): Promise<Result>;
  sync(options?: SyncOptions): Promise<Synced>;
}

export interface TestTeam {
  api: TestApi;
  /** With `claims` somebody who is signed in; else a program, to which everything is open. */
  person(
    name: string,
    strategy?: LocalStrategy,
    claims?: { sub: string } & Record<string, unknown>,
  ): Promise<Person>;
  stop(): Promise<void>;
}

export async function startTeam(options: GardenOptions = {}): Promise<TestTeam> {
  const api = await startApi(options);
  const folders: string[] = [];

  async function person(
    name: string,
    strategy: LocalStrategy = "manual",
    claims?: { sub: string } & Record<string, unknown>,
  ): Promise<Person> {
    const folder = await mkdtemp(join(tmpdir(), `frontrow-${name}-`));
    folders.push(folder);
    let line: { lost: number } | null = null;
    const { stack } = api.garden;
    const origin = createOrigin({
      url: stack.url,
      ...(claims === undefined ? { key: stack.secretKey } : { token: stack.userToken(claims) }),
      author: `${name}@example.org`,
      async fetch(input, init) {
        if (line === null) return await fetch(input, init);
        if (line.lost-- > 0) await (await fetch(input, init)).text();
        throw new TypeError("the line is cut");
      },
    });
    await initClone(folder, origin);
    const open = (): Promise<OpenClone> =>
      openClone({ root: folder, config: api.garden.config, author: `${name}@example.org`, strategy });
    const use = async <Result>(work: (clone: ConnectedClone) => Promise<Result>): Promise<Result> => {
      const clone = await open();
      try {
        return await work({ ...clone, origin });
      } finally {
        clone.close();
      }
    };
    return {
      folder,
      origin,
      cut: (how) => {
        line = how;
      },
      async write(path, text) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      },
      remove: (path) => rm(join(folder, path)),
      read: (path) => readFile(join(folder, path), "utf8").catch(() => null),
      open,
      with: use,
      sync: (given) => use((clone) => syncClone(clone, given)),
    };
  }

  return {
    api,
    person,
    async stop() {
      await api.garden.stop();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

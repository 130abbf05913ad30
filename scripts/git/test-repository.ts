/** What the tests of this folder share: real repositories, bare remotes and clones, in a folder that goes away. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openRepository, type Repository, type Step } from "./repository.ts";

/** The person of a clone, and nothing of this machine's own configuration. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
};

export interface Clone {
  folder: string;
  /** Runs git as a person would; answers its output, trimmed. */
  git(...args: string[]): string;
  /** Puts a file there, with the folders it needs. */
  put(path: string, text: string): Promise<void>;
  /** null: there is no such file. */
  get(path: string): Promise<string | null>;
  open(more?: { prefix?: string; onStep?: (step: Step) => void | Promise<void> }): Promise<Repository>;
}

export interface World {
  folder: string;
  /** A bare repository, made new. */
  bare(name?: string): string;
  /** A clone; without a remote, a repository by itself. */
  clone(name: string, remote?: string): Promise<Clone>;
  end(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "frontrow-git-")));
  return {
    folder,
    bare(name = "remote") {
      const path = join(folder, `${name}.git`);
      run(folder, ["init", "--quiet", "--bare", "--initial-branch=main", path]);
      return path;
    },
    async clone(name, remote) {
      const at = join(folder, name);
      if (remote === undefined) run(folder, ["init", "--quiet", "--initial-branch=main", at]);
      else run(folder, ["-c", "init.defaultBranch=main", "clone", "--quiet", remote, at]);
      run(at, ["config", "user.name", name]);
      run(at, ["config", "user.email", `${name}@example.org`]);
      return cloneAt(at);
    },
    end: () => rm(folder, { recursive: true, force: true }),
  };
}

export function cloneAt(folder: string): Clone {
  return {
    folder,
    git: (...args) => run(folder, args),
    async put(path, text) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    get: (path) => readFile(join(folder, path), "utf8").catch(() => null),
    open: ({ prefix = "", onStep } = {}) =>
      openRepository({
        folder: join(folder, prefix),
        isDocument: (name) => name.endsWith(".md"),
        environment: ENVIRONMENT,
        ...(onStep ? { onStep } : {}),
      }),
  };
}

/** Cuts a run off at the n-th time a step is done. */
export class Cut extends Error {}

export function cutAt(step: Step, nth = 1): (done: Step) => void {
  let left = nth;
  return (done) => {
    if (done === step && --left === 0) throw new Cut(step);
  };
}

function run(cwd: string, args: readonly string[]): string {
  return execFileSync("git", args, {
    cwd,
    env: ENVIRONMENT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
}

/**
 * The git repository a synced folder is in. The folder may be the repository's root or any folder in it, a submodule or a
 * linked working tree; refs of ours are per working tree and folder, so several of them do not disturb each other.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { decodeFilePath, encodeFilePath } from "../../shared/document/path-disk.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { checkName } from "../../shared/stores/directory-names.ts";
import { inTheWay } from "./failures.ts";
import { createGit, type Git } from "./run.ts";

/** An object's id, lower-case hex. */
export type ObjectId = string;

/** Where a run may be cut off, for tests: told when that much is done. */
export type Step =
  | "fetched"
  | "merged"
  | "pending"
  | "file"
  | "files"
  | "indexed"
  | "moved"
  | "arrived"
  | "enqueued"
  | "imported"
  | "committing"
  | "staged"
  | "committed"
  | "pushed";

export interface RepositoryOptions {
  /** The synced folder. */
  folder: string;
  /** Whether an object name is a document of ours, and not some other file. */
  isDocument(name: string): boolean;
  signal?: AbortSignal;
  /** @default the process's */
  environment?: Readonly<Record<string, string | undefined>>;
  /** @default nothing */
  onStep?(step: Step): void | Promise<void>;
}

export interface Repository {
  /** Runs at the root. */
  git: Git;
  /** Absolute: the working tree's root, and the synced folder. */
  root: string;
  folder: string;
  /** The folder from the root: "" or "a/b/". */
  prefix: string;
  gitFolder: string;
  /** Of object ids: the digest's name, the id of nothing, and of the tree without entries. */
  hash: "sha1" | "sha256";
  nothing: ObjectId;
  emptyTree: ObjectId;
  refs: Refs;
  /** The object name of a file of the repository; null where it is no document of ours. */
  nameOf(repositoryPath: string): string | null;
  onStep(step: Step): Promise<void>;
}

/** Refs of ours, each a promise that something is done. */
export interface Refs {
  /** The commit whose documents were all handed on. */
  imported: string;
  /** The commit the working tree is being brought to. */
  pending: string;
  /** What the last fetch brought. */
  fetched: string;
  /** The remote's commit that was last merged in. */
  seen(remote: string, branch: string): string;
}

const OLDEST = [2, 25] as const;

/** @throws {FrontrowError} `USAGE`: no git, too old a git, no repository; `IN_THE_WAY`: a sparse checkout. */
export async function openRepository(options: RepositoryOptions): Promise<Repository> {
  const { folder, isDocument, onStep = () => undefined, ...gitOptions } = options;
  const here = createGit({ ...gitOptions, folder });
  await requireVersion(here);
  const [root, prefix, gitFolder, hash] = (
    await here.text([
      "rev-parse",
      "--show-toplevel",
      "--show-prefix",
      "--absolute-git-dir",
      "--show-object-format",
    ])
  ).split("\n") as [string, string, string, "sha1" | "sha256"];
  const git = createGit({ ...gitOptions, folder: root });
  const { stdout } = await git.run(["config", "--bool", "core.sparseCheckout"], { codes: [0, 1] });
  if (new TextDecoder().decode(stdout).trim() === "true") {
    throw inTheWay(
      "sparse-checkout",
      `Cannot sync "${folder}": the working tree is a sparse checkout, so a missing file says nothing.`,
      'Run "git sparse-checkout disable", or sync another clone.',
    );
  }
  const emptyTree = await git.text(["hash-object", "-t", "tree", "--stdin"]);
  return {
    git,
    root,
    folder: join(root, prefix),
    prefix,
    gitFolder,
    hash,
    nothing: "0".repeat(emptyTree.length),
    emptyTree,
    refs: refsOf(prefix),
    nameOf: (path) => nameOf(path, prefix, isDocument),
    onStep: async (step) => await onStep(step),
  };
}

/** A document's place in the repository, `/` between segments. */
export function repositoryPath({ prefix }: Pick<Repository, "prefix">, name: string): string {
  return prefix + decodeFilePath(name);
}

function nameOf(path: string, prefix: string, isDocument: (name: string) => boolean): string | null {
  if (!path.startsWith(prefix)) return null;
  try {
    const name = encodeFilePath(path.slice(prefix.length));
    // Spelled in another Unicode form, it is a file like any other: a write would go to another one.
    if (repositoryPath({ prefix }, name) !== path) return null;
    for (const segment of decodeFilePath(name).split("/")) checkName(segment, name);
    return isDocument(name) ? name : null;
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
}

function refsOf(prefix: string): Refs {
  const at = prefix === "" ? "root" : createHash("sha256").update(prefix).digest("hex").slice(0, 12);
  const base = `refs/worktree/frontrow/${at}`;
  return {
    imported: `${base}/imported`,
    pending: `${base}/pending`,
    fetched: `${base}/fetched`,
    // A remote's name may be an address, which is no part of a ref.
    seen: (remote, branch) =>
      `${base}/seen/${createHash("sha256").update(`${remote}\0${branch}`).digest("hex").slice(0, 16)}`,
  };
}

async function requireVersion(git: Git): Promise<void> {
  const said = await git.text(["version"]);
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(said)?.slice(1) ?? []).map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new FrontrowError(
    "USAGE",
    `Cannot use this git, as it must be ${OLDEST.join(".")} or newer: ${said}`,
    {
      rule: "git-too-old",
    },
  );
}

/** The staging area, and others like it in a file of their own: trees are built there, unseen by anybody. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Entry } from "./changes.ts";
import type { ObjectId, Repository } from "./repository.ts";

/** What is to stand at a path; null: nothing. */
export type Staged = readonly [path: string, entry: Entry | null];

/** Puts entries into an index. @param env names another one than the repository's own */
export async function stage(
  { git, nothing }: Pick<Repository, "git" | "nothing">,
  entries: Iterable<Staged>,
  env: Record<string, string> = {},
): Promise<void> {
  let input = "";
  for (const [path, entry] of entries) {
    // A removal first, so that a file may take the place of a folder.
    input =
      entry === null ? `0 ${nothing}\t${path}\0${input}` : `${input}${entry.mode} ${entry.id}\t${path}\0`;
  }
  if (input !== "") await git.run(["update-index", "-z", "--index-info"], { input, env });
}

/** An index of nobody else's, for as long as `use` takes. @param use is given what `RunOptions.env` takes */
export async function withIndex<T>(use: (env: Record<string, string>) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "frontrow-index-"));
  try {
    return await use({ GIT_INDEX_FILE: join(folder, "index") });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The tree of a commit with some entries changed. */
export async function treeWith(
  repository: Pick<Repository, "git" | "nothing">,
  commit: ObjectId | null,
  entries: Iterable<Staged>,
): Promise<ObjectId> {
  const { git } = repository;
  return await withIndex(async (env) => {
    await git.run(commit === null ? ["read-tree", "--empty"] : ["read-tree", commit], { env });
    await stage(repository, entries, env);
    return await git.text(["write-tree"], { env });
  });
}

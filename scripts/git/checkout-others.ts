/** Files that are no documents, written by git itself, and only where nobody changed them. */
import { lstat, readFile, readlink, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf } from "../../shared/stores/directory-disk.ts";
import { blobIdOf, blobOf } from "./blobs.ts";
import type { Change } from "./changes.ts";
import { inTheWay } from "./failures.ts";
import type { Repository } from "./repository.ts";
import { stage, withIndex } from "./staging.ts";

/** @throws {FrontrowError} `IN_THE_WAY` when one is neither as in the old commit nor as in the new one. */
export async function requireUntouched(
  repository: Repository,
  changes: readonly Change[],
  /** Whether a folder may be in a file's place: what is in it goes first. */
  mayBeFolder = true,
): Promise<void> {
  for (const change of changes) {
    if (isSubmodule(change) || (await isUntouched(repository, change, mayBeFolder))) continue;
    const { path, from } = change;
    throw inTheWay(
      from === null ? "untracked" : "uncommitted",
      `Cannot pull: "${path}" is ${from === null ? "there, and not in git," : "changed and not committed,"} and comes from the remote.`,
      'Commit it, move it away, or put it aside with "git stash".',
      path,
    );
  }
}

export async function bringOthers(repository: Repository, changes: readonly Change[]): Promise<void> {
  const files = changes.filter((change) => !isSubmodule(change));
  // What was looked at a while ago is looked at again.
  await requireUntouched(repository, files, false);
  const coming = files.filter(({ to }) => to !== null);
  for (const { path } of files.filter(({ to }) => to === null)) {
    await rm(join(repository.root, path), { force: true });
    await pruneFolders(repository, path);
  }
  if (coming.length === 0) return;
  await withIndex(async (env) => {
    await stage(
      repository,
      coming.map(({ path, to }) => [path, to] as const),
      env,
    );
    const input = coming.map(({ path }) => `${path}\0`).join("");
    await repository.git.run(["checkout-index", "--force", "-z", "--stdin"], { env, input });
  });
}

/** Takes away the folders that became empty, as git does; never the synced one or the repository's. */
export async function pruneFolders({ root, prefix }: Repository, path: string): Promise<void> {
  const kept = prefix.replace(/\/$/, "");
  for (let below = dirname(path); below !== "." && below !== kept; below = dirname(below)) {
    if (kept.startsWith(`${below}/`)) return;
    try {
      await rmdir(join(root, below));
    } catch {
      return; // not empty, or not ours
    }
  }
}

async function isUntouched(
  repository: Repository,
  { path, from, to }: Change,
  mayBeFolder: boolean,
): Promise<boolean> {
  const file = join(repository.root, path);
  try {
    const stats = await lstat(file);
    const ids = [from, to].flatMap((entry) => (entry === null ? [] : [entry.id]));
    if (stats.isSymbolicLink()) {
      return ids.includes(blobIdOf(repository, new TextEncoder().encode(await readlink(file))));
    }
    if (stats.isDirectory()) return mayBeFolder && from === null;
    return stats.isFile() && (await blobOf(repository, path, await readFile(file), ids)) !== null;
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) throw error;
    return from === null || to === null;
  }
}

/** A repository of its own: git's pull leaves it where it is, too. */
function isSubmodule({ from, to }: Change): boolean {
  return from?.mode === "160000" || to?.mode === "160000";
}

/** Commits by name, and refs that move only from where they are expected to be. */
import type { ObjectId, Repository } from "./repository.ts";

type Named = Pick<Repository, "git" | "nothing">;

/** The commit a ref stands at; null when there is none. */
export async function commitAt({ git }: Pick<Repository, "git">, ref: string): Promise<ObjectId | null> {
  const { code, stdout } = await git.run(["rev-parse", "--quiet", "--verify", `${ref}^{commit}`], {
    codes: [0, 1, 128],
  });
  return code === 0 ? new TextDecoder().decode(stdout).trim() : null;
}

/** @throws {FrontrowError} `REPLICA_MOVED` when the ref is not at `from` (null: absent) by now. */
export async function moveRef(
  { git, nothing }: Named,
  ref: string,
  { from, to, why }: { from: ObjectId | null; to: ObjectId; why: string },
): Promise<void> {
  if (from === to) return;
  await git.run(["update-ref", "-m", `frontrow: ${why}`, ref, to, from ?? nothing]);
}

/** Moves a ref of ours, wherever it is. */
export async function setRef({ git }: Pick<Repository, "git">, ref: string, to: ObjectId): Promise<void> {
  await git.run(["update-ref", ref, to]);
}

/** Takes a ref of ours away; that there is none is fine. */
export async function dropRef({ git }: Pick<Repository, "git">, ref: string): Promise<void> {
  await git.run(["update-ref", "-d", ref]);
}

/** Whether everything of `old` is in `young`; a commit is its own ancestor. */
export async function isAncestor(
  { git }: Pick<Repository, "git">,
  old: ObjectId,
  young: ObjectId,
): Promise<boolean> {
  return (await git.run(["merge-base", "--is-ancestor", old, young], { codes: [0, 1] })).code === 0;
}

/** Where a repository stands, and whether it can be worked in. Each state has an outcome of its own, never a guess. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { inTheWay } from "./failures.ts";
import { commitAt } from "./refs.ts";
import type { ObjectId, Repository } from "./repository.ts";

export type Busy = "merge" | "rebase" | "cherry-pick" | "revert" | "bisect";

export interface Remote {
  /** As git knows it: `origin`, or an address. */
  name: string;
  /** There, without `refs/heads/`. */
  branch: string;
  /** Whether the branch is set to follow it; else it is where the branch would be published. */
  isUpstream: boolean;
}

export interface RepositoryState {
  /** null: a detached head. */
  branch: string | null;
  /** null: no commit yet. */
  head: ObjectId | null;
  /** What a person has begun and not ended. */
  busy: Busy | null;
  /** null: no remote, or several and none of them chosen. */
  remote: Remote | null;
  /** Every remote there is. */
  remotes: readonly string[];
  /** Commits here and not there, as of the last fetch; null when nothing was ever fetched. */
  ahead: number | null;
  behind: number | null;
  /** Folders below the synced one that are repositories of their own: nothing in them is committed or pulled here. */
  submodules: readonly string[];
}

/** Folders and files of git's own folder by which it knows what is under way. */
const SIGNS: readonly [file: string, busy: Busy][] = [
  ["rebase-merge", "rebase"],
  ["rebase-apply", "rebase"],
  ["MERGE_HEAD", "merge"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["BISECT_LOG", "bisect"],
];

export async function stateOf(repository: Repository): Promise<RepositoryState> {
  const { git, refs } = repository;
  const symbolic = await git.run(["symbolic-ref", "--quiet", "HEAD"], { codes: [0, 1] });
  const ref = new TextDecoder().decode(symbolic.stdout).trim();
  const branch = symbolic.code === 0 ? ref.replace(/^refs\/heads\//, "") : null;
  const [head, busy, remotes, fetched, submodules] = await Promise.all([
    commitAt(repository, "HEAD"),
    busyWith(repository),
    git.text(["remote"]).then((said) => said.split("\n").filter(Boolean)),
    commitAt(repository, refs.fetched),
    submodulesOf(repository),
  ]);
  const remote = branch === null ? null : await remoteOf(repository, branch, remotes);
  const state = { branch, head, busy, remote, remotes, submodules, ahead: null, behind: null };
  if (head === null || fetched === null) return state;
  const counted = await git.text(["rev-list", "--left-right", "--count", `${head}...${fetched}`]);
  const [ahead, behind] = counted.split("\t").map(Number) as [number, number];
  return { ...state, ahead, behind };
}

/** A repository that can be worked in. */
export type Ready = RepositoryState & { branch: string };

/** @throws {FrontrowError} `IN_THE_WAY`: `other-branch`, `detached-head`, `merge-in-progress` and the like. */
export function requireReady(state: RepositoryState, only?: string): asserts state is Ready {
  const { branch, busy } = state;
  if (busy !== null) {
    const abort = busy === "bisect" ? "git bisect reset" : `git ${busy} --abort`;
    throw inTheWay(
      `${busy}-in-progress`,
      `Cannot sync with git while a ${busy} is in progress.`,
      `Finish it, or end it with "${abort}".`,
    );
  }
  if (branch === null) {
    throw inTheWay(
      "detached-head",
      "Cannot sync with git: HEAD is detached, so a commit would belong to no branch.",
      'Go to a branch: "git switch <branch>", or "git switch -c <new branch>".',
    );
  }
  if (only !== undefined && branch !== only) {
    throw inTheWay(
      "other-branch",
      `Cannot sync with git: the branch must be "${only}", and is "${branch}".`,
      `Go there with "git switch ${only}", or change git.branch.`,
    );
  }
}

/** @throws {FrontrowError} `IN_THE_WAY` when there are several remotes and none is chosen; null when there is none. */
export function requireRemote({ remote, remotes, branch }: Ready): Remote | null {
  if (remote !== null || remotes.length === 0) return remote;
  throw inTheWay(
    "no-upstream",
    `Cannot tell where "${branch}" goes: it follows no branch, and none of ${remotes.join(", ")} is "origin".`,
    `Choose with "git push --set-upstream <remote> ${branch}".`,
  );
}

async function remoteOf(
  { git }: Repository,
  branch: string,
  remotes: readonly string[],
): Promise<Remote | null> {
  const settings = await git.list(["config", "-z", "--get-regexp", `^branch\\..*\\.(remote|merge)$`], {
    codes: [0, 1],
  });
  const settingOf = (key: string): string | undefined =>
    settings.findLast((one) => one.startsWith(`branch.${branch}.${key}\n`))?.split("\n")[1];
  const [name, merge] = [settingOf("remote"), settingOf("merge")];
  if (name && merge) return { name, branch: merge.replace(/^refs\/heads\//, ""), isUpstream: true };
  const only = remotes.length === 1 ? remotes[0] : remotes.find((one) => one === "origin");
  return only === undefined ? null : { name: only, branch, isUpstream: false };
}

async function busyWith({ gitFolder }: Repository): Promise<Busy | null> {
  for (const [file, busy] of SIGNS) {
    const isThere = await access(join(gitFolder, file)).then(
      () => true,
      () => false,
    );
    if (isThere) return busy;
  }
  return null;
}

async function submodulesOf({ git, prefix }: Repository): Promise<string[]> {
  const staged = await git.list(["ls-files", "-z", "--stage", "--", prefix === "" ? "." : prefix]);
  return staged
    .filter((line) => line.startsWith("160000 "))
    .map((line) => line.slice(line.indexOf("\t") + 1));
}

/**
 * Fetches, and brings what is new here: a fast-forward where nothing was done here, else a merge in which documents that
 * both sides changed are reconciled. Cut off anywhere, the repository is as before or as after, or the next run goes on.
 *
 * A remote whose history was rewritten stops the pull: somebody took something out of it on purpose (a secret, a huge
 * file), and a merge would bring that back for everybody. Nothing is lost by waiting for a person. With
 * `rewritten: "merge"` the two histories are merged from their last common commit, local commits and all.
 */

import { type CheckoutOptions, checkOut, resumeCheckout } from "./checkout.ts";
import { handOn } from "./checkpoint.ts";
import { inTheWay } from "./failures.ts";
import { basesOf, mergeCommits } from "./merge.ts";
import type { Reconcile } from "./reconcile.ts";
import { commitAt, isAncestor, setRef } from "./refs.ts";
import { fetchFrom } from "./remote.ts";
import type { ObjectId, Repository } from "./repository.ts";
import { type Ready, type Remote, requireReady, requireRemote, stateOf } from "./state.ts";

export interface PullOptions {
  reconcile: Reconcile;
  /** See `handOn`. */
  onPulled(names: readonly string[]): Promise<void>;
  /** See `CheckoutOptions`. @default "refuse" */
  edits?: CheckoutOptions["edits"];
  /** @default "stop" */
  rewritten?: "stop" | "merge";
  /** Refuse any other branch. */
  branch?: string;
}

export interface Pulled {
  outcome: "no-remote" | "empty-remote" | "nothing-new" | "fast-forward" | "merged";
  /** Where the branch is now; null: no commit yet. */
  head: ObjectId | null;
  /** Documents both sides had changed, by object name. */
  reconciled: readonly string[];
  /** What `onPulled` was told. */
  names: readonly string[];
}

/** @throws {FrontrowError} as `requireReady`, `requireRemote`, `fetchFrom`, `mergeCommits`, `checkOut`; and what is passed in throws. */
export async function pull(repository: Repository, options: PullOptions): Promise<Pulled> {
  const { reconcile, onPulled, edits = "refuse", rewritten = "stop", branch } = options;
  const checkout = { reconcile, edits };
  await resume(repository, options);
  const state = await stateOf(repository);
  requireReady(state, branch);
  const remote = requireRemote(state);
  const arrived =
    remote === null
      ? { outcome: "no-remote" as const, reconciled: [] }
      : await arrive(repository, state, remote, { checkout, rewritten });
  await repository.onStep("arrived");
  const names = await handOn(repository, onPulled);
  return { ...arrived, head: await commitAt(repository, "HEAD"), names };
}

/** Ends what a run that was cut off had begun; comes before anything that looks at the working tree. */
export async function resume(
  repository: Repository,
  { reconcile, edits = "refuse", branch }: Pick<PullOptions, "reconcile" | "edits" | "branch">,
): Promise<void> {
  const state = await stateOf(repository);
  requireReady(state, branch);
  await resumeCheckout(repository, state, { reconcile, edits });
}

async function arrive(
  repository: Repository,
  state: Ready,
  remote: Remote,
  { checkout, rewritten }: { checkout: CheckoutOptions; rewritten: "stop" | "merge" },
): Promise<Pick<Pulled, "outcome" | "reconciled">> {
  const { head, branch } = state;
  const seen = repository.refs.seen(remote.name, remote.branch);
  const theirs = await fetchFrom(repository, remote);
  const name = `${remote.name}/${remote.branch}`;
  if (theirs === null) {
    if ((await commitAt(repository, seen)) !== null) throw gone(name, branch);
    return { outcome: "empty-remote", reconciled: [] };
  }
  let outcome: Pulled["outcome"] = "nothing-new";
  let reconciled: readonly string[] = [];
  if (rewritten === "stop") await requireHistory(repository, { seen, head, theirs, name });
  if (head === null || !(await isAncestor(repository, theirs, head))) {
    if (head === null || (await isAncestor(repository, head, theirs))) {
      await checkOut(repository, branch, { from: head, to: theirs }, checkout);
      outcome = "fast-forward";
    } else {
      const merging = { ours: head, theirs, name, reconcile: checkout.reconcile };
      const merged = await mergeCommits(repository, merging);
      await repository.onStep("merged");
      await checkOut(repository, branch, { from: head, to: merged.commit }, checkout);
      outcome = "merged";
      reconciled = merged.reconciled;
    }
  }
  await setRef(repository, seen, theirs);
  return { outcome, reconciled };
}

/** @throws {FrontrowError} `IN_THE_WAY`: `rewritten-history`, `unrelated-histories`. */
async function requireHistory(
  repository: Repository,
  { seen, head, theirs, name }: { seen: string; head: ObjectId | null; theirs: ObjectId; name: string },
): Promise<void> {
  if (head === null) return;
  const before = await commitAt(repository, seen);
  if (before !== null && (await isWithdrawn(repository, { before, head, theirs }))) {
    const old = before.slice(0, 10);
    throw inTheWay(
      "rewritten-history",
      `Cannot pull ${name}: its history was rewritten, as ${old} is not in it any more. Nothing was changed.`,
      `To follow: "git rebase --onto ${name} ${old}" keeps your own commits, "git reset --hard ${name}" drops them; then sync again.`,
    );
  }
  if ((await basesOf(repository, head, theirs)).length > 0) return;
  const { stdout } = await repository.git.run(["rev-parse", "--is-shallow-repository"]);
  const isShallow = new TextDecoder().decode(stdout).startsWith("true");
  throw inTheWay(
    "unrelated-histories",
    `Cannot pull ${name}: it has no commit in common with this repository. Nothing was changed.`,
    isShallow
      ? 'This clone is shallow: "git fetch --unshallow" brings the rest.'
      : `If they belong together: "git merge --allow-unrelated-histories ${name}", then sync again.`,
  );
}

/** Whether the remote took back what is still here; a person who has dealt with it has not got it any more, or has merged. */
async function isWithdrawn(
  repository: Repository,
  { before, head, theirs }: Record<"before" | "head" | "theirs", ObjectId>,
): Promise<boolean> {
  if (await isAncestor(repository, before, theirs)) return false;
  if (!(await isAncestor(repository, before, head))) return false;
  const isRewound = await isAncestor(repository, theirs, before);
  return isRewound || !(await isAncestor(repository, theirs, head));
}

function gone(name: string, branch: string) {
  return inTheWay(
    "upstream-gone",
    `Cannot pull ${name}: the branch was there, and is gone. Nothing was changed.`,
    `Publish it again with "git push ${name.split("/")[0]} ${branch}", or go to another branch.`,
  );
}

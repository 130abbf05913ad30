/** Sends commits to the remote: never over anything that was not merged here first. */
import { FrontrowError } from "../../shared/errors.ts";
import { failureOf, saidBy } from "./failures.ts";
import { commitAt, isAncestor, setRef } from "./refs.ts";
import type { Repository } from "./repository.ts";
import { NETWORK } from "./run.ts";
import { type Remote, requireReady, requireRemote, stateOf } from "./state.ts";

export interface PushOptions {
  /** Merges what the remote has by now; called when it refused us for that. */
  pullAgain(): Promise<unknown>;
  /** Pushes, at most. @default 5 */
  tries?: number;
  /** Refuse any other branch. */
  branch?: string;
}

export interface Pushed {
  outcome: "no-remote" | "nothing" | "pushed";
  /** How many were sent. */
  commits: number;
}

/**
 * Pushes the branch; one that follows none is published under its name, and follows that from then on.
 * @throws {FrontrowError} `REPLICA_MOVED` when others push faster, `FORBIDDEN` when the remote's rules refuse it,
 * `UNAUTHORIZED`, `STORE_UNAVAILABLE` (no network: try again later); what `pullAgain` throws.
 */
export async function push(
  repository: Repository,
  { pullAgain, tries = 5, branch }: PushOptions,
): Promise<Pushed> {
  for (let left = tries; ; left--) {
    const state = await stateOf(repository);
    requireReady(state, branch);
    const remote = requireRemote(state);
    const { head } = state;
    if (remote === null) return { outcome: "no-remote", commits: 0 };
    if (head === null) return { outcome: "nothing", commits: 0 };
    const seen = repository.refs.seen(remote.name, remote.branch);
    const expected = await commitAt(repository, seen);
    if (expected === head && remote.isUpstream) return { outcome: "nothing", commits: 0 };
    // A history that was rewritten here does not hold what is there: that is merged, not overwritten.
    const isOurs = expected === null || (await isAncestor(repository, expected, head));
    if (isOurs && (await send(repository, remote, { head, expected }))) {
      await setRef(repository, seen, head);
      if (!remote.isUpstream) await follow(repository, state.branch, remote);
      await repository.onStep("pushed");
      const range = expected === null ? [head] : [`${expected}..${head}`];
      return {
        outcome: "pushed",
        commits: Number(await repository.git.text(["rev-list", "--count", ...range])),
      };
    }
    if (left <= 1) {
      throw new FrontrowError(
        "REPLICA_MOVED",
        `Cannot push to ${remote.name}/${remote.branch}, as somebody else pushed each time (${tries} tries).`,
        { rule: "push-rejected", hint: "Try again in a moment." },
      );
    }
    await pullAgain();
  }
}

/**
 * false: the remote is not where it was when we last merged it. The lease names exactly that commit, so a remote that was
 * rewound is not filled up again; and as that commit is an ancestor of ours, nothing is ever forced.
 */
async function send(
  { git }: Repository,
  { name, branch }: Remote,
  { head, expected }: { head: string; expected: string | null },
): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const lease = `--force-with-lease=${ref}:${expected ?? ""}`;
  const args = ["push", "--porcelain", lease, "--", name, `${head}:${ref}`];
  const ran = await git.run(args, { ...NETWORK, codes: [0, 1, 128] });
  if (ran.code === 0) return true;
  const refusal = new TextDecoder()
    .decode(ran.stdout)
    .split("\n")
    .find((line) => line.startsWith("!\t"));
  if (refusal === undefined) throw failureOf("push", ran);
  const because = refusal.split("\t")[2] ?? "";
  if (
    /stale info|fetch first|non-fast-forward|cannot lock|failed to (?:update|lock)|already exists|incorrect old/i.test(
      because,
    )
  ) {
    return false;
  }
  throw new FrontrowError(
    "FORBIDDEN",
    `Cannot push to ${name}/${branch}, as the remote refuses it: ${because}.`,
    {
      rule: "remote-rule",
      hint: `The remote said: ${saidBy(ran.stderr)}`,
    },
  );
}

async function follow({ git }: Repository, branch: string, remote: Remote): Promise<void> {
  await git.run(["config", `branch.${branch}.remote`, remote.name]);
  await git.run(["config", `branch.${branch}.merge`, `refs/heads/${remote.branch}`]);
}

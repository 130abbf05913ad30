/** What the remote has: fetched into a ref of ours, so that nobody else's fetch is taken for ours. */
import { failureOf } from "./failures.ts";
import { commitAt, dropRef } from "./refs.ts";
import type { ObjectId, Repository } from "./repository.ts";
import { NETWORK } from "./run.ts";
import type { Remote } from "./state.ts";

/**
 * The commit the remote's branch is at; null: there is no such branch, as in an empty remote.
 * @throws {FrontrowError} `STORE_UNAVAILABLE` when it cannot be reached, `UNAUTHORIZED` when it refuses us.
 */
export async function fetchFrom(repository: Repository, { name, branch }: Remote): Promise<ObjectId | null> {
  const { git, refs } = repository;
  const what = ["--", name, `+refs/heads/${branch}:${refs.fetched}`];
  const ran = await git.run(["fetch", "--quiet", "--no-tags", ...what], { ...NETWORK, codes: [0, 1, 128] });
  if (ran.code !== 0) {
    if (!/couldn't find remote ref/i.test(ran.stderr)) throw failureOf("fetch", ran);
    await dropRef(repository, refs.fetched);
    return null;
  }
  await repository.onStep("fetched");
  return await commitAt(repository, refs.fetched);
}

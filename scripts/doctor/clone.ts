/** What a clone needs besides: the functions that it speaks with, and the folder's git repository where that is used. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { HUB, originOf } from "../cli/clone/ground.ts";
import type { FoundProjectFile } from "../cli/frame/project-file.ts";
import { plural } from "../cli/frame/text.ts";
import type { Call } from "../cli/frame/verb.ts";
import { openRepository } from "../git/repository.ts";
import { type RepositoryState, stateOf } from "../git/state.ts";
import { type Finding, failed, ok, warn } from "./finding.ts";

/** Nothing where the person stands in no clone. `isThere`: the origin answers at all. */
export async function checkClone(
  call: Call,
  project: FoundProjectFile,
  isThere: boolean,
): Promise<Finding[]> {
  if (project.origin === null || !existsSync(join(project.folder, HUB))) return [];
  const { autoCommit, autoSync, autoPush } = project.git;
  return [
    ...(isThere ? [await apiFinding(call, project)] : []),
    ...(autoCommit || autoSync || autoPush ? [await gitFinding(call, project)] : []),
  ];
}

async function apiFinding(call: Call, project: FoundProjectFile): Promise<Finding> {
  try {
    const collections = await (await originOf(project, call, null)).collections();
    return ok("api", `answers with ${plural(collections.length, "collection")}`);
  } catch (error) {
    return failed(
      "api",
      error,
      "Deploy the functions, frontrow-api among them: a clone speaks with that one.",
    );
  }
}

async function gitFinding(call: Call, project: FoundProjectFile): Promise<Finding> {
  try {
    const folder = resolve(project.folder, project.directory.syncPath);
    const environment = call.io.environment;
    return repositoryFinding(
      await stateOf(await openRepository({ folder, environment, isDocument: () => true })),
      project.git,
    );
  } catch (error) {
    return failed("git", error, "Make the folder a repository, or take stores.git out of frontrow.yaml.");
  }
}

export function repositoryFinding(
  {
    branch,
    busy,
    remote,
    ahead,
    behind,
  }: Pick<RepositoryState, "branch" | "busy" | "remote" | "ahead" | "behind">,
  { autoPush, branch: only }: Pick<FoundProjectFile["git"], "autoPush" | "branch">,
): Finding {
  if (busy !== null) return warn("git", `a ${busy} is under way`, "End it: nothing is synced until then.");
  if (branch === null) return warn("git", "no branch is checked out", "Type: git switch <branch>");
  if (only !== null && branch !== only) {
    return warn("git", `${branch} is checked out, and only ${only} is synced`, `Type: git switch ${only}`);
  }
  if (remote === null && autoPush)
    return warn("git", "there is no remote to push to", "Type: git remote add origin <address>");
  const apart = ahead === null ? "" : `, ${ahead} ahead, ${behind} behind`;
  return ok("git", `branch ${branch}${remote === null ? "" : ` with ${remote.name}`}${apart}`);
}

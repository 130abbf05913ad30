/** Hands on what came by git: the checkpoint moves only when it is in safe hands, so that a cut-off run hands it on again. */
import { changesBetween } from "./changes.ts";
import { commitAt, moveRef } from "./refs.ts";
import type { Repository } from "./repository.ts";

/**
 * @param onPulled is told which documents may differ from what it last heard of (object names, changed, new and removed
 * alike), and resolves when that is written down durably. Told again what it was told before when a run was cut off.
 * @returns what it was told
 */
export async function handOn(
  repository: Repository,
  onPulled: (names: readonly string[]) => Promise<void>,
): Promise<readonly string[]> {
  const { refs, nameOf } = repository;
  const head = await commitAt(repository, "HEAD");
  const imported = await commitAt(repository, refs.imported);
  if (head === null || head === imported) return [];
  // By what is in them, whatever the way from one to the other: a reset or another branch hands on what differs, too.
  const changes = await changesBetween(repository, imported, head);
  const names = changes.map(({ path }) => nameOf(path)).filter((name) => name !== null);
  if (names.length > 0) await onPulled(names);
  await repository.onStep("enqueued");
  await moveRef(repository, refs.imported, { from: imported, to: head, why: "handed on" });
  await repository.onStep("imported");
  return names;
}

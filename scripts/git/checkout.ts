/**
 * Brings the working tree, the staging area and the branch from one commit to another, so that a run may be cut off
 * anywhere: a ref says where it was going, files come first and the branch last, and doing it again is the same.
 *
 * A document is written only where the file is as the old commit has it. One that somebody edited meanwhile is reconciled
 * with what comes, on the version the edit was made on: an edit that was simply left there would take back, at its next
 * commit, what the others did.
 */
import { FrontrowError } from "../../shared/errors.ts";
import { pooled } from "../../shared/sync/pool.ts";
import { openBlobs } from "./blobs.ts";
import { type Change, changesBetween, isFile, isSame, stagedAgainst } from "./changes.ts";
import { bringDocument, openFolder } from "./checkout-documents.ts";
import { bringOthers, requireUntouched } from "./checkout-others.ts";
import { inTheWay } from "./failures.ts";
import type { Reconcile } from "./reconcile.ts";
import { commitAt, dropRef, isAncestor, moveRef, setRef } from "./refs.ts";
import type { ObjectId, Repository } from "./repository.ts";
import { stage } from "./staging.ts";
import type { Ready } from "./state.ts";

export interface CheckoutOptions {
  reconcile: Reconcile;
  /**
   * Whether what is edited and not committed is committed by whoever calls, and calls again. Then a document that is edited
   * between the look and the write is reconciled at once, as is everything where there is no commit yet.
   */
  edits: "commit" | "refuse";
}

/** Documents at a time. */
const BREADTH = 8;

/**
 * @throws {FrontrowError} `IN_THE_WAY`: `staged`, `uncommitted`, `untracked`: nothing is changed. `REPLICA_MOVED` when the
 * branch moved meanwhile: the files that were written are edits like any other.
 */
export async function checkOut(
  repository: Repository,
  branch: string,
  { from, to }: { from: ObjectId | null; to: ObjectId },
  options: CheckoutOptions,
): Promise<void> {
  const { refs } = repository;
  const changes = await changesBetween(repository, from, to);
  await requireUnstaged(repository, from, changes);
  const { documents, others } = await sorted(repository, changes);
  await requireUntouched(repository, others);
  const blobs = openBlobs(repository);
  try {
    const folder = await openFolder(repository, blobs, options);
    if (from !== null || options.edits === "refuse") {
      for (const one of documents) await folder.requireCommitted(one);
    }
    await setRef(repository, refs.pending, to);
    await repository.onStep("pending");
    // What goes makes room for what comes: a file may become a folder.
    for (const isGoing of [true, false]) {
      const isNow = (one: Change) => (one.to === null) === isGoing;
      // The others first: .gitattributes may be among them.
      await bringOthers(repository, others.filter(isNow));
      await pooled(documents.filter(isNow), BREADTH, async (one) => {
        await bringDocument(folder, one);
        await repository.onStep("file");
      });
    }
  } finally {
    blobs.close();
  }
  await repository.onStep("files");
  await stage(
    repository,
    changes.map((one) => [one.path, one.to] as const),
  );
  await repository.onStep("indexed");
  await moveRef(repository, `refs/heads/${branch}`, { from, to, why: "pull" });
  await repository.onStep("moved");
  await dropRef(repository, refs.pending);
}

/** Goes on with what a run that was cut off had begun. Answers whether the branch moved. */
export async function resumeCheckout(
  repository: Repository,
  { branch, head }: Ready,
  options: CheckoutOptions,
): Promise<boolean> {
  const { refs } = repository;
  const pending = await commitAt(repository, refs.pending);
  if (pending === null) return false;
  if (pending !== head && (head === null || (await isAncestor(repository, head, pending)))) {
    try {
      await checkOut(repository, branch, { from: head, to: pending }, options);
      return true;
    } catch (error) {
      const isEdited = error instanceof FrontrowError && error.rule === "uncommitted";
      if (!isEdited || options.edits === "refuse") throw error;
      // Edited since: committed as it stands, it is merged with what was to come, as any edit.
    }
  }
  // It was done; or a person went elsewhere, and whatever was written is an edit like any other.
  await dropRef(repository, refs.pending);
  return false;
}

export interface DocumentChange extends Change {
  /** Object name. */
  name: string;
}

async function sorted(
  repository: Repository,
  changes: readonly Change[],
): Promise<{ documents: DocumentChange[]; others: Change[] }> {
  const documents: DocumentChange[] = [];
  const others: Change[] = [];
  for (const change of changes) {
    const arePlain = [change.from, change.to].every((entry) => entry === null || isFile(entry));
    const name = arePlain ? repository.nameOf(change.path) : null;
    if (name === null) others.push(change);
    else documents.push({ ...change, name });
  }
  return { documents, others };
}

async function requireUnstaged(
  repository: Repository,
  from: ObjectId | null,
  changes: readonly Change[],
): Promise<void> {
  const staged = new Map((await stagedAgainst(repository, from)).map((one) => [one.path, one.to]));
  const held = changes.filter(({ path, to }) => staged.has(path) && !isSame(staged.get(path)!, to));
  if (held.length === 0) return;
  throw inTheWay(
    "staged",
    `Cannot pull: ${held.length === 1 ? `"${held[0]!.path}" is` : `${held.length} files are`} staged and not committed, and changed on the remote.`,
    'Commit, or take it back with "git restore --staged".',
    held[0]!.path,
  );
}

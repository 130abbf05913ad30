/** A clone whose folder is in a git repository: `git` in `frontrow.yaml` says what happens there by itself. */
import { FrontrowError } from "../../../shared/errors.ts";
import { labelOf } from "../../../shared/reconcile/resolution.ts";
import { bindingOf, type Clone, ownerOf } from "../../../shared/replica/clone.ts";
import { settleDocument } from "../../../shared/replica/settle.ts";
import { commitDocuments } from "../../git/commit.ts";
import { push } from "../../git/push.ts";
import { createReconcile, type Overlapped, readerOf } from "../../git/reconcile-documents.ts";
import { openRepository, type Repository } from "../../git/repository.ts";
import { type Cycle, type CycleOptions, syncOnce } from "../../git/sync.ts";
import type { Ground } from "./ground.ts";

export interface CloneGit {
  /** Commits what changed, and pushes, as far as the configuration says so; pulls nothing. */
  commit(): Promise<number>;
  /** One whole cycle, with the remote's news taken into the clone. */
  cycle(): Promise<Cycle>;
}

/** Whether git is anybody's business here. */
export function usesGit({ project: { git } }: Ground): boolean {
  return git.autoCommit || git.autoSync || git.autoPush;
}

/**
 * @param settle works off what came, so that the files are what the clone makes of them
 * @throws {FrontrowError} `USAGE`: no git, or no repository
 */
export async function openCloneGit(
  clone: Clone,
  { folder, project }: Ground,
  settle: () => Promise<unknown>,
): Promise<CloneGit> {
  const { hub } = clone;
  const repository: Repository = await openRepository({
    folder,
    isDocument: (path) => ownerOf(clone, path) !== null,
    ...(clone.signal ? { signal: clone.signal } : {}),
  });
  const authorsOf: CycleOptions["authorsOf"] = async (paths) =>
    new Map(paths.map((path) => [path, authors(path)]));
  const options: CycleOptions = {
    config: project.git,
    reconcile: createReconcile({
      readerOf(path) {
        const owner = ownerOf(clone, path);
        return owner === null ? null : readerOf(owner);
      },
      onOverlap: remember,
    }),
    onPulled: async (names) => {
      for (const path of names) {
        const owner = ownerOf(clone, path);
        if (owner === null) continue;
        const { outcome, error } = await settleDocument(clone, { collection: owner.collection.name, path });
        // Not in the hub yet: the checkpoint must not move on.
        if (outcome === "busy") throw error ?? busy(path);
      }
    },
    authorsOf,
    settle: async () => void (await settle()),
    isDirectoryLive: project.directory.autoSync,
  };

  /** Of the newest revision that somebody is named for. */
  function authors(path: string): string[] {
    const owner = ownerOf(clone, path);
    if (owner === null) return [];
    const newest = hub
      .history({ collection: owner.collection.name, path })
      .find(({ author }) => author !== null);
    return newest === undefined ? [] : [newest.author!];
  }

  /** What overlapped is decided already, for the remote's word; both versions are kept in the record of a conflict. */
  function remember({ path, base, ours, theirs, text, overlaps }: Overlapped): void {
    const owner = ownerOf(clone, path);
    if (owner === null) return;
    const name = { collection: bindingOf(clone, owner.collection.name).collection.name, path };
    const expect = hub.document(name)?.revision ?? null;
    const conflict = {
      overlapping: overlaps.map(labelOf),
      held: false,
      decidedBy: "git",
      base,
      ours,
      theirs,
      merged: text,
    };
    hub.apply({ ...name, expect, revisions: [], tombstone: false, author: null, message: null, conflict });
  }

  return {
    async commit() {
      const { autoCommit, autoPush, message } = project.git;
      const made = autoCommit ? await commitDocuments(repository, { message, authorsOf }) : [];
      if (autoPush)
        await push(repository, { pullAgain: async () => void (await syncOnce(repository, options)) });
      return made.length;
    },
    cycle: () => syncOnce(repository, options),
  };
}

function busy(path: string): FrontrowError {
  return new FrontrowError("STORE_UNAVAILABLE", `"${path}" came by git, and cannot be taken in now.`, {
    path,
    hint: "The next cycle tries again.",
  });
}

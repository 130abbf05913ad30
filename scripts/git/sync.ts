/**
 * One cycle: what changed here is committed, what is new on the remote is merged in and handed on, what the engine makes of
 * it is committed, and all of it is pushed. Each part does nothing where there is nothing to do, so cycles in several clones
 * come to rest: only a document that differs is committed, and only histories that went apart are merged.
 */
import type { GitSettings } from "../../shared/config/git-settings.ts";
import { FrontrowError } from "../../shared/errors.ts";
import { type CommitOptions, commitDocuments } from "./commit.ts";
import { type Pulled, type PullOptions, pull, resume } from "./pull.ts";
import { type Pushed, push } from "./push.ts";
import type { Repository } from "./repository.ts";
import { whereIs } from "./state.ts";

export interface CycleOptions extends Pick<PullOptions, "reconcile" | "onPulled" | "rewritten"> {
  config: Pick<GitSettings, "autoCommit" | "autoPush" | "skipExportCheck" | "message" | "branch">;
  authorsOf?: CommitOptions["authorsOf"];
  /**
   * Works off what was handed on, so that the files are what the engine makes of them. `everything`: writes every
   * document that differs, too. @default nothing: somebody else does, and the next cycle commits it
   */
  settle?(how: { everything: boolean }): Promise<void>;
  /** Whether the directory syncs by itself, so that files are current without asking. @default true */
  isDirectoryLive?: boolean;
}

export interface Cycle {
  /** How many commits were made here, merges left out. */
  commits: number;
  pulled: Pulled;
  /** null: not asked for. */
  pushed: Pushed | null;
  /** What became of the check that every file is current. */
  exportCheck: "skipped" | "done";
}

/** Documents that are edited while they are pulled, one time after the other, at most. */
const EDITS = 3;

/** @throws {FrontrowError} as its parts; what was done by then stays done, and the next cycle goes on. */
export async function syncOnce(repository: Repository, options: CycleOptions): Promise<Cycle> {
  const { config, reconcile, onPulled, rewritten, authorsOf, settle, isDirectoryLive = true } = options;
  const { branch, message } = config;
  const pulling: PullOptions = {
    reconcile,
    onPulled,
    edits: config.autoCommit ? "commit" : "refuse",
    ...(rewritten === undefined ? {} : { rewritten }),
    ...(branch === null ? {} : { branch }),
  };
  const everything = !config.skipExportCheck || !isDirectoryLive;
  let commits = 0;
  const commit = async (): Promise<void> => {
    if (!config.autoCommit) return;
    const given = {
      message,
      ...(authorsOf ? { authorsOf } : {}),
      ...(branch === null ? {} : { branch }),
    };
    commits += (await commitDocuments(repository, given)).length;
  };

  await resume(repository, pulling);
  // A first commit of our own would have nothing in common with the remote's.
  if ((await whereIs(repository)).head !== null) await commit();
  const pullCommitted = async (): Promise<Pulled> => {
    for (let left = EDITS; ; left--) {
      try {
        return await pull(repository, pulling);
      } catch (error) {
        const isEdited = error instanceof FrontrowError && error.rule === "uncommitted";
        if (!isEdited || !config.autoCommit || left === 0) throw error;
        await commit();
      }
    }
  };
  const pulled = await pullCommitted();
  // After what came was handed on: an export before it would write over it what was there before.
  await settle?.({ everything });
  await commit();
  const pushed = config.autoPush
    ? await push(repository, {
        pullAgain: async () => {
          await pullCommitted();
          await settle?.({ everything: false });
          await commit();
        },
        ...(branch === null ? {} : { branch }),
      })
    : null;
  return { commits, pulled, pushed, exportCheck: everything && settle ? "done" : "skipped" };
}

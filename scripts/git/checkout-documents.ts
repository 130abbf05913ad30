/** Documents of the working tree brought from one commit to another, each only from the version that was looked at. */
import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { FrontrowError } from "../../shared/errors.ts";
import { type DirectoryStore, openDirectoryStore } from "../../shared/stores/directory-store.ts";
import { disk } from "../directory/disk.ts";
import { type BlobReader, blobOf } from "./blobs.ts";
import type { CheckoutOptions, DocumentChange } from "./checkout.ts";
import { pruneFolders } from "./checkout-others.ts";
import { inTheWay } from "./failures.ts";
import { reconciled } from "./reconcile.ts";
import type { Repository } from "./repository.ts";

export interface Folder {
  repository: Repository;
  store: DirectoryStore;
  blobs: BlobReader;
  options: CheckoutOptions;
  /** @throws {FrontrowError} `IN_THE_WAY` when the file is neither as before nor as it is to be. */
  requireCommitted(change: DocumentChange): Promise<void>;
}

/** Looks at a file that keeps changing, at most. */
const TRIES = 8;

export async function openFolder(
  repository: Repository,
  blobs: BlobReader,
  options: CheckoutOptions,
): Promise<Folder> {
  const store = await openDirectoryStore({
    disk,
    folder: repository.folder,
    maxBytes: Number.MAX_SAFE_INTEGER,
    // What the repository holds was written somewhere; only where it cannot be is it refused.
    portable: process.platform === "win32",
  });
  return {
    repository,
    store,
    blobs,
    options,
    async requireCommitted(change) {
      const { bytes } = await readFile(store, change.name);
      if ((await stateOf(repository, change, bytes)) !== "edited") return;
      throw inTheWay(
        "uncommitted",
        `Cannot pull: "${change.path}" is edited and not committed, and changed on the remote.`,
        'Commit it, or put it aside with "git stash".',
        change.path,
      );
    },
  };
}

/** @throws {FrontrowError} `REPLICA_MOVED` when somebody writes the file again and again. */
export async function bringDocument(folder: Folder, change: DocumentChange): Promise<void> {
  const { repository, store } = folder;
  for (let tries = 1; ; tries++) {
    try {
      const { bytes, version } = await readFile(store, change.name);
      const wanted = await wantedOf(folder, change, bytes);
      if (wanted === "as it is") return;
      const permit = { base: version, intent: null };
      if (wanted === null) {
        await store.remove(change.name, permit);
        await pruneFolders(repository, change.path);
      } else {
        await store.write(change.name, wanted, permit);
        await keepMode(repository, change);
      }
      return;
    } catch (error) {
      const isMoved = error instanceof FrontrowError && error.code === "REPLICA_MOVED";
      if (!isMoved || tries === TRIES) throw error;
    }
  }
}

/** null: the file is to go. */
async function wantedOf(
  { repository, blobs, options }: Folder,
  change: DocumentChange,
  bytes: Uint8Array | null,
): Promise<Uint8Array | null | "as it is"> {
  const { path, name, from, to } = change;
  const state = await stateOf(repository, change, bytes);
  if (state === "new") return "as it is";
  const theirs = to && (await blobs.read(to.id, path));
  if (state === "old") return theirs;
  const base = from && (await blobs.read(from.id, path));
  const decided = await reconciled(options.reconcile, name, { base, ours: bytes, theirs });
  return isEqual(decided, bytes) ? "as it is" : decided;
}

/** Of a file: as in the old commit, as in the new one, or as neither. */
async function stateOf(
  repository: Repository,
  { path, from, to }: DocumentChange,
  bytes: Uint8Array | null,
): Promise<"old" | "new" | "edited"> {
  if (bytes === null) return to === null ? "new" : from === null ? "old" : "edited";
  const ids = [to, from].flatMap((entry) => (entry === null ? [] : [entry.id]));
  const id = await blobOf(repository, path, bytes, ids);
  if (id === null) return "edited";
  return id === to?.id ? "new" : "old";
}

async function readFile(
  store: DirectoryStore,
  name: string,
): Promise<{ bytes: Uint8Array | null; version: string | null }> {
  const seen = await store.look(name);
  // A file is in its folder's place: there is no such file. Where it stays, the write says so.
  if (seen.state === "unknown" && seen.error.rule === "file-and-folder")
    return { bytes: null, version: null };
  if (seen.state === "unknown") throw seen.error;
  if (seen.state === "absent") return { bytes: null, version: null };
  const found = await store.read(name, seen);
  if (found.state === "unknown") throw found.error;
  if (found.state === "absent") return { bytes: null, version: null };
  return { bytes: found.content, version: found.version };
}

/** A mode that differs would be the next commit's change. */
async function keepMode({ root }: Repository, { path, from, to }: DocumentChange): Promise<void> {
  const isRunnable = to?.mode === "100755";
  if ((from?.mode === "100755") === isRunnable) return;
  const file = join(root, path);
  const { mode } = await stat(file);
  await chmod(file, isRunnable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111);
}

function isEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

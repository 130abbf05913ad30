/** The files of documents that are gone: only those an export wrote and nobody edited since are ever removed. */
import type { FrontrowError } from "../../shared/errors.ts";
import { type ValveLimits, valveTrips } from "../../shared/reconcile/valve.ts";
import type { DirectoryStore } from "../../shared/stores/directory-store.ts";
import type { Manifest } from "./manifest.ts";

export interface Gone {
  /** As an export left them. */
  removable: string[];
  /** Edited since: somebody's own. */
  edited: string[];
  /** Files that could not be looked at. */
  unknown: { path: string; error: FrontrowError }[];
}

/**
 * The files that exports wrote for documents of this collection which are not `there` any more. What is not in the folder
 * either is forgotten.
 */
export async function goneFrom(
  store: Pick<DirectoryStore, "look">,
  { files }: Manifest,
  collection: string,
  there: ReadonlySet<string>,
): Promise<Gone> {
  const gone: Gone = { removable: [], edited: [], unknown: [] };
  for (const [path, file] of files) {
    if (file.collection !== collection || there.has(path)) continue;
    const seen = await store.look(path);
    if (seen.state === "unknown") gone.unknown.push({ path, error: seen.error });
    else if (seen.state === "absent") files.delete(path);
    else if (seen.version === file.version) gone.removable.push(path);
    else gone.edited.push(path);
  }
  return gone;
}

/** Whether so many at once need a person, as the collection's valve has it. */
export function isMany(gone: number, remaining: number, limits: ValveLimits): boolean {
  return valveTrips({ live: gone + remaining, deleting: gone, recent: 0, remaining }, limits);
}

/** Removes one of them. @throws {FrontrowError} when somebody edits it just now, or it cannot be removed: it stays. */
export async function removeGone(
  store: Pick<DirectoryStore, "remove">,
  { files }: Manifest,
  path: string,
): Promise<void> {
  await store.remove(path, { base: files.get(path)!.version, intent: null });
  files.delete(path);
}

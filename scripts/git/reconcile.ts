/** How two versions of a document become one: what git asks of whoever knows documents. */
import { decode, encode } from "../../shared/document/bytes.ts";
import { at, FrontrowError } from "../../shared/errors.ts";

export interface Versions {
  /** Object name. */
  path: string;
  /** What both started from; null: there was none, or nobody can say which. */
  base: string | null;
  /** Here; null: deleted. */
  ours: string | null;
  /** There. */
  theirs: string | null;
}

/**
 * Decides one document. The text holds no conflict markers; what overlaps is remembered by who decides. null: no document.
 * Called again with the same versions when a run was cut off.
 * @throws {FrontrowError} when nobody can decide now: nothing is merged.
 */
export type Reconcile = (versions: Versions) => { text: string | null } | Promise<{ text: string | null }>;

/** A version as bytes, decided: the bytes of one of them where it is that one's text. */
export async function reconciled(
  reconcile: Reconcile,
  path: string,
  versions: Record<"base" | "ours" | "theirs", Uint8Array | null>,
): Promise<Uint8Array | null> {
  const text = (bytes: Uint8Array | null): string | null => bytes && readable(path, bytes);
  const asked = {
    path,
    base: text(versions.base),
    ours: text(versions.ours),
    theirs: text(versions.theirs),
  };
  const decided = await reconcile(asked);
  return decided.text === null ? null : encode(decided.text);
}

/** @throws {FrontrowError} `NOT_UTF8`, `NUL_BYTE`, `LFS_POINTER`: such a file is not merged. */
function readable(path: string, bytes: Uint8Array): string {
  try {
    return decode(bytes, Number.MAX_SAFE_INTEGER);
  } catch (error) {
    throw error instanceof FrontrowError ? at(error, path) : error;
  }
}

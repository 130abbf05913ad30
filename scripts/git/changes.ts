/** What differs: between two commits, and between the last commit and the working tree. */
import { inTheWay } from "./failures.ts";
import type { ObjectId, Repository } from "./repository.ts";

/** One side of a path: `mode` as in git's trees (`100644`, `120000` …). */
export interface Entry {
  mode: string;
  id: ObjectId;
}

/** A path that differs between two trees; null: it is not there. */
export interface Change {
  /** From the repository's root. */
  path: string;
  from: Entry | null;
  to: Entry | null;
}

/** A plain file, whose content is its own. */
export function isFile(entry: Entry | null): entry is Entry {
  return entry !== null && /^100/.test(entry.mode);
}

/** Whether two sides of a path are the same. */
export function isSame(a: Entry | null, b: Entry | null): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}

/** The paths that differ between two commits, renames as both names. null: nothing at all. */
export async function changesBetween(
  { git, emptyTree }: Pick<Repository, "git" | "emptyTree">,
  from: ObjectId | null,
  to: ObjectId | null,
): Promise<Change[]> {
  const args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff"];
  const said = await git.list([...args, from ?? emptyTree, to ?? emptyTree]);
  return changesIn(said);
}

/** The paths whose staged entry differs from a commit. */
export async function stagedAgainst(
  { git, emptyTree }: Pick<Repository, "git" | "emptyTree">,
  commit: ObjectId | null,
): Promise<Change[]> {
  const args = ["diff-index", "--cached", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff"];
  return changesIn(await git.list([...args, commit ?? emptyTree]));
}

/** `:mode mode id id letter NUL path NUL` … */
function changesIn(said: readonly string[]): Change[] {
  const changes: Change[] = [];
  for (let at = 0; at + 1 < said.length; at += 2) {
    const [fromMode, toMode, fromId, toId] = said[at]!.slice(1).split(" ") as [
      string,
      string,
      string,
      string,
    ];
    const entry = (mode: string, id: string) => (/^0+$/.test(mode) ? null : { mode, id });
    const path = requireUtf8(said[at + 1]!);
    changes.push({ path, from: entry(fromMode, fromId), to: entry(toMode, toId) });
  }
  return changes;
}

/** A file of the working tree that differs from the last commit. */
export interface Uncommitted {
  path: string;
  /** In the last commit. */
  head: Entry | null;
  /** In the working tree; null: no file. The id is not known before it is read. */
  mode: string | null;
}

/** Everything below the synced folder that is not as in the last commit, ignored files left out. */
export async function uncommitted({ git, prefix }: Repository): Promise<Uncommitted[]> {
  const args = [
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--ignore-submodules=all",
  ];
  const said = await git.list([...args, "--", prefix === "" ? "." : prefix]);
  const found: Uncommitted[] = [];
  for (const line of said) {
    const kind = line[0];
    if (kind === "?") {
      const path = line.slice(2);
      // A folder here is a repository of its own.
      if (!path.endsWith("/")) found.push({ path: requireUtf8(path), head: null, mode: "100644" });
    } else if (kind === "1") {
      const [, , , modeHead, , modeTree, idHead] = line.split(" ", 8) as string[];
      const path = requireUtf8(line.split(" ").slice(8).join(" "));
      const isThere = (mode: string) => !/^0+$/.test(mode);
      found.push({
        path,
        head: isThere(modeHead!) ? { mode: modeHead!, id: idHead! } : null,
        mode: isThere(modeTree!) ? modeTree! : null,
      });
    }
  }
  return found;
}

/** A name that is no UTF-8 cannot be said back to git. */
export function requireUtf8(path: string): string {
  if (!path.includes("\ufffd")) return path;
  throw inTheWay(
    "not-utf8-path",
    `Cannot sync with git: the name of "${path}" is not UTF-8.`,
    "Rename the file with git mv.",
    path,
  );
}

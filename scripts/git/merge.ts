/**
 * Two histories become one commit, beside the working tree: nothing anybody sees changes before the commit is there.
 *
 * Paths that one side changed are taken as git's own merge takes them. Documents that both changed are reconciled; other
 * files are merged by lines, and where these overlap nothing is merged. Merge drivers of .gitattributes are not asked.
 */
import { type BlobReader, blobOf, openBlobs, writeBlob } from "./blobs.ts";
import { changesBetween, type Entry, isFile, requireUtf8 } from "./changes.ts";
import { commitTree } from "./commit.ts";
import { inTheWay } from "./failures.ts";
import { committer, FRONTROW } from "./ident.ts";
import { mergeLines } from "./merge-lines.ts";
import { type Followed, followRenames } from "./merge-renames.ts";
import { type Reconcile, reconciled } from "./reconcile.ts";
import type { ObjectId, Repository } from "./repository.ts";
import { type Staged, stage, withIndex } from "./staging.ts";

export interface Merging {
  ours: ObjectId;
  theirs: ObjectId;
  /** How people call what is merged: `origin/main`. */
  name: string;
  reconcile: Reconcile;
}

export interface Merged {
  commit: ObjectId;
  /** Documents that both sides changed, by object name. */
  reconciled: readonly string[];
}

/** A path that both sides changed, each in its own way. */
export interface Unmerged {
  path: string;
  base: Entry | null;
  ours: Entry | null;
  theirs: Entry | null;
}

/** @throws {FrontrowError} `IN_THE_WAY`: `file-conflict`, `file-and-folder`; what `reconcile` throws. Nothing is changed. */
export async function mergeCommits(repository: Repository, merging: Merging): Promise<Merged> {
  const { git } = repository;
  const { ours, theirs, name } = merging;
  const bases = await basesOf(repository, ours, theirs);
  const [base, ...others] = bases;
  const renamed: (all: Unmerged[]) => Promise<Followed> = async (unmerged) =>
    // Only where it is clear what both started from.
    base !== undefined && others.length === 0
      ? await followRenames(repository, { base, ours, theirs }, unmerged)
      : { unmerged, gone: [] };
  const blobs = openBlobs(repository);
  try {
    const { tree, documents } = await withIndex(async (env) => {
      const trees = [bases[0] ?? repository.emptyTree, ours, theirs];
      await git.run(["read-tree", "-i", "-m", "--aggressive", ...trees], { env });
      const { unmerged, gone } = await renamed(await unmergedIn(repository, env, bases, merging));
      const documents: string[] = [];
      const staged: Staged[] = gone.map((path) => [path, null]);
      const conflicts: string[] = [];
      for (const one of unmerged) {
        const document = documentOf(repository, one);
        if (document !== null) documents.push(document);
        const merged = await mergeOne(repository, blobs, one, document, merging.reconcile);
        if (merged === "conflict") conflicts.push(one.path);
        else staged.push([one.path, merged]);
      }
      if (conflicts.length > 0) throw conflicting(conflicts, name);
      await stageAll(repository, env, staged, name);
      return { tree: await git.text(["write-tree"], { env }), documents };
    });
    const person = (await committer(git)) ?? FRONTROW;
    const said = `frontrow: merge ${name}\n`;
    const commit = await commitTree(repository, {
      tree,
      parents: [ours, theirs],
      author: person,
      person,
      said,
    });
    return { commit, reconciled: documents };
  } finally {
    blobs.close();
  }
}

/** The youngest commits that both have; several where branches were merged crosswise, none in unrelated histories. */
export async function basesOf(
  { git }: Pick<Repository, "git">,
  ours: ObjectId,
  theirs: ObjectId,
): Promise<ObjectId[]> {
  const { stdout } = await git.run(["merge-base", "--all", ours, theirs], { codes: [0, 1] });
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

async function unmergedIn(
  repository: Repository,
  env: Record<string, string>,
  bases: readonly ObjectId[],
  { ours, theirs }: Merging,
): Promise<Unmerged[]> {
  const found = new Map<string, Unmerged>();
  for (const line of await repository.git.list(["ls-files", "--unmerged", "-z"], { env })) {
    const tab = line.indexOf("\t");
    const [mode, id, place] = line.slice(0, tab).split(" ") as [string, string, string];
    const path = requireUtf8(line.slice(tab + 1));
    const one = found.get(path) ?? { path, base: null, ours: null, theirs: null };
    one[(["base", "ours", "theirs"] as const)[Number(place) - 1]!] = { mode, id };
    found.set(path, one);
  }
  // Where several bases differ nobody can say what both started from: whatever differs was changed by both.
  const disputed = new Set<string>();
  for (const other of bases.slice(1)) {
    for (const { path } of await changesBetween(repository, bases[0]!, other)) disputed.add(path);
  }
  if (disputed.size === 0) return [...found.values()];
  for (const { path, from, to } of await changesBetween(repository, ours, theirs)) {
    if (disputed.has(path)) found.set(path, { path, base: null, ours: from, theirs: to });
  }
  return [...found.values()];
}

function documentOf({ nameOf }: Repository, { path, base, ours, theirs }: Unmerged): string | null {
  const arePlain = [base, ours, theirs].every((entry) => entry === null || isFile(entry));
  return arePlain ? nameOf(path) : null;
}

async function mergeOne(
  repository: Repository,
  blobs: BlobReader,
  { path, base, ours, theirs }: Unmerged,
  document: string | null,
  reconcile: Reconcile,
): Promise<Entry | null | "conflict"> {
  const bytesOf = (entry: Entry | null) => (entry === null ? null : blobs.read(entry.id));
  if (document === null && !(isFile(ours) && isFile(theirs) && (base === null || isFile(base))))
    return "conflict";
  const versions = { base: await bytesOf(base), ours: await bytesOf(ours), theirs: await bytesOf(theirs) };
  const merged =
    document === null
      ? await mergeLines(repository, versions)
      : await reconciled(reconcile, document, versions);
  if (merged === "conflict" || merged === null) return merged;
  const known = [ours, theirs].flatMap((entry) => (entry === null ? [] : [entry.id]));
  const id = (await blobOf(repository, path, merged, known)) ?? (await writeBlob(repository, merged));
  return { mode: modeOf(base, ours, theirs), id };
}

/** The mode of whoever changed it. */
function modeOf(base: Entry | null, ours: Entry | null, theirs: Entry | null): string {
  if (ours === null || theirs === null) return (ours ?? theirs)?.mode ?? "100644";
  return ours.mode === base?.mode ? theirs.mode : ours.mode;
}

/** Where a file is to be and a folder, too, git would let the later one replace the earlier. */
async function stageAll(
  repository: Repository,
  env: Record<string, string>,
  staged: readonly Staged[],
  name: string,
): Promise<void> {
  const paths = async () => new Set(await repository.git.list(["ls-files", "-z"], { env }));
  const wanted = await paths();
  await stage(repository, staged, env);
  const found = await paths();
  for (const [path, entry] of staged) if (entry === null) wanted.delete(path);
  const lost = [...wanted].find((path) => !found.has(path));
  if (lost === undefined) return;
  throw inTheWay(
    "file-and-folder",
    `Cannot merge ${name}: "${lost}" is a file on one side and a folder on the other. Nothing was changed.`,
    "Rename one of them and commit, then sync again.",
    lost,
  );
}

function conflicting(paths: readonly string[], name: string) {
  const shown = paths
    .slice(0, 5)
    .map((path) => `"${path}"`)
    .join(", ");
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : "";
  return inTheWay(
    "file-conflict",
    `Cannot merge ${name}: both sides changed ${shown}${more}, which is no document; nothing was changed.`,
    'Merge by hand ("git fetch", "git merge"), commit, then sync again.',
    paths[0],
  );
}

/**
 * Commits documents: of one batch one commit, or one per author where there are several, so that `git blame` and
 * `git log --author` say who wrote which document (a `Co-authored-by` line says only that somebody wrote some of them; it
 * stands for those who wrote the same document before its last author did).
 *
 * Commits are built beside the staging area, from the named files alone: what a person staged stays staged. A run that is
 * cut off leaves documents staged at most, and the next one commits them.
 */

import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_MESSAGE } from "../../shared/config/git-settings.ts";
import { codeOf } from "../../shared/stores/directory-disk.ts";
import { type Entry, isFile, type Uncommitted, uncommitted } from "./changes.ts";
import { committer, FRONTROW, type Person, personOf, personText } from "./ident.ts";
import { type Changed, messageOf } from "./message.ts";
import { moveRef } from "./refs.ts";
import type { ObjectId, Repository } from "./repository.ts";
import { refresh, type Staged, stage, treeWith } from "./staging.ts";
import { requireReady, whereIs } from "./state.ts";

export interface CommitOptions {
  /** Object names; those that are as committed are passed over. @default every document of the folder */
  paths?: Iterable<string>;
  /** Who wrote them, newest first, as the hub's revisions name them; nobody: the person git is set up for. @default nobody */
  authorsOf?(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** See message.ts. @default `frontrow: {summary}` */
  message?: string;
  /** Refuse any other branch. */
  branch?: string;
}

export interface Commit {
  id: ObjectId;
  /** Object names. */
  paths: readonly string[];
  author: string;
}

/** A document as it is to be committed. */
interface Wanted extends Changed {
  path: string;
  entry: Entry | null;
}

/**
 * Commits what of these documents differs from the last commit; empty when nothing does.
 * @throws {FrontrowError} `IN_THE_WAY` (see `requireReady`); `REPLICA_MOVED` when somebody else commits at the same time:
 * nothing is committed, try again.
 */
export async function commitDocuments(
  repository: Repository,
  { paths, authorsOf, message = DEFAULT_MESSAGE, branch: only }: CommitOptions = {},
): Promise<Commit[]> {
  const where = await whereIs(repository);
  requireReady(where, only);
  const { branch, head } = where;
  const wanted = await wantedOf(repository, paths === undefined ? null : new Set(paths));
  if (wanted.length === 0) return [];
  const authors = (await authorsOf?.(wanted.map(({ name }) => name))) ?? new Map<string, readonly string[]>();
  const person = (await committer(repository.git)) ?? FRONTROW;

  await repository.onStep("committing");
  const commits: Commit[] = [];
  let tip = head;
  for (const { author, documents, coAuthors } of byAuthor(wanted, authors, person)) {
    const tree = await treeWith(repository, tip, documents.map(stagedOf));
    const said = messageOf(message, documents, [author, ...coAuthors], coAuthors);
    const id = await commitTree(repository, {
      tree,
      parents: tip === null ? [] : [tip],
      author,
      person,
      said,
    });
    commits.push({ id, paths: documents.map(({ name }) => name), author: personText(author) });
    tip = id;
  }
  // Staged before the branch moves: cut off between, they are changes to be committed, and never changes taken back.
  await stage(repository, wanted.map(stagedOf));
  await repository.onStep("staged");
  await moveRef(repository, `refs/heads/${branch}`, { from: head, to: tip!, why: "commit" });
  await repository.onStep("committed");
  await refresh(repository);
  return commits;
}

/** The object names of documents that are not as in the last commit. */
export async function uncommittedDocuments(repository: Repository): Promise<string[]> {
  return (await wantedOf(repository, null)).map(({ name }) => name);
}

export interface CommitTree {
  tree: ObjectId;
  parents: readonly ObjectId[];
  author: Person;
  /** Who commits. */
  person: Person;
  /** The message. */
  said: string;
}

export async function commitTree(
  { git }: Pick<Repository, "git">,
  { tree, parents, author, person, said }: CommitTree,
): Promise<ObjectId> {
  const env = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.mail,
    GIT_COMMITTER_NAME: person.name,
    GIT_COMMITTER_EMAIL: person.mail,
  };
  return await git.text(["commit-tree", tree, ...parents.flatMap((one) => ["-p", one])], {
    input: said,
    env,
  });
}

async function wantedOf(repository: Repository, names: ReadonlySet<string> | null): Promise<Wanted[]> {
  const { nameOf } = repository;
  const named = (await uncommitted(repository)).flatMap((one) => {
    const name = nameOf(one.path);
    return name === null || names?.has(name) === false ? [] : [{ ...one, name }];
  });
  const there = (await Promise.all(named.map((one) => withKind(repository, one)))).filter(
    (one) => one !== null,
  );
  const files = there.filter(({ kind }) => kind === "file");
  const ids = await hash(
    repository,
    files.map(({ path }) => path),
  );
  const entries = new Map(
    files.map(({ path, mode, head }, at) => [path, { mode: modeOf(mode, head), id: ids[at]! }]),
  );
  return there.flatMap(({ path, name, head }) => {
    const entry = entries.get(path) ?? null;
    if (entry?.id === head?.id && entry?.mode === head?.mode) return [];
    return [
      { path, name, entry, what: head === null ? "add" : entry === null ? "remove" : "update" } as const,
    ];
  });
}

/** null: something that is no plain file is in the document's place, and nobody's to commit here. */
async function withKind<T extends Uncommitted>(
  { root }: Repository,
  one: T,
): Promise<(T & { kind: "file" | "gone" }) | null> {
  try {
    const stats = await lstat(join(root, one.path));
    return stats.isFile() ? { ...one, kind: "file" } : null;
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) throw error;
    // Neither there nor committed: made and removed, or staged by a person.
    return one.head === null ? null : { ...one, kind: "gone" };
  }
}

function modeOf(mode: string | null, head: Entry | null): string {
  if (mode === "100755") return mode;
  return mode === null && isFile(head) ? head.mode : "100644";
}

/** The files as git takes them in: line endings and filters applied. */
async function hash({ git }: Repository, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const said = await git.text(["hash-object", "-w", "--stdin-paths"], { input: `${paths.join("\n")}\n` });
  return said.split("\n");
}

interface Share {
  author: Person;
  coAuthors: Person[];
  documents: Wanted[];
}

function byAuthor(
  wanted: readonly Wanted[],
  authors: ReadonlyMap<string, readonly string[]>,
  fallback: Person,
): Share[] {
  const shares = new Map<string, Share>();
  for (const document of wanted) {
    const people = (authors.get(document.name) ?? []).map(personOf).filter((one) => one !== null);
    const [author = fallback, ...others] = people;
    const share = shares.get(author.mail) ?? { author, coAuthors: [], documents: [] };
    share.documents.push(document);
    for (const other of others) {
      const isKnown = [author, ...share.coAuthors].some(({ mail }) => mail === other.mail);
      if (!isKnown) share.coAuthors.push(other);
    }
    shares.set(author.mail, share);
  }
  return [...shares.values()];
}

function stagedOf({ path, entry }: Wanted): Staged {
  return [path, entry];
}

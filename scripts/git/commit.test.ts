import assert from "node:assert/strict";
import { chmod, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FrontrowError } from "../../shared/errors.ts";
import { commitDocuments, uncommittedDocuments } from "./commit.ts";
import { Cut, cloneAt, cutAt, startWorld, type World } from "./test-repository.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

/** A repository with one commit of two documents and another file. */
async function planted(name: string) {
  const clone = await world.clone(name);
  await clone.put("notes/a.md", "a\n");
  await clone.put("notes/b.md", "b\n");
  await clone.put("README.txt", "read\n");
  clone.git("add", "-A");
  clone.git("commit", "-qm", "planted");
  return clone;
}

test("a batch is one commit, and only what was named is in it", async () => {
  const clone = await planted("batch");
  await clone.put("notes/a.md", "a2\n");
  await clone.put("notes/new.md", "new\n");
  await rm(join(clone.folder, "notes/b.md"));
  await clone.put("README.txt", "changed\n");
  await clone.put("notes/other.md", "not named\n");
  const repository = await clone.open();
  const commits = await commitDocuments(repository, { paths: ["notes/a.md", "notes/b.md", "notes/new.md"] });
  assert.equal(commits.length, 1);
  assert.deepEqual([...commits[0]!.paths].sort(), ["notes/a.md", "notes/b.md", "notes/new.md"]);
  assert.equal(
    clone.git("log", "-1", "--format=%s|%an|%ae"),
    "frontrow: 3 documents (1 added, 1 updated, 1 removed)|batch|batch@example.org",
  );
  assert.equal(
    clone.git("show", "--name-status", "--format=", "HEAD"),
    "M\tnotes/a.md\nD\tnotes/b.md\nA\tnotes/new.md",
  );
  assert.equal(clone.git("status", "--porcelain"), "M README.txt\n?? notes/other.md");
  assert.deepEqual(await uncommittedDocuments(repository), ["notes/other.md"]);
});

test("what a person staged stays staged as it was, and is not committed", async () => {
  const clone = await planted("staged");
  await clone.put("README.txt", "staged\n");
  clone.git("add", "README.txt");
  await clone.put("README.txt", "and changed again\n");
  await clone.put("notes/b.md", "b staged\n");
  clone.git("add", "notes/b.md");
  await clone.put("notes/a.md", "a2\n");
  await commitDocuments(await clone.open(), { paths: ["notes/a.md"] });
  assert.equal(clone.git("show", "--name-only", "--format=", "HEAD"), "notes/a.md");
  assert.equal(clone.git("show", ":README.txt"), "staged");
  assert.equal(clone.git("status", "--porcelain"), "MM README.txt\nM  notes/b.md");
});

test("nothing changed: no commit; touched or executable alone is what it is", async () => {
  const clone = await planted("still");
  const head = clone.git("rev-parse", "HEAD");
  const repository = await clone.open();
  await clone.put("notes/a.md", "a\n");
  assert.deepEqual(await commitDocuments(repository), []);
  assert.deepEqual(await commitDocuments(repository, { paths: ["notes/none.md"] }), []);
  assert.equal(clone.git("rev-parse", "HEAD"), head);
  await chmod(join(clone.folder, "notes/a.md"), 0o755);
  assert.equal((await commitDocuments(repository)).length, 1);
  assert.match(clone.git("ls-files", "-s", "notes/a.md"), /^100755 /);
});

test("authors come from the revisions: one commit each, whoever edited before as co-author", async () => {
  const clone = await planted("authors");
  await clone.put("notes/a.md", "a2\n");
  await clone.put("notes/b.md", "b2\n");
  await clone.put("notes/c.md", "c\n");
  await clone.put("notes/d.md", "d\n");
  const authors = new Map([
    ["notes/a.md", ["Ada Lovelace <ada@example.org>", "bo@example.org"]],
    ["notes/b.md", ["ada@example.org"]],
    ["notes/c.md", ["7d0e <x>\n-agent"]],
  ]);
  const commits = await commitDocuments(await clone.open(), { authorsOf: () => Promise.resolve(authors) });
  assert.deepEqual(
    commits.map(({ author, paths }) => [author, paths]),
    [
      ["Ada Lovelace <ada@example.org>", ["notes/a.md", "notes/b.md"]],
      ["7d0e x -agent <7d0e-x-agent@frontrow.invalid>", ["notes/c.md"]],
      ["authors <authors@example.org>", ["notes/d.md"]],
    ],
  );
  assert.equal(
    clone.git("log", "-1", "--format=%(trailers:key=Co-authored-by)", "HEAD~2"),
    "Co-authored-by: bo <bo@example.org>",
  );
  assert.equal(
    clone.git("log", "--format=%an/%cn", "HEAD~3..HEAD"),
    "authors/authors\n7d0e x -agent/authors\nAda Lovelace/authors",
  );
});

test("a message of one's own; nobody set up git: Frontrow commits", async () => {
  const clone = await planted("nobody");
  clone.git("config", "--unset", "user.name");
  clone.git("config", "--unset", "user.email");
  await clone.put("notes/a.md", "a2\n");
  await commitDocuments(await clone.open(), { message: "docs: {count} by {authors}\n\n{paths}" });
  assert.equal(
    clone.git("log", "-1", "--format=%B%an <%ae> %cn"),
    "docs: 1 by Frontrow <frontrow@frontrow.invalid>\n\nnotes/a.md\nFrontrow <frontrow@frontrow.invalid> Frontrow",
  );
});

test("a folder below the root, names with spaces and accents, and what is no document", async () => {
  const clone = await planted("below");
  await clone.put("content/deep folder/rêveuse.md", "x\n");
  await clone.put("content/.hidden.md", "x\n");
  await symlink("../README.txt", join(clone.folder, "content/link.md"));
  await clone.put("outside.md", "x\n");
  await clone.put(".gitignore", "ignored.md\n");
  await clone.put("content/ignored.md", "x\n");
  const repository = await clone.open({ prefix: "content" });
  const [commit] = await commitDocuments(repository);
  assert.deepEqual(commit!.paths, ["deep folder/r=C3=AAveuse.md"]);
  assert.equal(
    clone.git("-c", "core.quotePath=false", "show", "--name-only", "--format=", "HEAD"),
    "content/deep folder/rêveuse.md",
  );
});

test("line endings are converted as git is set up to", async () => {
  const clone = await planted("endings");
  await clone.put(".gitattributes", "*.md text eol=crlf\n");
  await clone.put("notes/a.md", "a\r\nb\r\n");
  await commitDocuments(await clone.open(), { paths: ["notes/a.md"] });
  assert.equal(clone.git("cat-file", "blob", "HEAD:notes/a.md"), "a\nb");
  assert.deepEqual(await uncommittedDocuments(await clone.open()), []);
});

test("the first commit of a repository", async () => {
  const clone = await world.clone("first");
  await clone.put("a.md", "a\n");
  assert.equal((await commitDocuments(await clone.open())).length, 1);
  assert.equal(clone.git("log", "--format=%s"), "frontrow: add a.md");
});

test("cut off before the branch moves: nothing is taken back, and the next run commits", async () => {
  const clone = await planted("cut");
  await clone.put("notes/a.md", "a2\n");
  const head = clone.git("rev-parse", "HEAD");
  await assert.rejects(commitDocuments(await clone.open({ onStep: cutAt("staged") })), Cut);
  assert.equal(clone.git("rev-parse", "HEAD"), head);
  assert.equal(clone.git("diff", "HEAD", "--", "notes/a.md").includes("+a2"), true);
  assert.equal((await commitDocuments(await clone.open())).length, 1);
  assert.equal(clone.git("status", "--porcelain"), "");
});

test("somebody commits at the same time: refused, and neither is lost", async () => {
  const clone = await planted("race");
  await clone.put("notes/a.md", "a2\n");
  const onStep = async (step: string) => {
    if (step !== "committing") return;
    await clone.put("README.txt", "mine\n");
    clone.git("commit", "-qm", "by hand", "README.txt");
  };
  await assert.rejects(commitDocuments(await clone.open({ onStep })), (error: FrontrowError) => {
    assert.deepEqual([error.code, error.retryable], ["REPLICA_MOVED", true]);
    return true;
  });
  assert.equal(clone.git("log", "-1", "--format=%s"), "by hand");
  assert.equal((await commitDocuments(await clone.open())).length, 1);
  assert.equal(clone.git("show", "HEAD:README.txt"), "mine");
});

test("states in which nothing is committed", async () => {
  const clone = await planted("states");
  const other = clone.git("rev-parse", "HEAD");
  await clone.put("notes/a.md", "a2\n");
  clone.git("commit", "-qam", "second");
  await clone.put("notes/b.md", "b2\n");
  const refused = async (rule: string, branch?: string): Promise<void> => {
    await assert.rejects(
      commitDocuments(await clone.open(), branch ? { branch } : {}),
      (error: FrontrowError) => {
        assert.deepEqual([error.code, error.rule, typeof error.hint], ["IN_THE_WAY", rule, "string"]);
        return true;
      },
    );
  };
  await refused("other-branch", "release");
  clone.git("switch", "--quiet", "--detach");
  await refused("detached-head");
  clone.git("switch", "--quiet", "main");
  clone.git("stash", "--quiet");
  clone.git("switch", "--quiet", "-c", "side", other);
  await clone.put("notes/a.md", "a3\n");
  clone.git("commit", "-qam", "side");
  assert.throws(() => clone.git("merge", "main"));
  await refused("merge-in-progress");
  clone.git("merge", "--abort");
  assert.throws(() => clone.git("rebase", "main"));
  await refused("rebase-in-progress");
  clone.git("rebase", "--abort");
  assert.throws(() => clone.git("cherry-pick", "main"));
  await refused("cherry-pick-in-progress");
});

test("folders that are no repository, or not a whole one", async () => {
  const clone = await planted("whole");
  const refusedAs = async (open: Promise<unknown>, code: string, rule: string): Promise<void> => {
    await assert.rejects(open, (error: unknown) => {
      assert.ok(error instanceof FrontrowError);
      assert.deepEqual([error.code, error.rule], [code, rule]);
      return true;
    });
  };
  await refusedAs(cloneAt(world.folder).open(), "USAGE", "no-repository");
  await refusedAs(cloneAt(join(world.folder, "none")).open(), "USAGE", "no-git");
  clone.git("sparse-checkout", "set", "notes");
  await refusedAs(clone.open(), "IN_THE_WAY", "sparse-checkout");
});

import assert from "node:assert/strict";
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { FrontrowError } from "../../shared/errors.ts";
import { commitDocuments } from "./commit.ts";
import { type PullOptions, pull } from "./pull.ts";
import { push } from "./push.ts";
import type { Reconcile, Versions } from "./reconcile.ts";
import type { Step } from "./repository.ts";
import { stateOf } from "./state.ts";
import { type Clone, Cut, cloneAt, cutAt, startWorld, type World } from "./test-repository.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.end());

/** Both versions, one after the other: a merge that loses nothing, and shows what it was asked. */
function both(asked: Versions[] = []): Reconcile {
  return (versions) => {
    asked.push(versions);
    const { base, ours, theirs } = versions;
    if (ours === null || theirs === null) return { text: ours ?? theirs };
    const added = theirs.startsWith(base ?? "") ? theirs.slice(base?.length ?? 0) : theirs;
    return { text: ours.endsWith(added) ? ours : ours + added };
  };
}

function options(over: Partial<PullOptions> = {}): PullOptions & { told: string[][] } {
  const told: string[][] = [];
  return {
    reconcile: both(),
    onPulled(names) {
      told.push([...names]);
      return Promise.resolve();
    },
    ...over,
    told,
  };
}

let count = 0;

/** A remote with one commit, and two clones of it that have pulled. */
async function pair(): Promise<{ a: Clone; b: Clone; remote: string }> {
  const remote = world.bare(`r${++count}`);
  const a = await world.clone(`a${count}`, remote);
  await a.put("notes/one.md", "one\n");
  await a.put("notes/two.md", "two\n");
  await a.put("lines.txt", "1\n2\n3\n4\n5\n6\n7\n");
  a.git("add", "-A");
  a.git("commit", "-qm", "planted");
  a.git("push", "-q", "-u", "origin", "main");
  const b = await world.clone(`b${count}`, remote);
  for (const clone of [a, b]) await pull(await clone.open(), options());
  return { a, b, remote };
}

async function send(clone: Clone, files: Record<string, string | null>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    if (text === null) await rm(join(clone.folder, path));
    else await clone.put(path, text);
  }
  clone.git("add", "-A");
  clone.git("commit", "-qm", Object.keys(files).join(" "));
}

async function sendOn(clone: Clone, files: Record<string, string | null>): Promise<void> {
  await send(clone, files);
  clone.git("push", "-q");
}

async function refused(work: Promise<unknown>, code: string, rule: string): Promise<FrontrowError> {
  let found: FrontrowError | undefined;
  await assert.rejects(work, (error: FrontrowError) => {
    assert.deepEqual([error.code, error.rule], [code, rule], error.message);
    assert.equal(typeof error.hint, "string");
    found = error;
    return true;
  });
  return found!;
}

const clean = (clone: Clone) => clone.git("status", "--porcelain");

test("the first pull hands on every document; the next, nothing", async () => {
  const { remote } = await pair();
  const c = await world.clone(`c${count}`, remote);
  const given = options();
  const repository = await c.open();
  assert.equal((await pull(repository, given)).outcome, "nothing-new");
  assert.equal((await pull(repository, given)).outcome, "nothing-new");
  assert.deepEqual(given.told, [["notes/one.md", "notes/two.md"]]);
});

test("fast-forward: files, staging area and branch are the remote's; what changed is handed on", async () => {
  const { a, b } = await pair();
  await sendOn(a, {
    "notes/one.md": "one\nmore\n",
    "notes/two.md": null,
    "notes/deep/new.md": "new\n",
    "lines.txt": "other\n",
    "bin/run.sh": "#!/bin/sh\n",
  });
  a.git("update-index", "--chmod=+x", "bin/run.sh", "notes/one.md");
  a.git("commit", "-qm", "modes");
  a.git("push", "-q");
  const given = options();
  const pulled = await pull(await b.open(), given);
  assert.deepEqual([pulled.outcome, pulled.head], ["fast-forward", a.git("rev-parse", "HEAD")]);
  assert.deepEqual(given.told, [["notes/deep/new.md", "notes/one.md", "notes/two.md"]]);
  assert.equal(clean(b), "");
  assert.equal(await b.get("notes/one.md"), "one\nmore\n");
  assert.equal(await b.get("notes/two.md"), null);
  assert.equal((await stat(join(b.folder, "notes/one.md"))).mode & 0o111, 0o111);
  assert.equal(await b.get("lines.txt"), "other\n");
});

test("diverged: documents of both are reconciled, the rest is taken from whoever changed it", async () => {
  const { a, b } = await pair();
  await sendOn(a, {
    "notes/one.md": "one\nby a\n",
    "notes/a.md": "a\n",
    "lines.txt": "1 a\n2\n3\n4\n5\n6\n7\n",
  });
  await send(b, {
    "notes/one.md": "one\nby b\n",
    "notes/two.md": "two\nb\n",
    "lines.txt": "1\n2\n3\n4\n5\n6\n7 b\n",
  });
  const asked: Versions[] = [];
  const given = options({ reconcile: both(asked) });
  const repository = await b.open();
  const pulled = await pull(repository, given);
  assert.equal(pulled.outcome, "merged");
  assert.deepEqual(asked, [
    { path: "notes/one.md", base: "one\n", ours: "one\nby b\n", theirs: "one\nby a\n" },
  ]);
  assert.equal(await b.get("notes/one.md"), "one\nby b\nby a\n");
  assert.equal(await b.get("lines.txt"), "1 a\n2\n3\n4\n5\n6\n7 b\n");
  assert.equal(clean(b), "");
  assert.equal(
    b.git("log", "-1", "--format=%s %p"),
    `frontrow: merge origin/main ${b.git("rev-parse", "--short", "HEAD^1")} ${a.git("rev-parse", "--short", "HEAD")}`,
  );
  assert.deepEqual(given.told, [["notes/a.md", "notes/one.md", "notes/two.md"]]);
  assert.deepEqual(await push(repository, { pullAgain: () => pull(repository, given) }), {
    outcome: "pushed",
    commits: 2,
  });
  assert.equal((await pull(await a.open(), options())).outcome, "fast-forward");
  assert.equal(a.git("rev-parse", "HEAD^{tree}"), b.git("rev-parse", "HEAD^{tree}"));
});

test("deleted on one side, edited on the other: decided by reconcile, and nobody's deletion is undone unasked", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "notes/one.md": null, "notes/two.md": "two\na\n" });
  await send(b, { "notes/one.md": "one\nb\n", "notes/two.md": null });
  const asked: Versions[] = [];
  await pull(
    await b.open(),
    options({
      reconcile(versions) {
        asked.push(versions);
        return { text: versions.path === "notes/one.md" ? versions.ours : null };
      },
    }),
  );
  assert.deepEqual(
    asked.map(({ ours, theirs }) => [ours, theirs]),
    [
      ["one\nb\n", null],
      [null, "two\na\n"],
    ],
  );
  assert.deepEqual(
    [await b.get("notes/one.md"), await b.get("notes/two.md"), clean(b)],
    ["one\nb\n", null, ""],
  );
});

for (const who of ["ours", "theirs"] as const) {
  test(`renamed by ${who}, edited by the other: one document, under its new name`, async () => {
    const { a, b } = await pair();
    const long = Array.from({ length: 20 }, (_, line) => `line ${line}\n`).join("");
    await sendOn(a, { "notes/long.md": long });
    await pull(await b.open(), options());
    const rename = { "notes/long.md": null, "deep/renamed.md": `${long}renamed\n` };
    const edit = { "notes/long.md": `${long}edited\n` };
    await sendOn(a, who === "ours" ? edit : rename);
    await send(b, who === "ours" ? rename : edit);
    const asked: Versions[] = [];
    const given = options({ reconcile: both(asked) });
    await pull(await b.open(), given);
    assert.deepEqual(
      asked.map(({ path, base }) => [path, base]),
      [["deep/renamed.md", long]],
    );
    assert.deepEqual(
      [
        await b.get("notes/long.md"),
        (await b.get("deep/renamed.md"))!.split("\n").slice(20).sort(),
        clean(b),
      ],
      [null, ["", "edited", "renamed"], ""],
    );
    assert.deepEqual(given.told, [["deep/renamed.md", "notes/long.md"]]);
  });
}

test("folders and working trees of one repository are handed on each by itself", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "notes/one.md": "one\na\n", "other/x.md": "x\n" });
  const notes = options();
  await pull(await b.open({ prefix: "notes" }), notes);
  const root = options();
  await pull(await b.open(), root);
  assert.deepEqual([notes.told, root.told], [[["one.md", "two.md"]], [["notes/one.md", "other/x.md"]]]);
  b.git("worktree", "add", "-q", "-b", "side", join(world.folder, `tree${count}`));
  const tree = cloneAt(join(world.folder, `tree${count}`));
  tree.git("branch", "-q", "--set-upstream-to=origin/main");
  const linked = options();
  await pull(await tree.open(), linked);
  assert.deepEqual(linked.told, [["notes/one.md", "notes/two.md", "other/x.md"]]);
});

test("a file that is no document and overlaps: nothing is changed, and it says what to do", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "lines.txt": "a\n", "notes/one.md": "one\na\n" });
  await send(b, { "lines.txt": "b\n" });
  const head = b.git("rev-parse", "HEAD");
  const error = await refused(pull(await b.open(), options()), "IN_THE_WAY", "file-conflict");
  assert.match(error.message, /"lines\.txt"/);
  assert.deepEqual([b.git("rev-parse", "HEAD"), await b.get("notes/one.md"), clean(b)], [head, "one\n", ""]);
});

test("a file on one side and a folder on the other", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "notes/x.md": "x\n" });
  await send(b, { "notes/x.md/y.md": "y\n" });
  await refused(pull(await b.open(), options()), "IN_THE_WAY", "file-and-folder");
  assert.equal(clean(b), "");
});

test("a file becomes a folder, and a folder a file", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "x.txt": "x\n", "y/z.txt": "z\n", "d.md": "d\n", "e.md/f.md": "f\n" });
  await pull(await b.open(), options());
  await sendOn(a, { "x.txt": null, "y/z.txt": null, "d.md": null, "e.md/f.md": null });
  await rm(join(a.folder, "y"), { recursive: true, force: true });
  await rm(join(a.folder, "e.md"), { recursive: true, force: true });
  await sendOn(a, { "x.txt/in.txt": "x\n", y: "y\n", "d.md/in.md": "d\n", "e.md": "e\n" });
  await pull(await b.open(), options());
  assert.equal(clean(b), "");
  assert.deepEqual(
    [await b.get("x.txt/in.txt"), await b.get("y"), await b.get("d.md/in.md"), await b.get("e.md")],
    ["x\n", "y\n", "d\n", "e\n"],
  );
});

test("uncommitted and staged work stays: the pull says what to do", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "notes/one.md": "one\na\n", "lines.txt": "a\n", "new.txt": "a\n" });
  const still = async (path: string, text: string, rule: string): Promise<void> => {
    const head = b.git("rev-parse", "HEAD");
    const error = await refused(pull(await b.open(), options()), "IN_THE_WAY", rule);
    assert.equal(error.path, path);
    assert.deepEqual([await b.get(path), b.git("rev-parse", "HEAD")], [text, head]);
  };
  await b.put("notes/one.md", "one\nb\n");
  await still("notes/one.md", "one\nb\n", "uncommitted");
  b.git("add", "notes/one.md");
  await still("notes/one.md", "one\nb\n", "staged");
  b.git("reset", "-q", "--hard");
  await b.put("lines.txt", "b\n");
  await still("lines.txt", "b\n", "uncommitted");
  b.git("checkout", "-q", "lines.txt");
  await b.put("new.txt", "b\n");
  await still("new.txt", "b\n", "untracked");
  await rm(join(b.folder, "new.txt"));
  await b.put("notes/two.md", "not in the way\n");
  assert.equal((await pull(await b.open(), options())).outcome, "fast-forward");
  assert.equal(clean(b), "M notes/two.md");
});

test("an edit in the midst of a pull is reconciled with what came, on the version it was made on", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "notes/one.md": "one\na\n" });
  const onStep = async (step: Step) => {
    if (step === "pending") await b.put("notes/one.md", "one\nb\n");
  };
  const asked: Versions[] = [];
  await pull(await b.open({ onStep }), options({ edits: "commit", reconcile: both(asked) }));
  assert.deepEqual(asked, [{ path: "notes/one.md", base: "one\n", ours: "one\nb\n", theirs: "one\na\n" }]);
  assert.equal(await b.get("notes/one.md"), "one\nb\na\n");
  assert.equal(clean(b), "M notes/one.md");
});

const STEPS: Step[] = [
  "fetched",
  "merged",
  "pending",
  "file",
  "files",
  "indexed",
  "moved",
  "arrived",
  "enqueued",
];

for (const step of STEPS) {
  test(`cut off at "${step}": before or after for git, and the next run hands on what came`, async () => {
    const { a, b } = await pair();
    await sendOn(a, { "notes/one.md": "one\na\n", "notes/new.md": "new\n", "notes/two.md": "two\na\n" });
    await send(b, { "notes/one.md": "one\nb\n" });
    const head = b.git("rev-parse", "HEAD");
    const given = options();
    await assert.rejects(pull(await b.open({ onStep: cutAt(step) }), given), Cut);
    const isAfter = ["moved", "arrived", "enqueued"].includes(step);
    assert.equal(b.git("rev-parse", "HEAD") !== head, isAfter);
    const again = options();
    await pull(await b.open(), again);
    assert.equal(clean(b), "");
    assert.equal(await b.get("notes/one.md"), "one\nb\na\n");
    assert.equal(b.git("rev-list", "--count", `${head}..HEAD`, "--first-parent"), "1", "one merge, not two");
    assert.deepEqual(again.told, [["notes/new.md", "notes/one.md", "notes/two.md"]]);
    assert.equal((await pull(await b.open(), again)).names.length, 0);
  });
}

for (const step of ["pending", "file", "files", "indexed"] as const) {
  test(`cut off at "${step}", and the remote went on meanwhile: nobody is told to commit what is not theirs`, async () => {
    const { a, b } = await pair();
    await sendOn(a, { "notes/one.md": "one\na\n", "notes/two.md": "two\na\n", "lines.txt": "a\n" });
    await assert.rejects(pull(await b.open({ onStep: cutAt(step) }), options()), Cut);
    await sendOn(a, { "notes/one.md": "one\na\nagain\n", "notes/two.md": null, "lines.txt": "a\nagain\n" });
    await pull(await b.open(), options());
    assert.deepEqual([b.git("rev-parse", "HEAD"), clean(b)], [a.git("rev-parse", "HEAD"), ""]);
  });
}

test("cut off among the files, then edited: the edit and what came are both there", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "notes/one.md": "one\na\n", "notes/two.md": "two\na\n" });
  await assert.rejects(pull(await b.open({ onStep: cutAt("file") }), options()), Cut);
  await b.put("notes/one.md", `${await b.get("notes/one.md")}b\n`);
  await b.put("notes/two.md", `${await b.get("notes/two.md")}b\n`);
  const repository = await b.open();
  await refused(pull(repository, options({ edits: "commit" })), "IN_THE_WAY", "uncommitted");
  await commitDocuments(repository);
  await pull(repository, options({ edits: "commit" }));
  for (const name of ["one", "two"]) {
    const text = (await b.get(`notes/${name}.md`))!;
    assert.deepEqual([...new Set(text.trim().split("\n"))].sort(), ["a", "b", name]);
  }
});

test("what is handed on fails: it is handed on again, until it does not", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "notes/one.md": "one\na\n" });
  const failing = options({ onPulled: () => Promise.reject(new Error("the queue is full")) });
  await assert.rejects(pull(await b.open(), failing), /the queue is full/);
  assert.equal(await b.get("notes/one.md"), "one\na\n");
  const given = options();
  await pull(await b.open(), given);
  assert.deepEqual(given.told, [["notes/one.md"]]);
});

test("commits, resets and branches by hand are handed on, too", async () => {
  const { b } = await pair();
  await send(b, { "notes/one.md": "by hand\n" });
  const given = options();
  await pull(await b.open(), given);
  b.git("reset", "-q", "--hard", "HEAD^");
  await pull(await b.open(), given);
  assert.deepEqual(given.told, [["notes/one.md"], ["notes/one.md"]]);
});

test("a history that was rewritten stops the pull; a person follows it, or it is merged on request", async () => {
  const { a, b } = await pair();
  await sendOn(a, { "notes/one.md": "one\nsecret\n" });
  await pull(await b.open(), options());
  await send(b, { "notes/two.md": "two\nb\n" });
  a.git("reset", "-q", "--hard", "HEAD^");
  await send(a, { "notes/one.md": "one\nclean\n" });
  a.git("push", "-q", "--force");
  const head = b.git("rev-parse", "HEAD");
  const error = await refused(pull(await b.open(), options()), "IN_THE_WAY", "rewritten-history");
  assert.equal(b.git("rev-parse", "HEAD"), head);
  await refused(pull(await b.open(), options()), "IN_THE_WAY", "rewritten-history");

  const merged = await world.clone(`merging${count}`, b.folder);
  merged.git("remote", "set-url", "origin", a.git("remote", "get-url", "origin"));
  const [, onto] = /"git rebase --onto (\S+ \S+)"/.exec(error.hint!)!;
  b.git("fetch", "-q");
  b.git("rebase", "-q", "--onto", ...onto!.split(" "));
  assert.equal((await pull(await b.open(), options())).outcome, "nothing-new");
  assert.equal(b.git("log", "--format=%s").includes("secret"), false);
  assert.equal(await b.get("notes/two.md"), "two\nb\n");

  assert.equal((await pull(await merged.open(), options({ rewritten: "merge" }))).outcome, "merged");
  assert.equal(await merged.get("notes/two.md"), "two\nb\n");
});

test("a remote that was rewound is not filled up again", async () => {
  const { a, b, remote } = await pair();
  await sendOn(a, { "notes/one.md": "one\nsecret\n" });
  await pull(await b.open(), options());
  a.git("push", "-q", "--force", "origin", "HEAD^:main");
  const rewound = a.git("rev-parse", "HEAD^");
  const repository = await b.open();
  await refused(pull(repository, options()), "IN_THE_WAY", "rewritten-history");
  await send(b, { "notes/two.md": "two\nb\n" });
  await refused(
    push(repository, { pullAgain: () => pull(repository, options()) }),
    "IN_THE_WAY",
    "rewritten-history",
  );
  assert.equal(a.git("ls-remote", remote, "refs/heads/main").split("\t")[0], rewound);
});

test("empty remote, no commit here, no remote, a branch that is gone, histories that are strangers", async () => {
  const remote = world.bare("empty");
  const one = await world.clone("one", remote);
  const repository = await one.open();
  const given = options();
  assert.deepEqual(await pull(repository, given), {
    outcome: "empty-remote",
    head: null,
    reconciled: [],
    names: [],
  });
  assert.deepEqual(await push(repository, { pullAgain: () => pull(repository, given) }), {
    outcome: "nothing",
    commits: 0,
  });
  await one.put("a.md", "a\n");
  await commitDocuments(repository);
  assert.equal((await pull(repository, given)).outcome, "empty-remote");
  assert.deepEqual(await push(repository, { pullAgain: () => pull(repository, given) }), {
    outcome: "pushed",
    commits: 1,
  });

  const unborn = await world.clone("unborn");
  unborn.git("remote", "add", "origin", remote);
  await unborn.put("a.md", "mine\n");
  await unborn.put("b.md", "b\n");
  const pulled = await pull(await unborn.open(), options({ edits: "commit" }));
  assert.deepEqual(
    [pulled.outcome, pulled.names, await unborn.get("a.md")],
    ["fast-forward", ["a.md"], "mine\na\n"],
  );
  await commitDocuments(await unborn.open());
  assert.equal((await push(await unborn.open(), { pullAgain: () => Promise.resolve() })).commits, 1);
  assert.equal(unborn.git("rev-parse", "--abbrev-ref", "@{upstream}"), "origin/main");

  const alone = await world.clone("alone");
  await alone.put("a.md", "a\n");
  await commitDocuments(await alone.open());
  assert.deepEqual((await pull(await alone.open(), options())).outcome, "no-remote");
  assert.deepEqual(
    (await push(await alone.open(), { pullAgain: () => Promise.resolve() })).outcome,
    "no-remote",
  );
  alone.git("remote", "add", "origin", remote);
  await refused(pull(await alone.open(), options()), "IN_THE_WAY", "unrelated-histories");
  alone.git("remote", "rename", "origin", "left");
  alone.git("remote", "add", "right", remote);
  await refused(pull(await alone.open(), options()), "IN_THE_WAY", "no-upstream");

  one.git("--git-dir", remote, "update-ref", "-d", "refs/heads/main");
  await refused(pull(repository, given), "IN_THE_WAY", "upstream-gone");
});

test("crosswise merges: where nobody can say what both started from, nothing is taken silently", async () => {
  const { a, b } = await pair();
  await send(a, { "notes/one.md": "one\na\n" });
  await send(b, { "notes/one.md": "one\nb\n" });
  a.git("remote", "add", "b", b.folder);
  b.git("remote", "add", "a", a.folder);
  const [ours, theirs] = [a.git("rev-parse", "HEAD"), b.git("rev-parse", "HEAD")];
  for (const [clone, other, text] of [
    [a, theirs, "one\na\n"],
    [b, ours, "one\nb\n"],
  ] as const) {
    clone.git("fetch", "-q", "--all");
    assert.throws(() => clone.git("merge", "-q", other));
    await clone.put("notes/one.md", text);
    clone.git("commit", "-qam", "crosswise");
  }
  a.git("push", "-q", "origin", "main");
  const asked: Versions[] = [];
  await pull(await b.open(), options({ reconcile: both(asked) }));
  assert.deepEqual(asked, [{ path: "notes/one.md", base: null, ours: "one\nb\n", theirs: "one\na\n" }]);
});

test("large-file pointers and files that are no text are not merged", async () => {
  const { a, b } = await pair();
  const pointer = (id: string) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${id.repeat(64)}\nsize 3\n`;
  await sendOn(a, { "notes/one.md": pointer("a") });
  await send(b, { "notes/one.md": pointer("b") });
  const error = await assertFails(pull(await b.open(), options()));
  assert.deepEqual([error.code, error.path], ["LFS_POINTER", "notes/one.md"]);
  assert.equal(clean(b), "");
});

async function assertFails(work: Promise<unknown>): Promise<FrontrowError> {
  return await work.then(
    () => assert.fail("it went well"),
    (error: FrontrowError) => error,
  );
}

test("a submodule stays as it is, and what is in it is nobody's", async () => {
  const { a, b } = await pair();
  const inner = await world.clone(`inner${count}`);
  await send(inner, { "inside.md": "in\n" });
  a.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.folder, "notes/sub");
  a.git("commit", "-qm", "submodule");
  a.git("push", "-q");
  const repository = await a.open();
  assert.deepEqual((await stateOf(repository)).submodules, ["notes/sub"]);
  await a.put("notes/sub/inside.md", "edited\n");
  assert.deepEqual(await commitDocuments(repository), []);
  assert.equal((await pull(await b.open(), options())).outcome, "fast-forward");
  assert.equal((await pull(await b.open(), options())).outcome, "nothing-new");
});

test("a push that is overtaken pulls and pushes again; one that always is gives up, and can be tried again", async () => {
  const { a, b } = await pair();
  await send(b, { "notes/two.md": "two\nb\n" });
  await sendOn(a, { "notes/one.md": "one\na\n" });
  const repository = await b.open();
  const given = options();
  assert.deepEqual(await push(repository, { pullAgain: () => pull(repository, given) }), {
    outcome: "pushed",
    commits: 2,
  });
  await send(b, { "notes/two.md": "two\nbb\n" });
  a.git("pull", "-q");
  let number = 0;
  const overtaken = push(repository, {
    tries: 3,
    async pullAgain() {
      await pull(repository, given);
      await sendOn(a, { "notes/one.md": `one\n${++number}\n` });
    },
  });
  await sendOn(a, { "notes/one.md": "one\nfirst\n" });
  const error = await refused(overtaken, "REPLICA_MOVED", "push-rejected");
  assert.equal(error.retryable, true);
});

test("a remote's rules, a remote that is away, secrets in its address", async () => {
  const { b, remote } = await pair();
  await writeFile(join(remote, "hooks/pre-receive"), "#!/bin/sh\necho 'main is protected'\nexit 1\n", {
    mode: 0o755,
  });
  await send(b, { "notes/two.md": "two\nb\n" });
  const repository = await b.open();
  const again = { pullAgain: () => pull(repository, options()) };
  await refused(push(repository, again), "FORBIDDEN", "remote-rule");
  await rm(remote, { recursive: true });
  const away = await refused(pull(repository, options()), "STORE_UNAVAILABLE", "remote-unreachable");
  assert.equal(away.retryable, true);
  assert.equal(
    (await refused(push(repository, again), "STORE_UNAVAILABLE", "remote-unreachable")).retryable,
    true,
  );
  b.git("remote", "set-url", "origin", "http://me:hunter2@127.0.0.1:9/x.git");
  const secret = await refused(pull(repository, options()), "STORE_UNAVAILABLE", "remote-unreachable");
  assert.doesNotMatch(JSON.stringify(secret), /hunter2/);
  b.git("remote", "set-url", "origin", "ext::sh -c true");
  await assert.rejects(pull(repository, options()));
});

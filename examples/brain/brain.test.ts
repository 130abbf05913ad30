/** Recipe 001, end to end: database ↔ folder ↔ git ↔ remote, with the command line a person has. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startApi, type TestApi } from "../../functions/api/test-api.ts";
import { EXIT } from "../../scripts/cli/frame/exit.ts";
import { cli, type Ran } from "../../scripts/cli/test-cli.ts";
import config from "./config.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const NOTE = "notes/slow-thinking.md";

let api: TestApi;
let home: string;
let remote: string;
/** Whose folder follows the database. */
let ann: string;
/** Who has git, and has never heard of Frontrow. */
let plain: string;

async function git(cwd: string, ...argv: string[]): Promise<string> {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_TERMINAL_PROMPT: "0" };
  return (await promisify(execFile)("git", argv, { cwd, env })).stdout.trim();
}

function frontrow(folder: string, ...argv: string[]): Promise<Ran> {
  const environment = {
    SUPABASE_SECRET_KEY: api.garden.stack.secretKey,
    PATH: process.env.PATH,
    HOME: home,
    USER: "ann",
  };
  return cli(argv, { folder, environment });
}

before(async () => {
  const schema = await readFile(join(HERE, "schema.sql"), "utf8");
  api = await startApi({ config, schema });
  home = await mkdtemp(join(tmpdir(), "frontrow-brain-"));
  [remote, ann, plain] = [join(home, "remote.git"), join(home, "ann"), join(home, "plain")];
  await git(home, "init", "--quiet", "--bare", "--initial-branch=main", remote);
  await mkdir(ann);
  await cp(join(HERE, "content"), join(ann, "content"), { recursive: true });
  const yaml = await readFile(join(HERE, "frontrow.yaml"), "utf8");
  await writeFile(
    join(ann, "frontrow.yaml"),
    yaml
      .replace(/url: .*/, `url: ${api.garden.stack.url}`)
      .replace(/^preset: .*/m, "preset: full-automation"),
  );
  await writeFile(
    join(ann, "frontrow.config.ts"),
    `export { default } from ${JSON.stringify(join(HERE, "config.ts"))};\n`,
  );
  await writeFile(join(ann, ".gitignore"), ".frontrow/\n");
  await git(ann, "init", "--quiet", "--initial-branch=main");
  for (const [name, value] of [
    ["user.name", "Ann"],
    ["user.email", "ann@example.org"],
  ] as const)
    await git(ann, "config", name, value);
  await git(ann, "remote", "add", "origin", remote);
  await git(ann, "add", "--all");
  await git(ann, "commit", "--quiet", "--message", "everything there was");
  await git(ann, "push", "--quiet", "--set-upstream", "origin", "main");
  await git(home, "clone", "--quiet", remote, plain);
  for (const [name, value] of [
    ["user.name", "Paul"],
    ["user.email", "paul@example.org"],
  ] as const)
    await git(plain, "config", name, value);
});
after(async () => {
  await api.garden.stop();
  await rm(home, { recursive: true, force: true });
});

const commits = async (): Promise<number> => Number(await git(ann, "rev-list", "--count", "HEAD"));
const note = (): Promise<Record<string, unknown>[]> =>
  api.garden.sql.query("select * from public.notes where slug = 'slow-thinking'");

test("a fresh clone with its files: everything is in the database, and git has nothing to do", async () => {
  assert.equal((await frontrow(ann, "init")).code, EXIT.ok);
  const { code, json } = await frontrow(ann, "sync", "--json");
  assert.deepEqual([code, json.counts], [EXIT.ok, { created: 4, accepted: 4 }]);
  assert.deepEqual((await note())[0]?.more, { source: "a walk" });
  assert.equal(await commits(), 1);
  assert.equal((await frontrow(ann, "status")).code, EXIT.ok);
});

test("a row becomes a file, a commit, and the remote's: one line changed", async () => {
  await api.garden.sql.query("update public.notes set status = 'evergreen' where slug = 'slow-thinking'");
  await api.garden.settle();
  assert.equal((await frontrow(ann, "sync")).code, EXIT.ok);
  const changed = await git(
    ann,
    "show",
    "--format=%s",
    "--unified=0",
    "origin/main",
    "--",
    `content/${NOTE}`,
  );
  assert.match(changed, /^brain: /);
  assert.match(changed, /^-status: growing\n\+status: evergreen$/m);
});

test("somebody else's commit becomes a row", async () => {
  await git(plain, "pull", "--quiet");
  const file = join(plain, "content", NOTE);
  await writeFile(file, (await readFile(file, "utf8")).replace("after a night", "after two nights"));
  await git(plain, "commit", "--quiet", "--all", "--message", "two nights");
  await git(plain, "push", "--quiet");
  assert.equal((await frontrow(ann, "sync")).code, EXIT.ok);
  assert.match(String((await note())[0]?.body), /after two nights/);
});

test("nothing new is no commit, however often", async () => {
  const before = await commits();
  for (let round = 0; round < 3; round++) assert.equal((await frontrow(ann, "sync")).code, EXIT.ok);
  assert.equal(await commits(), before);
  assert.equal(await git(ann, "status", "--porcelain"), "");
});

test("row, file and remote change at once: all of it is kept, without a conflict marker", async () => {
  const [path, slug] = ["notes/evergreen-notes.md", "evergreen-notes"];
  await git(plain, "pull", "--quiet");
  const theirs = join(plain, "content", path);
  await writeFile(
    theirs,
    (await readFile(theirs, "utf8")).replace("One thought a note", "One thought for each note"),
  );
  await git(plain, "commit", "--quiet", "--all", "--message", "each");
  await git(plain, "push", "--quiet");
  const ours = join(ann, "content", path);
  await writeFile(ours, (await readFile(ours, "utf8")).replace("[writing]", "[writing, night]"));
  await api.garden.sql.query("update public.notes set title = 'Evergreen' where slug = $1", [slug]);
  await api.garden.settle();
  for (let round = 0; round < 2; round++) {
    const { code, stdout, stderr } = await frontrow(ann, "sync");
    assert.equal(code, EXIT.ok, stdout + stderr);
  }
  const [row] = await api.garden.sql.query("select * from public.notes where slug = $1", [slug]);
  assert.deepEqual([row?.title, row?.tags], ["Evergreen", ["writing", "night"]]);
  assert.match(String(row?.body), /One thought for each note/);
  await git(plain, "pull", "--quiet");
  const text = await readFile(theirs, "utf8");
  assert.equal(text, await readFile(ours, "utf8"));
  assert.doesNotMatch(text, /<<<<<<<|>>>>>>>/);
});

test("a note that is deleted in the database is gone from the remote, and its last version is in the history", async () => {
  await api.garden.sql.query("update public.notes set deleted_at = now() where slug = 'garden-in-may'");
  await api.garden.settle();
  assert.equal((await frontrow(ann, "sync")).code, EXIT.ok);
  await git(plain, "pull", "--quiet");
  assert.doesNotMatch(await git(plain, "ls-files"), /garden-in-may/);
  assert.match((await frontrow(ann, "show", "notes/garden-in-may.md@1")).stdout, /Peas before the beans/);
});

/** A clone as a person sees it: init, sync, push, pull, status, conflicts, over HTTP against the local stack. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { startApi, type TestApi } from "../../functions/api/test-api.ts";
import { repositoryFinding } from "../doctor/clone.ts";
import { EXIT } from "./frame/exit.ts";
import { cli, type Ran, root } from "./test-cli.ts";
import { openLine } from "./test-line.ts";

const PATH = "users/ann/parts/critic.md";
const page = (name: string, body = "It speaks.\n"): string =>
  `---\nname: ${name}\nstatus: active # today\n---\n${body}`;

interface Person {
  folder: string;
  run(...argv: string[]): Promise<Ran>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
}

let api: TestApi;
let ann: Person;
let bob: Person;
const folders: string[] = [];

async function person(name: string): Promise<Person> {
  const folder = await mkdtemp(join(tmpdir(), `frontrow-cli-${name}-`));
  folders.push(folder);
  await writeFile(
    join(folder, "frontrow.config.ts"),
    `export { default } from ${JSON.stringify(join(root, "examples/garden/config.ts"))};\n`,
  );
  const environment = { TEAM_KEY: api.program.apikey, USER: name, HOME: folder, PATH: process.env.PATH };
  return {
    folder,
    run: (...argv) => cli(argv, { folder, environment }),
    async write(path, text) {
      const file = join(folder, "content", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    },
    read: (path) => readFile(join(folder, "content", path), "utf8"),
  };
}

before(async () => {
  api = await startApi();
  ann = await person("ann");
  bob = await person("bob");
});
after(async () => {
  await api.garden.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

test("init writes where the origin is, and never its key", async () => {
  for (const who of [ann, bob]) {
    const { code, stdout } = await who.run("init", api.garden.stack.url, "--key-variable", "TEAM_KEY");
    assert.equal(code, EXIT.ok, stdout);
    assert.match(stdout, /^A clone of .*\nHere, in content\/: parts\nNow: .*sync\n$/);
    assert.ok(!(await readFile(join(who.folder, "frontrow.yaml"), "utf8")).includes(api.program.apikey!));
  }
  const again = await ann.run("init");
  assert.match(again.stdout, /^Still a clone/);
  const other = await ann.run("init", "https://example.org");
  assert.equal(other.code, EXIT.usage);
});

test("a file goes out and comes in; status says so on the way", async () => {
  await ann.write(PATH, page("Critic"));
  const before = await ann.run("status");
  assert.equal(before.code, EXIT.attention);
  assert.match(before.stdout, /not taken in yet[\s\S]*changed {2}users\/ann\/parts\/critic\.md/);
  const dry = await ann.run("push", "--dry-run", "--json");
  assert.deepEqual(dry.json.push, [PATH]);
  const pushed = await ann.run("push", "--json");
  assert.deepEqual([pushed.code, pushed.json.counts], [EXIT.ok, { created: 1, accepted: 1 }]);
  assert.deepEqual((await bob.run("pull", "--dry-run", "--json")).json.pull, [PATH]);
  assert.equal((await bob.run("pull")).code, EXIT.ok);
  assert.equal(await bob.read(PATH), page("Critic"));
  for (const who of [ann, bob]) assert.match((await who.run("status")).stdout, /Clean: 1 document/);
});

test("both change the same: pull says 3, both versions are shown and kept, and a person decides", async () => {
  await ann.write(PATH, page("Inner Critic"));
  await bob.write(PATH, page("Loud Critic"));
  assert.equal((await ann.run("sync")).code, EXIT.ok);
  assert.equal((await bob.run("pull")).code, EXIT.conflicts);
  assert.equal((await bob.run("status")).code, EXIT.conflicts);
  assert.equal(await bob.read(PATH), page("Loud Critic"));
  const shown = await bob.run("conflicts", PATH);
  assert.match(shown.stdout, /base {4}Critic\n {2}theirs {2}Inner Critic\n {2}ours {4}Loud Critic/);
  const seen = / --seen (\w+) --keep ours/.exec(shown.stdout)?.[1];
  assert.equal((await bob.run("resolve", PATH, "--seen", "nothing", "--keep", "ours")).code, EXIT.attention);
  assert.equal((await bob.run("resolve", PATH, "--keep", "file")).code, EXIT.usage);
  assert.equal((await bob.run("resolve", PATH, "--seen", seen!, "--keep", "ours")).code, EXIT.ok);
  assert.equal((await bob.run("push")).code, EXIT.ok);
  await ann.run("pull");
  assert.equal(await ann.read(PATH), page("Loud Critic"));
});

test("history, differences and old versions need no network", async () => {
  const offline = (who: Person, ...argv: string[]) =>
    cli(argv, {
      folder: who.folder,
      environment: { USER: "bob", HOME: who.folder, PATH: process.env.PATH },
    });
  const log = await offline(bob, "log", PATH, "--json");
  assert.deepEqual(
    log.json.revisions.map(({ maker }: { maker: string }) => maker),
    ["merge", "peer", "directory", "peer"],
  );
  assert.equal((await offline(bob, "show", `${PATH}@1`)).stdout, page("Critic"));
  await bob.write(PATH, page("Loud Critic", "It shouts.\n"));
  assert.match((await offline(bob, "diff", PATH)).stdout, /^-It speaks\.\n\+It shouts\.$/m);
  assert.equal((await offline(bob, "import")).code, EXIT.attention);
  assert.equal((await offline(bob, "restore", PATH, "1")).code, EXIT.ok);
  assert.equal(await bob.read(PATH), page("Critic"));
  assert.equal((await offline(bob, "sync")).code, EXIT.usage, "a sync needs the key");
  assert.equal((await bob.run("sync")).code, EXIT.ok);
  await ann.run("sync");
  assert.equal(await ann.read(PATH), page("Critic"));
});

test("a fresh clone of the files, and import: the hub is as the origin's, and status is clean", async () => {
  const dora = await person("dora");
  await cp(join(ann.folder, "content"), join(dora.folder, "content"), { recursive: true });
  await dora.run("init", api.garden.stack.url, "--key-variable", "TEAM_KEY");
  assert.equal((await dora.run("import")).code, EXIT.ok);
  assert.equal((await dora.run("status")).code, EXIT.ok);
  const db = new DatabaseSync(join(dora.folder, ".frontrow/hub.db"), { readOnly: true });
  const here = db.prepare("select path, digest from documents where deleted = 0 order by path").all();
  db.close();
  const there = await api.garden.sql.query(
    "select path, digest from frontrow.documents where deleted_at is null order by path",
  );
  assert.deepEqual(
    here.map((row) => ({ ...row })),
    there,
  );
  // And the hub may be deleted: it is made again.
  await rm(join(dora.folder, ".frontrow"), { recursive: true });
  await dora.run("init");
  assert.equal((await dora.run("import")).code, EXIT.ok);
  assert.equal((await dora.run("status")).code, EXIT.ok);
});

test("only what is named or fits the filter: import, push and status leave the rest as it is", async () => {
  const dora = await person("dora");
  await dora.run("init", api.garden.stack.url, "--key-variable", "TEAM_KEY");
  for (const name of ["one", "two", "three"]) await dora.write(`users/dora/parts/${name}.md`, page(name));
  const dry = await dora.run(
    "import",
    "content/users/dora/parts/one.md,users/dora/parts/two.md",
    "--dry-run",
    "--json",
  );
  assert.deepEqual(dry.json.changed, ["users/dora/parts/one.md", "users/dora/parts/two.md"]);
  const listed = await cli(["import", "-", "--json"], {
    folder: dora.folder,
    environment: { USER: "dora", HOME: dora.folder, PATH: process.env.PATH },
    stdin: async () => new TextEncoder().encode("content/users/dora/parts/one.md\n"),
  });
  assert.deepEqual(listed.json.counts, { created: 1 });
  const pushed = await dora.run("push", "--filter", "t*", "--json");
  assert.deepEqual([pushed.json.counts, pushed.json.left.queued], [{ created: 2, accepted: 2 }, 1]);
  const one = await dora.run("status", "--filter", "users/dora/**", "--json");
  assert.deepEqual(
    one.json.ahead.map(({ path }: { path: string }) => path),
    ["users/dora/parts/one.md"],
  );
  assert.equal((await dora.run("show", "x", "--filter", "*")).code, EXIT.usage);
  assert.equal((await dora.run("push", "--collection", "nope")).code, EXIT.usage);
  assert.equal((await dora.run("push")).code, EXIT.ok);
  const dryRestore = await dora.run("restore", "users/dora/parts/one.md", "1", "--dry-run");
  assert.equal(dryRestore.code, EXIT.ok);
});

test("conflicts: theirs takes the origin's word, and ours is in the record", async () => {
  const path = "users/ann/parts/strategy.md";
  const dora = await person("dora");
  await dora.run("init", api.garden.stack.url, "--key-variable", "TEAM_KEY");
  const yaml = join(dora.folder, "frontrow.yaml");
  await writeFile(yaml, `${await readFile(yaml, "utf8")}conflicts: theirs\n`);
  await ann.write(path, page("Both"));
  await ann.run("sync");
  await dora.run("sync");
  await ann.write(path, page("Hers"));
  await ann.run("sync");
  await dora.write(path, page("Mine"));
  assert.equal((await dora.run("sync")).code, EXIT.ok);
  assert.equal(await dora.read(path), page("Hers"));
  const { json } = await dora.run("conflicts", "--all", "--json");
  assert.deepEqual([json.conflicts[0].ours, json.conflicts[0].state], [page("Mine"), "resolved"]);
});

test("what is in quarantine is listed with its line, and looked at again", async () => {
  const bad = "users/ann/parts/bad.md";
  await bob.write(bad, "---\nname: [\n---\n");
  assert.equal((await bob.run("sync")).code, EXIT.attention);
  const listed = await bob.run("quarantine");
  assert.match(listed.stdout, /^users\/ann\/parts\/bad\.md:3 {2}directory {2}FRONT_MATTER_INVALID/);
  assert.equal((await bob.run("retry", bad)).code, EXIT.attention);
  await bob.write(bad, page("Mended"));
  const mended = await bob.run("retry", "--json");
  assert.deepEqual([mended.code, mended.json.quarantined], [EXIT.ok, 0]);
  assert.equal((await bob.run("sync")).code, EXIT.ok);
});

test("--origin means the project itself, and so does --url", async () => {
  assert.equal((await ann.run("status", "--watch")).code, EXIT.usage);
  const there = await ann.run("status", "--origin");
  assert.match(there.stdout, /collection +documents +rows/);
});

test("outside of a clone, push says how to make one", async () => {
  const { code, stderr } = await cli(["push"], { folder: tmpdir() });
  assert.equal(code, EXIT.usage);
  assert.match(stderr, /init <url>/);
});

test("watch takes edits both ways, and outlives an origin that goes away and comes back", async () => {
  const line = await openLine(api.garden.stack.url);
  const carl = await person("carl");
  await carl.run("init", line.url, "--key-variable", "TEAM_KEY");
  const child = spawn(
    process.execPath,
    ["run", "-A", "--no-check", join(root, "scripts/frontrow.ts"), "watch", "--every", "0.2"],
    {
      cwd: carl.folder,
      env: { ...process.env, TEAM_KEY: api.program.apikey, npm_lifecycle_event: "" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
    });
  const ended = new Promise((done) => child.once("close", done));
  try {
    // The first round brings what is there.
    await until(() => carl.read(PATH).then(Boolean, () => false));
    await carl.write(PATH, page("Watched"));
    await until(async () => (await api.garden.row(PATH))?.name === "Watched");
    await bob.run("sync");
    await bob.write(PATH, page("Watched", "By bob.\n"));
    await bob.run("sync");
    await until(async () => (await carl.read(PATH)) === page("Watched", "By bob.\n"));
    line.isUp = false;
    await carl.write(PATH, page("Offline", "By bob.\n"));
    await until(() => said.includes("Cannot reach http"));
    line.isUp = true;
    await until(async () => (await api.garden.row(PATH))?.name === "Offline");
    await until(() => said.includes("The origin is back."));
  } finally {
    child.kill("SIGINT");
    await ended;
    await line.close();
  }
  // Not its exit code: Deno says of every child that was sent a signal that it died of it.
  assert.match(said, /Nothing left to do: \d documents?\.\n$/);
});

test("what frontrow.yaml has scrubbed is not in the clone's files, and an edit beside it goes out alone", async () => {
  await ann.write("users/ann/parts/scrubbed.md", page("Ann", "Ask ann@example.org.\n"));
  assert.equal((await ann.run("sync")).code, EXIT.ok);
  const cleo = await person("cleo");
  assert.equal((await cleo.run("init", api.garden.stack.url, "--key-variable", "TEAM_KEY")).code, EXIT.ok);
  const yaml = join(cleo.folder, "frontrow.yaml");
  const rules = "rules: [{ pattern: email }, { field: name, action: drop }]";
  const written = (await readFile(yaml, "utf8")).replace(/^stores:[\s\S]*/m, "");
  await writeFile(yaml, `${written}stores: { directory: { scrub: { ${rules} } } }\n`);
  assert.equal((await cleo.run("sync")).code, EXIT.ok);
  const left = "---\nstatus: active # today\n---\nAsk [email].\n";
  assert.equal(await cleo.read("users/ann/parts/scrubbed.md"), left);
  await cleo.write("users/ann/parts/scrubbed.md", `${left}Cleo.\n`);
  const diff = await cleo.run("diff", "users/ann/parts/scrubbed.md");
  assert.match(diff.stdout, /\n\+Cleo\.\n/);
  assert.ok(!/\n-/.test(diff.stdout.replace(/^--- .*$/m, "")), diff.stdout);
  assert.equal((await cleo.run("sync")).code, EXIT.ok);
  assert.equal((await ann.run("sync")).code, EXIT.ok);
  const whole = page("Ann", "Ask ann@example.org.\nCleo.\n");
  assert.equal(await ann.read("users/ann/parts/scrubbed.md"), whole);
});

test("doctor looks at what a clone needs: the API, and git where frontrow.yaml uses it", async () => {
  const dora = await person("dora");
  assert.equal((await dora.run("init", api.garden.stack.url, "--key-variable", "TEAM_KEY")).code, EXIT.ok);
  const found = async () => {
    const { checks } = (await dora.run("doctor", "--json")).json;
    const one = (name: string) => checks.find(({ check }: { check: string }) => check === name);
    return { api: one("api"), git: one("git") };
  };
  const plain = await found();
  assert.deepEqual([plain.api.status, plain.git], ["ok", undefined], plain.api.message);
  const yaml = join(dora.folder, "frontrow.yaml");
  await writeFile(
    yaml,
    (await readFile(yaml, "utf8")).replace("stores:\n", "stores:\n  git: { autoPush: true }\n"),
  );
  assert.equal((await found()).git.status, "fail", "no repository");
  spawnSync("git", ["init", "-q", "-b", "main"], { cwd: dora.folder });
  assert.match((await found()).git.message, /no remote/);
});

test("doctor and a repository, state by state", () => {
  const state = { branch: "main", busy: null, remote: null, ahead: null, behind: null };
  const remote = { name: "origin", branch: "main", isUpstream: true };
  const git = { autoPush: false, branch: null };
  assert.equal(repositoryFinding(state, git).message, "branch main");
  assert.equal(
    repositoryFinding({ ...state, remote, ahead: 1, behind: 2 }, { ...git, autoPush: true }).message,
    "branch main with origin, 1 ahead, 2 behind",
  );
  for (const [over, settings, said] of [
    [{ busy: "rebase" as const }, git, /a rebase is under way/],
    [{ branch: null }, git, /no branch/],
    [{}, { ...git, branch: "docs" }, /only docs is synced/],
    [{}, { ...git, autoPush: true }, /no remote/],
  ] as const) {
    const { status, message } = repositoryFinding({ ...state, ...over }, settings);
    assert.equal(status, "warn");
    assert.match(message, said);
  }
});

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error("it never came to be");
    await new Promise((done) => setTimeout(done, 20));
  }
}

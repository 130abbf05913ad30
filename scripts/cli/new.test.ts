/** `frontrow new` against the local stack, told as one story: each test goes on where the one before ended. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { EXIT } from "./frame/exit.ts";
import { folderOf, type Garden, type Ran, root, startGarden } from "./test-cli.ts";

const CONFIG = "examples/team-cache/config.ts";
let garden: Garden;
before(async () => {
  garden = await startGarden();
  const schema = await readFile(join(root, "examples", "team-cache", "schema.sql"), "utf8");
  await garden.stack.sql.transaction(async (tx) => {
    await tx.exec("set local role hosted_postgres");
    await tx.exec(schema);
  });
});
after(() => garden.stack.stop());

const cli = (...argv: string[]): Promise<Ran> =>
  garden.cli([...argv, "--config", CONFIG, "--author", "ann@x.org"]);
const today = () => new Date().toLocaleDateString("sv");
const numbers = () =>
  garden.stack.sql.query<{ collection: string; last: number }>(
    "select collection, last::int from frontrow.id_sequences order by 1",
  );

test("a dry run shows the document, takes no id and writes nothing", async () => {
  const { code, json } = await cli("new", "story", "Log in: fast", "--dry-run", "--json");
  assert.equal(code, EXIT.ok);
  assert.deepEqual([json.collection, json.template, json.id], ["stories", "story", null]);
  assert.match(json.path, /^stories\/INFRA-new-[0-9a-z]{6}\.md$/);
  assert.match(json.text, /^---\ntitle: "Log in: fast"\nteam: platform\n/);
  const shown = await cli("new", "story", "Log in", "--dry-run");
  assert.match(shown.stdout, /^---\ntitle: Log in\n[\s\S]*# INFRA-new-[0-9a-z]{6}: Log in\n/);
  assert.match(shown.stderr, /under the next id; nothing was written/);
  assert.deepEqual(await numbers(), []);
});

test("a story gets the next id, a row and a file, from its template", async () => {
  const { code, json } = await cli("new", "story", "Log in: fast", "--json", "--message", "asked for");
  assert.equal(code, EXIT.ok);
  assert.deepEqual(json, {
    collection: "stories",
    id: "INFRA-1",
    path: "stories/INFRA-1.md",
    template: "story",
    revision: 1,
  });
  const text = `---
title: "Log in: fast"
team: platform
status: open
plan:
points:
author: ann@x.org
created: ${today()}
tags: []
---

# INFRA-1: Log in: fast

As a …, I want …, so that ….

## Done when

- [ ]
`;
  assert.equal(await garden.served("stories/INFRA-1.md"), text);
  const [row] = await garden.stack.sql.query(
    "select title, team, status, author, created::text, body from public.stories where id = 'INFRA-1'",
  );
  const body = text.slice(text.indexOf("\n---\n") + 5);
  assert.deepEqual(row, {
    title: "Log in: fast",
    team: "platform",
    status: "open",
    author: "ann@x.org",
    created: today(),
    body,
  });
  const { json: log } = await cli("log", "stories/INFRA-1.md", "--json");
  assert.deepEqual([log.revisions[0].author, log.revisions[0].message], ["ann@x.org", "asked for"]);
});

test("a collection's name does as well as its template's; fields are set, and lists", async () => {
  const { json, code } = await cli(
    "new",
    "stories",
    "Two",
    "--set",
    "points=3",
    "--set",
    "tags=auth, ux",
    "--set",
    "plan=PLAN-001",
    "--json",
  );
  assert.equal(code, EXIT.ok, JSON.stringify(json));
  assert.equal(json.id, "INFRA-2");
  const [row] = await garden.stack.sql.query(
    "select points::int, tags, plan from public.stories where id = 'INFRA-2'",
  );
  assert.deepEqual(row, { points: 3, tags: ["auth", "ux"], plan: "PLAN-001" });
  const plan = await cli("new", "plan", "Move");
  assert.equal(plan.stdout, "PLAN-001  plans/PLAN-001.md\n");
  assert.match((await garden.served("plans/PLAN-001.md"))!, /^# PLAN-001: Move\n\nStatus: DRAFT\n$/m);
  const approved = await cli("new", "plan", "Stay", "--set", "Status=APPROVED", "--json");
  assert.match((await garden.served(approved.json.path))!, /^Status: APPROVED$/m);
  const [made] = await garden.stack.sql.query("select status from public.plans where id = 'PLAN-002'");
  assert.deepEqual(made, { status: "APPROVED" });
  assert.equal((await cli("new", "runbook", "Restart", "--json")).json.id, "RUN-001");
});

test("ten at once get ten ids", async () => {
  const made = await Promise.all(
    Array.from({ length: 10 }, (_, n) => cli("new", "story", `Story ${n}`, "--json")),
  );
  assert.deepEqual(
    made.map(({ code }) => code),
    Array(10).fill(EXIT.ok),
  );
  assert.deepEqual(
    made.map(({ json }) => json.id).sort(),
    Array.from({ length: 10 }, (_, n) => `INFRA-${n + 3}`).sort(),
  );
  assert.equal((await garden.cli(["status", "--json", "--config", CONFIG])).json.in_sync, true);
});

test("a document that somebody made by hand is passed, and never written over", async () => {
  const story = "---\ntitle: By hand\nteam: platform\nstatus: open\n---\n";
  await garden.put("stories/INFRA-20.md", story);
  assert.equal((await cli("new", "story", "After", "--json")).json.id, "INFRA-21");
  // Somebody makes the very one that was handed out.
  await garden.stack.sql.exec(`create function public.race() returns trigger language plpgsql as $$
    begin
      insert into public.stories (id, title, team) values ('INFRA-22', 'quicker', 'platform') on conflict do nothing;
      return new;
    end $$;
    create trigger race after update on frontrow.id_sequences for each row execute function public.race();`);
  const { json, stderr } = await cli("new", "story", "Slower", "--json");
  await garden.stack.sql.exec("drop trigger race on frontrow.id_sequences");
  assert.equal(json.id, "INFRA-23", stderr);
  assert.match(stderr, /INFRA-22 is there already: taking the next/);
  const [row] = await garden.stack.sql.query("select title from public.stories where id = 'INFRA-22'");
  assert.deepEqual(row, { title: "quicker" });
});

test("what cannot be a document takes no id", async () => {
  const before = await numbers();
  const wrong: [argv: string[], code: string, message: RegExp, exit: number][] = [
    [["new", "story"], "CONFIG_INVALID", /\{\{title\}\}/, EXIT.usage],
    [["new", "story", " "], "USAGE", /one line/, EXIT.usage],
    [["new", "story", "a\nb"], "USAGE", /one line/, EXIT.usage],
    [
      ["new", "story", "A", "--set", "points=many"],
      "SCHEMA_VIOLATION",
      /"points".* a number/,
      EXIT.attention,
    ],
    [["new", "story", "A", "--set", "status=gone"], "SCHEMA_VIOLATION", /"status"/, EXIT.attention],
    [["new", "story", "A", "--set", "pionts=3"], "USAGE", /"pionts"/, EXIT.usage],
    [["new", "story", "A", "--set", "id=INFRA-7"], "USAGE", /"id"/, EXIT.usage],
    [["new", "story", "A", "--set", "points"], "USAGE", /name=value/, EXIT.usage],
    [["new", "story", "A", "--template", "none"], "NOT_FOUND", /none/, EXIT.usage],
    [["new", "poem", "A"], "NOT_FOUND", /"poem"/, EXIT.usage],
  ];
  for (const [argv, code, message, exit] of wrong) {
    const ran = await cli(...argv, "--json");
    assert.deepEqual([ran.json.error?.code, ran.code], [code, exit], `${argv}: ${ran.stdout}`);
    assert.match(ran.json.error.message, message);
  }
  assert.deepEqual(await numbers(), before);
});

test("a collection without ids and templates: the path's parts are said", async () => {
  const argv = ["new", "parts", "The Critic", "--json", "--config", "examples/garden/config.ts"];
  assert.equal((await garden.cli(["register", "--config", "examples/garden/config.ts"])).code, EXIT.ok);
  const missing = await garden.cli([...argv, "--set", "user_id=ann"]);
  assert.deepEqual([missing.json.error.code, missing.code], ["USAGE", EXIT.usage]);
  assert.match(missing.json.error.hint, /--set slug=…/);
  const said = [...argv, "--set", "user_id=ann", "--set", "slug=the-critic", "--set", "name=The Critic"];
  const { json, code } = await garden.cli([...said, "--set", "status=active"]);
  assert.equal(code, EXIT.ok, JSON.stringify(json));
  assert.deepEqual([json.id, json.path], [null, "users/ann/parts/the-critic.md"]);
  assert.equal(
    await garden.served(json.path),
    "---\nname: The Critic\nstatus: active\n---\n\n# The Critic\n",
  );
  const again = await garden.cli([...said, "--set", "status=resting"]);
  assert.deepEqual([again.json.error.code, again.code], ["IN_THE_WAY", EXIT.attention]);
});

test("a template that is not there, or asks for what nobody says, is told of by its file and line", async () => {
  const folder = await folderOf({ "templates/story.md": "---\ntitle: {{title}}\n---\n\n{{owner}}\n" });
  const config = await readFile(join(root, CONFIG), "utf8");
  const file = join(folder, "config.ts");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    config
      .replaceAll("../../shared/", `${root}/shared/`)
      .replace('from "zod"', `from "${import.meta.resolve("zod")}"`),
  );
  const run = (what: string) => garden.cli(["new", what, "A", "--json", "--config", file]);
  assert.equal((await garden.cli(["register", "--config", file])).code, EXIT.ok);
  const { error } = (await run("story")).json;
  assert.deepEqual([error.code, error.path, error.line], ["CONFIG_INVALID", "templates/story.md", 5]);
  assert.match(error.message, /\{\{owner\}\}/);
  const absent = (await run("plan")).json.error;
  assert.deepEqual([absent.code, absent.path], ["CONFIG_INVALID", "templates/plan.md"]);
});

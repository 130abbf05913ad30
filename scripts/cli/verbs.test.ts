/** Every verb against the local stack. One stack, told as one story: each test goes on where the one before ended. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { EXIT } from "./frame/exit.ts";
import { folderOf, type Garden, startGarden } from "./test-cli.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stack.stop());

const part = (name: string, more = ""): string => `---\nname: ${name}\nstatus: active\n${more}---\n\nBody\n`;
const rows = (where = "true") =>
  garden.stack.sql.query<{ slug: string; name: string }>(
    `select slug, name from public.parts where deleted_at is null and ${where} order by slug`,
  );

test("status before anything is registered: not in sync, and what to type", async () => {
  const { code, stdout } = await garden.cli(["status"]);
  assert.equal(code, EXIT.attention);
  assert.match(stdout, /Nothing is registered.*register/);
  assert.equal((await garden.cli(["sync", "--json"])).json.error.code, "NOT_REGISTERED");
});

test("a wrong or a public key: 4", async () => {
  for (const key of ["sb_secret_wrong", garden.stack.publishableKey]) {
    const { code, json } = await garden.cli(["status", "--json", "--key", key]);
    assert.equal(code, EXIT.unreachable);
    assert.equal(json.error.code, "UNAUTHORIZED");
  }
});

test("import: registers, makes the bucket, brings all in; what cannot be read is quarantined, not lost", async () => {
  const folder = await folderOf({
    "users/ann/parts/critic.md": part("Critic"),
    "users/ann/parts/rêveuse.md": part("Rêveuse"),
    "users/bo/parts/bad.md": "---\nname: [\n---\n\nkept\n",
    "users/bo/parts/latin.md": new Uint8Array([0x2d, 0x2d, 0xe9, 0x0a]),
    "README.md": "no part\n",
    ".hidden.md": "hidden\n",
    "users/ann/parts/a\\b.md": part("No"),
  });
  const { code, json, stderr } = await garden.cli(["import", folder, "--json"]);
  assert.match(
    stderr,
    /Nothing was registered yet: installed parts\.\nCreated the private bucket "content"\./,
  );
  assert.equal(code, EXIT.attention);
  const { refused, seconds, ...rest } = json;
  assert.deepEqual(rest, {
    documents: 4,
    ignored: 2,
    rows: 2,
    in_sync: false,
    pending: 0,
    in_flight: 0,
    quarantined: 2,
    conflicts: 0,
    halts: 0,
    left: [],
    counts: { quarantined: 2, created: 2 },
    registered: true,
    buckets_created: ["content"],
  });
  assert.equal(typeof seconds, "number");
  assert.deepEqual(
    refused.map(({ path, rule }: { path: string; rule: string }) => [path, rule]),
    [["users/ann/parts/a\\b.md", "not-portable"]],
  );
  assert.equal(await garden.served("users/bo/parts/bad.md"), "---\nname: [\n---\n\nkept\n");
  assert.equal(await garden.served("users/ann/parts/r=C3=AAveuse.md"), part("Rêveuse"));
  assert.deepEqual(await rows(), [
    { slug: "critic", name: "Critic" },
    { slug: "rêveuse", name: "Rêveuse" },
  ]);
});

test("status lists the quarantine with its place; a good version releases it", async () => {
  const { code, stdout } = await garden.cli(["status"]);
  assert.equal(code, EXIT.attention);
  assert.match(stdout, /users\/bo\/parts\/bad\.md:\d+:\d+ {2}[a-z-]+ {2}Cannot read the header/);
  assert.match(stdout, /Not in sync: 2 quarantined\./);
  await garden.put("users/bo/parts/bad.md", part("Good now"));
  await garden.put("users/bo/parts/latin.md", part("Latin"));
  assert.match((await garden.cli(["status"])).stdout, /2 pending/);
  const sync = await garden.cli(["sync", "parts", "--json"]);
  assert.equal(sync.code, EXIT.ok);
  assert.deepEqual([sync.json.counts, sync.json.in_sync], [{ created: 2 }, true]);
  assert.match(sync.stderr, /created +users\/bo\/parts\/bad\.md/);
  const status = await garden.cli(["status", "--json", "--collection", "parts"]);
  assert.equal(status.code, EXIT.ok);
  assert.deepEqual(
    [status.json.in_sync, status.json.collections[0].rows, status.json.doorbell],
    [true, 4, "no secret"],
  );
  assert.match((await garden.cli(["status"])).stdout, /In sync: 4 documents\.\n$/);
});

test("import of what is in already: two questions, and Storage is not asked", async () => {
  const folder = await folderOf({
    "users/ann/parts/critic.md": part("Critic"),
    "users/ann/parts/rêveuse.md": part("Rêveuse"),
  });
  const asked: string[] = [];
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    asked.push(new URL(input instanceof Request ? input.url : input).pathname);
    return fetch(input, init);
  };
  try {
    const { code, json } = await garden.cli(["import", folder, "--json"]);
    assert.deepEqual([code, json.counts, json.in_sync], [EXIT.ok, { unchanged: 2 }, true]);
  } finally {
    globalThis.fetch = fetch;
  }
  assert.deepEqual(asked, ["/rest/v1/rpc/frontrow_registered", "/rest/v1/rpc/frontrow_compare"]);
});

test("import --no-upload: documents and rows at once, the file with the next sync", async () => {
  const folder = await folderOf({ "users/cy/parts/later.md": part("Later") });
  const { code, json } = await garden.cli(["import", folder, "--no-upload", "--json"]);
  assert.deepEqual([code, json.counts, json.pending], [EXIT.ok, { created: 1 }, 1]);
  assert.deepEqual(await rows("slug = 'later'"), [{ slug: "later", name: "Later" }]);
  assert.equal(await garden.served("users/cy/parts/later.md"), null);
  const again = await garden.cli(["import", folder, "--no-upload", "--json"]);
  assert.deepEqual([again.json.counts, again.json.pending], [{ unchanged: 1 }, 1], "it is on its way");
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
  assert.equal(await garden.served("users/cy/parts/later.md"), part("Later"));
  await garden.stack.sql.query("delete from public.parts where slug = 'later'");
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
  assert.equal(await garden.served("users/cy/parts/later.md"), null);
  const back = await garden.cli(["import", folder, "--json"]);
  assert.deepEqual(
    [back.code, back.json.counts],
    [EXIT.ok, { created: 1 }],
    "who brings it in wants it there",
  );
  await garden.stack.sql.query("delete from public.parts where slug = 'later'");
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
});

test("import again changes nothing; an edited file is an update; --bucket narrows", async () => {
  const folder = await folderOf({
    "users/ann/parts/critic.md": part("Kind Critic"),
    "users/ann/parts/rêveuse.md": part("Rêveuse"),
  });
  const { code, json } = await garden.cli(["import", folder, "--json"]);
  assert.equal(code, EXIT.ok);
  assert.deepEqual(json.counts, { updated: 1, unchanged: 1 });
  assert.deepEqual([json.registered, json.buckets_created], [false, []]);
  const worse = await folderOf({ "users/ann/parts/critic.md": "---\nname: [\n---\n" });
  const bad = await garden.cli(["import", worse, "--json"]);
  assert.deepEqual([bad.code, bad.json.counts, bad.json.rows], [EXIT.attention, { quarantined: 1 }, 4]);
  assert.equal(await garden.served("users/ann/parts/critic.md"), part("Kind Critic"), "the good file stays");
  assert.equal((await garden.cli(["import", folder])).code, EXIT.ok, "a good version releases it");
  const other = await garden.cli(["import", folder, "--bucket", "elsewhere", "--json"]);
  assert.equal(other.code, EXIT.usage);
  assert.match(other.json.error.hint, /parts in content/);
  assert.equal(
    (await garden.cli(["import", join(folder, "nowhere"), "--json"])).json.error.rule,
    "no-folder",
  );
});

test("sync --dry-run lists what would happen and changes nothing", async () => {
  await garden.stack.sql.exec("update public.parts set name = 'Row Critic' where slug = 'critic'");
  await garden.put("users/ann/parts/new.md", part("New"));
  await garden.put("users/ann/parts/worse.md", "---\nname: [\n---\n");
  const { code, json } = await garden.cli(["sync", "--dry-run", "--json"]);
  assert.equal(code, EXIT.attention, "something would be quarantined");
  assert.deepEqual(json.counts, { updated: 1, created: 1, quarantined: 1 });
  const brief = json.plan.map(({ path, outcome, row, object, line }: Record<string, unknown>) => [
    path,
    outcome,
    row,
    object,
    line,
  ]);
  assert.deepEqual(brief, [
    ["users/ann/parts/critic.md", "updated", null, "update", null],
    ["users/ann/parts/new.md", "created", "create", null, null],
    ["users/ann/parts/worse.md", "quarantined", null, null, 3],
  ]);
  assert.match((await garden.cli(["sync", "--dry-run"])).stdout, /update the file[\s\S]*nothing was changed/);
  assert.equal((await rows("slug = 'new'")).length, 0);
  await garden.put("users/ann/parts/worse.md", part("Better"));
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
  assert.equal(await garden.served("users/ann/parts/critic.md"), part("Row Critic"));
});

test("backfill finds what no trigger saw", async () => {
  await garden.stack.sql.exec(
    "alter table public.parts disable trigger user; update public.parts set name = 'Unseen' where slug = 'new'; alter table public.parts enable trigger user;",
  );
  assert.equal((await garden.cli(["sync", "--json"])).json.counts.updated, undefined);
  const { code, json } = await garden.cli(["backfill", "parts", "--json"]);
  assert.equal(code, EXIT.ok);
  assert.deepEqual([json.marked, json.counts, json.alarms], [1, { updated: 1 }, []]);
  assert.equal((await garden.cli(["backfill", "--full", "--json"])).json.counts.unchanged, 7);
  assert.equal((await garden.cli(["sync", "--hours", "1", "--json"])).json.marked, 7);
  assert.equal((await garden.cli(["backfill", "prats", "--json"])).json.error.code, "NOT_FOUND");
});

test("--quiet says nothing on the way; status --watch ends when interrupted", async () => {
  await garden.put("users/ann/parts/last.md", part("Last"));
  const { stderr, stdout } = await garden.cli(["sync", "--quiet"]);
  assert.equal(stderr, "");
  assert.match(stdout, /1 created/);
  const abort = new AbortController();
  const watching = garden.cli(["status", "--watch"], { interruption: () => abort.signal });
  setTimeout(() => abort.abort(), 200);
  assert.equal((await watching).code, EXIT.ok);
  assert.equal((await garden.cli(["status", "--watch", "--json"])).code, EXIT.usage);
});

test("import --dry-run lists and changes nothing; what is named after the folder is all that is brought in", async () => {
  const folder = await folderOf({
    "users/zed/parts/a.md": part("A"),
    "users/zed/parts/b.md": part("B"),
    "users/zed/parts/c.md": part("C"),
  });
  const dry = await garden.cli(["import", folder, "--dry-run", "--json"]);
  assert.deepEqual([dry.code, dry.json.new.length, dry.json.changed], [EXIT.attention, 3, []]);
  assert.deepEqual(await rows("user_id = 'zed'"), []);
  const some = await garden.cli(["import", folder, "users/zed/parts/a.md", "--json"]);
  assert.deepEqual(some.json.counts, { created: 1 });
  await garden.cli(["import", folder, "--filter", "b.*", "--json"]);
  assert.deepEqual(await rows("user_id = 'zed'"), [
    { slug: "a", name: "A" },
    { slug: "b", name: "B" },
  ]);
});

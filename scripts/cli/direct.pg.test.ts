/** `--db-url`: the same verbs straight to the database, with and without a project beside it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startPostgres, type TestPostgres } from "../local/postgres.ts";
import { EXIT } from "./frame/exit.ts";
import { cli, folderOf, type Garden, startGarden } from "./test-cli.ts";

let postgres: TestPostgres;
let garden: Garden;
before(async () => {
  postgres = await startPostgres({ settings: { autovacuum: "off" } });
  garden = await startGarden({ databaseUrl: postgres.url });
});
after(async () => {
  await garden?.stack.stop();
  await postgres?.stop();
});

const MANY = 120;
const text = (place: number): string => `---\nname: Part ${place}\nstatus: active\n---\n\nBody ${place}\n`;
const folder = folderOf(
  Object.fromEntries(Array.from({ length: MANY }, (_, i) => [`users/ann/parts/p${i}.md`, text(i)])),
);

/** Whoever writes anything is given a number first: this is the next one. */
async function nextTransaction(): Promise<string> {
  const [{ next }] = (await garden.stack.sql.query(
    "select pg_snapshot_xmax(pg_current_snapshot())::text as next",
  )) as [{ next: string }];
  return next;
}

test("an import needs no project beside the database; the files follow with the next sync", async () => {
  const { code, json } = await cli([
    "import",
    await folder,
    "--no-upload",
    "--json",
    "--db-url",
    postgres.url,
  ]);
  assert.deepEqual(
    [code, json.counts, json.rows, json.pending, json.registered],
    [EXIT.ok, { created: MANY }, MANY, MANY, true],
  );
  // The bucket is made by who uploads.
  const { code: uploaded } = await garden.cli(["import", await folder, "--json"]);
  assert.equal(uploaded, EXIT.ok);
  assert.equal(await garden.served("users/ann/parts/p7.md"), text(7));
});

test("the same files again write nothing at all", async () => {
  const status = await cli(["status", "--json", "--db-url", postgres.url]);
  assert.deepEqual([status.code, status.json.in_sync], [EXIT.ok, true]);
  const before = await nextTransaction();
  const { code, json } = await cli(["import", await folder, "--json", "--db-url", postgres.url]);
  assert.deepEqual([code, json.counts, json.in_sync], [EXIT.ok, { unchanged: MANY }, true]);
  assert.equal(await nextTransaction(), before);
});

test("without a project's URL nothing can be uploaded, and that is said", async () => {
  const more = await folderOf({ "users/bo/parts/new.md": text(1) });
  const environment = { FRONTROW_PROJECT: "local" };
  const { code, json } = await cli(["import", more, "--json", "--db-url", postgres.url], {
    environment,
    root: more,
    folder: more,
  });
  assert.equal(code, EXIT.usage, JSON.stringify(json));
});

test("quotes and backslashes cross as they are", async () => {
  const odd = "it's \\' \"; select 1; -- $1";
  const more = await folderOf({ "users/cy/parts/odd.md": `---\nname: Odd\nstatus: active\n---\n\n${odd}\n` });
  const { code } = await cli([
    "import",
    more,
    "--no-upload",
    "--json",
    "--message",
    odd,
    "--author",
    "o'hara",
    "--db-url",
    postgres.url,
  ]);
  assert.equal(code, EXIT.ok);
  assert.equal((await garden.cli(["sync"])).code, EXIT.ok);
  const { json } = await cli(["log", "users/cy/parts/odd.md", "--json", "--db-url", postgres.url]);
  assert.deepEqual([json.revisions[0].message, json.revisions[0].author], [odd, "o'hara"]);
  const shown = await cli(["log", "o'hara's \\.md", "--json", "--db-url", postgres.url]);
  assert.equal(shown.json.error.code, "NOT_FOUND");
});

test("addresses that cannot work are said without their password", async () => {
  const wrong = await cli(["status", "--json", "--db-url", "mysql://me:hunter2@localhost/x"]);
  assert.deepEqual([wrong.code, wrong.json.error.code], [EXIT.usage, "USAGE"]);
  const closed = await cli(["status", "--json", "--db-url", "postgres://me:hunter2@127.0.0.1:1/x"]);
  assert.deepEqual([closed.code, closed.json.error.code], [EXIT.unreachable, "HUB_UNAVAILABLE"]);
  for (const { stdout, stderr } of [wrong, closed]) assert.doesNotMatch(stdout + stderr, /hunter2/);
});

/** Ids, one caller after the other: never a number that is there, or was. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import team from "../examples/team-cache/config.ts";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import { type Config, registrationOf, resolveConfig } from "../shared/collections/mod.ts";
import type { IdsRequest } from "../shared/hub/peer-hub.ts";

let garden: Garden;
before(async () => {
  const schema = await readFile(new URL("../examples/team-cache/schema.sql", import.meta.url), "utf8");
  const plain = {
    name: "members",
    table: "team_members",
    path: "members/:team/:user_id.md",
    fields: team.collections[0]!.fields.pick({}),
  };
  garden = await startGarden({
    schema,
    config: { ...team, collections: [...team.collections, plain] } as Config,
  });
});
after(() => garden.stop());

const ask = (collection: string, change: Partial<IdsRequest> = {}) =>
  garden.peer.ids({ request: crypto.randomUUID(), reader: "", collection, ...change });
const story = (title: string) => `---\ntitle: ${title}\nteam: platform\nstatus: open\n---\n`;

test("numbers begin at 1, and none comes twice", async () => {
  assert.deepEqual(await ask("runbooks"), { format: "RUN-{n:3}", first: 1, last: 1 });
  assert.deepEqual(await ask("runbooks", { count: 1000 }), { format: "RUN-{n:3}", first: 2, last: 1001 });
  assert.deepEqual(await ask("runbooks", { count: 2 }), { format: "RUN-{n:3}", first: 1002, last: 1003 });
  const { first } = await ask("plans");
  assert.equal(first, 1, "each collection has numbers of its own");
});

test("the same request is answered the same; nobody else's request is", async () => {
  const request = crypto.randomUUID();
  const block = await ask("plans", { request, count: 5 });
  assert.deepEqual(await ask("plans", { request, count: 5 }), block);
  const others = await ask("plans", { request, count: 5, reader: "somebody" });
  assert.equal(others.first, block.last + 1);
  assert.deepEqual(await ask("plans", { request, count: 5, reader: "somebody" }), others);
  await garden.sql.query("update frontrow.id_blocks set at = now() - interval '4 days'");
  assert.equal((await ask("plans")).first, others.last + 1);
  const [left] = await garden.sql.query("select count(*)::int as count from frontrow.id_blocks");
  assert.deepEqual(left, { count: 1 }, "what is older than three days is forgotten");
});

test("a number that somebody took by hand is passed, wherever it is seen first", async () => {
  // Before the sequence is: a row that no trigger saw, and a file that is none.
  await garden.sql.exec(`alter table public.stories disable trigger user;
    insert into public.stories (id, title, team) values ('INFRA-40', 'old', 'platform');
    alter table public.stories enable trigger user;`);
  assert.equal((await ask("stories")).first, 41);

  await garden.sql.query(
    "insert into public.stories (id, title, team) values ('INFRA-50', 'row', 'platform')",
  );
  assert.equal((await ask("stories")).first, 51, "a row that is no document yet");
  await garden.settle();

  await garden.upload("stories/INFRA-200.md", story("by hand"));
  assert.equal((await ask("stories")).first, 201, "a file that is no document yet");
  await garden.settle();
  assert.equal((await ask("stories")).first, 202);

  await garden.upload("stories/INFRA-300.md", "---\nstatus: {\n---\n");
  await garden.settle();
  assert.equal((await ask("stories")).first, 301, "a file that is none");

  await garden.upload("stories/INFRA-00400.md", story("with zeros"));
  await garden.settle();
  await garden.remove("stories/INFRA-00400.md");
  await garden.settle();
  assert.equal((await ask("stories")).first, 401, "a document that is no more");

  // Names that hold a number, and are none of these ids.
  for (const name of ["INFRA-999x", "XINFRA-999", "INFRA-1234567890123456", "infra-999"])
    await garden.upload(`stories/${name}.md`, story("a name"));
  await garden.settle();
  assert.equal((await ask("stories")).first, 402);
});

test("where the hub moves to another server, or the path changes, all is looked through again", async () => {
  await garden.upload("stories/INFRA-500.md", story("from before"));
  await garden.settle();
  await garden.sql.exec(`update frontrow.id_sequences set looked = 'another server',
    looked_at = (pg_current_xact_id()::text::bigint + 1000)::text::xid8`);
  assert.equal((await ask("stories")).first, 501);
});

test("what is asked wrongly is refused, and costs no number", async () => {
  const { last } = await ask("stories");
  await assert.rejects(ask("nothing"), { code: "NOT_FOUND", message: /no collection "nothing"/ });
  await assert.rejects(ask("members"), { code: "REQUEST_INVALID", message: /"members" has no ids/ });
  for (const count of [0, 1001, -1])
    await assert.rejects(ask("stories", { count }), { code: "REQUEST_INVALID" }, `${count}`);
  assert.equal((await ask("stories")).first, last + 1);
});

test("ids are part of what is registered, and nothing changes where there are none", async () => {
  const [plans] = resolveConfig(team).collections;
  const none = await registrationOf({ ...plans!, ids: null, templates: {} });
  assert.ok(!("ids" in none));
  const some = await registrationOf(plans!);
  assert.notEqual(some.digest, none.digest);
  assert.equal(some.scope, none.scope, "the documents are the same ones");
});

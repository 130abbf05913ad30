/** The brake on mass deletion, TRUNCATE, changes of scope, and what a person decides then. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { z } from "zod";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import { defineCollection, defineConfig, resolveConfig } from "../shared/collections/mod.ts";
import { register } from "../shared/sync/register.ts";

const NAMES = ["few", "many", "cut", "wiped", "given", "moved", "held", "trickle"] as const;
type Name = (typeof NAMES)[number];

const collection = (name: string, path = `${name}/:slug.md`) =>
  defineCollection({ name, table: name, path, fields: z.object({ title: z.string() }), body: "body" });

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config: defineConfig({ collections: NAMES.map((name) => collection(name)) }),
    schema: NAMES.map(
      (name) =>
        `create table public.${name} (slug text primary key, title text not null, body text not null default '');`,
    ).join("\n"),
  });
});
after(() => garden.stop());

/** `count` documents that both sides agree on: d1, d2 … */
async function grow(name: Name, count: number): Promise<void> {
  await garden.sql.query(
    `insert into public.${name} (slug, title) select 'd' || i, 'Title ' || i from generate_series(1, $1::int) as i`,
    [count],
  );
  await garden.settle();
}

async function counts(name: Name) {
  const [found] = await garden.sql.query<{ rows: number; files: number }>(
    `select (select count(*)::int from public.${name}) as rows,
      (select count(*)::int from storage.objects where name like $1) as files`,
    [`${name}/%`],
  );
  return found!;
}

const halts = async (name: Name) => (await garden.hub.report(name)).halts;
const removeFiles = (name: Name, from: number, to: number) =>
  garden.remove(...Array.from({ length: to - from + 1 }, (_, i) => `${name}/d${from + i}.md`));

test("the rule is the one of shared/reconcile", async () => {
  const vectors = JSON.parse(
    await readFile(new URL("../shared/reconcile/valve-vectors.json", import.meta.url), "utf8"),
  ) as {
    live: number;
    deleting: number;
    recent: number;
    remaining: number;
    share: number;
    atLeast: number;
    trips: boolean;
  }[];
  assert.ok(vectors.length > 5);
  for (const { trips, ...vector } of vectors) {
    const { live, deleting, recent, remaining, share, atLeast } = vector;
    const counts = [live, deleting, recent, remaining, share, atLeast];
    const [found] = await garden.sql.query(
      "select frontrow.valve_trips($1, $2, $3, $4, $5, $6) as trips",
      counts,
    );
    assert.equal(found!.trips, trips, JSON.stringify(vector));
  }
});

test("some deletions are everyday", async () => {
  await grow("few", 30);
  await removeFiles("few", 1, 4);
  await garden.settle();
  assert.deepEqual(await counts("few"), { rows: 26, files: 26 });
  assert.deepEqual(await halts("few"), []);
});

test("a mass deletion of files deletes no row; everything else goes on; restore gives the files back", async () => {
  await grow("many", 30);
  await removeFiles("many", 1, 15);
  await garden.upload("many/d20.md", "---\ntitle: Edited\n---\n");
  await garden.settle();
  assert.deepEqual(await counts("many"), { rows: 30, files: 15 });
  const [row] = await garden.sql.query("select title from public.many where slug = 'd20'");
  assert.equal(row!.title, "Edited", "the other documents go on");
  const [halt] = await halts("many");
  assert.equal(halt!.kind, "deletions");
  assert.equal(halt!.documents, 15);
  await garden.sql.query("select frontrow.sweep()");
  await garden.settle();
  assert.deepEqual(await counts("many"), { rows: 30, files: 15 }, "asking again changes nothing");

  await garden.hub.resume(halt!.id, "restore");
  await garden.settle();
  assert.deepEqual(await counts("many"), { rows: 30, files: 30 });
  assert.deepEqual(await halts("many"), []);
});

test("a mass deletion of rows that a person confirms is carried out, and no more than it", async () => {
  await grow("cut", 30);
  await garden.sql.query("delete from public.cut where substr(slug, 2)::int <= 15");
  await garden.settle();
  assert.deepEqual(await counts("cut"), { rows: 15, files: 30 });
  const [halt] = await halts("cut");
  await garden.hub.resume(halt!.id, "apply");
  await garden.settle();
  assert.deepEqual(await counts("cut"), { rows: 15, files: 15 });
  assert.deepEqual(await halts("cut"), []);
  await garden.sql.query("delete from public.cut");
  await garden.settle();
  assert.deepEqual(await counts("cut"), { rows: 0, files: 15 }, "the next one is a new question");
});

test("TRUNCATE halts the collection and deletes no file", async () => {
  await grow("wiped", 5);
  await garden.sql.query("truncate public.wiped");
  const [event] = await garden.sql.query<{ path: string; gone: boolean }>(
    "select path, gone from frontrow.dirty",
  );
  assert.deepEqual(event, { path: "", gone: false }, "one event, no deletion per document");
  await garden.settle();
  assert.deepEqual(await counts("wiped"), { rows: 0, files: 5 });
  const [halt] = await halts("wiped");
  assert.equal(halt!.documents, 5);
  await garden.hub.resume(halt!.id, "restore");
  await garden.settle();
  assert.deepEqual(await counts("wiped"), { rows: 5, files: 5 });
});

test("deletions that trickle in add up", async () => {
  await grow("trickle", 30);
  for (let i = 1; i <= 15; i++) {
    await removeFiles("trickle", i, i);
    await garden.settle();
  }
  const { rows } = await counts("trickle");
  assert.ok(rows >= 18, `${30 - rows} of 30 were deleted within minutes`);
  assert.equal((await halts("trickle")).length, 1);
});

test("what comes back by itself leaves the halt, and the last one closes it", async () => {
  await grow("given", 12);
  await garden.sql.exec("create table public.saved as select * from public.given; delete from public.given;");
  await garden.settle();
  assert.equal((await halts("given"))[0]!.documents, 12);
  await garden.sql.query("insert into public.given select * from public.saved where slug <> 'd1'");
  await garden.settle();
  assert.equal((await halts("given"))[0]!.documents, 1);
  await garden.sql.query("insert into public.given select * from public.saved where slug = 'd1'");
  await garden.settle();
  assert.deepEqual(await halts("given"), []);
  assert.deepEqual(await counts("given"), { rows: 12, files: 12 });
});

test("an edit of a held document outlives its deletion", async () => {
  await grow("held", 6);
  await garden.sql.query("delete from public.held");
  await garden.settle();
  await garden.upload("held/d1.md", "---\ntitle: Still here\n---\n");
  await garden.settle();
  const rows = await garden.sql.query("select title from public.held");
  assert.deepEqual(rows, [{ title: "Still here" }]);
  await garden.hub.resume((await halts("held"))[0]!.id, "apply");
  await garden.settle();
  assert.deepEqual(await counts("held"), { rows: 1, files: 1 });
});

test("resuming what is not open says so", async () => {
  await assert.rejects(garden.hub.resume(999_999, "apply"), { code: "NOT_FOUND" });
});

test("another path template: what it no longer shows is not deleted, until a person says so", async () => {
  await grow("moved", 4);
  const config = resolveConfig(
    defineConfig({
      collections: NAMES.map((name) =>
        name === "moved" ? collection(name, "elsewhere/:slug.md") : collection(name),
      ),
    }),
  );
  const bindings = await register(garden.hub, config);
  await garden.hub.backfill({});
  await garden.settle({ bindings });
  const [halt] = await halts("moved");
  assert.equal(halt!.kind, "scope-changed");
  const [{ rows }] = (await garden.sql.query("select count(*)::int as rows from public.moved")) as [
    { rows: number },
  ];
  assert.equal(rows, 4);
  const files = await garden.sql.query<{ name: string }>(
    "select name from storage.objects where name ~ '^(moved|elsewhere)/' order by name",
  );
  assert.equal(files.filter(({ name }) => name.startsWith("moved/")).length, 4, "nothing was deleted");
});

test("a collection taken out of the config and put back with another path: its old files are nobody's to delete", async () => {
  for (const { id } of await halts("moved")) await garden.hub.resume(id, "apply");
  assert.deepEqual(await halts("moved"), []);
  const others = NAMES.filter((name) => name !== "moved").map((name) => collection(name));
  await register(garden.hub, resolveConfig(defineConfig({ collections: others })));
  const config = resolveConfig(
    defineConfig({ collections: [...others, collection("moved", "third/:slug.md")] }),
  );
  const bindings = await register(garden.hub, config);
  const old = () =>
    garden.sql.query("select name, version from storage.objects where name like 'moved/%' order by name");
  const before = await old();
  assert.equal(before.length, 4);
  await garden.hub.backfill({ full: true });
  await garden.settle({ bindings });
  const [halt] = await halts("moved");
  assert.equal(halt!.kind, "scope-changed", "the change is seen although the collection was gone in between");
  await garden.hub.resume(halt!.id, "apply");
  await garden.hub.backfill({ full: true });
  await garden.settle({ bindings });
  assert.deepEqual(await old(), before);
});

/** Registration refuses what could not work; and what is done to a table afterwards harms nobody else. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import { defineCollection, defineConfig } from "../shared/collections/mod.ts";
import { registrationOf } from "../shared/collections/registration.ts";
import { resolveConfig } from "../shared/collections/resolve.ts";
import { register } from "../shared/sync/register.ts";

const over = (name: string, table = name) =>
  defineCollection({
    name,
    table,
    path: `${name}/:slug.md`,
    fields: z.object({ title: z.string() }),
    body: "body",
  });
const config = defineConfig({ collections: [over("first"), over("second")] });

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config,
    schema: ["first", "second"]
      .map(
        (name) =>
          `create table public.${name} (slug text primary key, title text, body text not null default '');`,
      )
      .join("\n"),
  });
});
after(() => garden.stop());

async function refusal(table: string, definition: string): Promise<string> {
  await garden.sql.exec(`set role hosted_postgres; ${definition}; reset role`);
  const collection = resolveConfig(defineConfig({ collections: [over("third", table)] })).collections[0]!;
  const failure = await garden.hub.register([await registrationOf(collection)], false).then(
    () => "",
    (error) => `${error.code}: ${error.message}`,
  );
  await garden.sql
    .exec(`drop table if exists public.${table} cascade; drop view if exists public.${table}`)
    .catch(() => undefined);
  return failure;
}

test("a table that cannot be a collection's is refused with the reason", async () => {
  const refused: [definition: string, reason: RegExp][] = [
    ["select 1", /no table public\.t/],
    ["create table public.t (slug text, title text, body text)", /unique constraint on \(slug\)/],
    [
      "create table public.t (slug text, title text, body text); create unique index on public.t (slug) where title is not null",
      /unique/,
    ],
    ["create table public.t (slug text primary key, title point, body text)", /type point/],
    ["create table public.t (slug text primary key, title text, body int)", /must be text/],
    ["create table public.t (slug text primary key, title text)", /no column "body"/],
    [
      "create table public.t (slug text primary key, title text generated always as (slug) stored, body text)",
      /generated/,
    ],
    ["create table public.t (slug numeric primary key, title text, body text)", /cannot be part of a path/],
    [
      "create table public.t (slug text primary key, title text, body text) partition by list (slug)",
      /not an ordinary table/,
    ],
  ];
  for (const [definition, reason] of refused) {
    const failure = await refusal("t", definition);
    assert.match(failure, /^(CONFIG_INVALID|COLUMN_UNSUPPORTED): /, definition);
    assert.match(failure, reason);
  }
});

test("the platform's own tables are no collection's", async () => {
  for (const schema of ["auth", "storage", "vault", "frontrow"]) {
    const [collection] = resolveConfig(config).collections;
    const spec = { ...(await registrationOf(collection!)), schema };
    await assert.rejects(garden.hub.register([spec], false), /belongs to the platform/);
  }
});

test("a refused registration changes nothing", async () => {
  const before = await garden.hub.registered();
  const good = await registrationOf(resolveConfig(config).collections[0]!);
  await assert.rejects(garden.hub.register([good, { ...good, name: "broken", table: "nope" }], true));
  assert.deepEqual(await garden.hub.registered(), before);
});

test("registering the same again changes nothing, and asks for no new binding", async () => {
  const before = await garden.hub.registered();
  await register(garden.hub, resolveConfig(config));
  assert.deepEqual(await garden.hub.registered(), before);
});

async function othersGoOn(name: string): Promise<void> {
  await garden.upload(`second/${name}.md`, `---\ntitle: ${name}\n---\n`);
  await garden.drain();
  await garden.sql.query("alter table public.second disable trigger all");
  await garden.sql.query("update public.second set title = 'unseen' where slug = $1", [name]);
  await garden.sql.query("alter table public.second enable trigger all");
  for (let i = 0; i < 3; i++) await garden.sql.query("select frontrow.sweep()");
  await garden.drain();
  assert.match((await garden.read(`second/${name}.md`))!, /title: unseen/);
  await garden.hub.backfill({});
  await garden.hub.report();
  await garden.drain();
}

for (const [what, change, undo] of [
  ["renamed", "alter table public.first rename to elsewhere", "alter table public.elsewhere rename to first"],
  [
    "moved to another schema",
    "create schema away; alter table public.first set schema away",
    "alter table away.first set schema public",
  ],
  [
    "robbed of a column",
    "alter table public.first rename column title to caption",
    "alter table public.first rename column caption to title",
  ],
] as const) {
  test(`a table that is ${what} stops its own collection, loudly, and no other`, async () => {
    await garden.upload("first/a.md", "---\ntitle: A\n---\n");
    await garden.settle();
    await garden.sql.exec(change);
    try {
      await garden.upload("first/a.md", "---\ntitle: B\n---\n");
      await othersGoOn(what.replaceAll(" ", "-"));
      assert.ok(
        (await garden.hub.report()).halts.some(
          ({ collection, kind }) => collection === "first" && kind === "schema-changed",
        ),
      );
    } finally {
      await garden.sql.exec(undo);
    }
    await register(garden.hub, resolveConfig(config));
    await garden.settle();
    const [row] = await garden.sql.query("select title from public.first where slug = 'a'");
    assert.deepEqual([row!.title, await garden.read("first/a.md")], ["B", "---\ntitle: B\n---\n"]);
  });
}

test("a table that is dropped and made again is another table: nothing is deleted before somebody registers it", async () => {
  await garden.upload("first/b.md", "---\ntitle: B\n---\n");
  await garden.settle();
  await garden.sql.exec("drop table public.first");
  await othersGoOn("dropped");
  await garden.sql.exec(
    "set role hosted_postgres; create table public.first (slug text primary key, title text, body text not null default ''); reset role",
  );
  await othersGoOn("made-again");
  assert.match((await garden.read("first/b.md"))!, /title: B/);
});

test("a unique constraint that went away cannot make one write two rows", async () => {
  await garden.upload("second/twin.md", "---\ntitle: One\n---\n");
  await garden.settle();
  await garden.sql.exec("alter table public.second drop constraint second_pkey");
  await garden.sql.query("insert into public.second (slug, title) values ('twin', 'Two')");
  await garden.upload("second/twin.md", "---\ntitle: Three\n---\n");
  await garden.drain();
  const titles = await garden.sql.query<{ title: string }>(
    "select title from public.second where slug = 'twin' order by title",
  );
  assert.ok(titles.every(({ title }) => title !== "Three"));
  assert.deepEqual(titles.length, 2);
});

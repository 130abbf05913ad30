/** What no trigger saw is found all the same. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import { digestsOf } from "../shared/sync/binding.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const text = (name: string) => `---\nname: ${name}\nstatus: active\n---\nBody.\n`;
const sweep = async () =>
  (await garden.sql.query<{ sweep: { marked: number; repaired: number } }>("select frontrow.sweep()"))[0]!
    .sweep;

/** Runs with every trigger off, as a restore with session_replication_role = replica would. */
async function unseen(run: () => Promise<unknown>): Promise<void> {
  const triggers = ["public.parts", "storage.objects"]
    .map((table) => `alter table ${table} disable trigger all;`)
    .join("");
  await garden.sql.exec(triggers);
  try {
    await run();
  } finally {
    await garden.sql.exec(triggers.replaceAll("disable", "enable"));
  }
  assert.deepEqual(await garden.sql.query("select from frontrow.dirty"), []);
}

for (const [by, look] of [
  ["a backfill", () => garden.hub.backfill({})],
  ["the sweep", () => sweep()],
] as const) {
  test(`edits, births and deaths with the triggers off are found by ${by}`, async () => {
    const user = by.replace(" ", "-");
    const at = (slug: string) => `users/${user}/parts/${slug}.md`;
    for (const slug of ["file", "row", "gone-file", "gone-row", "same"])
      await garden.upload(at(slug), text(slug));
    await garden.settle();
    await unseen(async () => {
      await garden.upload(at("file"), text("edited"));
      await garden.upload(at("new-file"), text("new"));
      await garden.remove(at("gone-file"));
      await garden.sql.query("update public.parts set name = 'edited' where user_id = $1 and slug = 'row'", [
        user,
      ]);
      await garden.sql.query("insert into public.parts (user_id, slug, name) values ($1, 'new-row', 'New')", [
        user,
      ]);
      await garden.sql.query("delete from public.parts where user_id = $1 and slug = 'gone-row'", [user]);
    });
    const { marked } = await look();
    assert.equal(marked, 6, "exactly what differs");
    await garden.settle();
    assert.equal((await garden.row(at("file")))!.name, "edited");
    assert.match((await garden.read(at("row")))!, /name: edited/);
    assert.equal((await garden.row(at("new-file")))!.name, "new");
    assert.match((await garden.read(at("new-row")))!, /name: New/);
    assert.equal(await garden.row(at("gone-file")), null);
    assert.equal(await garden.read(at("gone-row")), null);
    assert.equal((await garden.hub.backfill({})).marked, 0);
  });
}

test("the first full pass over a bucket and a table that were there before", async () => {
  const fresh = await startGarden();
  try {
    await fresh.hub.register([], true);
    for (let i = 0; i < 12; i++) await fresh.upload(`users/first/parts/f${i}.md`, text(`File ${i}`));
    await fresh.sql.query(
      "insert into public.parts (user_id, slug, name) select 'first', 'r' || i, 'Row ' || i from generate_series(1, 12) as i",
    );
    await fresh.upload("users/first/parts/r1.md", "---\nname: Row 1\nstatus: emerging\n---\n");
    const { register } = await import("../shared/sync/register.ts");
    await register(fresh.hub, fresh.config);
    assert.equal((await fresh.hub.backfill({})).marked, 24);
    await fresh.settle();
    const [report] = (await fresh.hub.report()).collections;
    const { documents, rows, objects, pending, conflicts } = report!;
    assert.deepEqual(
      { documents, rows, objects, pending, conflicts },
      { documents: 24, rows: 24, objects: 24, pending: 0, conflicts: 0 },
    );
  } finally {
    await fresh.stop();
  }
});

test("a backfill that finds nothing writes nothing", async () => {
  await garden.upload("users/idle/parts/x.md", text("One"));
  await garden.settle();
  await garden.sql.transaction(async (tx) => {
    const written = () =>
      tx.query(
        "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::int as written from pg_stat_xact_user_tables where schemaname = 'frontrow'",
      );
    const before = await written();
    await tx.query("select public.frontrow_backfill('{\"protocol\": 1}')");
    assert.deepEqual(await written(), before);
    await tx.query('select public.frontrow_backfill(\'{"protocol": 1, "full": true}\')');
    assert.notDeepEqual(await written(), before);
    await tx.query("delete from frontrow.dirty");
  });
});

test("a preview looks and touches nothing", async () => {
  const path = "users/preview/parts/x.md";
  await garden.upload(path, text("One"));
  await garden.settle();
  await unseen(() => garden.upload(path, text("Two")));
  const state = () =>
    garden.sql.query(
      "select (select count(*) from frontrow.dirty) as dirty, (select count(*) from frontrow.leases) as leases, (select last_value from frontrow.fence) as fence",
    );
  const before = await state();
  const items = await garden.hub.preview({ limit: 10, digests: digestsOf(garden.bindings) });
  assert.deepEqual(
    items.map((item) => item.path),
    [path],
  );
  assert.deepEqual(await state(), before);
  await garden.hub.backfill({});
  await garden.settle();
});

test("the sweep makes lost and disabled triggers again", async () => {
  await garden.sql.exec(`
    drop trigger frontrow_1_fence_update on storage.objects;
    alter table storage.objects disable trigger frontrow_2_capture_insert;
    drop trigger frontrow_capture_update on public.parts;
    alter table public.parts disable trigger frontrow_capture_insert;`);
  assert.equal((await sweep()).repaired, 2);
  assert.equal((await sweep()).repaired, 0);
  const path = "users/repair/parts/x.md";
  await garden.upload(path, text("One"));
  assert.equal((await garden.sql.query("select from frontrow.dirty where path = $1", [path])).length, 1);
  await garden.settle();
});

test("a bad file that went away unseen is forgotten", async () => {
  const path = "users/bad/parts/x.md";
  await garden.upload(path, "---\nname: [\n---\n");
  await garden.settle();
  await unseen(() => garden.remove(path));
  assert.equal((await garden.hub.backfill({})).marked, 1);
  await garden.settle();
  assert.deepEqual((await garden.hub.report()).quarantine, []);
});

test("a document that the hub has lost is met again", async () => {
  const path = "users/lost/parts/x.md";
  await garden.upload(path, text("One"));
  await garden.settle();
  await garden.sql.query("delete from frontrow.documents where path = $1", [path]);
  await garden.sql.query("delete from frontrow.revisions where path = $1", [path]);
  await garden.hub.backfill({});
  const results = await garden.settle();
  assert.deepEqual(
    results.filter(({ outcome }) => outcome === "failed"),
    [],
  );
  await garden.upload(path, text("Two"));
  await garden.settle();
  assert.equal((await garden.row(path))!.name, "Two");
});

test("a column that is mapped later is met for the first time, and no document is at fault", async () => {
  const { z } = await import("zod");
  const { defineCollection, defineConfig, resolveConfig } = await import("../shared/collections/mod.ts");
  const { register } = await import("../shared/sync/register.ts");
  await garden.sql.exec(
    "set role hosted_postgres; create table public.later (slug text primary key, title text not null, mood text, body text not null default ''); reset role",
  );
  const config = (fields: Record<string, unknown>) =>
    resolveConfig(
      defineConfig({
        collections: [
          defineCollection({
            name: "later",
            table: "later",
            path: "later/:slug.md",
            body: "body",
            fields: z.object(fields as Record<string, ReturnType<typeof z.string>>),
          }),
        ],
      }),
    );
  const first = await register(garden.hub, config({ title: z.string() }));
  await garden.upload("later/a.md", "---\ntitle: A\nmood: calm\n---\n");
  await garden.settle({ bindings: first });
  await garden.sql.query("update public.later set mood = 'merry' where slug = 'a'");
  const second = await register(garden.hub, config({ title: z.string(), mood: z.string().nullish() }));
  await garden.hub.backfill({ full: true });
  const results = await garden.settle({ bindings: second });
  assert.deepEqual(
    results.filter(({ outcome }) => outcome === "failed"),
    [],
  );
  await garden.sql.query("update public.later set title = 'B' where slug = 'a'");
  const more = await garden.settle({ bindings: second });
  assert.deepEqual(
    more.filter(({ outcome }) => outcome === "failed"),
    [],
  );
  await register(garden.hub, garden.config);
});

/** The valve against what does not look like deletions: sides that are gone, hidden, emptied or set back; and its sentinel. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { deleteObjects, type Garden, startGarden } from "../scripts/testing/garden.ts";
import { defineCollection, defineConfig, type Policies, resolveConfig } from "../shared/collections/mod.ts";
import { register } from "../shared/sync/register.ts";

const COLLECTIONS = {
  guarded: { valve: { sentinel: "guarded/sentinel.md" } },
  hidden: {},
  unseen: {},
  backup: {},
  added: {},
  edited: {},
  wipes: { valve: { share: 0.3, atLeast: 3 } },
  lone: {},
  rescoped: {},
  strict: { deletes: "delete-wins", valve: { share: 0, atLeast: 0 } },
} satisfies Record<string, Policies>;
type Name = keyof typeof COLLECTIONS;
const NAMES = Object.keys(COLLECTIONS) as Name[];

/** The collections, some of them over another table. */
const configOver = (tables: Partial<Record<Name, string>> = {}) =>
  defineConfig({
    collections: NAMES.map((name) =>
      defineCollection({
        name,
        table: tables[name] ?? name,
        ...(name === "lone" ? { bucket: "lone" } : {}),
        path: `${name}/:slug.md`,
        fields: z.object({ title: z.string() }),
        body: "body",
        policies: COLLECTIONS[name] as Policies,
      }),
    ),
  });

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config: configOver(),
    schema: NAMES.map(
      (name) =>
        `create table public.${name} (slug text primary key, title text not null, body text not null default '');`,
    ).join("\n"),
  });
});
after(() => garden.stop());

async function grow(name: Name, count: number, ...more: string[]): Promise<void> {
  await garden.sql.query(
    `insert into public.${name} (slug, title)
     select s, 'Title ' || s from (select 'd' || i as s from generate_series(1, $1::int) as i
       union all select unnest($2::text[])) as slugs`,
    [count, more],
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
const removeFiles = (name: Name, ...numbers: number[]) =>
  garden.remove(...numbers.map((i) => `${name}/d${i}.md`));

/** Changes objects behind the triggers' back, as a restore does. */
async function unseen(change: () => Promise<void>): Promise<void> {
  const triggers = (verb: string) =>
    garden.sql.exec(
      NAMES.map((name) => `alter table public.${name} ${verb} trigger user;`).join("") +
        `alter table storage.objects ${verb} trigger all;`,
    );
  await triggers("disable");
  await change();
  await triggers("enable");
}

test("a sentinel that is not on both sides: not one deletion, until a person looked; edits go on", async () => {
  await grow("guarded", 20, "sentinel");
  await removeFiles("guarded", 1);
  await garden.settle();
  assert.deepEqual(await counts("guarded"), { rows: 20, files: 20 }, "with it, deletions are everyday");

  await unseen(() => deleteObjects(garden.sql, "guarded/sentinel.md"));
  await removeFiles("guarded", 2);
  await garden.upload("guarded/d3.md", "---\ntitle: Edited\n---\n");
  await garden.settle();
  assert.equal((await counts("guarded")).rows, 20);
  assert.deepEqual(await garden.sql.query("select title from public.guarded where slug = 'd3'"), [
    { title: "Edited" },
  ]);
  const [halt] = await halts("guarded");
  assert.equal(halt!.kind, "deletions");
  assert.match(halt!.reason, /sentinel guarded\/sentinel\.md is not on both sides/);
  assert.deepEqual(
    [halt!.evidence.cause, halt!.evidence.sentinel, halt!.evidence.paths],
    ["sentinel-missing", "guarded/sentinel.md", ["guarded/d2.md"]],
  );
  await garden.hub.resume(halt!.id, "restore", { seen: halt!.seen });
  await garden.settle();
  assert.deepEqual(await garden.sql.query("select from public.guarded where slug = 'd2'"), [{}]);
});

test("the sentinel itself is deleted only when a person says so", async () => {
  await garden.hub.backfill({ collection: "guarded" });
  await garden.settle();
  const [lost] = await halts("guarded");
  assert.deepEqual([lost!.evidence.cause, lost!.documents], ["sentinel-deleted", 1]);
  await garden.hub.resume(lost!.id, "restore");
  await garden.settle();
  assert.deepEqual(await counts("guarded"), { rows: 20, files: 20 });

  await garden.sql.query("delete from public.guarded where slug = 'sentinel'");
  await garden.settle();
  assert.equal((await counts("guarded")).files, 20);
  const [halt] = await halts("guarded");
  assert.equal(halt!.evidence.cause, "sentinel-deleted");
  await garden.hub.resume(halt!.id, "apply", { seen: halt!.seen });
  await garden.settle();
  assert.deepEqual(await counts("guarded"), { rows: 19, files: 19 });
});

test("a bucket that is not there any more: nothing is deleted, whatever the numbers", async () => {
  await grow("lone", 2);
  await unseen(async () => {
    await deleteObjects(garden.sql, "lone/%");
    await garden.sql.transaction(async (tx) => {
      await tx.exec(
        "set local storage.allow_delete_query = 'true'; delete from storage.buckets where id = 'lone'",
      );
    });
  });
  await garden.hub.backfill({ collection: "lone" });
  await garden.settle();
  assert.equal((await counts("lone")).rows, 2);
  const [halt] = await halts("lone");
  assert.deepEqual([halt!.evidence.cause, halt!.documents], ["bucket-missing", 2]);
});

test("what row level security may hide is not taken for deleted", async () => {
  await grow("hidden", 8);
  // As on a platform whose installing role does not bypass row level security. Roles are shared by all databases.
  const role = `limited_${crypto.randomUUID().slice(0, 8)}`;
  const owner = (name: string) =>
    garden.sql.exec(`alter function frontrow.blind_cause(frontrow.collections, text) owner to ${name};
      grant execute on function frontrow.blind_cause(frontrow.collections, text) to hosted_postgres`);
  await garden.sql.exec(
    `create role ${role}; grant hosted_postgres to ${role}; grant create on schema frontrow to ${role}`,
  );
  try {
    await owner(role);
    await removeFiles("hidden", 1);
    await garden.settle();
    assert.equal((await counts("hidden")).rows, 8);
    const [halt] = await halts("hidden");
    assert.equal(halt?.evidence.cause, "hidden-by-row-security");
    await owner("hosted_postgres");
    await garden.upload("hidden/d1.md", "---\ntitle: Title d1\n---\n");
    await garden.settle();
    assert.deepEqual(await halts("hidden"), [], "what can be seen again ends the halt by itself");
  } finally {
    await owner("hosted_postgres");
    await garden.sql.exec(`drop owned by ${role}; drop role ${role}`);
  }
});

test("a wipe that no trigger saw: the first signal already finds all of it", async () => {
  await grow("unseen", 30);
  await unseen(() => deleteObjects(garden.sql, "unseen/%"));
  await garden.hub.signal([{ collection: "unseen", path: "unseen/d1.md" }]);
  await garden.settle();
  assert.deepEqual(await counts("unseen"), { rows: 30, files: 0 });
  const [halt] = await halts("unseen");
  assert.deepEqual(
    [halt!.evidence.cause, halt!.evidence.files_gone, halt!.evidence.live],
    ["bucket-empty", 30, 30],
  );
});

test("a table set back to an older state: what is missing in it stays as files", async () => {
  await grow("backup", 10);
  await garden.sql.exec("create table public.backup_older as select * from public.backup");
  await garden.sql.exec(
    "insert into public.backup (slug, title) select 'n' || i, 'New' from generate_series(1, 20) as i",
  );
  await garden.settle();
  await unseen(() =>
    garden.sql.exec("truncate public.backup; insert into public.backup select * from public.backup_older"),
  );
  await garden.hub.signal([{ collection: "backup", path: "backup/n1.md" }]);
  await garden.settle();
  assert.deepEqual(await counts("backup"), { rows: 10, files: 30 });
  const [halt] = await halts("backup");
  assert.deepEqual([halt!.evidence.cause, halt!.evidence.rows_gone], ["many", 20]);
});

test("another table: the few that it lacks are not everyday deletions", async () => {
  await grow("rescoped", 20);
  await garden.sql.exec(`set role hosted_postgres;
    create table public.rescoped_new (slug text primary key, title text not null, body text not null default '');
    insert into public.rescoped_new select * from public.rescoped where slug not in ('d1', 'd2'); reset role;`);
  const bindings = await register(garden.hub, resolveConfig(configOver({ rescoped: "rescoped_new" })));
  await garden.hub.backfill({ collection: "rescoped" });
  await garden.settle({ bindings });
  assert.equal((await counts("rescoped")).files, 20);
  const [halt] = await halts("rescoped");
  assert.deepEqual([halt!.kind, halt!.documents], ["scope-changed", 2]);
  await garden.hub.resume(halt!.id, "apply", { seen: halt!.seen });
  await garden.settle({ bindings });
  assert.equal((await counts("rescoped")).files, 18);
  await register(garden.hub, garden.config);
});

test("resume decides about what the person saw: a document added since stays held", async () => {
  await grow("added", 30);
  await removeFiles("added", ...Array.from({ length: 12 }, (_, i) => i + 1));
  await garden.settle();
  const [looked] = await halts("added");
  assert.equal(looked!.documents, 12);
  await removeFiles("added", 13, 14);
  await garden.settle();
  const would = await garden.hub.resume(looked!.id, "apply", { seen: looked!.seen, dryRun: true });
  assert.deepEqual([would.documents, would.left], [12, 2]);
  assert.equal((await halts("added"))[0]!.documents, 14, "a dry run changes nothing");
  await garden.hub.resume(looked!.id, "apply", { seen: looked!.seen });
  await garden.settle();
  assert.deepEqual(await counts("added"), { rows: 18, files: 16 });
  const held = await garden.hub.held(looked!.id);
  assert.deepEqual(
    [held.state, held.items.map(({ path }) => path)],
    ["open", ["added/d13.md", "added/d14.md"]],
  );
  await garden.hub.resume(looked!.id, "apply", { seen: held.seen });
  await garden.settle();
  assert.deepEqual(await counts("added"), { rows: 16, files: 16 });
  assert.deepEqual(await halts("added"), []);
});

test("a confirmed document that was edited or made again meanwhile is not deleted", async () => {
  await grow("edited", 6);
  await garden.sql.query("delete from public.edited");
  await garden.settle();
  const [halt] = await halts("edited");
  await garden.hub.resume(halt!.id, "apply", { seen: halt!.seen });
  // Before any worker comes.
  await garden.upload("edited/d1.md", "---\ntitle: Still here\n---\n");
  await garden.sql.query("insert into public.edited (slug, title) values ('d2', 'Again')");
  await garden.settle();
  assert.deepEqual(await garden.sql.query("select slug, title from public.edited order by slug"), [
    { slug: "d1", title: "Still here" },
    { slug: "d2", title: "Again" },
  ]);
  assert.deepEqual(await counts("edited"), { rows: 2, files: 2 });
});

test("a yes is about the version the person saw: edited since, it is asked about again, even where deletions win", async () => {
  await grow("strict", 5);
  await garden.sql.query("delete from public.strict where slug in ('d1', 'd2')");
  await garden.settle();
  const [halt] = await halts("strict");
  assert.deepEqual([halt!.evidence.cause, halt!.documents], ["many", 2]);
  await garden.hub.resume(halt!.id, "apply", { seen: halt!.seen });
  await garden.upload("strict/d1.md", "---\ntitle: Not seen\n---\n");
  await garden.settle();
  assert.deepEqual(await counts("strict"), { rows: 3, files: 4 });
  assert.match((await garden.read("strict/d1.md"))!, /Not seen/);
  const held = await garden.hub.held((await halts("strict"))[0]!.id);
  assert.deepEqual(
    held.items.map(({ path, confirmed }) => [path, confirmed]),
    [["strict/d1.md", false]],
  );
});

test("whatever is wiped, whichever way: never more deletions than the valve allows, and resume deletes exactly the set", async () => {
  const limits = { share: 0.3, atLeast: 3 };
  const wipe = fc.record({
    side: fc.constantFrom("files", "rows"),
    isSeen: fc.boolean(),
    numbers: fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(wipe, { minLength: 1, maxLength: 4 }), async (wipes) => {
      await garden.sql.transaction((tx) =>
        tx.exec(`
          set local storage.allow_delete_query = 'true';
          delete from public.wipes; delete from storage.objects where name like 'wipes/%';
          delete from frontrow.documents where collection = 'wipes'; delete from frontrow.bases where collection = 'wipes';
          delete from frontrow.revisions where collection = 'wipes'; delete from frontrow.halts where collection = 'wipes';
          truncate frontrow.halt_items, frontrow.dirty, frontrow.flows, frontrow.leases;`),
      );
      await grow("wipes", 20);
      for (const { side, isSeen, numbers } of wipes) {
        const slugs = numbers.map((i) => `d${i}`);
        const change =
          side === "files"
            ? async () => {
                for (const slug of slugs) await deleteObjects(garden.sql, `wipes/${slug}.md`);
              }
            : async () => {
                await garden.sql.query("delete from public.wipes where slug = any ($1)", [slugs]);
              };
        if (isSeen) await change();
        else await unseen(change);
        if (!isSeen) await garden.hub.signal([{ collection: "wipes", path: `wipes/${slugs[0]}.md` }]);
        await garden.settle();
      }
      // A document somebody deleted on both sides is nobody's to keep.
      const gone = (one: "files" | "rows") =>
        new Set(wipes.filter(({ side }) => side === one).flatMap(({ numbers }) => numbers));
      const [lostFiles, lostRows] = [gone("files"), gone("rows")];
      const there = await counts("wipes");
      const deleted = 20 - lostFiles.size - there.files + (20 - lostRows.size - there.rows);
      assert.ok(deleted <= Math.max(limits.atLeast, limits.share * 20), `${deleted} were deleted`);
      const [halt] = await halts("wipes");
      if (!halt) return;
      const { items, seen } = await garden.hub.held(halt.id);
      const { documents } = await garden.hub.resume(halt.id, "apply", { seen });
      assert.equal(documents, items.length);
      await garden.settle();
      const after = await counts("wipes");
      const now = there.files - after.files + (there.rows - after.rows);
      assert.ok(now <= items.length, `${now} deleted, ${items.length} confirmed`);
      for (const { path } of items) {
        const slug = /(d\d+)\.md$/.exec(path)![1]!;
        const [left] = await garden.sql.query<{ any: boolean }>(
          "select exists (select from public.wipes where slug = $1) or exists (select from storage.objects where name = $2) as any",
          [slug, path],
        );
        assert.equal(left!.any, false, `${path} was confirmed`);
      }
    }),
    { numRuns: Number(process.env.FRONTROW_RUNS ?? 6), seed: 20261121 },
  );
});

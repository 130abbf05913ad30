/** The valve over many documents: a deletion that was seen asks a sample, one that was not asks both sides. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { deleteObjects, type Garden, startGarden } from "../scripts/testing/garden.ts";
import { defineCollection, defineConfig } from "../shared/collections/mod.ts";

const COUNT = 700;

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config: defineConfig({
      collections: [
        defineCollection({
          name: "many",
          table: "many",
          path: "many/:slug.md",
          fields: z.object({ title: z.string() }),
        }),
      ],
    }),
    schema: "create table public.many (slug text primary key, title text not null);",
  });
  await garden.sql.exec(`set session_replication_role = replica;
    insert into public.many select 'd' || i, 'Title' from generate_series(1, ${COUNT}) as i;
    insert into storage.objects (bucket_id, name, version) select 'content', 'many/' || slug || '.md', slug from public.many;
    insert into frontrow.documents (collection, path, text, digest, revision, updated_by)
    select 'many', name, e'---\\ntitle: Title\\n---\\n', '', 1, 'bucket' from storage.objects;
    insert into frontrow.revisions (collection, path, revision, store) select 'many', name, 1, 'bucket' from storage.objects;
    insert into frontrow.bases (collection, path, store, version, revision)
    select 'many', name, 'bucket', version, 1 from storage.objects;
    insert into frontrow.bases (collection, path, store, version, revision, fields)
    select 'many', 'many/' || slug || '.md', 'table', frontrow.row_version(f, null), 1, f
    from public.many cross join lateral jsonb_build_object('title', title) as f;
    set session_replication_role = origin;`);
  assert.deepEqual(await garden.hub.backfill({}), { marked: 0 });
});
after(() => garden.stop());

const rows = async () =>
  (await garden.sql.query<{ rows: number }>("select count(*)::int as rows from public.many"))[0]!.rows;

async function unseen(change: () => Promise<unknown>): Promise<void> {
  const triggers = (verb: string) =>
    garden.sql.exec(
      `alter table public.many ${verb} trigger user; alter table storage.objects ${verb} trigger all;`,
    );
  await triggers("disable");
  await change();
  await triggers("enable");
}

/** What a deletion of this document would find, in a transaction of its own. */
async function look(wasSeen: boolean): Promise<Record<string, unknown>> {
  const [found] = await garden.sql.query<{ found: Record<string, unknown> }>(
    "select frontrow.look_for_losses(c, $1, 0) as found from frontrow.collections as c",
    [wasSeen],
  );
  return found!.found;
}

test("an everyday deletion asks a sample; one that no trigger saw asks both sides", async () => {
  assert.deepEqual(await look(true), { pending: 0, is_sampled: true });
  assert.deepEqual(await look(false), { pending: 0, is_sampled: false, files: 0, rows: 0, most: 0 });
  await garden.remove("many/d1.md", "many/d2.md");
  await garden.settle();
  assert.equal(await rows(), COUNT - 2);
});

test("a few that nobody saw go: the sample may miss them, the look may not", async () => {
  await unseen(() => deleteObjects(garden.sql, "many/d3.md"));
  assert.equal((await look(false)).files, 1);
  await garden.remove("many/d4.md");
  await garden.hub.backfill({});
  await garden.settle();
  assert.equal(await rows(), COUNT - 4, "few as they are, they are followed");
});

test("a third that nobody saw go, and one that was seen: nothing is deleted", async () => {
  await unseen(() => deleteObjects(garden.sql, "many/d__5%"));
  await unseen(() => deleteObjects(garden.sql, "many/d_2_.md"));
  await unseen(() => deleteObjects(garden.sql, "many/d_3_.md"));
  await unseen(() => deleteObjects(garden.sql, "many/d_4_.md"));
  const before = await rows();
  await garden.remove("many/d6.md");
  await garden.settle();
  assert.equal(await rows(), before);
  const [halt] = (await garden.hub.report()).halts;
  assert.deepEqual([halt!.kind, halt!.documents, halt!.evidence.cause], ["deletions", 1, "many"]);
});

test("however many are alive, the valve counts as few of them as decide", async () => {
  const cases = await garden.sql.query<{ differ: number }>(`
    select count(*)::int as differ
    from generate_series(0, 60) as live, generate_series(1, 12) as pending, generate_series(0, 6) as recent,
      unnest(array[0, 0.1, 0.2, 0.33, 1]) as share, unnest(array[0, 3, 10]) as least_number
    cross join lateral (select least(live, greatest(3, pending + 1, ceil((pending + recent) / nullif(share, 0)) - recent)::int) as counted) as k
    where frontrow.valve_trips(live + recent, pending, recent, live - pending, share, least_number)
      <> frontrow.valve_trips(counted + recent, pending, recent, counted - pending, share, least_number)`);
  assert.deepEqual(cases, [{ differ: 0 }]);
});

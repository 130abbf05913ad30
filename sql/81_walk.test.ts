/** The backfill in steps finds exactly what the whole backfill finds, wherever the steps begin and end. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import gardenConfig from "../examples/garden/config.ts";
import type { Query } from "../scripts/local/database/sql.ts";
import { type Garden, gardenSchema, startGarden } from "../scripts/testing/garden.ts";
import { defineCollection, defineConfig } from "../shared/collections/mod.ts";

/** Keys that are no texts, in another order than the table's index has them. */
const days = defineCollection({
  name: "days",
  table: "days",
  path: "days/:day/:n.md",
  fields: z.object({ title: z.string() }),
  policies: { direction: "files-to-rows" },
});

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config: defineConfig({ bucket: "content", collections: [...gardenConfig.collections, days] }),
    schema: `${await gardenSchema()}
      create table public.days (n int, day date, title text not null default '', primary key (n, day));`,
  });
  await garden.sql.exec("set session_replication_role = replica");
  await garden.sql.query(
    "insert into public.parts (user_id, slug, name) select 'w', s, 'N' from unnest($1::text[]) as s",
    [SLUGS],
  );
  await garden.sql.exec(
    "insert into public.days select i, date '2026-01-01' + i % 3, 'T' from generate_series(1, 9) as i",
  );
  await garden.sql.exec("set session_replication_role = origin");
  await garden.hub.backfill({});
  await garden.settle();
  await garden.sql.exec(`insert into storage.objects (bucket_id, name, version)
    select 'content', 'days/2026-01-0' || i || '/' || i || '.md', 'v' || i from generate_series(1, 9) as i;
    delete from frontrow.dirty;`);
  assert.equal((await garden.hub.report()).collections[1]!.documents, SLUGS.length);
});
after(() => garden.stop());

/** Plain ones, and those whose spelling in a path is another; more than one step holds. */
const SLUGS = [..."abcdefghijkl", "é", "a b", "a.b", "ä/ö", "=", "10", "9", "..", "Z", "~x"];

/** What can happen unseen to one document, by its path and its row's condition. */
const CHANGES: Record<string, (path: string, row: string) => string> = {
  "file edited": (path) => `update storage.objects set version = 'other' where name = ${path}`,
  "file gone": (path) => `delete from storage.objects where name = ${path}`,
  "file new": (path) =>
    `insert into storage.objects (bucket_id, name, version) select 'content', replace(${path}, '.md', 'x.md'), 'n'`,
  "file archived": (path) => `update storage.objects set archived_at = now() where name = ${path}`,
  "foreign file": (path) =>
    `insert into storage.objects (bucket_id, name, version) select 'content', ${path} || '.png', 'n'`,
  "ignored file": (path) =>
    `insert into storage.objects (bucket_id, name, version) select 'content', replace(${path}, '.md', '.conflict.md'), 'n'`,
  "row edited": (_, row) => `update public.parts set name = 'other' where ${row}`,
  "row gone": (_, row) => `delete from public.parts where ${row}`,
  "row softly gone": (_, row) => `update public.parts set deleted_at = now() where ${row}`,
  "row new": (_, row) =>
    `insert into public.parts (user_id, slug, name) select user_id, slug || 'y', name from public.parts where ${row}`,
  "document lost": (path) => `delete from frontrow.documents where path = ${path}`,
  "document ahead": (path) => `update frontrow.documents set revision = revision + 1 where path = ${path}`,
  "document deleted": (path) => `update frontrow.documents set deleted_at = now() where path = ${path}`,
  "base lost": (path) => `delete from frontrow.bases where store = 'table' and path = ${path}`,
  "set aside": (path) => `insert into frontrow.quarantine (collection, path, store, version, code, message)
    select 'parts', name, 'bucket', version, 'X', 'x' from storage.objects where name = ${path} on conflict do nothing`,
  "set aside and gone": (
    path,
  ) => `insert into frontrow.quarantine (collection, path, store, version, code, message)
    values ('parts', ${path} || '.md', 'bucket', 'v', 'X', 'x') on conflict do nothing`,
  "marked already": (path) =>
    `insert into frontrow.dirty (collection, path, store) values ('parts', ${path}, 'bucket')`,
};

/** What a look marks, beside what is marked; everything is rolled back. */
async function marks(
  unseen: readonly string[],
  look: (tx: Query, name: string) => Promise<unknown>,
): Promise<unknown[]> {
  let found: unknown[] = [];
  await garden.sql
    .transaction(async (tx) => {
      await tx.exec(
        "set local session_replication_role = replica; set local storage.allow_delete_query = 'true'",
      );
      for (const change of unseen) await tx.exec(change);
      for (const name of ["parts", "days"]) await look(tx, name);
      found = await tx.query("select collection, path, store, gone from frontrow.dirty order by 1, 2, 3, 4");
      throw new Error("undo");
    })
    .catch((error) => assert.equal((error as Error).message, "undo"));
  return found;
}

const wholly = (tx: Query, name: string) =>
  tx.query("select frontrow.mark_differences(c) from frontrow.collections as c where name = $1", [name]);

function inSteps(most: number) {
  return async (tx: Query, name: string) => {
    let place: unknown = null;
    for (let steps = 0; steps < 200; steps++) {
      const [step] = await tx.query<{ next: unknown }>(
        "select frontrow.walk(c, $2::text::jsonb, $3) -> 'next' as next from frontrow.collections as c where name = $1",
        [name, JSON.stringify(place), most],
      );
      place = step!.next;
      if (place === null) return;
    }
    assert.fail("the walk does not end");
  };
}

test("whatever happened unseen", async () => {
  const change = fc.record({
    slug: fc.constantFrom(...SLUGS),
    kind: fc.constantFrom(...Object.keys(CHANGES)),
  });
  const paths = new Map(
    (
      await garden.sql.query<{ slug: string; path: string }>(
        "select slug, frontrow.build_path(c.tokens, array[user_id, slug]) as path from public.parts, frontrow.collections as c where c.name = 'parts'",
      )
    ).map(({ slug, path }) => [slug, path]),
  );
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(change, { maxLength: 12, selector: ({ slug, kind }) => slug + kind }),
      fc.integer({ min: 1, max: 9 }),
      async (changes, most) => {
        const unseen = changes.map(({ slug, kind }) =>
          CHANGES[kind]!(`'${paths.get(slug)}'`, `slug = '${slug}'`),
        );
        const expected = await marks(unseen, wholly);
        assert.deepEqual(await marks(unseen, inSteps(most)), expected);
        if (expected.length > 5) for (const { kind } of changes) seen.add(kind);
      },
    ),
    { numRuns: Number(process.env.FRONTROW_RUNS ?? 40), seed: 20261121 },
  );
  assert.ok(seen.size > 12, `too little happened: ${[...seen]}`);
});

test("a step that fails is passed over, and said", async () => {
  await garden.sql.transaction(async (tx) => {
    await tx.exec(
      "alter function frontrow.suspect_paths(frontrow.collections, text, text) rename to elsewhere",
    );
    const [step] = await tx.query<{ step: unknown }>(
      "select frontrow.walk(c, null, 3) as step from frontrow.collections as c where name = 'parts'",
    );
    assert.deepEqual((step!.step as { next: { by: string } }).next.by, "path");
    await tx.exec(
      "alter function frontrow.elsewhere(frontrow.collections, text, text) rename to suspect_paths",
    );
  });
});

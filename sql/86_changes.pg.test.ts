/** The feed's one hard promise, on a real PostgreSQL as it takes two transactions at once: nothing is ever skipped. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startPostgres, type TestPostgres } from "../scripts/local/postgres.ts";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";

let postgres: TestPostgres;
let garden: Garden;
before(async () => {
  postgres = await startPostgres();
  garden = await startGarden({ databaseUrl: postgres.url, pgNet: "off" });
});
after(async () => {
  await garden?.stop();
  await postgres?.stop();
});

type Query = Pick<Garden["sql"], "query">;

/** As apply does: one more revision of a document. */
const revise = (sql: Query, path: string, text: string) =>
  sql.query(
    `select frontrow.append_revisions(c, $1, coalesce((select revision from frontrow.documents where path = $1), 0),
       jsonb_build_object('outcome', 'updated', 'revisions',
         jsonb_build_array(jsonb_build_object('text', $2::text, 'digest', 'd', 'store', 'bucket'))), '{}')
     from frontrow.collections as c`,
    [path, text],
  );

/** The reader that this feed must not be: what is newer than the newest it has seen. */
async function naive(since: string): Promise<{ paths: string[]; next: string }> {
  const rows = await garden.sql.query<{ path: string; changed: string }>(
    "select path, changed::text from frontrow.documents where changed > $1::text::xid8 order by changed",
    [since],
  );
  return { paths: rows.map(({ path }) => path), next: rows.at(-1)?.changed ?? since };
}

test("a transaction that began earlier and commits later is never missed; a naive cursor misses it", async () => {
  const start = await garden.peer.changes({});
  let since = start.next;
  let seenNaively = await naive("0");
  const fed: string[] = [];
  const naively: string[] = [];
  const read = async () => {
    const page = await garden.peer.changes({ since });
    fed.push(...page.items.map(({ path }) => path));
    since = page.next;
    seenNaively = await naive(seenNaively.next);
    naively.push(...seenNaively.paths);
  };
  await garden.sql.transaction(async (slow) => {
    await revise(slow, "slow.md", "slow");
    await revise(garden.sql, "fast.md", "fast");
    await read();
    assert.deepEqual(fed, [], "the feed waits for the older one");
    assert.deepEqual(naively, ["fast.md"]);
  });
  await read();
  assert.deepEqual(fed, ["slow.md", "fast.md"]);
  assert.deepEqual(naively, ["fast.md"], "missed for ever");
});

test("nor where the older transaction only begins to write later, inside a savepoint, or is rolled back", async () => {
  let { next: since } = await garden.peer.changes({});
  const fed: string[] = [];
  const read = async () => {
    const page = await garden.peer.changes({ since });
    fed.push(...page.items.map(({ path, revision }) => `${path} ${revision}`));
    since = page.next;
  };
  await garden.sql.transaction(async (older) => {
    await older.query("select 1");
    await revise(garden.sql, "between.md", "1");
    await read();
    await older.query("savepoint a");
    await revise(older, "nested.md", "1");
    await revise(garden.sql, "between.md", "2");
    await read();
  });
  await read();
  assert.deepEqual(fed, ["between.md 1", "nested.md 1", "between.md 2"]);
  await assert.rejects(
    garden.sql.transaction(async (doomed) => {
      await revise(doomed, "never.md", "1");
      await revise(garden.sql, "after.md", "1");
      await read();
      throw new Error("rolled back");
    }),
  );
  await read();
  assert.equal(fed.at(-1), "after.md 1");
  assert.ok(!fed.some((line) => line.startsWith("never.md")));
});

test("many writers with commits in any order: a reader at every moment misses none", async () => {
  let { next: since } = await garden.peer.changes({});
  const newest = new Map<string, number>();
  const read = async () => {
    for (let more = true; more; ) {
      const page = await garden.peer.changes({ since, limit: 3 });
      for (const { path, revision } of page.items) newest.set(path, revision);
      since = page.next;
      more = page.more;
    }
  };
  let writing = 4;
  const writer = async (id: number) => {
    for (let round = 0; round < 20; round++) {
      await garden.sql.transaction(async (tx) => {
        await revise(tx, `w${id}-${round % 7}.md`, `${round}`);
        // As long as the others like, so that commits overtake each other.
        for (let turn = 0; turn < (id * round) % 5; turn++) await tx.query("select 1");
      });
    }
    writing--;
  };
  const writers = [1, 2, 3, 4].map(writer);
  while (writing > 0) await read();
  await Promise.all(writers);
  await read();
  const held = await garden.sql.query<{ path: string; revision: number }>(
    "select path, revision::int from frontrow.documents where path ~ '^w[1-4]-'",
  );
  assert.equal(held.length, 28);
  for (const { path, revision } of held) assert.equal(newest.get(path), revision, path);
});

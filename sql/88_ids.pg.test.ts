/** Ten people who ask for ids at once, on a real PostgreSQL as it takes ten connections: no number comes twice. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import team from "../examples/team-cache/config.ts";
import { openPostgres } from "../scripts/local/database/postgres-js.ts";
import { startPostgres, type TestPostgres } from "../scripts/local/postgres.ts";
import { directClient, type Garden, startGarden } from "../scripts/testing/garden.ts";
import { createPeerHub } from "../shared/hub/postgres-hub.ts";

const PEOPLE = 10;
const EACH = 100;

let postgres: TestPostgres;
let garden: Garden;
before(async () => {
  postgres = await startPostgres();
  const schema = await readFile(new URL("../examples/team-cache/schema.sql", import.meta.url), "utf8");
  garden = await startGarden({ databaseUrl: postgres.url, pgNet: "off", schema, config: team });
});
after(async () => {
  await garden?.stop();
  await postgres?.stop();
});

/** Asks as ten people would, each after their last answer, and answers every number they got. */
async function askAtOnce(collection: string, counts: (person: number) => number[]): Promise<number[]> {
  const got: number[] = [];
  const person = async (who: number): Promise<void> => {
    const sql = openPostgres(postgres.url);
    try {
      const peer = createPeerHub(directClient(sql), { identity: "local" });
      for (const count of counts(who)) {
        const request = crypto.randomUUID();
        const { first, last } = await peer.ids({ request, reader: `${who}`, collection, count });
        assert.equal(last - first + 1, count);
        for (let number = first; number <= last; number++) got.push(number);
      }
    } finally {
      await sql.close();
    }
  };
  await Promise.all(Array.from({ length: PEOPLE }, (_, who) => person(who)));
  return got;
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

test("ten people, a hundred ids each, one by one: all different, and none left out", async () => {
  const got = await askAtOnce("stories", () => Array(EACH).fill(1));
  assert.deepEqual(sorted(got), upTo(PEOPLE * EACH));
});

test("blocks of every size do not overlap", async () => {
  const got = await askAtOnce("plans", (who) => [1, who + 1, 40, 7, who === 3 ? 1000 : 2]);
  assert.deepEqual(sorted(got), upTo(got.length));
});

test("one request that is sent by many at once is one block", async () => {
  const sql = openPostgres(postgres.url);
  const peer = createPeerHub(directClient(sql), { identity: "local" });
  const request = crypto.randomUUID();
  const blocks = await Promise.all(
    Array.from({ length: PEOPLE }, () => peer.ids({ request, reader: "", collection: "runbooks", count: 9 })),
  );
  await sql.close();
  assert.deepEqual(new Set(blocks.map(({ first, last }) => `${first}-${last}`)), new Set(["1-9"]));
});

test("a document that is being written by hand counts as soon as it is there", async () => {
  const ask = async () =>
    (await garden.peer.ids({ request: crypto.randomUUID(), reader: "", collection: "stories" })).first;
  const before = await ask();
  await garden.sql.transaction(async (slow) => {
    // As apply does: the transaction is older than the next that looks for numbers, and ends after it.
    await slow.query(
      `select frontrow.append_revisions(c, $1, 0, jsonb_build_object('outcome', 'created', 'revisions',
         jsonb_build_array(jsonb_build_object('text', 't', 'digest', 'd', 'store', 'bucket'))), '{}')
       from frontrow.collections as c where name = 'stories'`,
      [`stories/INFRA-${before + 10}.md`],
    );
    assert.equal(await ask(), before + 1, "nobody can know yet");
  });
  assert.equal(await ask(), before + 11);
});

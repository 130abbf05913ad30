/** Leases that run out while their holder is still busy: on one real PostgreSQL, as it takes two transactions at once. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startPostgres, type TestPostgres } from "../scripts/local/postgres.ts";
import { directHub, endWaits, type Garden, startGarden } from "../scripts/testing/garden.ts";
import type { Hub } from "../shared/hub/hub.ts";
import { digestsOf } from "../shared/sync/binding.ts";

let postgres: TestPostgres;
let garden: Garden;
let hub: Hub;
before(async () => {
  postgres = await startPostgres();
  garden = await startGarden({ databaseUrl: postgres.url, pgNet: "off" });
  hub = directHub(garden.sql);
});
after(async () => {
  await garden?.stop();
  await postgres?.stop();
});

const claim = () =>
  hub.claim({
    worker: "test",
    run: crypto.randomUUID(),
    cause: "test",
    limit: 10,
    leaseSeconds: 90,
    digests: digestsOf(garden.bindings),
  });

/** Resolves when `work` is over, or when some connection waits for a lock. */
async function overOrWaiting(work: Promise<unknown>): Promise<void> {
  let isOver = false;
  const done = () => {
    isOver = true;
  };
  work.then(done, done);
  for (;;) {
    const [waiting] = await garden.sql.query("select from pg_locks where not granted limit 1");
    if (waiting || isOver) return;
  }
}

test("who completes a lease that has just run out is no half of a deadlock with who takes it over", async () => {
  const path = "users/ada/parts/late.md";
  await garden.sql.query("insert into public.parts (user_id, slug, name) values ('ada', 'late', 'Late')");
  const [held] = await claim();
  assert.equal(held!.path, path);
  await endWaits(garden.sql);
  let takeover!: ReturnType<typeof claim>;
  const [completed] = await garden.sql.transaction(async (tx) => {
    // As apply does, when the lease still held.
    await tx.query("select from frontrow.leases where path = $1 for update", [path]);
    takeover = claim();
    await overOrWaiting(takeover);
    return await tx.query("select frontrow.complete('parts', $1, $2) as done", [path, held!.token]);
  });
  assert.deepEqual(completed, { done: true });
  assert.deepEqual(await takeover, [], "the document was being completed: it is nobody else's");
  assert.deepEqual(await garden.sql.query("select * from frontrow.leases"), []);
});

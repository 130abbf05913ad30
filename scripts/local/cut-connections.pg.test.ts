/** The server ends connections: in the middle of a statement, of a transaction, and while nobody asks anything of them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPostgres } from "./database/postgres-js.ts";
import type { Query, Sql } from "./database/sql.ts";
import { startPostgres, type TestPostgres } from "./postgres.ts";

let postgres: TestPostgres;
let sql: Sql;
let other: Sql;
before(async () => {
  postgres = await startPostgres();
  sql = openPostgres(postgres.url);
  other = openPostgres(postgres.url);
});
after(async () => {
  await sql?.close();
  await other?.close();
  await postgres?.stop();
});

const pidOf = async (tx: Query) =>
  (await tx.query<{ pid: number }>("select pg_backend_pid() as pid"))[0]!.pid;

/** Ends a backend and waits until it is gone. */
async function terminate(pid: number): Promise<void> {
  await other.query("select pg_terminate_backend($1, 10000)", [pid]);
}

/** As many at once as the pool has connections, so that each of them must answer. */
async function assertAllAnswer(): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 10 }, () => sql.query("select pg_sleep(0.02)")));
  assert.equal(answers.length, 10);
}

test("between two statements of a transaction", async () => {
  for (let round = 0; round < 5; round++) {
    const cut = sql.transaction(async (tx) => {
      await terminate(await pidOf(tx));
      await tx.query("select 1");
    });
    await assert.rejects(cut);
    await assertAllAnswer();
  }
});

test("during a statement of a transaction", async () => {
  for (let round = 0; round < 5; round++) {
    const cut = sql.transaction(async (tx) => {
      const pid = await pidOf(tx);
      await Promise.all([tx.query("select pg_sleep(60)"), terminate(pid)]);
    });
    await assert.rejects(cut);
    await assertAllAnswer();
  }
});

test("during a statement, with no last words", async () => {
  const cut = sql.transaction(async (tx) => {
    const statement = tx.query("select pg_sleep(60)");
    await other.query("select 1");
    await Promise.all([statement, postgres.kill9()]);
  });
  await assert.rejects(cut);
  await postgres.restart();
  // Each connection may find out only now.
  await Promise.allSettled(Array.from({ length: 10 }, () => sql.query("select 1")));
  await assertAllAnswer();
  await Promise.allSettled(Array.from({ length: 10 }, () => other.query("select 1")));
});

test("what a transaction still asks for when it is over is refused, not sent elsewhere", async () => {
  const [gone, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<unknown>()];
  const cut = sql.transaction(async (tx) => {
    await terminate(await pidOf(tx));
    await gone.promise;
    await tx.query("select 1").catch(asked.resolve);
  });
  await assert.rejects(cut);
  gone.resolve();
  assert.ok((await asked.promise) instanceof Error);
  await assertAllAnswer();
});

test("while they are idle", async () => {
  const pids = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const [row] = await sql.query<{ pid: number }>("select pg_backend_pid() as pid, pg_sleep(0.02)");
      return row!.pid;
    }),
  );
  for (const pid of new Set(pids)) await terminate(pid);
  // Who is told of the end by the very statement it sends sees it fail; the next one does not.
  await Promise.allSettled(Array.from({ length: 10 }, () => sql.query("select 1")));
  await assertAllAnswer();
});

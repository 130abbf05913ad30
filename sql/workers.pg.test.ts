/** Many workers, many writers, one real PostgreSQL: nothing is lost, nothing goes backwards, no user pays for it. */
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { startPostgres, type TestPostgres } from "../scripts/local/postgres.ts";
import { takeEachByItself } from "../scripts/testing/each-by-itself.ts";
import { drainInOrder, type Engine, withEffects } from "../scripts/testing/effects.ts";
import { directHub, endWaits, type Garden, settle, startGarden } from "../scripts/testing/garden.ts";
import { type SqlBucket, sqlBucket } from "../scripts/testing/sql-bucket.ts";
import { defineCollection, defineConfig } from "../shared/collections/mod.ts";

const config = defineConfig({
  collections: [
    defineCollection({
      name: "counters",
      table: "counters",
      path: "counters/:slug.md",
      // Files count `a`, rows count `b`.
      fields: z.object({ a: z.number(), b: z.number() }),
      policies: { valve: { share: 1, atLeast: 1_000_000 }, breaker: { turns: 1000, seconds: 0 } },
    }),
  ],
});

const schema = `
  create table public.counters (slug text primary key, a int not null, b int not null);
  create table public.backward (slug text, before text, after text);
  create function public.watch() returns trigger language plpgsql as $$
  begin
    if new.a < old.a or new.b < old.b then
      insert into public.backward values (new.slug, old::text, new::text);
    end if;
    return null;
  end $$;
  create trigger watch after update on public.counters for each row execute function public.watch();`;

let postgres: TestPostgres;
let garden: Garden;
let files: SqlBucket;
let engine: Engine;
before(async () => {
  postgres = await startPostgres({ fsync: true });
  garden = await startGarden({ databaseUrl: postgres.url, config, schema, pgNet: "off" });
  files = sqlBucket(garden.sql);
  engine = { hub: directHub(garden.sql), bucket: () => files, bindings: garden.bindings };
});
after(async () => {
  await garden?.stop();
  await postgres?.stop();
});

const path = (slug: string) => `counters/${slug}.md`;

async function plant(prefix: string, count: number): Promise<string[]> {
  const slugs = Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(2, "0")}`);
  await garden.sql.query("insert into public.counters select s, 0, 0 from unnest($1::text[]) as s", [slugs]);
  await settleAll();
  return slugs;
}

const settleAll = () => settle(garden.sql, () => drainInOrder(engine, 200).then(() => []), 20);

/** A user's edit of a file as an editor makes it: nobody else's edit comes between the reading and the writing. */
async function countInFile(slug: string): Promise<void> {
  await garden.sql.transaction(async (tx) => {
    const [object] = await tx.query<{ version: string }>(
      "select version from storage.objects where name = $1 for update",
      [path(slug)],
    );
    const text = new TextDecoder().decode(files.bodies.get(object!.version));
    const next = text.replace(/^a: (\d+)$/m, (_, a) => `a: ${Number(a) + 1}`);
    const version = crypto.randomUUID();
    const bytes = new TextEncoder().encode(next);
    files.bodies.set(version, bytes);
    await tx.query(
      `update storage.objects set version = $2, metadata = jsonb_build_object('eTag', '"' || md5($3) || '"', 'size', octet_length($3)) where name = $1`,
      [path(slug), version, next],
    );
  });
}

const countInRow = (slug: string) =>
  garden.sql.query("update public.counters set b = b + 1 where slug = $1", [slug]);

/** A worker with leases of 0.7 s that stalls now and then for longer than that. */
function unreliable(): Engine {
  const shortLeases: Engine = {
    ...engine,
    hub: new Proxy(engine.hub, {
      get: (hub, verb: keyof typeof engine.hub) =>
        verb === "claim"
          ? (request: Parameters<typeof hub.claim>[0]) => hub.claim({ ...request, leaseSeconds: 0.7 })
          : hub[verb],
    }),
  };
  return withEffects(shortLeases, async (_, call) => {
    const chance = Math.random();
    if (chance < 0.01) await pause(900);
    if (chance > 0.99) throw new Error("crash");
    return await call();
  });
}

async function work(isOver: () => boolean): Promise<void> {
  while (!isOver()) await drainInOrder(unreliable(), 8).catch(() => undefined);
}

async function assertCounted(slugs: readonly string[], a: number, b: number): Promise<void> {
  const rows = await garden.sql.query(
    "select slug, a, b from public.counters where slug = any($1) order by slug",
    [slugs],
  );
  assert.deepEqual(
    rows,
    slugs.map((slug) => ({ slug, a, b })),
  );
  for (const slug of slugs)
    assert.match((await files.text(path(slug)))!, new RegExp(`^---\\na: ${a}\\nb: ${b}\\n---\\n`, "m"));
}

async function assertNothingWentBack(): Promise<void> {
  assert.deepEqual(await garden.sql.query("select * from public.backward"), []);
  const texts = await garden.sql.query<{ path: string; store: string; text: string }>(
    "select path, store, text from frontrow.revisions where text is not null order by path, revision",
  );
  const last = new Map<string, number>();
  for (const { path, store, text } of texts) {
    for (const field of ["a", "b"]) {
      // A file as it was found may not know yet what rows count, and the other way round.
      if ((field === "b" && store === "bucket") || (field === "a" && store === "table")) continue;
      const count = Number(new RegExp(`^${field}: (\\d+)`, "m").exec(text)![1]);
      const before = last.get(`${path} ${field}`) ?? 0;
      assert.ok(count >= before, `${path}: ${field} went from ${before} to ${count} by ${store}`);
      last.set(`${path} ${field}`, count);
    }
  }
}

test("six unreliable workers against four writers: 2,400 changes, none lost, none backwards", async (t) => {
  const slugs = await plant("w", 30);
  const each = 40;
  let isOver = false;
  const workers = Array.from({ length: 6 }, () => work(() => isOver));
  const failures: string[] = [];
  const writer = async (write: (slug: string) => Promise<unknown>, of: readonly string[]) => {
    for (let i = 0; i < each; i++) {
      for (const slug of of) await write(slug).catch((error) => failures.push(String(error)));
    }
  };
  const started = performance.now();
  await Promise.all([
    writer(countInFile, slugs.slice(0, 15)),
    writer(countInFile, slugs.slice(15)),
    writer(countInRow, slugs.slice(0, 15)),
    writer(countInRow, slugs.slice(15)),
  ]);
  const wrote = performance.now() - started;
  isOver = true;
  await Promise.all(workers);
  await settleAll();
  assert.deepEqual(failures, [], "no user's statement failed");
  await assertCounted(slugs, each, each);
  await assertNothingWentBack();
  const [found] = await garden.sql.query("select count(*)::int as conflicts from frontrow.conflicts");
  assert.equal(found!.conflicts, 0);
  const [ran] = await garden.sql.query(
    "select count(*)::int as revisions, (select count(*)::int from frontrow.run_items where outcome = 'deferred') as deferred, (select last_value::int from frontrow.fence) as leases from frontrow.revisions",
  );
  t.diagnostic(`2,400 changes written in ${wrote.toFixed(0)} ms; ${JSON.stringify(ran)}`);
});

async function lockInTheOtherOrder(t: TestContext, prefix: string): Promise<void> {
  const slugs = await plant(prefix, 20);
  const failures: string[] = [];
  for (let round = 0; round < 3; round++) {
    for (const slug of slugs) await countInFile(slug);
    await endWaits(garden.sql);
    const user = garden.sql
      .transaction(async (tx) => {
        for (const slug of slugs.slice(10).reverse()) {
          await tx.query("update public.counters set b = b + 1 where slug = $1", [slug]);
        }
        // The worker has had the time to lock the first ones and to wait for the last ones.
        await pause(400);
        for (const slug of slugs.slice(0, 10).reverse()) {
          await tx.query("update public.counters set b = b + 1 where slug = $1", [slug]);
        }
      })
      .catch((error) => failures.push(String(error.code ?? error)));
    await pause(50);
    await drainInOrder(engine, 200);
    await user;
  }
  assert.deepEqual(failures, []);
  await settleAll();
  await assertCounted(slugs, 3, 3);
  t.diagnostic("3 transactions of 20 rows against 3 batches of 20");
}

test("users who lock rows in the other order are never the ones a deadlock ends", (t) =>
  lockInTheOtherOrder(t, "x"));

test("nor when each item is taken by itself", async (t) => {
  const end = await takeEachByItself(garden.sql);
  try {
    await lockInTheOtherOrder(t, "each");
  } finally {
    await end();
  }
});

test("a change whose transaction commits late is not overtaken by those with later numbers", async () => {
  const [slug] = await plant("y", 1);
  const [written, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = garden.sql.transaction(async (tx) => {
    await tx.query("insert into public.counters values ('y-late', 1, 1)");
    written.resolve();
    await gate.promise;
  });
  await written.promise;
  for (let i = 0; i < 20; i++) {
    await countInRow(slug!);
    await drainInOrder(engine);
  }
  assert.equal(await files.text(path("y-late")), null);
  gate.resolve();
  await slow;
  await drainInOrder(engine);
  assert.match((await files.text(path("y-late")))!, /a: 1/);
  assert.match((await files.text(path(slug!)))!, /b: 20/);
});

test("ten sweeps at once: one works", async () => {
  const sweep = (held?: { working(): void; until: Promise<void> }) =>
    garden.sql.transaction(async (tx) => {
      await tx.exec("set local statement_timeout = '3s'");
      const [answer] = await tx.query<{ sweep: { skipped?: boolean } }>("select frontrow.sweep()");
      held?.working();
      await held?.until;
      return answer!.sweep.skipped ?? false;
    });
  const [started, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const first = sweep({ working: started.resolve, until: gate.promise });
  await started.promise;
  const others = await Promise.allSettled(Array.from({ length: 9 }, () => sweep()));
  gate.resolve();
  assert.equal(await first, false);
  for (const other of others) assert.deepEqual(other, { status: "fulfilled", value: true });
});

test("a takeover waits for an upload in progress, and then it has landed", async () => {
  const [slug] = await plant("z", 1);
  await countInRow(slug!);
  const [inside, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  // Storage's transaction has written the object's row, and has not committed.
  const slow: Engine = {
    ...engine,
    bucket: () => ({
      ...files,
      async write(at, content, { intent }) {
        const version = crypto.randomUUID();
        files.bodies.set(version, content);
        await garden.sql.transaction(async (tx) => {
          await tx.query("select set_config('request.headers', $1, true)", [
            JSON.stringify({ "x-frontrow-intent": intent }),
          ]);
          await tx.query("update storage.objects set version = $2 where name = $1", [at, version]);
          inside.resolve();
          await gate.promise;
        });
      },
    }),
  };
  const first = drainInOrder(slow);
  await inside.promise;
  await endWaits(garden.sql);
  const second = drainInOrder(engine);
  await pause(200);
  gate.resolve();
  await Promise.all([first, second]);
  await settleAll();
  const stores = await garden.sql.query("select store from frontrow.revisions where path = $1", [
    path(slug!),
  ]);
  assert.deepEqual(stores, [{ store: "table" }, { store: "table" }], "written once, known to both");
  assert.match((await files.text(path(slug!)))!, /b: 1/);
});

test("the postmaster is killed in the middle: what was answered is kept, and all comes together", async () => {
  const slugs = await plant("k", 10);
  let isOver = false;
  const acknowledged = new Map(slugs.map((slug) => [slug, { a: 0, b: 0 }]));
  const workers = Array.from({ length: 4 }, () => work(() => isOver));
  const writer = async (side: "a" | "b", write: (slug: string) => Promise<unknown>) => {
    for (let i = 0; !isOver; i++) {
      const slug = slugs[i % slugs.length]!;
      await write(slug).then(
        () => acknowledged.get(slug)![side]++,
        () => pause(20),
      );
    }
  };
  const writers = [writer("a", countInFile), writer("b", countInRow)];
  for (let i = 0; i < 2; i++) {
    await pause(700);
    await postgres.kill9();
    await postgres.restart();
  }
  await pause(500);
  isOver = true;
  await Promise.all([...workers, ...writers]);
  await settleAll();
  for (const slug of slugs) {
    const [row] = await garden.sql.query<{ a: number; b: number }>(
      "select a, b from public.counters where slug = $1",
      [slug],
    );
    const known = acknowledged.get(slug)!;
    // A commit whose answer was lost counts, but was never counted here: at most one each time.
    assert.ok(
      row!.a >= known.a && row!.a <= known.a + 2,
      `${slug}: a is ${row!.a}, ${known.a} were answered`,
    );
    assert.ok(
      row!.b >= known.b && row!.b <= known.b + 2,
      `${slug}: b is ${row!.b}, ${known.b} were answered`,
    );
    assert.match((await files.text(path(slug)))!, new RegExp(`a: ${row!.a}\\nb: ${row!.b}\\n`));
  }
  await assertNothingWentBack();
  assert.equal((await engine.hub.backfill({})).marked, 0);
});

/** At 100,000 documents no event reads more than its own part of the big tables: the plans say so. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hasPostgres, startPostgres, type TestPostgres } from "../scripts/local/postgres.ts";
import { type Allowance, bigReads } from "../scripts/testing/big-reads.ts";
import { drainInOrder, type Engine } from "../scripts/testing/effects.ts";
import { directHub, type Garden, startGarden } from "../scripts/testing/garden.ts";
import { type PlanWatch, watchPlans } from "../scripts/testing/plans.ts";
import { seedDocuments, seededPath, seededText } from "../scripts/testing/seed-documents.ts";
import { type SqlBucket, sqlBucket } from "../scripts/testing/sql-bucket.ts";
import { digestsOf } from "../shared/sync/binding.ts";

const COUNT = 100_000;
const skip = (await hasPostgres()) ? false : "no PostgreSQL here";

let postgres: TestPostgres;
let garden: Garden;
let watch: PlanWatch;
let files: SqlBucket;
let engine: Engine;
before(async () => {
  if (skip) return;
  postgres = await startPostgres({ settings: { shared_buffers: "'256MB'", max_wal_size: "'4GB'" } });
  garden = await startGarden({ databaseUrl: postgres.url, pgNet: "off" });
  await seedDocuments(garden.sql, COUNT);
  await garden.sql.exec("delete from frontrow.dirty where id > 100; delete from frontrow.leases;");
  watch = await watchPlans(postgres.url);
  files = sqlBucket(watch.sql);
  engine = { hub: directHub(watch.sql), bucket: () => files, bindings: garden.bindings };
});
after(async () => {
  await watch?.close();
  await garden?.stop();
  await postgres?.stop();
});

/** Runs it with every plan watched, and says what read too much. */
async function reads(run: () => Promise<unknown>, allowance: Allowance = {}): Promise<string[]> {
  const plans = await watch.during(run);
  assert.ok(plans.length > 0, "nothing was planned");
  return bigReads(plans, { tables: ["public.parts"], ...allowance });
}

const drain = (): Promise<unknown> => drainInOrder(engine, 20);
const row = (i: number) => `user_id = 'u${Math.floor(i / 100)}' and slug = 'p${i}'`;

/** Puts a seeded document's bytes where the bucket has them. */
async function body(i: number): Promise<string> {
  const [object] = await garden.sql.query<{ version: string }>(
    "select version from storage.objects where bucket_id = 'content' and name = $1",
    [seededPath(i)],
  );
  files.bodies.set(object!.version, new TextEncoder().encode(seededText(i)));
  return seededText(i);
}

const events: Record<string, () => Promise<unknown>> = {
  "what is pending already": drain,
  async "a new file"() {
    await files.put("users/new/parts/a.md", "---\nname: A\nstatus: active\n---\nA.\n");
    await drain();
  },
  async "a new row"() {
    await watch.sql.query("insert into public.parts (user_id, slug, name) values ('new', 'b', 'B')");
    await drain();
  },
  async "an edit of a file"() {
    await files.put(seededPath(501), (await body(501)).replace("Part", "Another part"));
    await drain();
  },
  async "an edit of a row"() {
    await body(502);
    await watch.sql.query(`update public.parts set name = 'Edited' where ${row(502)}`);
    await drain();
  },
  async "a deleted file"() {
    await files.drop(seededPath(503));
    await drain();
  },
  async "a deleted row"() {
    await body(504);
    await watch.sql.query(`delete from public.parts where ${row(504)}`);
    await drain();
  },
  async "a bad file"() {
    await files.put(seededPath(505), "---\nname: [\n---\n");
    await drain();
  },
  async "an edit on both sides"() {
    await files.put(seededPath(506), (await body(506)).replace("Part", "File"));
    await watch.sql.query(`update public.parts set name = 'Row' where ${row(506)}`);
    await drain();
    const [conflict] = await engine.hub.conflictsOf(seededPath(506), {});
    const { collection, path, bucket_version, table_version, revision } = conflict!;
    const seen = { bucket_version, table_version, revision };
    await engine.hub.resolve({ collection, path, seen, keep: "row" });
    await drain();
  },
  async "a failure"() {
    await engine.hub.signal([{ collection: "parts", path: seededPath(507) }]);
    const run = crypto.randomUUID();
    const digests = digestsOf(garden.bindings);
    const claimed = await engine.hub.claim({
      worker: "w",
      run,
      cause: "test",
      limit: 5,
      leaseSeconds: 9,
      digests,
    });
    const failed = claimed.map(({ collection, path, token }) => ({ collection, path, token }));
    await engine.hub.fail(
      run,
      failed.map((item) => ({ ...item, class: "error", code: "X", message: "x" })),
    );
    await engine.hub.finish(run, { ring: false, digests });
  },
  async "a halt"() {
    await watch.sql.exec(`insert into frontrow.halts (collection, kind, reason) values ('parts', 'deletions', 'a test');
      insert into frontrow.halt_items (halt, path, store)
      select max(id), 'users/u9/parts/p' || i || '.md', 'bucket' from frontrow.halts, generate_series(900, 950) as i group by i`);
    const [halt] = await watch.sql.query<{ id: number }>("select max(id) as id from frontrow.halts");
    const { seen } = await engine.hub.held(halt!.id);
    await engine.hub.resume(halt!.id, "restore", { seen });
    await drain();
  },
  conflicts: () => engine.hub.conflicts({}),
  "the log": () => engine.hub.log(0),
};

for (const [name, run] of Object.entries(events)) {
  test(`${name}: no scan of a big table`, { skip }, async () => {
    assert.deepEqual(await reads(run), []);
  });
}

test("the sweep reads its steps, not the tables", { skip }, async () => {
  assert.deepEqual(await reads(() => watch.sql.query("select frontrow.sweep()"), { most: 4100 }), []);
});

test("the history of one document, and its first page of all", { skip }, async () => {
  const ask = (request: object) => () =>
    watch.sql.query("select frontrow.history($1::text::jsonb)", [
      JSON.stringify({ protocol: 1, ...request }),
    ]);
  assert.deepEqual(await reads(ask({ collection: "parts", path: seededPath(10) })), []);
  assert.deepEqual(await reads(ask({})), []);
});

test("the checker sees a missing index", { skip }, async () => {
  await garden.sql.exec(
    "drop index frontrow.dirty_key_idx; alter table frontrow.bases drop constraint bases_pkey",
  );
  const found = await reads(async () => {
    await watch.sql.exec("begin");
    await watch.sql.query("select frontrow.read_documents('parts', $1::text[])", [[seededPath(7)]]);
    await watch.sql.exec("rollback");
  });
  assert.ok(
    found.some((line) => /^Seq Scan on frontrow\.bases read \d{5,} rows: .*from .*frontrow/.test(line)),
    found.join("\n"),
  );
});

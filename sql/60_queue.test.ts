/** The queue's contract: claim under a lease, complete exactly what was seen, count attempts, give back. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { deleteObjects, endWaits, type Garden, startGarden } from "../scripts/testing/garden.ts";
import type { ClaimRequest, FailItem } from "../shared/hub/hub.ts";
import { digestsOf } from "../shared/sync/binding.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());
beforeEach(() => garden.sql.exec("delete from frontrow.dirty; delete from frontrow.leases;"));

const path = (slug: string) => `users/q/parts/${slug}.md`;

function mark(...slugs: string[]) {
  return garden.sql.query(
    "insert into frontrow.dirty (collection, path, store) select 'parts', p, 'bucket' from unnest($1::text[]) as p",
    [slugs.map(path)],
  );
}

async function claim(change: Partial<ClaimRequest> = {}) {
  return await garden.hub.claim({
    worker: "w",
    run: crypto.randomUUID(),
    cause: "test",
    limit: 20,
    leaseSeconds: 90,
    digests: digestsOf(garden.bindings),
    ...change,
  });
}

const slugs = (items: readonly { path: string }[]) =>
  items.map((item) => /([^/]+)\.md$/.exec(item.path)![1]).sort();

test("a patient worker leaves what is written again and again until that pauses", async () => {
  /** Signals of one document, by their age in seconds; less than 0 stays young however slow the test. */
  const signals = (...ages: number[]) =>
    garden.sql.query(
      `insert into frontrow.dirty (collection, path, store, at)
       select 'parts', $1, 'bucket', clock_timestamp() - make_interval(secs => a) from unnest($2::float8[]) as a`,
      [path("often"), ages],
    );
  const found = async (patient: boolean) => slugs(await claim({ patient }));
  const afresh = () => garden.sql.exec("delete from frontrow.dirty; delete from frontrow.leases;");
  await signals(-60, -60, -60);
  assert.deepEqual(await found(true), [], "it goes on");
  assert.deepEqual(await found(false), ["often"], "who does not linger would not be there when it pauses");
  await afresh();
  await signals(-60, -60);
  assert.deepEqual(await found(true), ["often"], "two edits are nothing special");
  await afresh();
  await signals(2, -60, -60);
  assert.deepEqual(await found(true), ["often"], "it has gone on for long enough");
  await afresh();
  await signals(1, 1, 1);
  assert.deepEqual(await found(true), ["often"], "it has paused");
});

test("a claim that may wait brings what comes meanwhile, and holds nobody up until then", async () => {
  const { sql } = garden;
  if (sql.engine === "pglite") {
    const started = performance.now();
    await sql.query("select frontrow.await_work('{parts}', '30 seconds')");
    assert.ok(performance.now() - started < 15_000, "a server that is a single process does not wait");
    return;
  }
  const claiming = claim({ wait: 1000 });
  const asleep = () =>
    sql.query<{ xid: string | null }>(
      "select backend_xid::text as xid from pg_stat_activity where wait_event = 'PgSleep'",
    );
  let waiting = await asleep();
  while (waiting.length === 0) waiting = await asleep();
  // With a transaction id, readers of the change feed would wait as well.
  assert.deepEqual(waiting, [{ xid: null }]);
  await mark("late");
  assert.deepEqual(slugs(await claiming), ["late"]);
});

function fail(item: { path: string; token: string }, kind: FailItem["class"]) {
  const { path, token } = item;
  return garden.hub.fail(crypto.randomUUID(), [
    { collection: "parts", path, token, class: kind, code: "X", message: "because" },
  ]);
}

async function lease(slug: string) {
  const [found] = await garden.sql.query(
    "select attempts, transient_failures, token::text, extract(epoch from greatest(not_before, clock_timestamp()) - clock_timestamp()) as wait, seen, last_error from frontrow.leases where path = $1",
    [path(slug)],
  );
  return found as {
    attempts: number;
    transient_failures: number;
    token: string;
    wait: string;
    seen: number[];
    last_error: string | null;
  };
}

test("many signals of one document are one claim, oldest first, and nobody else gets it meanwhile", async () => {
  await mark("b", "a", "b", "b", "c");
  const first = await claim({ limit: 2 });
  assert.deepEqual(slugs(first), ["a", "b"]);
  assert.deepEqual(slugs(await claim()), ["c"]);
  assert.deepEqual(await claim(), []);
});

test("a claim is cut at so many bytes, and one document always comes", async () => {
  for (const [slug, size] of Object.entries({ d1: 600, d2: 300, d3: 200 })) {
    await garden.sql.query(
      `insert into storage.objects (bucket_id, name, version, metadata) values ('content', $1, $2, jsonb_build_object('size', $3::int))`,
      [path(slug), crypto.randomUUID(), size],
    );
  }
  await garden.sql.exec("delete from frontrow.dirty");
  await mark("d1", "d2", "d3");
  assert.deepEqual(slugs(await claim({ maxBytes: 1000 })), ["d1", "d2"]);
  assert.deepEqual(slugs(await claim({ maxBytes: 10 })), ["d3"]);
  await deleteObjects(garden.sql, "users/q/%");
});

test("each lease has a larger token, and a dead worker's documents fall free", async () => {
  await mark("a");
  const [first] = await claim();
  await endWaits(garden.sql);
  const [second] = await claim();
  assert.ok(BigInt(second!.token) > BigInt(first!.token));
  const { attempts } = await lease("a");
  assert.equal(attempts, 2, "attempts are counted at the claim, so that a crash counts");
});

test("complete forgets exactly the signals that were seen, and only for the holder", async () => {
  await mark("a", "a");
  const [item] = await claim();
  await mark("a");
  const complete = (token: string) =>
    garden.sql.query<{ complete: boolean }>("select frontrow.complete('parts', $1, $2::bigint)", [
      path("a"),
      token,
    ]);
  assert.equal((await complete("1"))[0]!.complete, false, "not with another's token");
  assert.equal((await garden.sql.query("select from frontrow.dirty")).length, 3);
  assert.equal((await complete(item!.token))[0]!.complete, true);
  assert.equal(
    (await garden.sql.query("select from frontrow.dirty")).length,
    1,
    "what came meanwhile means another look",
  );
  assert.deepEqual(slugs(await claim()), ["a"]);
});

test("a failure backs off, longer each time; a transient one does not count, a lost race is tried again at once", async () => {
  await mark("a");
  let [item] = await claim();
  await fail(item!, "error");
  let held = await lease("a");
  assert.deepEqual([held.attempts, held.last_error], [1, "X: because"]);
  assert.ok(Number(held.wait) > 2 && Number(held.wait) < 8, held.wait);
  assert.deepEqual(await claim(), []);

  await endWaits(garden.sql);
  [item] = await claim();
  await fail(item!, "transient");
  held = await lease("a");
  assert.deepEqual([held.attempts, held.transient_failures], [1, 1]);

  await endWaits(garden.sql);
  [item] = await claim();
  await fail(item!, "stale");
  held = await lease("a");
  assert.equal(held.attempts, 1);
  assert.ok(Number(held.wait) < 0.1, held.wait);
});

test("a transient failure while somebody put another object there is a lost race: tried again at once", async () => {
  await mark("a");
  const [item] = await claim();
  await fail(item!, "transient");
  await endWaits(garden.sql);
  const [again] = await claim();
  await mark("a");
  await fail(again!, "transient");
  const held = await lease("a");
  assert.deepEqual([held.attempts, held.transient_failures], [0, 0]);
  assert.ok(Number(held.wait) < 0.1, held.wait);
});

test("a failure reported by a worker that has lost its lease changes nothing", async () => {
  await mark("a");
  const [old] = await claim();
  await endWaits(garden.sql);
  await claim();
  const before = await lease("a");
  await fail(old!, "error");
  const { wait: _, ...after } = await lease("a");
  const { wait: __, ...same } = before;
  assert.deepEqual(after, same);
});

test("what failed twice is claimed alone, so that a crash names its culprit, and holds nobody up", async () => {
  await mark("poison");
  for (let i = 0; i < 2; i++) {
    await claim();
    await endWaits(garden.sql);
  }
  await mark("a", "b");
  for (let round = 0; round < 20; round++) {
    const items = await claim();
    assert.ok(items.length === 1 || !slugs(items).includes("poison"), "never with others");
    if (slugs(items)[0] === "poison") return;
    await garden.sql.query("update frontrow.leases set until = '-infinity', attempts = 0 where path <> $1", [
      path("poison"),
    ]);
    if (round === 10) await garden.sql.query("delete from frontrow.dirty where path <> $1", [path("poison")]);
  }
  assert.fail("it was never tried");
});

test("after five attempts without an answer it is set aside, with what is known", async () => {
  await garden.upload(path("poison"), "---\nname: x\nstatus: active\n---\n");
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(slugs(await claim()), ["poison"], `attempt ${i + 1}`);
    await endWaits(garden.sql);
  }
  assert.deepEqual(await claim(), []);
  const [entry] = (await garden.hub.report()).quarantine;
  assert.equal(entry!.code, "POISON");
  assert.match(entry!.message, /never came back/);
  assert.deepEqual(await garden.sql.query("select from frontrow.dirty"), [], "it waits for a change");
  assert.equal((await garden.hub.backfill({})).marked, 0);
  await garden.upload(path("poison"), "---\nname: y\nstatus: active\n---\n");
  await garden.settle();
  assert.deepEqual((await garden.hub.report()).quarantine, [], "a new version releases it");
});

test("a worker of another config leaves the collection alone", async () => {
  await mark("a");
  assert.deepEqual(await claim({ digests: { parts: "another" } }), []);
  assert.deepEqual(await claim({ digests: {} }), []);
  assert.deepEqual(slugs(await claim()), ["a"]);
});

test("a caller of another protocol is refused", async () => {
  const { error } = await garden.client.rpc("frontrow_claim", { request: { protocol: 99 } });
  assert.equal(error!.code, "FR001");
  assert.match(error!.message, /protocol 99/);
});

test("named documents are claimed dirty or not, except those another worker holds", async () => {
  await mark("a");
  await claim();
  const items = await claim({
    paths: [
      { collection: "parts", path: path("a") },
      { collection: "parts", path: path("z") },
    ],
  });
  assert.deepEqual(slugs(items), ["z"]);
});

test("a claim shows both replicas, what was agreed and what the hub holds", async () => {
  const at = path("shown");
  const text = "---\nname: Shown\nstatus: active\n---\nBody.\n";
  await garden.upload(at, text);
  await garden.settle();
  const [item] = await claim({ paths: [{ collection: "parts", path: at }] });
  assert.equal(item!.hub!.text, text);
  assert.equal(item!.hub!.revision, 1);
  assert.equal(item!.bases.bucket!.version, item!.bucket!.version);
  assert.equal(item!.bases.table!.version, item!.table!.version);
  assert.equal(item!.bucket!.size, text.length);
  assert.equal(item!.table!.fields.name, "Shown");
  assert.equal(item!.table!.body, "Body.\n");
});

test("a table that is not as it was registered is left alone, loudly, until it is registered again", async () => {
  await mark("a");
  await garden.sql.exec("alter table public.parts alter column charge type float8 using charge::float8");
  assert.deepEqual(await claim(), []);
  const [halt] = (await garden.hub.report()).halts;
  assert.equal(halt!.kind, "schema-changed");
  await garden.sql.exec("alter table public.parts alter column charge type numeric using charge::numeric");
  const { register } = await import("../shared/sync/register.ts");
  await register(garden.hub, garden.config);
  assert.deepEqual((await garden.hub.report()).halts, []);
  assert.deepEqual(slugs(await claim()), ["a"]);
});

test("a run is seen while it beats, ends with its counts, and a new one is rung only when work is left", async () => {
  const run = crypto.randomUUID();
  await mark("a");
  await claim({ run });
  assert.equal((await garden.hub.report()).running, true);
  assert.deepEqual(
    await garden.hub.finish(run, { ring: false }),
    { more: false },
    "a is leased: not claimable",
  );
  await endWaits(garden.sql);
  assert.deepEqual(await garden.hub.finish(run, { ring: false }), { more: true });
  const digests = digestsOf(garden.bindings);
  assert.deepEqual(await garden.hub.finish(run, { ring: false, digests }), { more: true });
  const others = { parts: "of another config" };
  assert.deepEqual(await garden.hub.finish(run, { ring: true, digests: others }), { more: false });
});

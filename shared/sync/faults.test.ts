/** Storage fails, lies and forgets. Whatever it answers: nothing is deleted, nothing is lost, and later all is well. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { createBucketStore, type StorageClient } from "../stores/bucket-store.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const TEXT = "---\nname: The Critic\nstatus: active\n---\nBody.\n";

/** What Storage answers instead; undefined: the truth. */
type Fault = (request: Request) => Response | undefined | Promise<Response | undefined>;

/** The bucket as a worker sees it whose Storage requests meet a fault. */
function bucketWith(fault: Fault) {
  const send = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    return (await fault(request.clone())) ?? (await fetch(request));
  };
  const { url, secretKey: key } = garden.stack;
  const client = createClient(url, key, {
    auth: { persistSession: false },
    global: { fetch: send as typeof fetch },
  });
  const storage = client.storage as unknown as StorageClient;
  return (bucket: string) => createBucketStore({ storage, url, key, bucket, fetch: send as typeof fetch });
}

const isRead = (request: Request) => request.method === "GET";
const isUpload = (request: Request) => request.method === "POST" || request.method === "PUT";
const isRemove = (request: Request) => request.method === "DELETE";

const said = (status: number, body: object) => Response.json(body, { status });
const FAILURES: [name: string, answer: () => Response][] = [
  [
    "429",
    () =>
      said(429, {
        statusCode: "429",
        error: "too_many_connections",
        message: "Too many connections issued to the database",
      }),
  ],
  ["503", () => said(503, { statusCode: "503", error: "SlowDown", message: "acquiring lock timeout" })],
  [
    "544",
    () =>
      said(544, {
        statusCode: "544",
        error: "DatabaseTimeout",
        message: "The connection to the database timed out",
      }),
  ],
  ["500 without JSON", () => new Response("<html>Bad gateway</html>", { status: 500 })],
  ["a 404 in a 400", () => said(400, { statusCode: "404", error: "not_found", message: "Object not found" })],
  [
    "403",
    () =>
      said(403, {
        statusCode: "403",
        error: "Unauthorized",
        message: "new row violates row-level security policy",
      }),
  ],
];

async function lease(path: string) {
  const [found] = await garden.sql.query<{ attempts: number; transient_failures: number }>(
    "select attempts, transient_failures from frontrow.leases where path = $1",
    [path],
  );
  return found;
}

for (const [index, [name, answer]] of FAILURES.entries()) {
  test(`${name}: a read is put off, never taken for a deletion`, async () => {
    const path = `users/r${index}/parts/x.md`;
    await garden.upload(path, TEXT);
    await garden.drain();
    const row = await garden.row(path);
    await garden.upload(path, TEXT.replace("Body", "Newer body"));
    const bucket = bucketWith((request) => (isRead(request) ? answer() : undefined));
    assert.deepEqual((await garden.drain({ bucket })).counts, { deferred: 1 });
    assert.deepEqual(await garden.row(path), row);
    const held = (await lease(path))!;
    assert.deepEqual(held, { attempts: 0, transient_failures: 1 }, "it does not count towards quarantine");
    await garden.settle();
    assert.equal((await garden.row(path))!.body, "Newer body.\n");
  });

  test(`${name}: an upload is put off, and made once`, async () => {
    const path = `users/w${index}/parts/x.md`;
    await garden.upload(path, TEXT);
    await garden.drain();
    await garden.sql.query("update public.parts set body = 'From the row.' where user_id = $1", [
      `w${index}`,
    ]);
    const bucket = bucketWith((request) => (isUpload(request) ? answer() : undefined));
    assert.deepEqual((await garden.drain({ bucket })).counts, { deferred: 1 });
    assert.equal(await garden.read(path), TEXT);
    await garden.settle();
    assert.match((await garden.read(path))!, /From the row/);
  });

  test(`${name}: a removal is put off, and the row stays deleted`, async () => {
    const path = `users/d${index}/parts/x.md`;
    await garden.upload(path, TEXT);
    await garden.drain();
    await garden.sql.query("update public.parts set deleted_at = now() where user_id = $1", [`d${index}`]);
    const bucket = bucketWith((request) => (isRemove(request) ? answer() : undefined));
    assert.deepEqual((await garden.drain({ bucket })).counts, { deferred: 1 });
    assert.equal(await garden.read(path), TEXT);
    await garden.settle();
    assert.deepEqual([await garden.read(path), await garden.row(path)], [null, null]);
  });
}

test("a cache that serves the bytes before: they are never taken for the new version", async () => {
  const path = "users/stale/parts/x.md";
  await garden.upload(path, TEXT);
  await garden.drain();
  const before = await garden.client.storage.from("content").download(path);
  const old = new Uint8Array(await before.data!.arrayBuffer());
  await garden.upload(path, TEXT.replace("Critic", "Cynics"));
  const [{ etag }] = (await garden.sql.query(`select '"' || md5($1) || '"' as etag`, [TEXT])) as [
    { etag: string },
  ];
  const bucket = bucketWith((request) =>
    isRead(request)
      ? new Response(old, { headers: { etag, "content-length": String(old.length) } })
      : undefined,
  );
  const { results } = await garden.drain({ bucket });
  assert.deepEqual(results[0]!.code, "REPLICA_MOVED");
  assert.equal((await garden.row(path))!.name, "The Critic");
  await garden.settle();
  assert.equal((await garden.row(path))!.name, "The Cynics");
});

test("bytes that are cut short are not a document", async () => {
  const path = "users/short/parts/x.md";
  await garden.upload(path, TEXT);
  const bucket = bucketWith((request) => (isRead(request) ? new Response(TEXT.slice(0, -6)) : undefined));
  const { results } = await garden.drain({ bucket });
  assert.equal(results[0]!.code, "REPLICA_MOVED");
  assert.equal(await garden.row(path), null);
  await garden.settle();
  assert.equal((await garden.row(path))!.body, "Body.\n");
});

test("a record without bytes is a fault of Storage's, not a deletion, however long it lasts", async () => {
  const path = "users/body/parts/x.md";
  await garden.upload(path, TEXT);
  await garden.drain();
  await garden.upload(path, TEXT.replace("Body", "Lost"));
  const [object] = await garden.sql.query<{ version: string }>(
    "select version from storage.objects where name = $1",
    [path],
  );
  const lost = (await garden.stack.storage.bodies.get(object!.version))!;
  await garden.stack.storage.bodies.remove([object!.version]);
  for (let i = 0; i < 8; i++) {
    await garden.sql.query("update frontrow.leases set until = '-infinity', not_before = '-infinity'");
    const { results } = await garden.drain();
    assert.deepEqual([results[0]!.outcome, results[0]!.code], ["deferred", "BODY_MISSING"]);
  }
  assert.equal((await garden.row(path))!.body, "Body.\n");
  assert.deepEqual((await garden.hub.report()).quarantine, [], "nobody's document is at fault");
  await garden.stack.storage.bodies.put(object!.version, lost);
  await garden.settle();
  assert.equal((await garden.row(path))!.body, "Lost.\n");
});

test("an answer that is lost after Storage has written: the write is known and not repeated", async () => {
  const path = "users/lost/parts/x.md";
  await garden.upload(path, TEXT);
  await garden.drain();
  await garden.sql.query("update public.parts set body = 'From the row.' where user_id = 'lost'");
  let uploads = 0;
  const bucket = bucketWith(async (request) => {
    if (!isUpload(request)) return undefined;
    uploads++;
    await fetch(request).then((response) => response.text());
    throw new TypeError("connection reset");
  });
  assert.deepEqual((await garden.drain({ bucket })).counts, { deferred: 1 });
  await garden.sql.query("update frontrow.leases set until = '-infinity', not_before = '-infinity'");
  await garden.drain({ bucket });
  assert.equal(uploads, 1);
  assert.deepEqual(await garden.sql.query("select from frontrow.dirty"), []);
});

test("a removal that Storage says is done, and is not", async () => {
  const path = "users/lie/parts/x.md";
  await garden.upload(path, TEXT);
  await garden.drain();
  await garden.sql.query("update public.parts set deleted_at = now() where user_id = 'lie'");
  const bucket = bucketWith((request) => (isRemove(request) ? Response.json([]) : undefined));
  const { counts } = await garden.drain({ bucket });
  assert.equal(counts.deleted, undefined, "it is not believed");
  await garden.sql.query("delete from frontrow.settings where name = 'fence'");
  await garden.settle();
  assert.equal(await garden.read(path), null);
});

test("the user's own settings of an object survive our writes", async () => {
  const path = "users/keep/parts/x.md";
  await garden.client.storage.from("content").upload(path, new TextEncoder().encode(TEXT), {
    contentType: "text/x-markdown",
    cacheControl: "7200",
    metadata: { mood: "blue" },
  });
  await garden.drain();
  await garden.sql.query("update public.parts set body = 'From the row.' where user_id = 'keep'");
  await garden.settle();
  const [object] = await garden.sql.query<{ metadata: Record<string, unknown>; user_metadata: unknown }>(
    "select metadata, user_metadata from storage.objects where name = $1",
    [path],
  );
  assert.equal(object!.metadata.mimetype, "text/x-markdown");
  assert.equal(object!.metadata.cacheControl, "max-age=7200");
  assert.deepEqual(object!.user_metadata, { mood: "blue" });
  assert.match((await garden.read(path))!, /From the row/);
});

test("a hub that does not answer ends the run, and costs nothing but time", async () => {
  const path = "users/hub/parts/x.md";
  await garden.upload(path, TEXT);
  const broken = {
    ...garden.hub,
    apply: () => garden.hub.apply("not a run", []).then(() => []),
  } as typeof garden.hub;
  await assert.rejects(garden.drain({ hub: broken }), { code: "HUB_UNAVAILABLE" });
  const [run] = await garden.sql.query(
    "select error, finished_at is not null as ended from frontrow.runs order by started_at desc limit 1",
  );
  assert.deepEqual(run, { error: "HUB_UNAVAILABLE", ended: true });
  await garden.settle();
  assert.equal((await garden.row(path))!.name, "The Critic");
});

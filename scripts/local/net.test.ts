/** The pg_net stand-in: what Frontrow relies on, and what it must survive. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Stack } from "./stack.ts";
import { openTarget, remote, type Target } from "./test-target.ts";

let target: Target;
let stack: Stack;
const received: { method: string; url: URL; headers: Headers; body: string }[] = [];
const skip = remote;
const post = (slug: string, rest = "") => `net.http_post('${stack.url}/functions/v1/${slug}'${rest})`;
const response = async (id: unknown) =>
  (await stack.sql.query("select * from net._http_response where id = $1", [id]))[0];

before(async () => {
  if (skip) return;
  target = await openTarget();
  stack = target.local!;
  stack.mount("ring", async (request) => {
    received.push({
      method: request.method,
      url: new URL(request.url),
      headers: request.headers,
      body: await request.text(),
    });
    return new Response("ok", { status: 202 });
  });
  stack.mount("slow", async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return new Response("late");
  });
});
after(async () => await target?.stop());

test("http_post: JSON body, params, headers; the response is recorded", { skip }, async () => {
  received.length = 0;
  const [{ id }] = (await stack.sql.query(
    `select ${post("ring", `, body => '{"a": [1]}', params => '{"q": "ü&"}', headers => '{"x-token": "t"}'`)} as id`,
  )) as [{ id: number }];
  await stack.net.idle();
  const [request] = received;
  assert.equal(request!.method, "POST");
  assert.equal(request!.url.searchParams.get("q"), "ü&");
  assert.equal(request!.headers.get("x-token"), "t");
  assert.equal(request!.headers.get("content-type"), "application/json");
  assert.deepEqual(JSON.parse(request!.body), { a: [1] });
  const { status_code, content, timed_out, error_msg } = (await response(id))!;
  assert.deepEqual(
    { status_code, content, timed_out, error_msg },
    { status_code: 202, content: "ok", timed_out: false, error_msg: null },
  );
  assert.deepEqual(await stack.sql.query("select from net.http_request_queue"), []);
});

test("nothing is sent before commit, and nothing at all after a rollback", { skip }, async () => {
  received.length = 0;
  await stack.sql.transaction(async (tx) => {
    await tx.query(`select ${post("ring")}`);
    assert.equal(received.length, 0);
  });
  await stack.net.idle();
  assert.equal(received.length, 1);
  await assert.rejects(
    stack.sql.transaction(async (tx) => {
      await tx.query(`select ${post("ring")}`);
      throw new Error("changed my mind");
    }),
  );
  await stack.net.idle();
  assert.equal(received.length, 1);
});

test("a NULL url, a bad url and a foreign scheme raise in the caller's transaction", { skip }, async () => {
  await assert.rejects(stack.sql.query("select net.http_post(null)"), { code: "23502" });
  await assert.rejects(stack.sql.query("select net.http_post('nonsense')"), /bad\/illegal format/);
  await assert.rejects(stack.sql.query("select net.http_post('ftp://x/')"), /Unsupported URL scheme/);
  await assert.rejects(
    stack.sql.query(`select ${post("ring", `, headers => '{"content-type": "text/plain"}'`)}`),
    /Content-Type header must be/,
  );
});

test("any role may ring, and read the queue: no secret belongs into headers", { skip }, async () => {
  await stack.sql.transaction(async (tx) => {
    await tx.exec("set local role anon");
    await tx.query(`select ${post("ring")}`);
    assert.equal((await tx.query("select headers from net.http_request_queue")).length, 1);
  });
  await stack.net.idle();
});

test("a receiver that is too slow: timed_out, no status", { skip }, async () => {
  const [{ id }] = (await stack.sql.query(
    `select ${post("slow", ", timeout_milliseconds => 20")} as id`,
  )) as [{ id: number }];
  await stack.net.idle();
  const { status_code, timed_out } = (await response(id))!;
  assert.deepEqual({ status_code, timed_out }, { status_code: null, timed_out: true });
});

test("a receiver that is not there: error_msg, no retry, and the next request is sent", {
  skip,
}, async () => {
  received.length = 0;
  const [{ id }] = (await stack.sql.query("select net.http_post('http://127.0.0.1:9/') as id")) as [
    { id: number },
  ];
  await stack.sql.query(`select ${post("ring")}`);
  await stack.net.idle();
  const { status_code, timed_out, error_msg } = (await response(id))!;
  assert.deepEqual({ status_code, timed_out }, { status_code: null, timed_out: false });
  assert.ok(error_msg);
  assert.equal(received.length, 1);
});

test("a row put into the queue by hand waits until somebody wakes the worker", { skip }, async () => {
  received.length = 0;
  const url = `${stack.url}/functions/v1/ring`;
  await stack.sql.query(
    "insert into net.http_request_queue (method, url, timeout_milliseconds) values ('GET', $1, 1000)",
    [url],
  );
  await stack.net.idle();
  assert.equal(received.length, 0);
  await stack.sql.query("select net.wake()");
  await stack.net.idle();
  assert.deepEqual(
    received.map((request) => request.method),
    ["GET"],
  );
});

test("500 requests of one transaction all arrive, in batches", { skip }, async () => {
  received.length = 0;
  await stack.sql.query(`select ${post("ring")} from generate_series(1, 500)`);
  await stack.net.idle();
  assert.equal(received.length, 500);
});

test("pgNetPauseMs: what rings during a batch waits for it and the pause", { skip }, async () => {
  const slow = await openTarget({ pgNetPauseMs: 60 });
  const at: number[] = [];
  slow.local!.mount("ring", () => {
    at.push(performance.now());
    return new Response("ok");
  });
  const ring = () => slow.sql!.query(`select net.http_post('${slow.url}/functions/v1/ring')`);
  await ring();
  while (at.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await ring();
  await slow.local!.net.idle();
  assert.ok(at[1]! - at[0]! >= 55, `${at[1]! - at[0]!} ms`);
  await slow.stop();
});

test("pgNet: off queues and sends nothing; missing has no schema", { skip }, async () => {
  const off = await openTarget({ pgNet: "off" });
  await off.sql!.query("select net.http_post('http://127.0.0.1:9/')");
  assert.equal((await off.sql!.query("select from net.http_request_queue")).length, 1);
  await off.sql!.query("truncate net.http_request_queue");
  await off.stop();
  if (process.env.DATABASE_URL) return; // would drop the schema under the other suites
  const missing = await openTarget({ pgNet: "missing" });
  await assert.rejects(missing.sql!.query("select net.http_post('http://127.0.0.1:9/')"), { code: "3F000" });
  await missing.stop();
});

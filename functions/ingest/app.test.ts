import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Hub } from "../../shared/hub/hub.ts";
import { createIngestApp } from "./app.ts";
import { sign } from "./signature.ts";

const TOKEN = "a-token-of-little-power";
const KEY = "sb_secret_test";
const SECRET = "whsec_c2VjcmV0LW9mLXRoZS1ldmVudHM=";
const NOW = Date.UTC(2026, 10, 20);

function setUp(
  secrets = { hookToken: TOKEN as string | null, secretKeys: [KEY], eventsSecret: SECRET as string | null },
) {
  const signals: unknown[][] = [];
  const hub = {
    signal: async (keys: unknown[]) => {
      signals.push(keys);
      return { marked: keys.length, ignored: 0 };
    },
  } as unknown as Hub;
  const app = createIngestApp({ hub, secrets, now: () => NOW });
  const post = (
    path: string,
    body: string,
    headers: Record<string, string> = { "x-frontrow-token": TOKEN },
  ) => app.request(`/frontrow-ingest${path}`, { method: "POST", headers, body });
  return { post, signals };
}

const event = (name: string) => ({
  event: { type: "ObjectCreated:Put", payload: { name, bucketId: "content" } },
});

test("one of Storage's events marks its document, a move both", async () => {
  const { post, signals } = setUp();
  const move = {
    event: {
      type: "ObjectCreated:Move",
      payload: { name: "b.md", bucketId: "content", oldObject: { name: "a.md", bucketId: "content" } },
    },
  };
  assert.equal((await post("/storage", JSON.stringify(event("a.md")))).status, 202);
  assert.equal((await post("/storage", JSON.stringify(move))).status, 202);
  assert.deepEqual(signals, [
    [{ bucket: "content", path: "a.md" }],
    [
      { bucket: "content", path: "b.md" },
      { bucket: "content", path: "a.md" },
    ],
  ]);
});

test("the payloads recorded from the real service are understood", async (t) => {
  const file = new URL("../../../shared/fixtures/storage-webhooks.json", import.meta.url);
  const recorded = await readFile(file, "utf8").catch(() => null);
  if (recorded === null) return t.skip("shared/fixtures is not beside the project");
  const { post, signals } = setUp();
  for (const payload of JSON.parse(recorded))
    assert.equal((await post("/storage", JSON.stringify(payload))).status, 202);
  assert.equal((await post("/storage", recorded)).status, 202);
  assert.equal(signals.length, JSON.parse(recorded).length + 1);
  assert.deepEqual(signals[0], [{ bucket: "content", path: "parts/a.md" }]);
});

test("whoever has neither the token, nor a key, nor a signature gets 401", async () => {
  const { post, signals } = setUp();
  const wrong: Record<string, string>[] = [
    {},
    { "x-frontrow-token": "x" },
    { apikey: "sb_publishable_test" },
    { authorization: `Bearer ${KEY}` },
  ];
  for (const headers of wrong) {
    assert.equal((await post("/storage", JSON.stringify(event("a.md")), headers)).status, 401);
    assert.equal(
      (await post("/events", '{"keys":[{"bucket":"content","path":"a.md"}]}', headers)).status,
      401,
    );
  }
  const closed = setUp({ hookToken: null, secretKeys: [], eventsSecret: null });
  assert.equal(
    (await closed.post("/storage", JSON.stringify(event("a.md")), { "x-frontrow-token": "" })).status,
    401,
  );
  assert.deepEqual(signals, []);
});

test("bodies that are not what they should be get 400, and too large ones 413", async () => {
  const { post, signals } = setUp();
  const bad = [
    "",
    "{",
    "null",
    "[1]",
    '{"event":{}}',
    '{"event":{"type":"x","payload":{"name":1,"bucketId":"b"}}}',
    "[".repeat(200_000),
  ];
  for (const body of bad) assert.equal((await post("/storage", body)).status, 400, body.slice(0, 40));
  for (const body of [
    '{"keys":[]}',
    '{"keys":[{"path":"a.md"}]}',
    '{"keys":"all"}',
    JSON.stringify({ keys: Array(1001).fill({ bucket: "b", path: "a" }) }),
  ]) {
    assert.equal((await post("/events", body)).status, 400, body.slice(0, 40));
  }
  assert.equal((await post("/storage", JSON.stringify(event("a".repeat(2_000_000))))).status, 413);
  assert.deepEqual(signals, []);
});

test("a signed event is accepted; an altered, old or unsigned one is not", async () => {
  const { post, signals } = setUp();
  const body = JSON.stringify({ keys: [{ collection: "parts", path: "users/ada/parts/the-critic.md" }] });
  const stamp = String(NOW / 1000);
  const signed = async (text: string, timestamp: string, secret = SECRET) => ({
    "webhook-id": "msg_1",
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,AAAA ${await sign(secret, "msg_1", timestamp, new TextEncoder().encode(text))}`,
  });
  assert.equal((await post("/events", body, await signed(body, stamp))).status, 202);
  assert.equal((await post("/events", `${body} `, await signed(body, stamp))).status, 401);
  assert.equal((await post("/events", body, await signed(body, String(NOW / 1000 - 301)))).status, 401);
  assert.equal((await post("/events", body, await signed(body, stamp, "whsec_b3RoZXI="))).status, 401);
  assert.deepEqual(signals, [[{ collection: "parts", path: "users/ada/parts/the-critic.md" }]]);
});

test("the token and a secret key open both doors", async () => {
  const { post } = setUp();
  const body = '{"keys":[{"bucket":"content","path":"a.md"}]}';
  assert.equal((await post("/events", body)).status, 202);
  assert.equal((await post("/events", body, { apikey: KEY })).status, 202);
  assert.equal((await post("/storage", JSON.stringify(event("a.md")), { apikey: KEY })).status, 202);
});

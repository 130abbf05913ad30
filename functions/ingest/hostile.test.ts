/**
 * Requests nobody meant well with: whatever is sent, the answer is one of a few codes, it tells nothing, and the hub is
 * reached only by who may. The same cases each time; `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others, and more.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import type { Hub } from "../../shared/hub/hub.ts";
import { createIngestApp } from "./app.ts";
import { sign } from "./signature.ts";

const RUNS = Number(process.env.FRONTROW_RUNS ?? 1000);
const SEED = Number(process.env.FRONTROW_SEED ?? 20261121);

const TOKEN = "the-token-of-the-doorbell";
const KEY = "sb_secret_of_the_project";
const SECRET = "whsec_c2VjcmV0LW9mLXRoZS1ldmVudHM=";
const NOW = Date.UTC(2026, 10, 21);
const CODES = [202, 400, 401, 404, 408, 413];

let reached = 0;
const hub = {
  signal: async (keys: unknown[]) => {
    reached++;
    for (const key of keys as { bucket?: string; collection?: string; path: string }[]) {
      assert.ok(typeof key.path === "string" && (key.bucket ?? key.collection) !== undefined);
      // What Postgres cannot take would be an answer of 503, for ever.
      assert.doesNotMatch(JSON.stringify(key), /\\u0000|\\ud[89a-f]/);
    }
    return { marked: keys.length, ignored: 0 };
  },
} as unknown as Hub;
let clock = NOW;
const app = createIngestApp({
  hub,
  secrets: { hookToken: TOKEN, secretKeys: [KEY], eventsSecret: SECRET },
  // A second passes between requests, so that only the flood is refused as one.
  now: () => clock,
});

const method = fc.constantFrom(
  ..."POST POST POST POST POST POST POST POST POST GET PUT PATCH DELETE OPTIONS HEAD PROPFIND".split(" "),
);
const path = fc.oneof(
  fc.constantFrom(
    ..."/storage /events /storage/ /events/ /EVENTS / //events /events/.. /events%00 /storage?x=1 /admin".split(
      " ",
    ),
  ),
  fc.constantFrom("/events", "/storage", "/events", "/storage", "/events", "/storage"),
  fc.webPath(),
);
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("content", "things", "things/a.md", "users/ada/parts/x.md") },
  fc.constantFrom("content", "things/a.md", "../x", "", "\0", "\ud800", "x".repeat(1025), "é", "__proto__"),
  fc.string({ unit: "binary" }),
);
const key = fc.record({ bucket: name, collection: name, path: name }, { requiredKeys: ["path"] });
const event = fc.record({
  event: fc.record({
    type: fc.string(),
    payload: fc.record(
      { name, bucketId: name, oldObject: fc.record({ name, bucketId: name }) },
      { requiredKeys: [] },
    ),
  }),
});
const json = fc.oneof(
  fc
    .array(fc.record({ bucket: name, path: name }), { minLength: 1, maxLength: 4 })
    .map((keys) => JSON.stringify({ keys })),
  fc
    .record({ name, bucketId: name })
    .map((payload) => JSON.stringify({ event: { type: "ObjectCreated:Put", payload } })),
  fc.record({ keys: fc.array(key, { maxLength: 4 }) }).map((body) => JSON.stringify(body)),
  fc.oneof(event, fc.array(event, { maxLength: 3 })).map((body) => JSON.stringify(body)),
  fc.json(),
  fc.constantFrom(
    '{"__proto__":{"keys":[]}}',
    '{"keys":{"length":1e9}}',
    `{"keys":${"[".repeat(5000)}`,
    '{"keys":[1e999]}',
  ),
  fc.constantFrom(
    "[".repeat(100_000),
    `${"[".repeat(40)}${"]".repeat(40)}`,
    "x".repeat(1_100_000),
    "\uFEFF{}",
    "",
  ),
);
const bytes = fc.oneof(
  { weight: 4, arbitrary: json.map((text) => new TextEncoder().encode(text)) },
  fc.tuple(json, fc.nat(400)).map(([text, length]) => new TextEncoder().encode(text.slice(0, length))),
  fc.uint8Array({ maxLength: 200 }),
  fc.constant(new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])),
);
const CALLERS = [
  "nobody",
  "token",
  "key",
  "signed",
  "token",
  "key",
  "signed",
  "forged",
  "late",
  "publishable",
] as const;
const caller = fc.constantFrom(...CALLERS);
const odd = fc.dictionary(
  fc.constantFrom(
    "content-type",
    "content-encoding",
    "content-length",
    "x-forwarded-for",
    "webhook-id",
    "cookie",
  ),
  fc.constantFrom(
    "application/json",
    "gzip",
    "br, gzip",
    "identity",
    "text/plain",
    "-1",
    "1e9",
    "0",
    "x",
    "multipart/form-data",
  ),
  { maxKeys: 2 },
);

const extra = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, odd);

async function headersOf(
  who: (typeof CALLERS)[number],
  body: Uint8Array<ArrayBuffer>,
): Promise<Record<string, string>> {
  if (who === "token") return { "x-frontrow-token": TOKEN };
  if (who === "key") return { apikey: KEY };
  if (who === "publishable") return { apikey: "sb_publishable_x", authorization: `Bearer ${KEY}` };
  if (who === "nobody") return {};
  const timestamp = String(Math.floor(clock / 1000) - (who === "late" ? 301 : 0));
  const signature = await sign(who === "forged" ? "whsec_b3RoZXI=" : SECRET, "msg", timestamp, body);
  return { "webhook-id": "msg", "webhook-timestamp": timestamp, "webhook-signature": signature };
}

test("whatever is sent, the answer is one of a few, and tells nothing", async () => {
  const reaches = { may: 0, mayNot: 0 };
  const holds = fc.asyncProperty(method, path, bytes, caller, extra, async (verb, at, body, who, more) => {
    clock += 1000;
    const marker = "token-in-the-body-4711";
    const sent = new Uint8Array([
      ...body,
      ...(body.length % 7 === 0 ? new TextEncoder().encode(marker) : []),
    ]);
    const headers = { ...more, ...(await headersOf(who, sent)) };
    const hasBody = verb !== "GET" && verb !== "HEAD";
    const before = reached;
    let address: URL;
    try {
      address = new URL(`http://x/frontrow-ingest${at}`);
    } catch {
      return;
    }
    const answer = await app.fetch(
      new Request(address, { method: verb, headers, ...(hasBody ? { body: sent } : {}) }),
    );
    const text = await answer.text();
    assert.ok(CODES.includes(answer.status), `${verb} ${at} by ${who}: ${answer.status} ${text}`);
    assert.ok(text.length < 400, text);
    for (const secret of [TOKEN, KEY, SECRET, marker]) assert.ok(!text.includes(secret), text);
    const mayReach = ["token", "key", "signed"].includes(who);
    if (reached > before) {
      assert.ok(mayReach, `${who} reached the hub`);
      assert.equal(answer.status, 202);
      reaches.may++;
    } else reaches.mayNot++;
  });
  await fc.assert(holds, { numRuns: RUNS, seed: SEED });
  // Otherwise nothing would have been tried.
  assert.ok(reaches.may > RUNS / 100 && reaches.mayNot > RUNS / 10, JSON.stringify(reaches));
});

test("a hub that fails is told as its code, without what Postgres said", async () => {
  const { createPostgresHub } = await import("../../shared/hub/postgres-hub.ts");
  const broken = createPostgresHub(
    {
      rpc: async () => ({
        data: null,
        error: { message: "invalid input syntax: token-in-the-body-4711", code: "22P02" },
      }),
    },
    { identity: "local" },
  );
  const secrets = { hookToken: TOKEN, secretKeys: [], eventsSecret: null };
  const answer = await createIngestApp({ hub: broken, secrets, now: () => NOW }).request(
    "/frontrow-ingest/events",
    {
      method: "POST",
      headers: { "x-frontrow-token": TOKEN },
      body: '{"keys":[{"bucket":"b","path":"p"}]}',
    },
  );
  assert.equal(answer.status, 503);
  assert.doesNotMatch(await answer.text(), /4711/);
});

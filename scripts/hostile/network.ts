/** H40–H44: webhooks and the network. */
import assert from "node:assert/strict";
import { createIngestApp } from "../../functions/ingest/app.ts";
import { sign } from "../../functions/ingest/signature.ts";
import { createSyncApp } from "../../functions/sync/app.ts";
import { resolveConfig } from "../../shared/collections/mod.ts";
import type { Hub } from "../../shared/hub/hub.ts";
import type { Line } from "./line.ts";
import { config, EVENTS_SECRET, HOOK_TOKEN, type World } from "./world.ts";

const KEYS = { keys: [{ collection: "things", path: "things/h40.md" }] };

async function signed(body: string, id: string, { at = Date.now(), secret = EVENTS_SECRET } = {}) {
  const timestamp = String(Math.floor(at / 1000));
  const signature = await sign(secret, id, timestamp, new TextEncoder().encode(body));
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
}

async function pending({ sql }: World): Promise<number> {
  const [row] = await sql.query<{ count: number }>("select count(*)::int as count from frontrow.dirty");
  return row!.count;
}

/** An app whose hub must not be reached, or answers as it is told. */
function ingest(hub: Partial<Hub> = {}, options: { bodyWithin?: number; now?: () => number } = {}) {
  const secrets = { hookToken: HOOK_TOKEN, secretKeys: ["sb_secret_x"], eventsSecret: EVENTS_SECRET };
  return createIngestApp({ hub: hub as Hub, secrets, now: Date.now, ...options });
}

const withToken = { "x-frontrow-token": HOOK_TOKEN };

export const NETWORK: readonly Line[] = [
  {
    id: "H40",
    title: "a forged webhook",
    outcome: "refused 401",
    async http(world) {
      const body = JSON.stringify(KEYS);
      const good = await signed(body, "h40");
      const forged: Record<string, string>[] = [
        {},
        { "x-frontrow-token": `${HOOK_TOKEN}x` },
        { "x-frontrow-token": "" },
        { apikey: world.stack.publishableKey },
        { authorization: `Bearer ${world.stack.secretKey}` },
        await signed(body, "h40", { secret: "whsec_b3RoZXI=" }),
        await signed(`${body} `, "h40"),
        { ...good, "webhook-id": "other" },
        { ...good, "webhook-signature": `${good["webhook-signature"]}A` },
        { ...good, "webhook-signature": "v1," },
        { ...good, "webhook-signature": Array(20).fill("v1,AAAA").join(" ") },
        { ...good, "webhook-timestamp": "NaN" },
        { ...good, "webhook-timestamp": "" },
      ];
      const before = await pending(world);
      for (const headers of forged) {
        for (const door of ["events", "storage"]) {
          const answer = await world.post(`frontrow-ingest/${door}`, body, headers);
          assert.equal(answer.status, 401, JSON.stringify(headers));
          assert.equal(await answer.text(), '{"error":{"code":"UNAUTHORIZED"}}', "one answer, no detail");
        }
      }
      assert.equal(await pending(world), before, "nothing reached the hub");
      const rotating = ingest({ signal: async () => ({ marked: 1, ignored: 0 }) });
      assert.equal(
        (await rotating.request("/frontrow-ingest/events", { method: "POST", headers: good, body })).status,
        202,
      );
      const secrets = { hookToken: null, secretKeys: [], eventsSecret: `whsec_bmV3 ${EVENTS_SECRET}` };
      const hub = { signal: async () => ({ marked: 1, ignored: 0 }) } as unknown as Hub;
      const both = createIngestApp({ hub, secrets, now: Date.now });
      for (const secret of ["whsec_bmV3", EVENTS_SECRET]) {
        const headers = await signed(body, "h40", { secret });
        const answer = await both.request("/frontrow-ingest/events", { method: "POST", headers, body });
        assert.equal(answer.status, 202, "both secrets count while they are changed");
      }
    },
  },
  {
    id: "H41",
    title: "a replayed webhook",
    outcome: "marks nothing; refused 401 after 5 min",
    async http(world) {
      const body = JSON.stringify(KEYS);
      const headers = await signed(body, "h41");
      const send = async (given: Record<string, string>) => {
        const answer = await world.post("frontrow-ingest/events", body, given);
        return { status: answer.status, ...(await answer.json()) };
      };
      assert.deepEqual(await send(headers), { status: 202, marked: 1, ignored: 0 });
      const repeated = { status: 202, marked: 0, ignored: 0, repeated: true };
      assert.deepEqual(await send(headers), repeated);
      assert.deepEqual(await send(await signed(body, "h41")), repeated, "nor under a fresh signature");
      assert.equal((await send(await signed(body, "h41-other"))).marked, 1);
      for (const minutes of [-6, 6]) {
        const old = await signed(body, "h41-late", { at: Date.now() + minutes * 60_000 });
        assert.equal((await send(old)).status, 401);
      }
    },
    async db(world) {
      const { sql, hub } = world;
      await hub.signal(KEYS.keys, "h41-db");
      assert.equal((await hub.signal(KEYS.keys, "h41-db")).repeated, true);
      await sql.query("update frontrow.deliveries set at = now() - interval '2 days 23 hours'");
      await sql.query("select frontrow.prune()");
      assert.equal((await hub.signal(KEYS.keys, "h41-db")).repeated, true);
      await sql.query("update frontrow.deliveries set at = now() - interval '3 days 1 minute'");
      await sql.query("select frontrow.prune()");
      assert.equal((await hub.signal(KEYS.keys, "h41-db")).marked, 1, "forgotten after three days");
      await world.settle();
    },
  },
  {
    id: "H42",
    title: "oversized, slow, wrongly typed, deep, compressed bodies",
    outcome: "refused 413, 408, 400",
    async http(world) {
      const auth = { apikey: world.stack.secretKey };
      const large = `{"keys":[{"bucket":"content","path":"${"x".repeat(1_100_000)}"}]}`;
      assert.equal((await world.post("frontrow-ingest/events", large)).status, 413);
      const refused: [body: string, headers?: Record<string, string>][] = [
        [`{"keys":${"[".repeat(500_000)}`],
        [`{"keys":${"[".repeat(400)}${"]".repeat(400)}}`],
        [`{"a":${'{"a":'.repeat(40)}1${"}".repeat(40)},"keys":[{"bucket":"content","path":"x"}]}`],
        ["keys=all", { "content-type": "application/x-www-form-urlencoded" }],
        ["<keys/>", { "content-type": "application/xml" }],
        [JSON.stringify(KEYS), { "content-encoding": "gzip" }],
        [JSON.stringify(KEYS), { "content-encoding": "br" }],
        ['{"keys":[{"bucket":"content","path":"a\\u0000b"}]}'],
        ['{"keys":[{"bucket":"content","path":"\\ud800"}]}'],
      ];
      for (const [body, headers = {}] of refused) {
        const answer = await world.post("frontrow-ingest/events", body, { ...auth, ...headers });
        assert.equal(answer.status, 400, body.slice(0, 40));
        assert.ok((await answer.text()).length < 300);
      }
      const slow = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([123])) });
      const endless = new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      });
      const app = ingest({}, { bodyWithin: 20 });
      const post = (body: ReadableStream) => {
        const init = { method: "POST", headers: withToken, body, duplex: "half" };
        return app.request("/frontrow-ingest/events", init as RequestInit);
      };
      assert.equal((await post(slow)).status, 408);
      assert.equal(
        (
          await ingest().request("/frontrow-ingest/events", {
            method: "POST",
            headers: withToken,
            body: endless,
            duplex: "half",
          } as RequestInit)
        ).status,
        413,
      );
    },
  },
  {
    id: "H43",
    title: "a flood",
    outcome: "one runner; refused 429 above 1,000 at once",
    async http() {
      let at = Date.UTC(2026, 0, 1);
      let reached = 0;
      const hub = {
        signal: async () => {
          reached++;
          return { marked: 1, ignored: 0 };
        },
      };
      const app = ingest(hub, { now: () => at });
      const knock = async () => {
        const init = { method: "POST", headers: withToken, body: JSON.stringify(KEYS) };
        return (await app.request("/frontrow-ingest/events", init)).status;
      };
      const statuses = await Promise.all(Array.from({ length: 1200 }, knock));
      assert.equal(statuses.filter((status) => status === 202).length, 1000);
      assert.equal(statuses.filter((status) => status === 429).length, 200);
      assert.equal(reached, 1000);
      at += 1000;
      assert.equal(await knock(), 202, "and a second later there is room again");
      assert.equal(await claimsOf(50), 1);
    },
    async db({ sql }) {
      const before = await sql.query("select from frontrow.dirty");
      await sql.transaction(async (tx) => {
        for (let row = 0; row < 50; row++)
          await tx.query("insert into public.things (slug, title) values ($1, 'x')", [`h43-${row}`]);
        const [{ rung }] = (await tx.query("select current_setting('frontrow.rung', true) as rung")) as [
          { rung: string },
        ];
        assert.ok(rung, "the doorbell is rung once in a transaction");
      });
      assert.equal((await sql.query("select from frontrow.dirty")).length, before.length + 50);
    },
  },
  {
    id: "H44",
    title: "SSRF through configured addresses",
    notYet:
      "there are no connectors; a configuration and a request have no place for an address, which is tried",
    codec() {
      for (const url of ["http://169.254.169.254/", "http://[::ffff:127.0.0.1]/", "http://kong:8000"]) {
        const [first] = config.collections as [(typeof config.collections)[0]];
        assert.throws(() => resolveConfig({ collections: [{ ...first, url }] } as never), { rule: "shape" });
        assert.throws(() => resolveConfig({ bucket: url, collections: [first] }), { rule: "shape" });
        assert.throws(() => resolveConfig({ collections: [{ ...first, bucket: url }] }), { rule: "shape" });
      }
    },
    async http(world) {
      const body = {
        event: { type: "x", payload: { name: "http://169.254.169.254/", bucketId: "http://kong:8000" } },
      };
      const answer = await world.post("frontrow-ingest/storage", body);
      assert.deepEqual(await answer.json(), { marked: 0, ignored: 1 });
    },
  },
];

/** How often the hub is asked for work when the doorbell rings so many times while the first loop is at its claim. */
async function claimsOf(rings: number): Promise<number> {
  let claims = 0;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const hub = {
    registered: async () => [],
    claim: async () => {
      claims++;
      await held;
      return [];
    },
    finish: async () => ({ more: false }),
  } as unknown as Hub;
  const work: Promise<unknown>[] = [];
  const app = createSyncApp({
    hub,
    bucket: () => {
      throw new Error("nothing is read");
    },
    config: { collections: [] },
    secrets: { hookToken: HOOK_TOKEN, secretKeys: [] },
    waitUntil: (one) => void work.push(one),
    limits: { linger: 0 },
  });
  const statuses = await Promise.all(
    Array.from({ length: rings }, async () => {
      return (await app.request("/frontrow-sync/", { method: "POST", headers: withToken })).status;
    }),
  );
  assert.ok(statuses.every((status) => status === 202));
  release();
  await Promise.all(work);
  return claims;
}

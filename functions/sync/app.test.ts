import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  defineCollection,
  defineConfig,
  registrationOf,
  resolveConfig,
} from "../../shared/collections/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { Hub, OpenHalt, Report } from "../../shared/hub/hub.ts";
import { createSyncApp } from "./app.ts";

const TOKEN = "a-token-of-little-power";
const KEY = "sb_secret_test";
const config = resolveConfig(
  defineConfig({
    collections: [
      defineCollection({
        name: "notes",
        table: "notes",
        path: "notes/:slug.md",
        fields: z.object({ title: z.string() }),
      }),
      defineCollection({
        name: "tasks",
        table: "tasks",
        path: "tasks/:slug.md",
        fields: z.object({ title: z.string() }),
      }),
    ],
  }),
);

const report: Report = {
  collections: [
    {
      collection: "notes",
      documents: 1,
      rows: 1,
      objects: 1,
      unnamed: 0,
      ignored: 0,
      pending: 0,
      oldest_pending_at: null,
      quarantined: 0,
      conflicts: 0,
      halts: 0,
      in_flight: 0,
    },
  ],
  quarantine: [],
  conflicts: [],
  halts: [],
  doorbell: "ready",
  state: {},
  last24Hours: { runs: 4, failed: 1 },
  running: false,
};

/** A hub with nothing to do, that remembers what it was asked. */
async function idle(
  overrides: Partial<Hub> = {},
  secrets = { hookToken: TOKEN as string | null, secretKeys: [KEY] },
) {
  const calls: string[] = [];
  const registered = await Promise.all(
    config.collections.map(async (collection) => ({
      name: collection.name,
      columns: ["title", "slug"].map((column) => ({
        column,
        type: "text" as const,
        mapped: column === "title",
        labels: null,
        not_null: true,
        has_default: false,
      })),
      softDelete: false,
      rowDelete: "hard" as const,
      digest: (await registrationOf(collection)).digest,
      fingerprint: "f",
    })),
  );
  const hub = {
    registered: async () => registered,
    claim: async () => {
      calls.push("claim");
      return [];
    },
    finish: async () => ({ more: false }),
    backfill: async ({
      collection,
      full,
      hours,
    }: {
      collection?: string;
      full?: boolean;
      hours?: number;
    }) => {
      calls.push(`backfill ${collection} full=${full} hours=${hours}`);
      return { marked: 3 };
    },
    preview: async ({ collection }: { collection?: string }) => {
      calls.push(`preview ${collection}`);
      return [];
    },
    report: async () => report,
    ...overrides,
  } as unknown as Hub;
  const work: Promise<unknown>[] = [];
  const app = createSyncApp({
    hub,
    bucket: () => assert.fail("nothing needs the bucket"),
    config,
    secrets,
    waitUntil: (one) => void work.push(one),
    limits: { linger: 0 },
  });
  const post = (path: string, headers: Record<string, string> = {}, body?: string) =>
    app.request(`/frontrow-sync${path}`, {
      method: "POST",
      headers,
      ...(body === undefined ? {} : { body }),
    });
  return { app, post, calls, work };
}

test("the doorbell is answered at once, and the work goes on behind it", async () => {
  const { post, calls, work } = await idle();
  const response = await post("/", { "x-frontrow-token": TOKEN });
  assert.equal(response.status, 202);
  assert.ok((await response.text()).length <= 32);
  await Promise.all(work);
  assert.deepEqual(calls, ["claim"]);
});

test("many rings are one loop", async () => {
  // The first loop is still at its claim until all have rung: it may otherwise be done before the last one does.
  const held = Promise.withResolvers<never[]>();
  let claims = 0;
  const { post, work } = await idle({
    claim: () => {
      claims++;
      return held.promise;
    },
  });
  await Promise.all(Array.from({ length: 20 }, () => post("/", { "x-frontrow-token": TOKEN })));
  held.resolve([]);
  await Promise.all(work);
  assert.equal(work.length, 1);
  assert.equal(claims, 1);
});

test("everybody else gets 401", async () => {
  const { post, app, calls } = await idle();
  const attempts: [string, Record<string, string>][] = [
    ["/", {}],
    ["/", { "x-frontrow-token": "" }],
    ["/", { "x-frontrow-token": `${TOKEN}x` }],
    ["/", { apikey: "sb_publishable_test" }],
    ["/", { authorization: `Bearer ${KEY}` }],
    ["/all", { "x-frontrow-token": TOKEN }],
    ["/notes", { "x-frontrow-token": TOKEN }],
  ];
  for (const [path, headers] of attempts)
    assert.equal((await post(path, headers)).status, 401, `${path} ${Object.keys(headers)}`);
  assert.equal((await app.request("/frontrow-sync/health")).status, 401);
  assert.deepEqual(calls, []);
});

test("with nothing configured nobody may call", async () => {
  const { post } = await idle({}, { hookToken: null, secretKeys: [] });
  const attempts: Record<string, string>[] = [
    {},
    { "x-frontrow-token": "" },
    { apikey: "" },
    { "x-frontrow-token": "null" },
  ];
  for (const headers of attempts) {
    assert.equal((await post("/", headers)).status, 401);
  }
});

test("one collection is backfilled with what the query says", async () => {
  const { post, calls } = await idle();
  const response = await post("/notes?full&hours=24", { apikey: KEY });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { collection: "notes", marked: 3, counts: {}, more: false });
  assert.deepEqual(calls, ["backfill notes full=true hours=24", "claim"]);
});

test("a dry run looks and changes nothing", async () => {
  const { post, calls } = await idle();
  assert.deepEqual(await (await post("/notes?dry_run", { apikey: KEY })).json(), {
    collection: "notes",
    dry_run: true,
    documents: [],
  });
  assert.deepEqual(calls, ["preview notes"]);
});

test("all collections are worked on in the order they are declared", async () => {
  const { post, calls } = await idle();
  await post("/all", { apikey: KEY });
  assert.deepEqual(
    calls.filter((call) => call !== "claim").map((call) => call.split(" ")[1]),
    ["notes", "tasks"],
  );
});

test("what cannot be is refused with a reason", async () => {
  const { post } = await idle();
  assert.equal((await post("/absent", { apikey: KEY })).status, 404);
  for (const hours of ["0", "-1", "1e3", "abc", "999999"]) {
    assert.equal((await post(`/notes?hours=${hours}`, { apikey: KEY })).status, 400, hours);
  }
  assert.equal((await post("/", { apikey: KEY }, "x".repeat(70_000))).status, 413);
});

test("a hub that does not answer is 503, and says so", async () => {
  const { post } = await idle({
    backfill: async () => {
      throw new FrontrowError("HUB_UNAVAILABLE", "The hub did not answer.");
    },
  });
  const response = await post("/notes", { apikey: KEY });
  assert.equal(response.status, 503);
  assert.equal((await response.json()).error.code, "HUB_UNAVAILABLE");
});

test("health says healthy only when nothing needs a look", async () => {
  const { app } = await idle();
  const health = await (await app.request("/frontrow-sync/health", { headers: { apikey: KEY } })).json();
  assert.equal(health.status, "healthy");
  assert.deepEqual(health.stats, { total_syncs_24h: 4, success_rate: 0.75 });
  const halt: OpenHalt = {
    id: 7,
    collection: "",
    kind: "identity",
    reason: "this database belongs to another project",
    evidence: {},
    since: "2026-11-21T00:00:00Z",
    documents: 0,
    seen: "1:1:",
  };
  const { app: halted } = await idle({ report: async () => ({ ...report, halts: [halt] }) });
  const shown = await (await halted.request("/frontrow-sync/health", { headers: { apikey: KEY } })).json();
  assert.deepEqual(
    [shown.status, shown.halts, shown.halted],
    ["attention", 1, [{ id: 7, kind: "identity", reason: halt.reason }]],
  );
  for (const change of [{ quarantined: 1 }, { conflicts: 1 }]) {
    const sick = { ...report, collections: [{ ...report.collections[0]!, ...change }] };
    const { app: other } = await idle({ report: async () => sick });
    const { status } = await (
      await other.request("/frontrow-sync/health", { headers: { apikey: KEY } })
    ).json();
    assert.equal(status, "attention", Object.keys(change)[0]);
  }
  const { app: unregistered } = await idle({ registered: async () => [] });
  const said = await (
    await unregistered.request("/frontrow-sync/health", { headers: { apikey: KEY } })
  ).json();
  assert.deepEqual([said.status, said.config], ["attention", "not registered"]);
});

/** Ids over HTTP, on a real local stack. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import team from "../../examples/team-cache/config.ts";
import type { PeerHub } from "../../shared/hub/peer-hub.ts";
import { createApiApp } from "./app.ts";
import { idsAnswer } from "./schemas.ts";
import { answered, startApi, type TestApi } from "./test-api.ts";

let api: TestApi;
before(async () => {
  const schema = await readFile(new URL("../../examples/team-cache/schema.sql", import.meta.url), "utf8");
  api = await startApi({ schema, config: team });
});
after(() => api.garden.stop());

const ask = async (headers: Record<string, string>, body: object) =>
  answered(
    idsAnswer.strict(),
    await api.call("/ids", headers, { request: crypto.randomUUID(), collection: "stories", ...body }),
  );

test("a program and a person get ids from one sequence, and a request is answered once", async () => {
  const { headers } = api.signedIn();
  assert.deepEqual(await ask(api.program, { count: 5 }), { format: "INFRA-{n}", first: 1, last: 5 });
  const request = crypto.randomUUID();
  const mine = await ask(headers, { request });
  assert.deepEqual(mine, { format: "INFRA-{n}", first: 6, last: 6 });
  assert.deepEqual(await ask(headers, { request }), mine);
  assert.notDeepEqual(
    await ask(api.signedIn().headers, { request }),
    mine,
    "another person's is another one",
  );
});

test("a person may not say whose request it is", async () => {
  const [one, two] = [api.signedIn(), api.signedIn()];
  const request = crypto.randomUUID();
  const { first } = await ask(one.headers, { request });
  assert.notEqual((await ask(two.headers, { request, reader: one.sub })).first, first);
});

test("nobody gets any without a key or a token, nor of what has none", async () => {
  const body = { request: crypto.randomUUID(), collection: "stories" };
  assert.equal((await api.call("/ids", {}, body)).status, 401);
  assert.equal((await api.call("/ids", { apikey: api.garden.stack.publishableKey }, body)).status, 401);
  const { status, body: said } = await api.call("/ids", api.program, { ...body, collection: "none" });
  assert.deepEqual([status, said.error.code], [404, "NOT_FOUND"]);
  for (const wrong of [{ count: 0 }, { count: 1001 }, { count: 1.5 }, { request: "1" }, { collection: "" }]) {
    assert.equal(
      (await api.call("/ids", api.program, { ...body, ...wrong })).status,
      400,
      JSON.stringify(wrong),
    );
  }
});

test("who asks too often waits", async () => {
  let first = 0;
  const ids = async () => ({ format: "INFRA-{n}", first: ++first, last: first });
  const app = createApiApp({
    hub: { conflicts: async () => [], conflictsOf: async () => [], registered: async () => [] },
    peer: { ids } as unknown as PeerHub,
    as: () => assert.fail("nothing is pushed"),
    bucket: () => assert.fail("nothing needs the bucket"),
    config: { collections: [] },
    url: "https://project.supabase.co",
    secretKeys: [],
    verify: async () => ({ role: "authenticated", sub: "ann" }),
    now: () => 0,
  });
  const statuses = new Set<number>();
  for (let time = 0; time < 300; time++) {
    const body = JSON.stringify({ request: crypto.randomUUID(), collection: "stories" });
    const headers = { authorization: "Bearer token" };
    statuses.add((await app.request("/frontrow-api/ids", { method: "POST", headers, body })).status);
  }
  assert.deepEqual([...statuses], [200, 429]);
  assert.ok(first < 300);
});

/** What the doors refuse, and what they say of themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerHub } from "../../shared/hub/peer-hub.ts";
import { createApiApp } from "./app.ts";
import { openApi, ROUTES } from "./openapi.ts";

const KEY = "sb_secret_test";

function setUp() {
  const asked: unknown[] = [];
  const peer = {
    changes: async (request: unknown) => {
      asked.push(request);
      return { items: [], next: "x", more: false, reset: false };
    },
    documents: async (names: unknown) => {
      asked.push(names);
      return [];
    },
  } as unknown as PeerHub;
  const app = createApiApp({
    hub: { conflicts: async () => [], conflictsOf: async () => [], registered: async () => [] },
    peer,
    as: () => assert.fail("nothing is pushed"),
    bucket: () => assert.fail("nothing needs the bucket"),
    config: { collections: [] },
    url: "https://project.supabase.co",
    secretKeys: [KEY],
    verify: async () => null,
    now: Date.now,
  });
  const call = (path: string, init: RequestInit = {}) =>
    app.request(`/frontrow-api${path}`, { headers: { apikey: KEY }, ...init });
  return { app, call, asked };
}

test("a query is what the document says, or is refused without its value", async () => {
  const { call, asked } = setUp();
  assert.equal((await call("/changes?limit=5&texts=false&collection=parts")).status, 200);
  assert.deepEqual(asked, [{ limit: 5, texts: false, collection: "parts" }]);
  for (const query of ["limit=0", "limit=1001", "limit=x", "texts=maybe", "collection=%00", "maxBytes=-1"]) {
    const response = await call(`/changes?${query}`);
    assert.equal(response.status, 400, query);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    assert.equal(error.code, "REQUEST_INVALID");
    assert.doesNotMatch(error.message, /maybe|1001/);
  }
  assert.equal((await call("/conflicts?state=shut")).status, 400);
  assert.equal((await call("/documents/parts/%00")).status, 400);
});

test("a body is bounded, JSON, and what the document says", async () => {
  const { call } = setUp();
  const post = async (body: string) => (await call("/documents", { method: "POST", body })).status;
  const items = (count: number) =>
    JSON.stringify({ items: Array(count).fill({ collection: "a", path: "b" }) });
  assert.equal(await post(items(1)), 200);
  assert.equal(await post(items(200)), 200);
  for (const body of ["", "{", "[]", "{}", items(0), items(201), '{"items":[{"collection":"a"}]}'])
    assert.equal(await post(body), 400, body.slice(0, 40));
  assert.equal(await post(`"${"x".repeat(1024 * 1024)}"`), 413);
});

test("browsers may call", async () => {
  const { app } = setUp();
  const response = await app.request("/frontrow-api/changes", {
    method: "OPTIONS",
    headers: { origin: "https://x.org", "access-control-request-method": "GET" },
  });
  assert.equal(response.status, 204);
  assert.match(response.headers.get("access-control-allow-headers") ?? "", /authorization/);
});

test("the OpenAPI document names every door there is, and no other", async () => {
  const { app, call } = setUp();
  const response = await call("/openapi.json", { headers: {} });
  const document = (await response.json()) as ReturnType<typeof openApi>;
  assert.deepEqual(
    document,
    JSON.parse(JSON.stringify(openApi("https://project.supabase.co/functions/v1/frontrow-api"))),
  );
  const doors = app.routes
    .filter(({ method, path }) => method !== "ALL" && !path.endsWith("/openapi.json"))
    .map(({ method, path }) => `${method.toLowerCase()} ${path}`);
  assert.deepEqual(
    ROUTES.map(({ method, path }) => `${method} /frontrow-api${path}`).sort(),
    doors.map((door) => door.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")).sort(),
  );
  const changes = document.paths["/changes"]!.get as { parameters: { name: string; required: boolean }[] };
  assert.deepEqual(
    changes.parameters.map(({ name, required }) => [name, required]),
    ["since", "collection", "limit", "maxBytes", "texts"].map((name) => [name, false]),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "./memory-store.ts";
import { hostileBytes, sameBytes, testStore } from "./test-store.ts";

testStore("memory", async () => {
  const store = createMemoryStore<Uint8Array>();
  return {
    store,
    contents: hostileBytes(),
    path: (name) => name,
    async expected(path) {
      const version = store.versionOf(path);
      return version === null ? null : { version };
    },
    permit: async (_path, _operation, base) => ({ base, intent: null }),
    async put(path, content) {
      store.put(path, content);
    },
    async drop(path) {
      store.drop(path);
    },
    same: sameBytes,
  };
});

test("each fault happens once, and is never an absence", async () => {
  const store = createMemoryStore<string>();
  store.put("a", "old");
  const version = store.put("a", "new");
  for (const [fault, code] of [
    ["unavailable", "STORE_UNAVAILABLE"],
    ["stale", "REPLICA_MOVED"],
    ["body-missing", "BODY_MISSING"],
  ] as const) {
    store.break("read", fault);
    const answer = await store.read("a", { version });
    assert.ok(answer.state === "unknown" && answer.error.code === code, fault);
  }
  assert.deepEqual(await store.read("a", { version }), { state: "found", version, content: "new" });
});

test("a lost answer leaves the write done, a lie leaves the remove undone", async () => {
  const store = createMemoryStore<string>();
  const base = store.put("a", "one");
  store.break("write", "lost-answer");
  await assert.rejects(store.write("a", "two", { base, intent: null }), { code: "STORE_UNAVAILABLE" });
  const version = store.versionOf("a")!;
  assert.notEqual(version, base);
  store.break("remove", "lie");
  await store.remove("a", { base: version, intent: null });
  assert.equal(store.versionOf("a"), version);
});

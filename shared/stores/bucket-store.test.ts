/** The bucket store against the local Storage, through supabase-js, with the fence in the database. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { hostileBytes, sameBytes, testStore } from "./test-store.ts";

async function objectOf(garden: Garden, path: string) {
  const [object] = await garden.sql.query<{ version: string; size: number; etag: string }>(
    "select version, size::int, etag from frontrow.live_objects('content', array[$1])",
    [path],
  );
  return object ?? null;
}

async function intend(garden: Garden, path: string, operation: string, base: string | null): Promise<string> {
  // Whoever takes over settles what the one before had open.
  await garden.sql.query("select frontrow.settle('parts', array[$1])", [path]);
  const [intent] = await garden.sql.query<{ id: string }>(
    `insert into frontrow.intents (collection, path, bucket, operation, base_version, revision, token)
     values ('parts', $1, 'content', $2, $3, 1, 1) returning id`,
    [path, operation, base],
  );
  return intent!.id;
}

testStore("bucket", async () => {
  const garden = await startGarden();
  return {
    store: garden.bucket("content"),
    contents: hostileBytes(),
    path: (name) => `users/contract/parts/${name.replaceAll(" ", "-")}.md`,
    expected: (path) => objectOf(garden, path),
    permit: async (path, operation, base) => ({ base, intent: await intend(garden, path, operation, base) }),
    put: (path, content) => garden.upload(path, content),
    drop: (path) => garden.remove(path),
    same: sameBytes,
    stop: () => garden.stop(),
  };
});

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

test("names that Storage takes are read and written as they are", async () => {
  const store = garden.bucket("content");
  for (const slug of [
    "a b",
    "a+b",
    "it's",
    "a&b=c",
    "(a)",
    "a;b,c",
    "$a",
    "a@b",
    "a:b",
    "r=C3=AAveuse",
    "a?b",
  ]) {
    const path = `users/names/parts/${slug}.md`;
    await store.write(path, new TextEncoder().encode(slug), {
      base: null,
      intent: await intend(garden, path, "put", null),
    });
    const object = await objectOf(garden, path);
    assert.ok(object, path);
    const answer = await store.read(path, object);
    assert.ok(answer.state === "found" && new TextDecoder().decode(answer.content) === slug, path);
    await store.remove(path, {
      base: object.version,
      intent: await intend(garden, path, "delete", object.version),
    });
    assert.equal(await objectOf(garden, path), null, path);
  }
});

test("a new object is not cached, so that readers see edits at once", async () => {
  const path = "users/cache/parts/a.md";
  const permit = { base: null, intent: await intend(garden, path, "put", null) };
  await garden.bucket("content").write(path, new TextEncoder().encode("x"), permit);
  const [object] = await garden.sql.query<{ metadata: Record<string, string> }>(
    "select metadata from storage.objects where name = $1",
    [path],
  );
  assert.equal(object!.metadata.cacheControl, "max-age=0");
  assert.match(object!.metadata.mimetype!, /^text\/markdown/);
});

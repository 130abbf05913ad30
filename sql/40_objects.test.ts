/** The fence and the capture on storage.objects, through the Storage API. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { deleteObjects, type Garden, startGarden } from "../scripts/testing/garden.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const TEXT = "---\nname: The Critic\nstatus: active\n---\n";

/** A client whose requests carry an intent, as the engine's do. */
function engine(intent: string): SupabaseClient {
  return createClient(garden.stack.url, garden.stack.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { "x-frontrow-intent": intent } },
  });
}

async function intend(path: string, operation: "put" | "delete", base: string | null): Promise<string> {
  const [intent] = await garden.sql.query<{ id: string }>(
    `insert into frontrow.intents (collection, path, bucket, operation, base_version, revision, token)
     values ('parts', $1, 'content', $2, $3, 1, 1) returning id`,
    [path, operation, base],
  );
  return intent!.id;
}

async function intentOf(id: string): Promise<{ state: string; landed_version: string | null }> {
  const [intent] = await garden.sql.query<{ state: string; landed_version: string | null }>(
    "select state, landed_version from frontrow.intents where id = $1",
    [id],
  );
  return intent!;
}

async function versionOf(path: string): Promise<string | null> {
  const [object] = await garden.sql.query<{ version: string }>(
    "select version from storage.objects where name = $1",
    [path],
  );
  return object?.version ?? null;
}

const put = (intent: string, path: string, text: string) =>
  engine(intent).storage.from("content").upload(path, new TextEncoder().encode(text), { upsert: true });
const del = (intent: string, path: string) => engine(intent).storage.from("content").remove([path]);

async function signals(path?: string): Promise<{ path: string; gone: boolean }[]> {
  const found = await garden.sql.query<{ path: string; gone: boolean }>(
    "delete from frontrow.dirty where $1::text is null or path like $1 returning path, gone",
    [path ?? null],
  );
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

test("an engine's write lands on its base, once, and is recorded in the same transaction", async () => {
  const path = "users/a1/parts/x.md";
  const create = await intend(path, "put", null);
  assert.equal((await put(create, path, "one")).error, null);
  const first = await versionOf(path);
  assert.deepEqual(await intentOf(create), { state: "landed", landed_version: first });
  assert.deepEqual(await signals(), [], "our own write is no signal");

  const again = await put(create, path, "two");
  assert.match(again.error!.message, /^frontrow_precondition/);
  assert.equal(
    await garden.read(path),
    "one",
    "an intent is used once, and the bytes before are still there",
  );

  const update = await intend(path, "put", first);
  assert.equal((await put(update, path, "two")).error, null);
  assert.equal(await garden.read(path), "two");
});

test("an engine's write on another base is refused, and the user's bytes are still served", async () => {
  const path = "users/a2/parts/x.md";
  await garden.upload(path, "user 1");
  const stale = await intend(path, "put", await versionOf(path));
  await assert.rejects(intend(path, "put", null), /intents_one_open_idx/, "one open intent at a time");
  await garden.upload(path, "user 2");
  const { error } = await put(stale, path, "engine");
  assert.match(error!.message, /^frontrow_precondition/);
  assert.equal(await garden.read(path), "user 2");
  assert.equal((await intentOf(stale)).state, "open");

  const create = await intend("users/a2/parts/y.md", "put", null);
  await garden.upload("users/a2/parts/y.md", "user was first");
  assert.match((await put(create, "users/a2/parts/y.md", "engine")).error!.message, /^frontrow_precondition/);
  assert.equal(await garden.read("users/a2/parts/y.md"), "user was first");
});

test("an intent is good for its own object and operation only", async () => {
  const path = "users/a3/parts/x.md";
  await garden.upload(path, "user");
  const other = await intend("users/a3/parts/other.md", "put", await versionOf(path));
  assert.match((await put(other, path, "engine")).error!.message, /^frontrow_precondition/);
  const removal = await intend(path, "delete", await versionOf(path));
  assert.match((await put(removal, path, "engine")).error!.message, /^frontrow_precondition/);
  const unknown = crypto.randomUUID();
  assert.match((await put(unknown, path, "engine")).error!.message, /^frontrow_precondition/);
  assert.equal(await garden.read(path), "user");
});

test("an intent that a takeover has settled is refused: the zombie comes too late", async () => {
  const path = "users/a4/parts/x.md";
  await garden.upload(path, "user");
  const base = await versionOf(path);
  const settle = () => garden.sql.query("select frontrow.settle('parts', array[$1])", [path]);
  const write = await intend(path, "put", base);
  await settle();
  assert.match((await put(write, path, "zombie")).error!.message, /^frontrow_precondition/);
  const removal = await intend(path, "delete", base);
  await settle();
  await del(removal, path);
  assert.equal(await garden.read(path), "user");
});

test("an engine's delete of another version is skipped, and known as refused", async () => {
  const path = "users/a5/parts/x.md";
  await garden.upload(path, "user 1");
  const stale = await intend(path, "delete", await versionOf(path));
  await garden.upload(path, "user 2");
  const { error, data } = await del(stale, path);
  assert.equal(error, null, "Storage does not say so");
  assert.deepEqual(data, []);
  assert.equal(await garden.read(path), "user 2");
  assert.equal((await intentOf(stale)).state, "cancelled");

  const right = await intend(path, "delete", await versionOf(path));
  await signals();
  assert.equal((await del(right, path)).data!.length, 1);
  assert.equal(await garden.read(path), null);
  assert.equal((await intentOf(right)).state, "landed");
  assert.deepEqual(await signals(), []);
});

test("a header that is no intent is somebody's business, not ours", async () => {
  const path = "users/a6/parts/x.md";
  assert.equal((await put("not-a-uuid", path, "user")).error, null);
  assert.equal(await garden.read(path), "user");
  assert.equal((await del("'; drop table frontrow.dirty; --", path)).error, null);
  assert.equal(await garden.read(path), null);
});

test("a trigger of the user's that touches our object again does not get our write refused", async () => {
  const path = "users/a7/parts/x.md";
  await garden.sql.exec(`
    create function public.stamp() returns trigger language plpgsql security definer as $$
    begin
      update storage.objects set user_metadata = '{"seen": true}' where id = new.id and user_metadata ->> 'seen' is null;
      return null;
    end $$;
    create trigger stamp after insert or update of version on storage.objects for each row execute function public.stamp();`);
  try {
    const create = await intend(path, "put", null);
    assert.equal((await put(create, path, "one")).error, null);
    assert.equal((await intentOf(create)).state, "landed");
    await signals();
  } finally {
    await garden.sql.exec("drop function public.stamp cascade");
  }
});

test("each change of an object is one signal; what changes nothing is none", async () => {
  const [one, two] = ["users/b1/parts/one.md", "users/b1/parts/two.md"] as const;
  await signals();
  await garden.upload(one, TEXT);
  assert.deepEqual(await signals(), [{ path: one, gone: false }]);
  await garden.upload(one, TEXT);
  assert.deepEqual(await signals(), [{ path: one, gone: false }]);
  await garden.sql.query(
    "update storage.objects set last_accessed_at = now(), metadata = metadata where name = $1",
    [one],
  );
  assert.deepEqual(await signals(), []);
  await garden.client.storage.from("content").move(one, two);
  assert.deepEqual(await signals(), [
    { path: one, gone: true },
    { path: two, gone: false },
  ]);
  await garden.remove(two);
  assert.deepEqual(await signals(), [{ path: two, gone: true }]);
});

test("an upload that is refused leaves no signal, and no probe does", async () => {
  const anon = createClient(garden.stack.url, garden.stack.publishableKey, {
    auth: { persistSession: false },
  });
  const { error } = await anon.storage.from("content").upload("users/b2/parts/x.md", TEXT);
  assert.ok(error);
  await garden.upload("users/b2/parts/x.md", TEXT);
  await signals();
  const { error: exists } = await garden.client.storage.from("content").upload("users/b2/parts/x.md", TEXT);
  assert.ok(exists);
  assert.deepEqual(await signals(), []);
});

test("other buckets and other names never enter our log", async () => {
  await garden.client.storage.createBucket("other");
  await garden.client.storage.from("other").upload("users/b3/parts/x.md", TEXT);
  await garden.upload("users/b3/notes/x.md", TEXT);
  await garden.upload("users/b3/parts/deeper/x.md", TEXT);
  assert.deepEqual(await signals(), []);
  await garden.client.storage
    .from("other")
    .move("users/b3/parts/x.md", "users/b3/parts/x.md", { destinationBucket: "content" });
  assert.deepEqual(await signals(), [{ path: "users/b3/parts/x.md", gone: false }], "moved into our bucket");
  await garden.client.storage
    .from("content")
    .move("users/b3/parts/x.md", "users/b3/parts/x.md", { destinationBucket: "other" });
  assert.deepEqual(await signals(), [{ path: "users/b3/parts/x.md", gone: true }], "moved out of it");
});

test("an object without a version, as old Storage versions left them, is captured too", async () => {
  const path = "users/b4/parts/old.md";
  await garden.sql.query("insert into storage.objects (bucket_id, name) values ('content', $1)", [path]);
  assert.deepEqual(await signals(), [{ path, gone: false }]);
  await deleteObjects(garden.sql, path);
  assert.deepEqual(await signals(), [{ path, gone: true }]);
});

test("the capture cannot fail an upload: without our table it warns, and the backfill finds the change", async () => {
  const path = "users/b5/parts/x.md";
  await garden.sql.exec("alter table frontrow.dirty rename to dirty_elsewhere");
  try {
    await garden.upload(path, TEXT);
    await garden.upload("users/b5/parts/y.md", TEXT);
    await garden.remove("users/b5/parts/y.md");
  } finally {
    await garden.sql.exec("alter table frontrow.dirty_elsewhere rename to dirty");
  }
  assert.equal(await garden.read(path), TEXT);
  await garden.hub.backfill({});
  await garden.settle();
  assert.equal((await garden.row(path))!.name, "The Critic");
});

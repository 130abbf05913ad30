/**
 * What Frontrow relies on in the Storage service that only SQL can show: triggers, policies, settings. Needs SQL access
 * (SUPABASE_DB_URL for a remote target), else its tests are skipped.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { openTarget, type Target, withoutAnon, withoutSql } from "./test-target.ts";

let target: Target;
const id = crypto.randomUUID().slice(0, 8);
const bucket = `triggers-${id}`;
const schema = `frontrow_conformance_${id}`;
const bytes = (text: string) => new TextEncoder().encode(text);
const sql = (text: string, params: unknown[] = []) => target.sql!.query(text, params);
const withHeaders = (headers: Record<string, string>): SupabaseClient =>
  createClient(target.url, target.secretKey, { global: { headers }, auth: { persistSession: false } });
const files = (client: SupabaseClient = target.client) => client.storage.from(bucket);
const read = async (name: string) => {
  const { data, error } = await files().download(name, { cacheNonce: crypto.randomUUID() });
  if (error) throw error;
  return await data.text();
};
const version = async (name: string) =>
  (await sql("select version from storage.objects where bucket_id = $1 and name = $2", [bucket, name]))[0]
    ?.version;
const seen = async () => await sql(`select * from ${schema}.seen order by at`);

/** Names that start with `refuse` are refused by RAISE, those that start with `keep` by a BEFORE DELETE that skips. */
const SETUP = `
  create schema ${schema};
  grant usage on schema ${schema} to public;
  create sequence ${schema}.fired;
  create table ${schema}.seen (at bigint, op text, name text, old_version text, new_version text, headers jsonb,
    claims jsonb, method text, path text, operation text, role text);
  grant all on all sequences in schema ${schema} to public;
  grant all on all tables in schema ${schema} to public;
  create function ${schema}.record() returns trigger language plpgsql as $$
  begin
    insert into ${schema}.seen values (nextval('${schema}.fired'), tg_op, coalesce(new.name, old.name), old.version, new.version,
      current_setting('request.headers', true)::jsonb, current_setting('request.jwt.claims', true)::jsonb,
      current_setting('request.method', true), current_setting('request.path', true),
      current_setting('storage.operation', true), current_user);
    if coalesce(new.name, old.name) like 'refuse%' and current_setting('request.headers', true)::jsonb ? 'x-frontrow-intent' then
      raise exception 'frontrow_precondition: base is %', old.version using errcode = '42501';
    end if;
    return null;
  end $$;
  create function ${schema}.keep() returns trigger language plpgsql as $$
  begin
    if old.name like 'keep%' then return null; end if;
    return old;
  end $$;
  create trigger "_900_${schema}_record" after insert or update or delete on storage.objects
    for each row execute function ${schema}.record();
  create trigger "_100_${schema}_keep" before delete on storage.objects
    for each row execute function ${schema}.keep();
`;

before(async () => {
  target = await openTarget();
  await target.client.storage.createBucket(bucket);
  if (target.sql) await target.sql.exec(SETUP);
});
beforeEach(async () => {
  if (target.sql) await sql(`delete from ${schema}.seen`);
});
after(async () => {
  if (target.sql) await target.sql.exec(`drop schema ${schema} cascade`);
  await target.client.storage.emptyBucket(bucket);
  await target.client.storage.deleteBucket(bucket);
  await target.stop();
});

test("a trigger sees the request: headers in lower case with authorization, method, path, operation, role", {
  skip: withoutSql,
}, async () => {
  await files(withHeaders({ "X-Frontrow-Intent": "i-1" })).upload("seen/a.md", bytes("a"));
  const [{ headers, claims, method, path, operation, role }] = (await seen()) as [
    Record<"headers" | "claims", Record<string, unknown>> & Record<string, unknown>,
  ];
  assert.equal(headers["x-frontrow-intent"], "i-1");
  assert.match(String(headers.authorization), /^Bearer /);
  assert.equal(claims.role, "service_role");
  assert.equal(method, "POST");
  assert.match(String(path), /object\/.*seen\/a\.md$/);
  assert.match(String(operation), /upload/);
  assert.equal(role, "service_role");
});

test("an upload by the service fires once; an overwrite is one UPDATE with both versions", {
  skip: withoutSql,
}, async () => {
  await files().upload("fires/a.md", bytes("a"));
  const one = await version("fires/a.md");
  await files().upload("fires/a.md", bytes("b"), { upsert: true });
  const two = await version("fires/a.md");
  const ops = (await seen()).map(({ op, old_version, new_version }) => [op, old_version, new_version]);
  assert.deepEqual(ops, [
    ["INSERT", null, one],
    ["UPDATE", one, two],
  ]);
});

test("a move is one UPDATE, a remove one DELETE, in the settings of their requests", {
  skip: withoutSql,
}, async () => {
  await files().upload("m/a.md", bytes("a"));
  await files(withHeaders({ "x-frontrow-intent": "move" })).move("m/a.md", "m/b.md");
  await files(withHeaders({ "x-frontrow-intent": "gone" })).remove(["m/b.md"]);
  const ops = (await seen()).map(({ op, name, headers }) => [
    op,
    name,
    (headers as Record<string, string>)["x-frontrow-intent"] ?? null,
  ]);
  assert.deepEqual(ops, [
    ["INSERT", "m/a.md", null],
    ["UPDATE", "m/b.md", "move"],
    ["DELETE", "m/b.md", "gone"],
  ]);
});

test("the service's own upload is not probed", { skip: withoutSql }, async () => {
  const last = async () => Number((await sql(`select last_value from ${schema}.fired`))[0]!.last_value);
  await files().upload("unprobed/a.md", bytes("a"));
  const before = await last();
  await files().upload("unprobed/b.md", bytes("b"));
  await files().upload("unprobed/b.md", bytes("c"), { upsert: true });
  assert.equal((await last()) - before, 2);
});

test("before a user's upload there is a probe with version '1' that is rolled back", {
  skip: withoutAnon,
}, async () => {
  await target.sql!.exec(
    `create policy "${schema}_insert" on storage.objects for insert to anon with check (bucket_id = '${bucket}')`,
  );
  try {
    const last = async () => Number((await sql(`select last_value from ${schema}.fired`))[0]!.last_value);
    const before = await last();
    assert.equal((await files(target.anon!).upload("probe/a.md", bytes("a"))).error, null);
    assert.equal((await last()) - before, 2, "the trigger fired twice");
    const kept = await seen();
    assert.equal(kept.length, 1, "and once for good");
    assert.equal(kept[0]!.new_version, await version("probe/a.md"));
    assert.equal(kept[0]!.role, "service_role");
  } finally {
    await target.sql!.exec(`drop policy "${schema}_insert" on storage.objects`);
  }
});

test("policies are kept: anon may not upload, list, read or remove", { skip: withoutAnon }, async () => {
  await files().upload("rls/a.md", bytes("a"));
  const { error } = await files(target.anon!).upload("rls/b.md", bytes("b"));
  const { status, statusCode, message } = error as unknown as {
    status: number;
    statusCode: string;
    message: string;
  };
  assert.deepEqual([status, statusCode, message], [400, "403", "new row violates row-level security policy"]);
  assert.deepEqual((await files(target.anon!).list("rls")).data, []);
  assert.equal((await files(target.anon!).download("rls/a.md")).error!.message, "Object not found");
  assert.deepEqual(await files(target.anon!).remove(["rls/a.md"]), { data: [], error: null });
  assert.equal(await read("rls/a.md"), "a");
});

test("a trigger's 42501 refuses an upload with its text, and the previous bytes stay", {
  skip: withoutSql,
}, async () => {
  await files().upload("refuse/a.md", bytes("one"));
  const one = await version("refuse/a.md");
  const { error } = await files(withHeaders({ "x-frontrow-intent": "i" })).upload(
    "refuse/a.md",
    bytes("two"),
    { upsert: true },
  );
  const { name, status, statusCode, message } = error as unknown as Record<string, unknown>;
  assert.deepEqual(
    [name, status, statusCode, message],
    ["StorageApiError", 400, "403", `frontrow_precondition: base is ${one}`],
  );
  assert.equal(await version("refuse/a.md"), one);
  assert.equal(await read("refuse/a.md"), "one");
});

test("a trigger's 42501 refuses a creation, and nothing is there", { skip: withoutSql }, async () => {
  const { error } = await files(withHeaders({ "x-frontrow-intent": "i" })).upload(
    "refuse/new.md",
    bytes("x"),
  );
  assert.match(error!.message, /^frontrow_precondition/);
  assert.equal(await version("refuse/new.md"), undefined);
  await assert.rejects(read("refuse/new.md"), { message: "Object not found" });
});

test("a trigger's 42501 refuses a remove with its text, and the bytes stay", {
  skip: withoutSql,
}, async () => {
  await files().upload("refuse/b.md", bytes("kept"));
  const { error } = await files(withHeaders({ "x-frontrow-intent": "i" })).remove(["refuse/b.md"]);
  const { status, statusCode, message } = error as unknown as Record<string, unknown>;
  assert.deepEqual([status, statusCode], [400, "403"]);
  assert.match(String(message), /^frontrow_precondition/);
  assert.equal(await read("refuse/b.md"), "kept");
});

test("a BEFORE DELETE that skips a row: it is not in the answer, and its bytes stay", {
  skip: withoutSql,
}, async () => {
  await files().upload("keep/a.md", bytes("kept"));
  await files().upload("gone/a.md", bytes("gone"));
  const { data, error } = await files().remove(["keep/a.md", "gone/a.md"]);
  assert.equal(error, null);
  assert.deepEqual(
    data!.map((file) => file.name),
    ["gone/a.md"],
  );
  assert.equal(await read("keep/a.md"), "kept");
  await target.sql!.exec(`drop trigger "_100_${schema}_keep" on storage.objects`);
});

test("a direct DELETE by SQL is refused", { skip: withoutSql }, async () => {
  await files().upload("sql/a.md", bytes("a"));
  await assert.rejects(sql("delete from storage.objects where bucket_id = $1", [bucket]), {
    code: "42501",
    message: /Use the Storage API instead/,
  });
});

test("updated_at moves with an UPDATE; a download changes nothing in the row", {
  skip: withoutSql,
}, async () => {
  await files().upload("times/a.md", bytes("a"));
  const find =
    "select created_at, updated_at, last_accessed_at, version from storage.objects where bucket_id = $1 and name = 'times/a.md'";
  const [before] = await sql(find, [bucket]);
  await read("times/a.md");
  assert.deepEqual((await sql(find, [bucket]))[0], before);
  await files().upload("times/a.md", bytes("b"), { upsert: true });
  const [later] = await sql(find, [bucket]);
  assert.ok((later!.updated_at as Date) > (before!.updated_at as Date));
  assert.deepEqual(later!.created_at, before!.created_at);
});

test("path_tokens, owner columns and versioning columns are there", { skip: withoutSql }, async () => {
  await files().upload("cols/x/a.md", bytes("a"));
  const [row] = await sql(
    `select path_tokens, owner, owner_id, archived_at, is_delete_marker, is_versioned, user_metadata
    from storage.objects where bucket_id = $1 and name = 'cols/x/a.md'`,
    [bucket],
  );
  assert.deepEqual(row, {
    path_tokens: ["cols", "x", "a.md"],
    owner: null,
    owner_id: null,
    archived_at: null,
    is_delete_marker: false,
    is_versioned: false,
    user_metadata: {},
  });
});

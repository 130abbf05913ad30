/**
 * What Frontrow relies on in the Data API (PostgREST), through supabase-js. Needs SQL to make its functions and a table,
 * so a remote target must set SUPABASE_DB_URL.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { openTarget, remote, withoutSql as skip, type Target, withoutAnon } from "./test-target.ts";

let target: Target;
let db: SupabaseClient;
const id = crypto.randomUUID().slice(0, 8);
const parts = `parts_${id}`;
const fn = (name: string) => `${name}_${id}`;

before(async () => {
  target = await openTarget();
  db = target.client;
  await target.sql?.exec(`
    create table public.${parts} (
      id bigint primary key, name text not null unique, tags text[] not null default '{}', price numeric, made date,
      data jsonb, note text default 'none'
    );
    grant all on public.${parts} to service_role;
    create table public.${parts}_closed (id int primary key);
    create function public.${fn("echo")}(request jsonb) returns jsonb language sql as $$
      select jsonb_build_object('request', request, 'role', current_user, 'claims', current_setting('request.jwt.claims')::jsonb ->> 'role',
        'header', current_setting('request.headers')::jsonb ->> 'x-test', 'method', current_setting('request.method'))
    $$;
    create function public.${fn("fail")}(request jsonb) returns jsonb language plpgsql as $$
    begin
      insert into public.${parts} (id, name) values (900, 'never');
      raise exception using errcode = request ->> 'code', message = 'no', detail = 'because', hint = 'try';
    end $$;
    create function public.${fn("nothing")}() returns void language sql as $$ select $$;
    create function public.${fn("many")}(n int, word text default 'w') returns setof public.${parts} language sql as $$
      select i, word || i, '{}'::text[], null::numeric, null::date, null::jsonb, null from generate_series(1, n) as i
    $$;
    revoke execute on all functions in schema public from public;
    grant execute on function public.${fn("echo")}, public.${fn("fail")}, public.${fn("nothing")}, public.${fn("many")} to service_role;
    notify pgrst, 'reload schema';
  `);
});
after(async () => {
  await target.sql?.exec(`
    drop function public.${fn("echo")}, public.${fn("fail")}, public.${fn("nothing")}, public.${fn("many")};
    drop table public.${parts}, public.${parts}_closed;
  `);
  await target.stop();
});

test("rpc: one jsonb in, one jsonb out, as service_role, with the request's settings", { skip }, async () => {
  const client = createClient(target.url, target.secretKey, { global: { headers: { "X-Test": "yes" } } });
  const request = { a: [1, "ü", null], big: "9007199254740993", nested: { 'k"': "v\\" } };
  const { data, error } = await client.rpc(fn("echo"), { request });
  assert.equal(error, null);
  assert.deepEqual(data, {
    request,
    role: "service_role",
    claims: "service_role",
    header: "yes",
    method: "POST",
  });
});

test("rpc: an unknown function or argument is PGRST202, status 404", { skip }, async () => {
  const { error, status } = await db.rpc("frontrow_nope", { request: {} });
  assert.deepEqual([status, error!.code, error!.hint === undefined], [404, "PGRST202", false]);
  assert.equal(
    error!.message,
    "Could not find the function public.frontrow_nope(request) in the schema cache",
  );
  assert.equal((await db.rpc(fn("echo"), { other: {} })).error!.code, "PGRST202");
});

test("rpc: a raised SQLSTATE passes with message, details and hint, and everything is rolled back", {
  skip,
}, async () => {
  const cases: [code: string, status: number][] = [
    ["P0001", 400],
    ["23505", 409],
    ["40001", 500],
    ["22023", 400],
    ["42501", 403],
    ["PT418", 418],
    ["55P03", 500],
  ];
  for (const [code, expected] of cases) {
    const { error, status } = await db.rpc(fn("fail"), { request: { code } });
    const { code: actual, message, details, hint } = error!;
    assert.deepEqual([status, actual, message, details, hint], [expected, code, "no", "because", "try"]);
  }
  assert.equal((await db.from(parts).select().eq("id", 900)).data!.length, 0);
});

test("rpc: void, sets, defaults", { skip }, async () => {
  assert.deepEqual([(await db.rpc(fn("nothing"))).status, (await db.rpc(fn("nothing"))).data], [204, null]);
  const { data } = await db.rpc(fn("many"), { n: 2 });
  assert.deepEqual(
    (data as { name: string }[]).map((row) => row.name),
    ["w1", "w2"],
  );
  assert.equal((await db.rpc(fn("many"), { n: 1, word: "x" }).single<{ name: string }>()).data!.name, "x1");
  assert.equal((await db.rpc(fn("many"), { n: 2 }).single()).error!.code, "PGRST116");
});

test("rpc: anon without EXECUTE is 42501, status 401; without any key 401", {
  skip: withoutAnon,
}, async () => {
  const { error, status } = await target.anon!.rpc(fn("echo"), { request: {} });
  assert.deepEqual([status, error!.code], [401, "42501"]);
  const naked = await fetch(`${target.url}/rest/v1/rpc/${fn("echo")}`, { method: "POST", body: "{}" });
  assert.equal(naked.status, 401);
  await naked.body?.cancel();
  const wrong = await fetch(`${target.url}/rest/v1/${parts}`, { headers: { apikey: "sb_secret_wrong" } });
  assert.equal(wrong.status, 401);
  await wrong.body?.cancel();
});

test("a function that is dropped and made again with other arguments is found again", {
  skip: remote,
}, async () => {
  const sql = target.sql!;
  const name = fn("moving");
  const make = (argument: string, body: string) =>
    sql.exec(`drop function if exists public.${name}; create function public.${name}(${argument}) returns jsonb language sql as $$${body}$$;
      grant execute on function public.${name} to service_role`);
  await make("request jsonb", "select request");
  assert.deepEqual((await db.rpc(name, { request: 1 })).data, 1);
  await make("other jsonb", "select other");
  assert.deepEqual((await db.rpc(name, { other: 2 })).data, 2);
  assert.equal((await db.rpc(name, { request: 1 })).error!.code, "PGRST202");
  await sql.exec(`drop function public.${name}`);
  assert.equal((await db.rpc(name, { other: 2 })).error!.code, "PGRST202");
});

test("insert, select, update, delete", { skip }, async () => {
  const rows = [
    { id: 1, name: "bolt", tags: ["a", "b"], price: 1.5, made: "2026-01-02", data: { x: 1 } },
    { id: 2, name: 'nut "large", M8', tags: [], price: null, made: null, data: null },
    { id: 3, name: "O'Ring", tags: ["b"], price: 2, made: null, data: [1] },
  ];
  const inserted = await db.from(parts).insert(rows).select("id, name, note");
  assert.equal(inserted.status, 201);
  assert.deepEqual(
    inserted.data,
    rows.map(({ id, name }) => ({ id, name, note: "none" })),
  );
  const names = async (query: PromiseLike<{ data: { id: number }[] | null; error: unknown }>) => {
    const { data, error } = await query;
    assert.equal(error, null);
    return data!.map((row) => row.id);
  };
  const all = () => db.from(parts).select("id").order("id");
  assert.deepEqual(await names(all().eq("name", "O'Ring")), [3]);
  assert.deepEqual(await names(all().in("name", ['nut "large", M8', "bolt"])), [1, 2]);
  assert.deepEqual(await names(all().is("price", null)), [2]);
  assert.deepEqual(await names(all().not("price", "is", null)), [1, 3]);
  assert.deepEqual(await names(all().gt("price", 1).lt("price", 2)), [1]);
  assert.deepEqual(await names(all().or("id.eq.1,name.like.O*")), [1, 3]);
  assert.deepEqual(
    await names(all().or('name.eq."nut \\"large\\", M8",and(id.gt.2,not.and(price.is.null,id.eq.3))')),
    [2, 3],
  );
  assert.deepEqual(await names(all().or("id.in.(1,2),id.not.lt.3")), [1, 2, 3]);
  assert.deepEqual(await names(all().contains("tags", ["b"])), [1, 3]);
  assert.deepEqual(await names(all().ilike("name", "BOLT")), [1]);
  assert.deepEqual(await names(all().eq("data->>x", "1")), [1]);
  assert.deepEqual(
    await names(
      db.from(parts).select("id").order("price", { ascending: false, nullsFirst: true }).order("id"),
    ),
    [2, 3, 1],
  );
  assert.deepEqual(await names(all().range(1, 2)), [2, 3]);
  assert.deepEqual((await db.from(parts).select("no:id, x:data->x, price::text").eq("id", 1)).data, [
    { no: 1, x: 1, price: "1.5" },
  ]);
  const counted = await db.from(parts).select("id", { count: "exact" }).limit(1);
  assert.deepEqual([counted.count, counted.data!.length, counted.status], [3, 1, 206]);
  assert.equal((await db.from(parts).select("*", { count: "exact", head: true })).count, 3);
  assert.deepEqual((await db.from(parts).update({ note: "x" }).eq("id", 1).select("note")).data, [
    { note: "x" },
  ]);
  assert.deepEqual(
    [
      (await db.from(parts).update({ note: "y" }).eq("id", 1)).status,
      (await db.from(parts).delete().eq("id", 3)).status,
    ],
    [204, 204],
  );
  assert.deepEqual(await names(all()), [1, 2]);
});

test("upsert: by primary key, by another column, ignoring duplicates", { skip }, async () => {
  await db.from(parts).upsert({ id: 10, name: "ten" });
  await db.from(parts).upsert({ id: 10, name: "TEN" });
  await db.from(parts).upsert([{ id: 11, name: "TEN" }], { onConflict: "name", ignoreDuplicates: true });
  await db.from(parts).upsert({ id: 12, name: "TEN", note: "moved" }, { onConflict: "name" });
  assert.deepEqual((await db.from(parts).select("id, name, note").gte("id", 10)).data, [
    { id: 12, name: "TEN", note: "moved" },
  ]);
});

test("single and maybeSingle", { skip }, async () => {
  await db.from(parts).upsert([
    { id: 20, name: "x20" },
    { id: 21, name: "x21" },
  ]);
  assert.equal((await db.from(parts).select("name").eq("id", 20).single()).data!.name, "x20");
  const none = await db.from(parts).select().eq("id", 999).single();
  assert.deepEqual(
    [none.status, none.error!.code, none.error!.details],
    [406, "PGRST116", "The result contains 0 rows"],
  );
  assert.equal((await db.from(parts).select().eq("id", 999).maybeSingle()).data, null);
  const undone = await db.from(parts).update({ note: "gone" }).gte("id", 20).select().single();
  assert.equal(undone.error!.code, "PGRST116");
  assert.equal(
    (await db.from(parts).select().eq("note", "gone")).data!.length,
    0,
    "a write that fails single() is rolled back",
  );
});

test("errors: constraint, unknown table, unknown column, no grant, no WHERE", { skip }, async () => {
  await db.from(parts).upsert({ id: 30, name: "thirty" });
  const twice = await db.from(parts).insert({ id: 30, name: "again" });
  assert.deepEqual([twice.status, twice.error!.code], [409, "23505"]);
  const missing = await db.from("no_such_table").select();
  assert.deepEqual([missing.status, missing.error!.code], [404, "PGRST205"]);
  assert.equal((await db.from(parts).select("nope")).error!.code, "42703");
  const closed = await db.from(`${parts}_closed`).select();
  assert.deepEqual([closed.status, closed.error!.code], [403, "42501"]);
  assert.equal((await db.from(parts).delete()).error!.code, "21000");
  assert.equal((await db.schema("vault").from("secrets").select()).error!.code, "PGRST106");
});

test("a read answers at most 1,000 rows, and says so to nobody", { skip }, async () => {
  await target.sql!.query(
    `insert into public.${parts} (id, name) select i, 'row' || i from generate_series(1000, 2200) as i`,
  );
  assert.equal((await db.from(parts).select("id")).data!.length, 1000);
});

test("SQL in a value or a name stays text", { skip }, async () => {
  const evil = `'; drop table public.${parts}; --`;
  assert.deepEqual((await db.from(parts).select("id").eq("name", evil)).data, []);
  assert.ok((await db.from(parts).select(`id"; drop table public.${parts}; --`)).error);
  assert.ok((await db.from(`${parts}" ; drop table x; --`).select()).error);
  assert.equal((await db.from(parts).select("id").limit(1)).error, null);
});

test("a policy decides for a user's JWT", { skip: remote }, async () => {
  await target.sql!.exec(`
    create table public.own_${id} (owner uuid not null default auth.uid(), note text);
    alter table public.own_${id} enable row level security;
    create policy own on public.own_${id} for all to authenticated using (owner = auth.uid());
    grant all on public.own_${id} to authenticated;
  `);
  const as = (sub: string) =>
    createClient(target.url, target.publishableKey!, {
      accessToken: async () => target.local!.userToken({ sub }),
    });
  const [ann, bob] = [as(crypto.randomUUID()), as(crypto.randomUUID())];
  assert.equal((await ann.from(`own_${id}`).insert({ note: "mine" })).error, null);
  assert.deepEqual((await ann.from(`own_${id}`).select("note")).data, [{ note: "mine" }]);
  assert.deepEqual((await bob.from(`own_${id}`).select("note")).data, []);
  await target.sql!.exec(`drop table public.own_${id}`);
});

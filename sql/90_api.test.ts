/** Who may call what. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";

const VERBS = [
  ..."register registered claim apply confirm fail finish backfill preview compare load export signal held resume conflicts resolve report log history revision restore purge_author audit changes documents push pushed ids questions visible".split(
    " ",
  ),
];

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

test("the doors are these, and there is no other", async () => {
  const found = await garden.sql.query<{ name: string }>(
    "select proname as name from pg_proc where pronamespace = 'public'::regnamespace and proname like 'frontrow%' order by 1",
  );
  assert.deepEqual(
    found.map(({ name }) => name),
    // And the one that is open to people: it tells them who they are.
    [...VERBS, "claims"].map((verb) => `frontrow_${verb}`).sort(),
  );
});

for (const role of ["anon", "authenticated"] as const) {
  test(`${role} can call none of them`, async () => {
    const headers: Record<string, string> = {};
    if (role === "authenticated") {
      headers.authorization = `Bearer ${garden.stack.userToken({ sub: crypto.randomUUID() })}`;
    }
    const client = createClient(garden.stack.url, garden.stack.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { headers },
    });
    for (const verb of VERBS) {
      const { error } = await client.rpc(`frontrow_${verb}`, { request: { protocol: 1 } });
      assert.equal(error?.code, "42501", verb);
    }
    const { error } = await client.schema("frontrow").from("documents").select();
    assert.ok(error, "the schema is not exposed");
  });

  test(`${role} can reach nothing in the schema with SQL either`, async () => {
    const rights = await garden.sql.query<{ thing: string }>(
      `select 'schema' as thing where has_schema_privilege($1, 'frontrow', 'usage')
       union all select c.oid::regclass::text from pg_class as c where relnamespace = 'frontrow'::regnamespace
         and relkind in ('r', 'v', 'S') and (case when relkind = 'S' then has_sequence_privilege($1, c.oid, 'usage, select, update')
           else has_table_privilege($1, c.oid, 'select, insert, update, delete, truncate, references, trigger') end)
       union all select p.oid::regprocedure::text from pg_proc as p
         where pronamespace = 'frontrow'::regnamespace and has_function_privilege($1, p.oid, 'execute')`,
      [role],
    );
    assert.deepEqual(rights, []);
  });
}

test("every function of ours fixes its search path, and every definer belongs to who installed it", async () => {
  const loose = await garden.sql.query(
    `select p.oid::regprocedure::text as name from pg_proc as p
     where (pronamespace = 'frontrow'::regnamespace or p.oid::regprocedure::text like 'frontrow\\_%')
       and not coalesce(proconfig::text[] @> array['search_path=""'], false)`,
  );
  assert.deepEqual(loose, []);
  const owners = await garden.sql.query<{ owner: string }>(
    "select distinct proowner::regrole::text as owner from pg_proc where prosecdef and pronamespace = 'frontrow'::regnamespace",
  );
  assert.deepEqual(owners, [{ owner: "hosted_postgres" }]);
});

test("a table, a view, a function: every object says what it is", async () => {
  const silent = await garden.sql.query(
    `select c.oid::regclass::text as name from pg_class as c where relnamespace = 'frontrow'::regnamespace
       and relkind in ('r', 'v', 'S') and obj_description(c.oid, 'pg_class') is null and c.relname not like '%\\_id\\_seq'
     union all select p.oid::regprocedure::text from pg_proc as p
       where (pronamespace = 'frontrow'::regnamespace or p.oid::regprocedure::text like 'frontrow\\_%') and obj_description(p.oid, 'pg_proc') is null`,
  );
  assert.deepEqual(silent, []);
});

test("the hub tells why a call failed, in its own codes", async () => {
  const { connect } = await import("../shared/sync/connect.ts");
  const anon = connect({ url: garden.stack.url, key: garden.stack.publishableKey }).hub;
  await assert.rejects(anon.report(), { code: "UNAUTHORIZED", message: /secret key/ });
  const nobody = connect({ url: garden.stack.url, key: "sb_secret_wrong" }).hub;
  await assert.rejects(nobody.report(), { code: "UNAUTHORIZED" });
  const nowhere = connect({ url: "http://127.0.0.1:9", key: "x" }).hub;
  await assert.rejects(nowhere.report(), { code: "HUB_UNAVAILABLE" });
  await assert.rejects(garden.hub.register([{ name: "x", schema: "public", table: "nope" }], false), {
    code: "CONFIG_INVALID",
    message: /no table public.nope/,
  });
});

/** The capture on users' tables, and the table as a store: which rows say what, in texts that mean the same everywhere. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());
beforeEach(() => garden.sql.exec("delete from frontrow.dirty"));

const at = (slug: string) => `users/r/parts/${slug}.md`;
const plant = (...slugs: string[]) =>
  garden.sql.query(
    "insert into public.parts (user_id, slug, name) select 'r', s, 'N' from unnest($1::text[]) as s",
    [slugs],
  );

async function signals(): Promise<string[]> {
  const found = await garden.sql.query<{ path: string; gone: boolean }>(
    "delete from frontrow.dirty returning path, gone",
  );
  return found.map(({ path, gone }) => (gone ? `${path} gone` : path)).sort();
}

test("each statement marks the documents it changed, once", async () => {
  await plant("a", "b", "c");
  assert.deepEqual(await signals(), ["a", "b", "c"].map(at));
  await garden.sql.query("update public.parts set charge = 1 where slug in ('a', 'b')");
  assert.deepEqual(await signals(), ["a", "b"].map(at));
  await garden.sql.query("delete from public.parts where slug = 'c'");
  assert.deepEqual(await signals(), [`${at("c")} gone`]);
});

test("an update of what is not mapped, or to the same value, says nothing", async () => {
  await plant("a1");
  await signals();
  await garden.sql.query("update public.parts set updated_at = now(), created_at = now() where slug = 'a1'");
  await garden.sql.query("update public.parts set name = name || '' where slug = 'a1'");
  await garden.sql.query("update public.parts set name = 'x' where slug = 'not there'");
  assert.deepEqual(await signals(), []);
});

test("a new key names both paths; a swap of two keys names each once, and neither as gone", async () => {
  await plant("b1", "b2", "b3");
  await signals();
  await garden.sql.query("update public.parts set slug = 'b9' where slug = 'b1'");
  assert.deepEqual(await signals(), [`${at("b1")} gone`, at("b9")]);
  await garden.sql.exec(
    "alter table public.parts drop constraint parts_user_id_slug_key, add unique (user_id, slug) deferrable",
  );
  await garden.sql.query(
    "update public.parts set slug = case slug when 'b2' then 'b3' else 'b2' end, name = name || slug where slug in ('b2', 'b3')",
  );
  assert.deepEqual(await signals(), [at("b2"), at("b3")]);
});

test("softly deleted is gone, and back is back", async () => {
  await plant("c1");
  await signals();
  await garden.sql.query("update public.parts set deleted_at = now() where slug = 'c1'");
  assert.deepEqual(await signals(), [`${at("c1")} gone`]);
  await garden.sql.query("update public.parts set deleted_at = null where slug = 'c1'");
  assert.deepEqual(await signals(), [at("c1")]);
});

test("a key that no path can hold is no document", async () => {
  await plant("x".repeat(400));
  assert.deepEqual(await signals(), []);
  await garden.sql.query("delete from public.parts where length(slug) > 300");
  assert.deepEqual(await signals(), []);
});

test("COPY, MERGE, upserts and writes through a view or another role are captured", async () => {
  await garden.sql
    .query(
      "insert into public.parts (user_id, slug, name) values ('r', 'd1', 'N') on conflict (user_id, slug) do nothing",
    )
    .catch(() => garden.sql.query("insert into public.parts (user_id, slug, name) values ('r', 'd1', 'N')"));
  assert.deepEqual(await signals(), [at("d1")]);
  await garden.sql.exec(
    "merge into public.parts as p using (values ('r', 'd1', 'M'), ('r', 'd2', 'M')) as v (u, s, n) on p.user_id = v.u and p.slug = v.s when matched then update set name = v.n when not matched then insert (user_id, slug, name) values (v.u, v.s, v.n)",
  );
  assert.deepEqual(await signals(), [at("d1"), at("d2")]);
  await garden.sql.exec("create view public.names as select user_id, slug, name from public.parts");
  await garden.sql.query("update public.names set name = 'V' where slug = 'd1'");
  assert.deepEqual(await signals(), [at("d1")]);
  await garden.sql.exec("drop view public.names");
  const { error } = await garden.client
    .from("parts")
    .update({ name: "API" })
    .eq("slug", "d1")
    .eq("user_id", "r");
  assert.equal(error, null);
  assert.deepEqual(await signals(), [at("d1")]);
});

test("a user whose search path is hostile is captured too", async () => {
  await garden.sql.exec(`
    create schema evil;
    create function evil.unnest(text[]) returns setof text language sql as 'select null::text';
    create function evil.clock_timestamp() returns timestamptz language sql as $$ select 1 / 0; select now() $$;
    create table evil.dirty (x int);`);
  await garden.sql.exec("set search_path = evil, pg_catalog, public");
  try {
    await garden.sql.query("insert into public.parts (user_id, slug, name) values ('r', 'e1', 'N')");
  } finally {
    await garden.sql.exec("reset search_path; drop schema evil cascade");
  }
  assert.deepEqual(await signals(), [at("e1")]);
});

test("a capture that cannot write warns, and the user's statement stands", async () => {
  await plant("f1");
  await garden.sql.exec("alter table frontrow.dirty rename to dirty_elsewhere");
  try {
    await plant("f2");
    await garden.sql.query("update public.parts set charge = 0.1 where slug = 'f1'");
    await garden.sql.query("delete from public.parts where slug = 'f1'");
    await garden.sql.query("truncate public.parts");
  } finally {
    await garden.sql.exec("alter table frontrow.dirty_elsewhere rename to dirty");
  }
  await plant("f3");
  assert.deepEqual((await signals()).at(-1), at("f3"));
});

test("what a user's trigger does in the wake of our write is not our echo", async () => {
  await garden.sql.exec(`
    create function public.greet() returns trigger language plpgsql as $$
    begin
      if new.slug = 'host' then
        update public.parts set name = 'Greeted' where user_id = new.user_id and slug = 'guest';
      end if;
      return null;
    end $$;
    create trigger greet after insert or update on public.parts for each row execute function public.greet();`);
  try {
    await garden.upload(at("guest"), "---\nname: Guest\nstatus: active\n---\n");
    await garden.settle();
    await garden.upload(at("host"), "---\nname: Host\nstatus: active\n---\n");
    await garden.drain();
    await garden.settle();
    assert.match((await garden.read(at("guest")))!, /name: Greeted/);
  } finally {
    await garden.sql.exec("drop function public.greet cascade");
  }
});

test("the row hash is the same in every session, and different for what differs", async () => {
  await garden.sql.query(
    `insert into public.parts (user_id, slug, name, charge, last_active, notes) values ('r', 'hash', 'N', 0.10, '2024-05-06T07:08:09.123456Z', '{"b": 1, "a": [1.50]}')`,
  );
  const read = `select v.version, v.fields from frontrow.collections as c, frontrow.read_rows(c, array['${at("hash")}']) as v where c.name = 'parts'`;
  const [first] = await garden.sql.query(read);
  assert.equal((first!.fields as Record<string, string>).last_active, "2024-05-06 07:08:09.123456+00");
  await garden.sql.exec(
    "set timezone = 'Asia/Tokyo'; set datestyle = 'SQL, DMY'; set extra_float_digits = -10; set bytea_output = 'escape';",
  );
  try {
    assert.deepEqual(await garden.sql.query(read), [first]);
  } finally {
    await garden.sql.exec("reset timezone; reset datestyle; reset extra_float_digits; reset bytea_output;");
  }
  const versions = new Set([first!.version]);
  for (const change of [
    "name = 'M'",
    "tags = '{}'",
    "tags = '{a}'",
    "category = 'guide'",
    "body = 'x'",
    "notes = 'null'",
    "notes = null",
  ]) {
    await garden.sql.query(`update public.parts set ${change} where slug = 'hash'`);
    versions.add((await garden.sql.query(read))[0]!.version);
  }
  assert.equal(versions.size, 8);
});

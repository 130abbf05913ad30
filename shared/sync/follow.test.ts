/** The main job: a file and its row follow each other, through the user's own ways of writing. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const CRITIC = `---
# how it began
name:   The Critic   # capital C
status: active
tags: [a, b]
charge: 0.5
pet: cat
---

It speaks first.
`;

/** Everything the engine could have touched, to see that it touched nothing. */
async function traces(path: string): Promise<Record<string, unknown>> {
  const [found] = await garden.sql.query(
    `select
      (select jsonb_agg(r order by revision) from frontrow.revisions as r where path = $1) as revisions,
      (select to_jsonb(d) from frontrow.documents as d where path = $1) as document,
      (select jsonb_agg(b order by store) from frontrow.bases as b where path = $1) as bases,
      (select to_jsonb(o) from storage.objects as o where name = $1) as object,
      (select jsonb_agg(i order by id) from frontrow.run_items as i where path = $1) as items,
      (select count(*) from frontrow.dirty) as dirty`,
    [path],
  );
  return { ...found, row: await garden.row(path) };
}

test("a file becomes a row, typed by its columns", async () => {
  const path = "users/ann/parts/critic.md";
  await garden.upload(path, CRITIC);
  const { counts } = await garden.drain();
  assert.deepEqual(counts, { created: 1 });
  const { name, status, tags, charge, body, user_id, slug } = (await garden.row(path))!;
  assert.deepEqual(
    { name, status, tags, charge, body, user_id, slug },
    {
      name: "The Critic",
      status: "active",
      tags: ["a", "b"],
      charge: "0.5",
      body: "\nIt speaks first.\n",
      user_id: "ann",
      slug: "critic",
    },
  );
  assert.equal(await garden.read(path), CRITIC, "reading a file does not rewrite it");
});

test("an edit of a row changes only its line of the file", async () => {
  const path = "users/ben/parts/critic.md";
  await garden.upload(path, CRITIC);
  await garden.drain();
  await garden.sql.query("update public.parts set name = 'The Gentle Critic' where user_id = 'ben'");
  assert.deepEqual((await garden.drain()).counts, { updated: 1 });
  assert.equal(
    await garden.read(path),
    CRITIC.replace("name:   The Critic   # capital C", "name:   The Gentle Critic   # capital C"),
  );
});

test("an edit of a file changes only its columns of the row", async () => {
  const path = "users/cat/parts/critic.md";
  await garden.upload(path, CRITIC);
  await garden.drain();
  const before = await garden.row(path);
  await garden.upload(path, CRITIC.replace("charge: 0.5", "charge: -0.25"));
  assert.deepEqual((await garden.drain()).counts, { updated: 1 });
  const { updated_at: _, ...after } = (await garden.row(path))!;
  const { updated_at: __, ...same } = before!;
  assert.deepEqual(after, { ...same, charge: "-0.25" });
});

test("a row becomes a file", async () => {
  const path = "users/dan/parts/navigator.md";
  await garden.sql.query(
    "insert into public.parts (user_id, slug, name, status, tags, body) values ('dan', 'navigator', 'The Navigator', 'resting', '{maps,stars}', 'North.')",
  );
  assert.deepEqual((await garden.drain()).counts, { created: 1 });
  const text = await garden.read(path);
  assert.match(text!, /^---\nname: The Navigator\nstatus: resting\n[\s\S]*---\n\s*North\.$/);
  const before = await traces(path);
  await garden.settle();
  assert.deepEqual(await traces(path), before);
});

test("what was removed from the file is cleared in the row; what was never there is left alone", async () => {
  const path = "users/eve/parts/critic.md";
  await garden.upload(path, CRITIC);
  await garden.drain();
  await garden.sql.query("update public.parts set category = 'manager' where user_id = 'eve'");
  await garden.drain();
  await garden.upload(path, (await garden.read(path))!.replace("charge: 0.5\n", ""));
  await garden.drain();
  const row = await garden.row(path);
  assert.equal(row!.charge, null, "the key was in the base and is gone");
  assert.equal(row!.category, "manager");
  assert.equal(row!.name, "The Critic");
});

test("our own writes coming back do nothing", async () => {
  const path = "users/fay/parts/critic.md";
  await garden.upload(path, CRITIC);
  await garden.drain();
  await garden.sql.query("update public.parts set charge = 1 where user_id = 'fay'");
  await garden.drain();
  const before = await traces(path);
  assert.equal(before.dirty, 0, "neither our row write nor our upload is a signal");
  assert.deepEqual((await garden.drain()).counts, {});
  // Even when something says "look again": nothing is found, and nothing moves.
  await garden.hub.signal([{ collection: "parts", path }]);
  assert.deepEqual((await garden.drain()).counts, { unchanged: 1 });
  await garden.hub.backfill({ full: true });
  await garden.settle();
  assert.deepEqual(await traces(path), before);
});

test("an edit that changes nothing says nothing", async () => {
  const path = "users/gil/parts/critic.md";
  await garden.upload(path, CRITIC);
  await garden.drain();
  const row = await garden.row(path);
  await garden.sql.query(
    "update public.parts set name = name, tags = tags, body = body where user_id = 'gil'",
  );
  assert.equal((await traces(path)).dirty, 0, "no mapped column changed");
  await garden.upload(path, CRITIC);
  assert.deepEqual((await garden.drain()).counts, { adopted: 1 }, "the same bytes at a new version");
  const [{ revisions }] = (await garden.sql.query(
    "select count(*)::int as revisions from frontrow.revisions where path = $1",
    [path],
  )) as [{ revisions: number }];
  assert.equal(revisions, 1);
  const { updated_at: touched, ...after } = (await garden.row(path))!;
  assert.deepEqual({ ...after, updated_at: touched }, { ...row!, updated_at: touched });
});

test("an edit of a comment is history, and no write to the row", async () => {
  const path = "users/hal/parts/critic.md";
  await garden.upload(path, CRITIC);
  await garden.drain();
  const row = await garden.row(path);
  const edited = CRITIC.replace("# how it began", "# how it goes on").replace("pet: cat", "pet: dog");
  await garden.upload(path, edited);
  assert.deepEqual((await garden.drain()).counts, { updated: 1 });
  assert.deepEqual(await garden.row(path), row, "not even updated_at");
  const { revisions } = (await traces(path)) as { revisions: { store: string }[] };
  assert.deepEqual(
    revisions.map(({ store }) => store),
    ["bucket", "bucket"],
  );
  await garden.sql.query("update public.parts set charge = 0 where user_id = 'hal'");
  await garden.drain();
  assert.equal(await garden.read(path), edited.replace("charge: 0.5", "charge: 0"));
});

test("a renamed file renames the row's key; a renamed key renames the file", async () => {
  const [old, renamed, again] = ["critic", "judge", "counsel"].map(
    (slug) => `users/ida/parts/${slug}.md`,
  ) as [string, string, string];
  await garden.upload(old, CRITIC);
  await garden.drain();
  const { error } = await garden.client.storage.from("content").move(old, renamed);
  assert.equal(error, null);
  await garden.settle();
  assert.equal(await garden.row(old), null);
  assert.equal((await garden.row(renamed))!.name, "The Critic");
  assert.equal(await garden.read(renamed), CRITIC);

  await garden.sql.query("update public.parts set slug = 'counsel' where user_id = 'ida' and slug = 'judge'");
  await garden.settle();
  assert.equal(await garden.read(renamed), null);
  assert.match((await garden.read(again))!, /name: {1,3}The Critic/);
  assert.equal((await garden.row(again))!.name, "The Critic");
});

test("a copied file is a document of its own", async () => {
  const [one, two] = ["users/jan/parts/one.md", "users/jan/parts/two.md"] as const;
  await garden.upload(one, CRITIC);
  await garden.drain();
  await garden.client.storage.from("content").copy(one, two);
  assert.deepEqual((await garden.drain()).counts, { created: 1 });
  await garden.upload(two, CRITIC.replace("The Critic", "The Twin"));
  await garden.drain();
  assert.equal((await garden.row(one))!.name, "The Critic");
  assert.equal((await garden.row(two))!.name, "The Twin");
});

test("objects of no collection are left alone", async () => {
  await garden.upload("readme.md", "---\nname: [\n---\n");
  await garden.upload("users/kim/diary.md", "hello");
  assert.deepEqual((await garden.drain()).counts, {});
  const [report] = (await garden.hub.report("parts")).collections;
  assert.equal(report!.ignored, 2);
  await garden.remove("readme.md", "users/kim/diary.md");
});

test("a trigger that rewrites what we write is heard once, and then it is silent", async () => {
  const path = "users/lea/parts/critic.md";
  await garden.sql.exec(`
    create function public.shout() returns trigger language plpgsql as $$
    begin
      if new.user_id = 'lea' then new.name := upper(new.name); end if;
      return new;
    end $$;
    create trigger shout before insert or update on public.parts for each row execute function public.shout();`);
  await garden.upload(path, CRITIC);
  await garden.settle();
  const shouted = CRITIC.replace("The Critic   #", "THE CRITIC   #");
  assert.equal(await garden.read(path), shouted);
  const before = await traces(path);
  await garden.settle();
  await garden.hub.backfill({ full: true });
  await garden.settle();
  assert.deepEqual(await traces(path), before);
  assert.equal((await garden.row(path))!.name, "THE CRITIC");
});

test("what a trigger changes in columns that the engine left alone reaches the file", async () => {
  const path = "users/leo/parts/critic.md";
  await garden.sql.exec(`
    create function public.remark() returns trigger language plpgsql as $$
    begin
      if new.user_id = 'leo' and new.status = 'resting' then new.charge := -1; new.body := 'Asleep.'; end if;
      return new;
    end $$;
    create trigger remark before update on public.parts for each row execute function public.remark();`);
  await garden.upload(path, CRITIC);
  await garden.settle();
  await garden.upload(path, CRITIC.replace(/^status:.*$/m, "status: resting"));
  await garden.settle();
  const text = (await garden.read(path))!;
  assert.match(text, /^charge: -1/m);
  assert.ok(text.endsWith("---\nAsleep."), text);
});

test("a row softly deleted is a deleted file; a file that comes back revives the row", async () => {
  const path = "users/mia/parts/critic.md";
  await garden.upload(path, CRITIC);
  await garden.drain();
  const { id } = (await garden.row(path))!;
  await garden.sql.query("update public.parts set deleted_at = now() where user_id = 'mia'");
  assert.deepEqual((await garden.drain()).counts, { deleted: 1 });
  assert.equal(await garden.read(path), null);
  await garden.upload(path, CRITIC.replace("tags: [a, b]\n", ""));
  await garden.settle();
  const revived = (await garden.row(path))!;
  assert.equal(revived.id, id, "the same row");
  assert.equal(revived.tags, null, "what the file does not say returns to its default");
  assert.equal(revived.charge, "0.5");
});

test("a deleted file softly deletes its row, and the text is kept", async () => {
  const path = "users/ned/parts/critic.md";
  await garden.upload(path, CRITIC);
  await garden.drain();
  await garden.remove(path);
  assert.deepEqual((await garden.drain()).counts, { deleted: 1 });
  assert.equal(await garden.row(path), null);
  const [kept] = await garden.sql.query(
    "select d.text, d.deleted_at is not null as deleted, p.deleted_at is not null as soft from frontrow.documents as d, public.parts as p where d.path = $1 and p.user_id = 'ned'",
    [path],
  );
  assert.deepEqual(kept, { text: CRITIC, deleted: true, soft: true });
  await garden.sql.query("update public.parts set deleted_at = null where user_id = 'ned'");
  await garden.settle();
  assert.match(
    (await garden.read(path))!,
    /name: {1,3}The Critic/,
    "undeleting the row brings the file back",
  );
});

test("people with no more than their own rights are followed too", async () => {
  const id = crypto.randomUUID();
  await garden.sql.exec(`
    create policy "own files" on storage.objects for all to authenticated
      using (bucket_id = 'content' and name like 'users/' || auth.uid() || '/%')
      with check (bucket_id = 'content' and name like 'users/' || auth.uid() || '/%');`);
  const person = createClient(garden.stack.url, garden.stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { authorization: `Bearer ${garden.stack.userToken({ sub: id })}` } },
  });
  const [file, row] = [`users/${id}/parts/file.md`, `users/${id}/parts/row.md`] as const;
  const upload = (text: string) =>
    person.storage.from("content").upload(file, new TextEncoder().encode(text), { upsert: true });
  assert.equal((await upload(CRITIC)).error, null);
  const planted = await person
    .from("parts")
    .insert({ user_id: id, slug: "row", name: "Planted", status: "active" });
  assert.equal(planted.error, null);
  assert.equal(
    (await garden.sql.query("select from frontrow.dirty")).length,
    2,
    "the rolled back probe left nothing",
  );
  assert.deepEqual((await garden.drain()).counts, { created: 2 });
  const { data } = await person.from("parts").select("name").eq("slug", "file").single();
  assert.equal(data?.name, "The Critic");
  assert.match((await garden.read(row))!, /name: Planted/);
  assert.equal((await upload(CRITIC.replace("0.5", "0.75"))).error, null);
  const changed = await person.from("parts").update({ status: "retired" }).eq("slug", "file");
  assert.equal(changed.error, null);
  await garden.settle();
  assert.equal(await garden.read(file), CRITIC.replace("0.5", "0.75").replace("active", "retired"));
  await person.storage.from("content").remove([file]);
  await garden.settle();
  assert.equal(await garden.row(file), null);
});

/** Collections in which one side leads, and columns about which one side is always right. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { defineCollection, defineConfig, type Policies } from "../collections/mod.ts";

const POLICIES: Record<string, Policies> = {
  down: { direction: "files-to-rows" },
  up: { direction: "rows-to-files" },
  shared: { authority: { title: "table", mood: "bucket" } },
};
const names = Object.keys(POLICIES);

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config: defineConfig({
      collections: names.map((name) =>
        defineCollection({
          name,
          table: name,
          path: `${name}/:slug.md`,
          fields: z.object({ title: z.string(), mood: z.string().nullish() }),
          body: "body",
          policies: { valve: { atLeast: 1000 }, ...POLICIES[name] },
        }),
      ),
    }),
    schema: names
      .map(
        (name) =>
          `create table public.${name} (slug text primary key, title text not null, mood text, body text not null default '');`,
      )
      .join("\n"),
  });
});
after(() => garden.stop());

const TEXT = "---\n# mine\ntitle: one\nmood: calm\n---\nBody.\n";
const row = async (name: string, slug: string) =>
  (await garden.sql.query(`select title, mood from public.${name} where slug = $1`, [slug]))[0] ?? null;
const history = async (path: string) =>
  JSON.stringify(
    await garden.sql.query(
      "select text from frontrow.revisions where path = $1 union all select text from frontrow.documents where path = $1",
      [path],
    ),
  );

async function quiet(): Promise<void> {
  const again = await garden.settle();
  assert.deepEqual(again, []);
  await garden.hub.backfill({});
  const differing = await garden.settle();
  assert.deepEqual(
    differing.filter(({ outcome }) => outcome !== "unchanged"),
    [],
  );
}

test("files to rows: an edit of the row is put back, and kept in the history", async () => {
  await garden.upload("down/a.md", TEXT);
  await garden.settle();
  await garden.sql.query("update public.down set title = 'changed' where slug = 'a'");
  await garden.settle();
  assert.equal((await row("down", "a"))!.title, "one");
  assert.equal(await garden.read("down/a.md"), TEXT);
  assert.match(await history("down/a.md"), /changed/);
  await garden.upload("down/a.md", TEXT.replace("one", "two"));
  await garden.settle();
  assert.equal((await row("down", "a"))!.title, "two");
  await quiet();
});

test("files to rows: a row that has no file is nobody's business", async () => {
  await garden.sql.query("insert into public.down (slug, title) values ('own', 'mine')");
  await garden.settle();
  assert.equal(await garden.read("down/own.md"), null);
  assert.equal((await row("down", "own"))!.title, "mine");
  await quiet();
});

test("files to rows: a deleted row is made again, a deleted file takes its row along", async () => {
  await garden.upload("down/b.md", TEXT);
  await garden.settle();
  await garden.sql.query("delete from public.down where slug = 'b'");
  await garden.settle();
  assert.equal(await garden.read("down/b.md"), TEXT, "no deletion travels from row to file");
  await garden.remove("down/b.md");
  await garden.settle();
  assert.equal(await row("down", "b"), null);
  await quiet();
});

test("rows to files: an edit of the file is put back, and kept in the history", async () => {
  await garden.sql.query("insert into public.up (slug, title, mood) values ('a', 'one', 'calm')");
  await garden.settle();
  const text = (await garden.read("up/a.md"))!;
  await garden.upload("up/a.md", text.replace("one", "changed"));
  await garden.settle();
  assert.equal((await row("up", "a"))!.title, "one");
  assert.equal(await garden.read("up/a.md"), text);
  assert.match(await history("up/a.md"), /changed/);
  await garden.sql.query("update public.up set title = 'two' where slug = 'a'");
  await garden.settle();
  assert.equal(await garden.read("up/a.md"), text.replace("one", "two"));
  await quiet();
});

test("rows to files: a file that has no row is nobody's business, a deleted file is made again", async () => {
  await garden.upload("up/own.md", TEXT);
  await garden.settle();
  assert.equal(await row("up", "own"), null);
  assert.equal(await garden.read("up/own.md"), TEXT);
  await garden.sql.query("insert into public.up (slug, title) values ('b', 'one')");
  await garden.settle();
  await garden.remove("up/b.md");
  await garden.settle();
  assert.match((await garden.read("up/b.md"))!, /title: one/);
  assert.equal((await row("up", "b"))!.title, "one");
  await garden.sql.query("delete from public.up where slug = 'b'");
  await garden.settle();
  assert.equal(await garden.read("up/b.md"), null);
  await quiet();
});

test("authority: what the other side says of that column is put back, the rest goes both ways", async () => {
  await garden.sql.query("insert into public.shared (slug, title) values ('a', 'one')");
  await garden.settle();
  const text = (await garden.read("shared/a.md"))!;
  await garden.upload("shared/a.md", text.replace("title: one", "title: file's\nmood: merry"));
  await garden.settle();
  assert.deepEqual(await row("shared", "a"), { title: "one", mood: "merry" });
  assert.equal(await garden.read("shared/a.md"), text.replace("title: one", "title: one\nmood: merry"));
  await garden.sql.query("update public.shared set title = 'row''s', mood = 'sad' where slug = 'a'");
  await garden.settle();
  assert.deepEqual(await row("shared", "a"), { title: "row's", mood: "merry" });
  assert.match((await garden.read("shared/a.md"))!, /mood: merry/);
  await quiet();
});

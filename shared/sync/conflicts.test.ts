/** Both sides changed: merged where that is certain, held or decided by policy where it is not, and never lost. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { decide } from "../../scripts/testing/decide.ts";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { defineCollection, defineConfig, type Policies } from "../collections/mod.ts";

const POLICIES: Record<string, Policies> = {
  merge: {},
  file_wins: { conflict: "file-wins" },
  row_wins: { conflict: "row-wins" },
  newest: { conflict: "newest" },
  manual: { conflict: "manual" },
  edit_wins: { deletes: "edit-wins" },
  delete_wins: { deletes: "delete-wins" },
  manual_deletes: { deletes: "manual" },
  forgetful: { history: 0 },
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
          fields: z.object({
            title: z.string(),
            mood: z.string().nullish(),
            tags: z.array(z.string()).nullish(),
          }),
          body: "body",
          policies: { valve: { atLeast: 1000 }, ...POLICIES[name] },
        }),
      ),
    }),
    schema: names
      .map(
        (name) =>
          `create table public.${name} (slug text primary key, title text not null, mood text, tags text[], body text not null default '');`,
      )
      .join("\n"),
  });
});
after(() => garden.stop());

const BASE = "---\ntitle: one\nmood: calm\ntags: [a, b]\n---\nfirst\nsecond\nthird\n";

let documents = 0;
/** A document that both sides agree on. */
async function agreed(collection: string) {
  const slug = `d${++documents}`;
  const path = `${collection}/${slug}.md`;
  await garden.upload(path, BASE);
  await garden.drain();
  return {
    path,
    editFile: (edit: (text: string) => string) => garden.upload(path, edit(BASE)),
    editRow: (change: string) =>
      garden.sql.query(`update public.${collection} set ${change} where slug = $1`, [slug]),
    deleteRow: () => garden.sql.query(`delete from public.${collection} where slug = $1`, [slug]),
    async row() {
      const [row] = await garden.sql.query(
        `select title, mood, tags, body from public.${collection} where slug = $1`,
        [slug],
      );
      return row ?? null;
    },
    file: () => garden.read(path),
    async conflict() {
      const [found] = await garden.sql.query(
        "select state, overlapping, decided_by, base_text, file_text, row_text from frontrow.conflicts where path = $1 order by id desc limit 1",
        [path],
      );
      return found ?? null;
    },
    async history() {
      const found = await garden.sql.query<{ text: string | null }>(
        "select text from frontrow.revisions where path = $1 union all select text from frontrow.documents where path = $1",
        [path],
      );
      return found.map(({ text }) => text ?? "").join("\n=====\n");
    },
    resolve: (keep: "file" | "row") => decide(garden.hub, { collection, path }, { keep }),
  };
}

test("different fields, different lines of the body, and lists merge", async () => {
  const one = await agreed("merge");
  await one.editFile((text) =>
    text.replace("one", "uno").replace("[a, b]", "[a, b, c]").replace("first", "FIRST"),
  );
  await one.editRow("mood = 'merry', tags = '{b}', body = replace(body, 'third', 'THIRD')");
  assert.deepEqual((await garden.drain()).counts, { merged: 1 });
  assert.deepEqual(await one.row(), {
    title: "uno",
    mood: "merry",
    tags: ["b", "c"],
    body: "FIRST\nsecond\nTHIRD\n",
  });
  assert.equal(await one.file(), "---\ntitle: uno\nmood: merry\ntags: [b, c]\n---\nFIRST\nsecond\nTHIRD\n");
  assert.equal(await one.conflict(), null);
});

test("the same edit on both sides is no conflict", async () => {
  const one = await agreed("merge");
  await one.editFile((text) => text.replace("calm", "merry"));
  await one.editRow("mood = 'merry'");
  const { counts } = await garden.drain();
  assert.equal(counts.conflict, undefined);
  assert.equal((await one.row())!.mood, "merry");
  assert.equal(await one.conflict(), null);
  await garden.settle();
});

for (const keep of ["file", "row"] as const) {
  test(`an overlap is held with both texts, and a person keeps the ${keep}`, async () => {
    const one = await agreed("merge");
    await one.editFile((text) => text.replace("one", "uno"));
    await one.editRow("title = 'eins', mood = 'merry'");
    assert.deepEqual((await garden.drain()).counts, { conflict: 1 });
    const { state, overlapping, base_text, file_text, row_text } = (await one.conflict())!;
    assert.deepEqual(
      { state, overlapping, base_text, file_text, row_text },
      {
        state: "open",
        overlapping: [{ column: "title" }],
        base_text: BASE,
        file_text: BASE.replace("one", "uno"),
        row_text: BASE.replace("one", "eins").replace("calm", "merry"),
      },
    );
    assert.equal(await one.file(), BASE.replace("one", "uno"), "held: neither side is written");
    assert.equal((await one.row())!.title, "eins");
    assert.deepEqual((await garden.settle()).length, 0, "held is not looked at again and again");
    assert.equal((await garden.hub.backfill({})).marked, 0);

    await one.resolve(keep);
    await garden.settle();
    const title = keep === "file" ? "uno" : "eins";
    assert.deepEqual(await one.row(), {
      title,
      mood: "merry",
      tags: ["a", "b"],
      body: "first\nsecond\nthird\n",
    });
    assert.equal(await one.file(), BASE.replace("one", title).replace("calm", "merry"));
    assert.equal((await one.conflict())!.state, "resolved");
    const history = await one.history();
    assert.ok(history.includes("uno") && history.includes("eins"), "both versions are in the history");
  });
}

test("an edit that ends the overlap ends the conflict", async () => {
  const one = await agreed("merge");
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins'");
  await garden.drain();
  await one.editRow("title = 'uno'");
  await garden.settle();
  assert.equal((await one.conflict())!.state, "resolved");
  assert.equal((await one.row())!.title, "uno");
});

test("a conflict that is edited again while it is held keeps the newest texts", async () => {
  const one = await agreed("merge");
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins'");
  await garden.drain();
  await one.editRow("title = 'zwei'");
  assert.deepEqual((await garden.drain()).counts, { conflict: 1 });
  const { file_text, row_text } = (await one.conflict())!;
  assert.deepEqual(
    { file_text, row_text },
    { file_text: BASE.replace("one", "uno"), row_text: BASE.replace("one", "zwei") },
  );
  await one.resolve("row");
  await garden.settle();
  assert.equal(await one.file(), BASE.replace("one", "zwei"));
});

for (const [collection, title] of [
  ["file_wins", "uno"],
  ["row_wins", "eins"],
] as const) {
  test(`${collection}: the overlap is decided at once, and both versions are kept`, async () => {
    const one = await agreed(collection);
    await one.editFile((text) => text.replace("one", "uno"));
    await one.editRow("title = 'eins', mood = 'merry'");
    await garden.settle();
    assert.equal((await one.row())!.title, title);
    assert.equal(await one.file(), BASE.replace("one", title).replace("calm", "merry"));
    const { state, file_text, row_text } = (await one.conflict())!;
    assert.equal(state, "resolved");
    assert.match(String(file_text), /uno/);
    assert.match(String(row_text), /eins/);
    const history = await one.history();
    assert.ok(history.includes("uno") && history.includes("eins"));
  });
}

/** PGlite's clock counts milliseconds: two edits in one of them would be a tie. */
async function clockMovesOn(): Promise<void> {
  const now = async () =>
    (
      await garden.sql.query<{ now: string }>(
        "select pg_catalog.floor(extract(epoch from clock_timestamp()) * 1000)::text as now",
      )
    )[0]!.now;
  const before = await now();
  while ((await now()) === before);
}

for (const [last, title] of [
  ["file", "uno"],
  ["row", "eins"],
] as const) {
  test(`newest: the ${last} came last by the database's clock`, async () => {
    const one = await agreed("newest");
    if (last === "row") await one.editFile((text) => text.replace("one", "uno"));
    await clockMovesOn();
    await one.editRow("title = 'eins'");
    await clockMovesOn();
    if (last === "file") await one.editFile((text) => text.replace("one", "uno"));
    await garden.settle();
    assert.equal((await one.row())!.title, title);
    assert.equal(await one.file(), BASE.replace("one", title));
  });
}

test("manual: whatever both changed inside one field waits, even a list", async () => {
  const one = await agreed("manual");
  await one.editFile((text) => text.replace("[a, b]", "[a, b, c]"));
  await one.editRow("tags = '{a}'");
  assert.deepEqual((await garden.drain()).counts, { conflict: 1 });
  assert.equal((await one.conflict())!.state, "open");
});

const DELETED: [deleted: "file" | "row", edited: "file" | "row"][] = [
  ["file", "row"],
  ["row", "file"],
];

for (const [deleted, edited] of DELETED) {
  const act = async (one: Awaited<ReturnType<typeof agreed>>) => {
    if (deleted === "file") await garden.remove(one.path);
    else await one.deleteRow();
    if (edited === "file") await one.editFile((text) => text.replace("calm", "merry"));
    else await one.editRow("mood = 'merry'");
    await garden.settle();
  };

  test(`the ${deleted} deleted, the ${edited} edited: the edit wins by default`, async () => {
    const one = await agreed("edit_wins");
    await act(one);
    assert.equal((await one.row())!.mood, "merry");
    assert.match((await one.file())!, /mood: merry/);
    assert.deepEqual((await one.conflict())!.overlapping, [{ column: "(document)" }]);
  });

  test(`the ${deleted} deleted, the ${edited} edited: the deletion wins where that is the policy, the text is kept`, async () => {
    const one = await agreed("delete_wins");
    await act(one);
    assert.deepEqual([await one.row(), await one.file()], [null, null]);
    assert.match(await one.history(), /mood: merry/);
  });

  for (const keep of ["file", "row"] as const) {
    test(`the ${deleted} deleted, the ${edited} edited: a person says, and says ${keep}`, async () => {
      const one = await agreed("manual_deletes");
      await act(one);
      assert.equal((await one.conflict())!.state, "open");
      const before = [await one.row(), await one.file()];
      assert.deepEqual(before[deleted === "file" ? 1 : 0], null, "held: nothing is written");
      await one.resolve(keep);
      await garden.settle();
      const after = [await one.row(), await one.file()];
      if (keep === edited) assert.match(String(after[1]), /mood: merry/);
      else assert.deepEqual(after, [null, null], "the side that deleted was kept");
    });
  }
}

test("a decision is about what the person saw: after another edit the question is asked again", async () => {
  const one = await agreed("merge");
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins'");
  await garden.drain();
  await one.resolve("file");
  await one.editRow("title = 'zwei'");
  await garden.settle();
  assert.equal((await one.conflict())!.state, "open");
  assert.equal((await one.row())!.title, "zwei");
  await one.resolve("file");
  await garden.settle();
  assert.equal((await one.row())!.title, "uno");
});

test("a file that goes away while its conflict is held does not take the edited row with it", async () => {
  const one = await agreed("merge");
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins'");
  await garden.drain();
  assert.equal((await one.conflict())!.state, "open");
  await garden.remove(one.path);
  await garden.settle();
  assert.equal(
    (await one.row())?.title,
    "eins",
    "the row's edit was never agreed on: it outlives the deletion",
  );
  assert.equal(await one.file(), BASE.replace("one", "eins"));
});

test("a row that goes away while its conflict is held does not take the edited file with it", async () => {
  const one = await agreed("merge");
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins'");
  await garden.drain();
  await one.deleteRow();
  await garden.settle();
  assert.equal(await one.file(), BASE.replace("one", "uno"));
  assert.equal((await one.row())?.title, "uno");
});

test("both deleted: nothing is left to argue about", async () => {
  const one = await agreed("merge");
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("title = 'eins'");
  await garden.drain();
  await garden.remove(one.path);
  await one.deleteRow();
  await garden.settle();
  assert.deepEqual([await one.row(), await one.file()], [null, null]);
  assert.equal((await one.conflict())!.state, "resolved");
});

test("a collection that keeps no history keeps what it still needs: a merge whose upload never came goes on", async () => {
  const one = await agreed("forgetful");
  await one.editFile((text) => text.replace("one", "uno"));
  await one.editRow("mood = 'merry'");
  const down = {
    ...garden.bucket("content"),
    write: () => Promise.reject(new TypeError("connection reset")),
  };
  await garden.drain({ bucket: () => down });
  assert.equal(await one.file(), BASE.replace("one", "uno"), "not yet");
  await garden.settle();
  assert.equal(await one.file(), BASE.replace("one", "uno").replace("calm", "merry"));
  await one.editRow("mood = 'sad'");
  await garden.settle();
  const kept = await garden.sql.query("select revision from frontrow.revisions where path = $1", [one.path]);
  assert.ok(kept.length <= 2, `${kept.length} revisions are kept`);
});

test("resolving what is not in conflict says so", async () => {
  const one = await agreed("merge");
  await assert.rejects(one.resolve("row"), { code: "NOT_FOUND" });
});

test("a file and a row of the same name that meet for the first time: same or merged, else held", async () => {
  await garden.sql.query("insert into public.merge (slug, title, mood) values ('met', 'one', 'merry')");
  await garden.upload("merge/met.md", "---\ntitle: one\ntags: [x]\n---\n");
  await garden.settle();
  const [row] = await garden.sql.query("select title, mood, tags from public.merge where slug = 'met'");
  assert.deepEqual(row, { title: "one", mood: "merry", tags: ["x"] });
  assert.match((await garden.read("merge/met.md"))!, /mood: merry/);

  await garden.sql.query("insert into public.merge (slug, title) values ('clash', 'eins')");
  await garden.upload("merge/clash.md", "---\ntitle: uno\n---\n");
  const { counts } = await garden.drain();
  assert.deepEqual(counts, { conflict: 1 });
});

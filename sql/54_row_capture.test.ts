/** What the capture says is what the rows' texts say: differences that "=" does not see, keys of every type, any session. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import { defineCollection, defineConfig } from "../shared/collections/mod.ts";

const config = defineConfig({
  collections: [
    defineCollection({
      name: "days",
      table: "days",
      path: "days/:day/:n-day/:label.md",
      fields: z.object({
        title: z.string().nullish(),
        score: z.number().nullish(),
        ratio: z.number().nullish(),
        tags: z.array(z.string()).nullish(),
        notes: z.record(z.string(), z.unknown()).nullish(),
      }),
      body: "body",
    }),
  ],
});

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config,
    schema: `create table public.days (day date, n int, label text, title text, score numeric, ratio float8, tags text[],
      notes jsonb, body text, unmapped text, deleted_at timestamptz, unique (day, n, label) deferrable)`,
  });
});
after(() => garden.stop());
beforeEach(() => garden.sql.exec("truncate public.days; delete from frontrow.dirty"));

/** What the capture said; a sweep of pg_cron's may say something too, of nobody's change. */
async function signals(): Promise<string[]> {
  const found = await garden.sql.query<{ path: string; gone: boolean; actor: string | null }>(
    "delete from frontrow.dirty returning path, gone, actor",
  );
  const seen = found.filter(({ actor }) => actor !== null);
  return seen.map(({ path, gone }) => (gone ? `${path} gone` : path)).sort();
}

/** What a file of each live row would hold, in texts, by path. */
async function texts(): Promise<Map<string, string>> {
  const found = await garden.sql.query<{ path: string; text: string }>(
    `select 'days/' || to_char(day, 'YYYY-MM-DD') || '/' || n || '-day/' || frontrow.encode_value(label, false) || '.md' as path,
      row(title, score, ratio, tags, notes, body)::text as text
    from public.days where deleted_at is null and day is not null`,
  );
  return new Map(found.map(({ path, text }) => [path, text]));
}

const insert = `insert into public.days (day, n, label, score, ratio, notes) values ('2024-02-01', 1, 'a', 1.0, 0, '{"x": 1.0}')`;
const PATH = "days/2024-02-01/1-day/a.md";

test("what is equal to the type but not to a reader is a change; what is the same to the byte is none", async () => {
  await garden.sql.query(insert);
  await signals();
  for (const change of [
    "score = 1.00",
    "ratio = '-0'",
    `notes = '{"x": 1.00}'`,
    "tags = '{}'",
    "body = ''",
  ]) {
    await garden.sql.query(`update public.days set ${change}`);
    assert.deepEqual(await signals(), [PATH], change);
    await garden.sql.query(`update public.days set ${change}`);
    assert.deepEqual(await signals(), [], change);
  }
});

test("a date in a path is spelled the same in every session", async () => {
  await garden.sql.exec("set datestyle = 'German'");
  try {
    await garden.sql.query(insert);
    await garden.sql.query("update public.days set title = 'x'");
    await garden.sql.query("delete from public.days");
  } finally {
    await garden.sql.exec("reset datestyle");
  }
  assert.deepEqual(await signals(), [PATH, PATH, `${PATH} gone`]);
});

const change = fc.record({
  set: fc.constantFrom(
    "title = 'x'",
    "title = label",
    "title = null",
    "score = 1.0",
    "score = 1.00",
    "unmapped = unmapped || 'x'",
    "body = repeat('long ', 2000)",
    "body = repeat('long ', 2000) || label",
    "deleted_at = now()",
    "deleted_at = null",
    "n = n + 1",
    "n = 4 - n",
    "label = case label when 'a' then 'b' when 'b' then 'a' else label end",
    "label = upper(label)",
    "day = day + 1",
    "day = null",
    "tags = array[title]",
  ),
  where: fc.constantFrom("true", "n < 3", "label = 'a'", "label > 'B'", "false", "title is null"),
});

test("an update names exactly the documents whose texts it changed", async () => {
  const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
    await garden.sql.exec(`truncate public.days; insert into public.days (day, n, label, title)
      select '2024-01-01', n, label, 't' from generate_series(1, 3) as n, unnest('{a,b,B,é x.y,a.conflict}'::text[]) as label`);
    await signals();
    for (const { set, where } of changes) {
      const before = await texts();
      await garden.sql.query(`update public.days set ${set} where ${where}`).catch((error) => {
        assert.match(String(error), /unique/);
      });
      const after = await texts();
      const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
        (path) => before.get(path) !== after.get(path),
      );
      const expected = differing.map((path) => (after.has(path) ? path : `${path} gone`)).sort();
      const said = await signals();
      // A row that is softly deleted already has no file: what changes in it is said, as gone.
      assert.deepEqual(
        said.filter((signal) => expected.includes(signal) || !signal.endsWith(" gone")),
        expected,
        `${set} where ${where}`,
      );
    }
  });
  await fc.assert(property, { numRuns: 10 });
});

test("an update of one row's key names both paths, one to null the one that is gone", async () => {
  await garden.sql.query(insert);
  await signals();
  await garden.sql.query("update public.days set n = 2, title = 'x'");
  assert.deepEqual(await signals(), [`${PATH} gone`, "days/2024-02-01/2-day/a.md"]);
  await garden.sql.query("update public.days set day = null");
  assert.deepEqual(await signals(), ["days/2024-02-01/2-day/a.md gone"]);
});

test("a statement over many rows says each once, after a statement over one", async () => {
  await garden.sql.query(
    "insert into public.days (day, n, label, body) select '2024-01-01', i, 'a', repeat('b', 300) from generate_series(1, 3000) as i",
  );
  await signals();
  await garden.sql.query("update public.days set title = 'x' where n = 1");
  assert.equal((await signals()).length, 1);
  await garden.sql.query("update public.days set title = 'x', unmapped = 'y'");
  const said = await signals();
  assert.deepEqual([said.length, new Set(said).size], [2999, 2999]);
  await garden.sql.query("update public.days set n = n + 10000 where n > 2000");
  assert.equal((await signals()).filter((signal) => signal.endsWith(" gone")).length, 1000);
});

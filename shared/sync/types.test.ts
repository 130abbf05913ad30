/** Every column type, there and back: what a row holds is what it holds after a trip through its file. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { defineCollection, defineConfig } from "../collections/mod.ts";

const anything = z.unknown();
const TYPES = {
  text_: "text",
  flag: "boolean",
  small: "int2",
  medium: "int4",
  big: "int8",
  amount: "numeric",
  ratio: "float8",
  day: "date",
  moment: "timestamptz",
  ref: "uuid",
  list: "text[]",
  data: "jsonb",
  kind: "public.kind",
} as const;
type Column = keyof typeof TYPES;

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config: defineConfig({
      collections: [
        defineCollection({
          name: "things",
          table: "things",
          path: "things/:slug.md",
          fields: z.object({
            title: z.string(),
            ...Object.fromEntries(Object.keys(TYPES).map((name) => [name, anything])),
          }),
          body: "body",
          extra: "rest",
        }),
      ],
    }),
    schema: `create type public.kind as enum ('a', 'B c', 'yes', '1');
      create table public.things (slug text primary key, title text not null,
        ${Object.entries(TYPES)
          .map(([name, type]) => `${name} ${type}`)
          .join(", ")},
        rest jsonb, body text not null default '');`,
  });
});
after(() => garden.stop());

const VALUES: [column: Column, ...values: string[]][] = [
  [
    "text_",
    "",
    " ",
    "null",
    "~",
    "true",
    "yes",
    "012",
    "1.10",
    "1e3",
    "2024-01-01",
    "a: b",
    "# no comment",
    "- x",
    "[a",
    "{b",
    "'",
    '"',
    "a\nb",
    "a\n",
    "\n",
    "  x",
    "x  ",
    "\t",
    "é",
    "🌱",
    "---",
    "\\",
    "a\\nb",
    "%",
    "@x",
    "`x`",
    "|",
    ">",
    "!x",
    "&x",
    "*x",
    "? x",
    "a\r\nb",
    "\u00a0",
    "\u2028",
    "\u0085",
    "\u007f",
    "\u0001",
  ],
  ["flag", "true", "false"],
  ["small", "-32768", "32767", "0"],
  ["medium", "-2147483648", "2147483647"],
  ["big", "9223372036854775807", "-9223372036854775808", "9007199254740993"],
  [
    "amount",
    "0",
    "0.10",
    "1.50",
    "-0.000000000000000000001",
    "123456789012345678901234567890.123456789",
    "1e-30",
    "1e40",
    "NaN",
  ],
  ["ratio", "0", "0.1", "1e300", "-1.5e-300", "1e21", "123456789.125", "-0"],
  ["day", "2024-02-29", "0001-01-01", "9999-12-31"],
  [
    "moment",
    "2024-05-06 07:08:09+00",
    "2024-05-06 07:08:09.123456+00",
    "1969-12-31 23:59:59.999999+00",
    "2024-05-06 23:59:59+09",
  ],
  ["ref", "123e4567-e89b-12d3-a456-426614174000"],
  ["list", "{}", "{a}", "{a,b}", '{"",null,"null","a, b","{x}","\\"q\\"","true","012"}'],
  [
    "data",
    "true",
    "0",
    "1.10",
    '"x"',
    "[]",
    "{}",
    '{"b": 1, "a": [1.50, null, {"c": "d: e"}]}',
    "9007199254740993",
    '"\\u00e9\\n"',
    '{"": 1, "a b": 2, "true": 3, "null": null}',
  ],
  ["kind", "a", "B c", "yes", "1"],
];

const cell = async (column: Column, slug: string) =>
  (
    await garden.sql.query<{ value: string | null }>(
      `select ${column}::text as value from public.things where slug = $1`,
      [slug],
    )
  )[0]!.value;

for (const [column, ...values] of VALUES) {
  test(`${TYPES[column]}: from the row to the file and back`, async () => {
    const slugs = values.map((_, i) => `${column.replace("_", "")}${i}`);
    for (const [i, value] of values.entries()) {
      await garden.sql.query(
        `insert into public.things (slug, title, ${column}) values ($1, 'One', $2::text::${TYPES[column]})`,
        [slugs[i], value],
      );
    }
    const stored = await Promise.all(slugs.map((slug) => cell(column, slug)));
    const results = await garden.settle();
    assert.deepEqual(
      results.filter(({ outcome }) => outcome !== "created" && outcome !== "unchanged"),
      [],
    );
    // An edit of the file carries the whole header back.
    for (const slug of slugs) {
      const path = `things/${slug}.md`;
      await garden.upload(path, (await garden.read(path))!.replace("title: One", "title: Two"));
    }
    const again = await garden.settle();
    assert.deepEqual(
      again.filter(({ outcome }) => outcome !== "updated"),
      [],
    );
    for (const [i, slug] of slugs.entries()) {
      assert.equal(
        await cell(column, slug),
        stored[i],
        `${JSON.stringify(values[i])}:\n${await garden.read(`things/${slug}.md`)}`,
      );
      assert.equal(
        (await garden.sql.query("select title from public.things where slug = $1", [slug]))[0]!.title,
        "Two",
      );
    }
    assert.equal((await garden.hub.backfill({})).marked, 0);
  });
}

test("what no header can hold is the row's to mend, and says so", async () => {
  for (const [column, value] of [
    ["day", "infinity"],
    ["day", "0044-03-15 BC"],
    ["moment", "-infinity"],
    ["ratio", "NaN"],
    ["ratio", "Infinity"],
    ["data", "null"],
  ] as const) {
    const slug = `odd${value.replace(/\W/g, "")}${column}`.toLowerCase();
    await garden.sql.query(
      `insert into public.things (slug, title, ${column}) values ($1, 'One', $2::text::${TYPES[column]})`,
      [slug, value],
    );
    const results = await garden.settle();
    const [result] = results.filter(({ path }) => path === `things/${slug}.md`);
    if (result!.outcome === "quarantined") {
      const [entry] = (await garden.hub.report()).quarantine.filter(({ path }) => path.includes(slug));
      assert.equal(entry!.store, "table");
      assert.match(entry!.message, new RegExp(column));
    } else {
      assert.equal(result!.outcome, "created");
      const before = await cell(column, slug);
      await garden.upload(
        `things/${slug}.md`,
        (await garden.read(`things/${slug}.md`))!.replace("title: One", "title: Two"),
      );
      await garden.settle();
      assert.equal(await cell(column, slug), before, value);
    }
  }
});

test("keys without a column live in the catch-all, both ways", async () => {
  const path = "things/extra.md";
  await garden.upload(path, "---\ntitle: One\npet: cat # a comment\nsize: 012\n---\n");
  await garden.settle();
  const rest = async () =>
    (await garden.sql.query("select rest from public.things where slug = 'extra'"))[0]!.rest;
  assert.deepEqual(await rest(), { pet: "cat", size: 12 });
  await garden.sql.query(
    `update public.things set rest = rest || '{"pet": "dog", "home": ["a", 1]}' where slug = 'extra'`,
  );
  await garden.settle();
  assert.match((await garden.read(path))!, /^---\ntitle: One\npet: dog # a comment\nsize: 012\nhome:/);
  await garden.sql.query(`update public.things set rest = rest - 'pet' where slug = 'extra'`);
  await garden.settle();
  assert.doesNotMatch((await garden.read(path))!, /pet/);
  assert.equal((await garden.hub.backfill({})).marked, 0);
});

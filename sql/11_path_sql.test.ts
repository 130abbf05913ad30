/** The fast spelling of a row's path is frontrow.build_path's, for every template and every value. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import { compileTemplate, type PathToken } from "../shared/document/path.ts";
import vectors from "../shared/document/path-vectors.json" with { type: "json" };

let db: PGlite;

before(async () => {
  db = await PGlite.create();
  await db.exec(
    "create role anon; create role authenticated; create role service_role; create schema frontrow;",
  );
  for (const file of ["10_paths.sql", "11_path_sql.sql"]) {
    await db.exec(readFileSync(new URL(`./${file}`, import.meta.url), "utf8"));
  }
  await db.exec("create function public.asked() returns text language sql as $$ select 'build_path' $$");
});
after(() => db.close());

type Values = readonly (string | null)[];

/** The expression over a row `arg` of key values, as JSON. */
async function expressionFor(tokens: readonly PathToken[], texts?: readonly boolean[]): Promise<string> {
  const params = tokens.filter((token) => typeof token !== "string");
  const keys = params.map((_, i) => `(arg ->> ${i})`);
  const { rows } = await db.query<{ sql: string }>("select frontrow.path_sql($1, $2, $3) as sql", [
    JSON.stringify(tokens),
    keys,
    texts ?? params.map(() => true),
  ]);
  return rows[0]!.sql;
}

async function ask(expression: string, args: readonly Values[]): Promise<(string | null)[]> {
  const query = `select ${expression} as answer from jsonb_array_elements($1::jsonb) with ordinality as a (arg, place) order by place`;
  const { rows } = await db.query<{ answer: string | null }>(query, [JSON.stringify(args)]);
  return rows.map((row) => row.answer);
}

const slow = (tokens: readonly PathToken[]) =>
  `frontrow.build_path('${JSON.stringify(tokens).replaceAll("'", "''")}', array(select jsonb_array_elements_text(arg)))`;

/** How many of the paths were made without asking build_path. */
async function agree(tokens: readonly PathToken[], args: readonly Values[]): Promise<number> {
  const fast = await expressionFor(tokens);
  assert.deepEqual(await ask(fast, args), await ask(slow(tokens), args), JSON.stringify(tokens));
  const spied = fast.replace(/frontrow\.build_path\('.*?'::jsonb, array\[.*?\]\)/, "public.asked()");
  return (await ask(spied, args)).filter((path) => path !== "build_path").length;
}

const TEMPLATES = [
  "users/:user/parts/:slug.md",
  "a/:x/:rest*.md",
  ":rest*",
  "deep/:rest*/:slug.mdx",
  "it's/:slug/index.md",
  "n=C3=A9/:slug",
  ...vectors.templates.map(({ template }) => template),
].map((template) => compileTemplate(template).tokens);

/** What no template should be, and where a plain value makes an ignored or a reserved name. */
const TRAPS: PathToken[][] = [
  [{ param: "x", many: false }, ".db"],
  [{ param: "x", many: false }, ".ini"],
  [{ param: "x", many: false }, ".tmp"],
  [{ param: "x", many: false }, ".conflict.md"],
  [{ param: "x", many: false }, ".conflict"],
  [".", { param: "x", many: false }],
  ["._", { param: "x", many: false }, ".md"],
  ["a.", { param: "x", many: false }, ".md"],
  ["a.", { param: "x", many: true }],
  ["=7E$", { param: "x", many: false }, ".md"],
  ["a/", { param: "x", many: false }, "=7E"],
  [{ param: "x", many: false }, "/.DS_Store"],
];

const word = fc.constantFrom("Thumbs", "desktop", "DS_Store", "conflict", "swp", "emptyFolderPlaceholder");
const hard = fc.constantFrom(..."/.=%#\\: |aZ09é\u202e\n日🌱~$'", "//", "..", ".md", ".conflict", ".tmp");
const long = fc.integer({ min: 200, max: 270 }).map((length) => "x".repeat(length));
const value = fc.oneof(
  { arbitrary: fc.stringMatching(/^[A-Za-z0-9_!*'() &$@;:+,?/-]{1,12}$/), weight: 4 },
  word,
  long,
  fc.constant(null),
  fc.string({ unit: hard }),
  fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", "").normalize("NFC")),
);

describe("path_sql", () => {
  it("answers as build_path does", async () => {
    let fast = 0;
    for (const tokens of [...TEMPLATES, ...TRAPS]) {
      const length = tokens.filter((token) => typeof token !== "string").length;
      const args = fc.sample(fc.array(value, { minLength: length, maxLength: length }), 120);
      fast += await agree(tokens, args);
    }
    assert.ok(fast > 200, `only ${fast} of the paths were made the fast way`);
  });

  it("answers the vectors", async () => {
    for (const { tokens, key, built, unbuildable } of vectors.templates) {
      const valuesOf = (values: object) => key.map((name) => (values as Record<string, string>)[name]!);
      const expression = await expressionFor(tokens as PathToken[]);
      assert.deepEqual(
        await ask(
          expression,
          built.map(({ values }) => valuesOf(values)),
        ),
        built.map(({ path }) => path),
      );
      assert.deepEqual(
        await ask(expression, unbuildable.map(valuesOf)),
        unbuildable.map(() => null),
      );
    }
  });

  it("asks nothing where values are plain, or can be nothing else", async () => {
    const { tokens } = compileTemplate("users/:user/parts/:slug.md");
    assert.equal(await agree(tokens, [["me", "the-critic"]]), 1);
    const { tokens: nested } = compileTemplate("docs/:path*.md");
    assert.equal(await agree(nested, [["My folder/deeper/note"]]), 1);
    const numbered = await expressionFor(tokens, [false, false]);
    assert.doesNotMatch(numbered, /~/);
    assert.deepEqual(await ask(numbered, [["7", "-12"]]), ["users/7/parts/-12.md"]);
  });

  it("leaves names that could be ignored or reserved to build_path", async () => {
    for (const tokens of TRAPS) assert.match(await expressionFor(tokens), /^frontrow\.build_path/);
  });
});

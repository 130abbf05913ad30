import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import { compileTemplate } from "../shared/document/path.ts";
import { encodeValue } from "../shared/document/path-codec.ts";
import vectors from "../shared/document/path-vectors.json" with { type: "json" };

let db: PGlite;

before(async () => {
  db = await PGlite.create();
  await db.exec(
    "create role anon; create role authenticated; create role service_role; create schema frontrow;",
  );
  await db.exec(readFileSync(new URL("./10_paths.sql", import.meta.url), "utf8"));
});
after(() => db.close());

/**
 * The answers of one expression over a list of arguments (`arg`), in one query. They cross as JSON, since PGlite's client
 * drops a U+FEFF at the start of a text.
 */
async function ask(expression: string, args: readonly unknown[]): Promise<unknown[]> {
  const query = `select to_jsonb(${expression}) as answer from jsonb_array_elements($1::jsonb) with ordinality as a (arg, place) order by place`;
  const { rows } = await db.query<{ answer: unknown }>(query, [JSON.stringify(args)]);
  return rows.map((row) => row.answer);
}

const encode = "frontrow.encode_value(arg ->> 'value', (arg ->> 'many')::boolean)";
const decode = "frontrow.decode_value(arg ->> 0)";
const build =
  "frontrow.build_path(arg -> 'tokens', array(select jsonb_array_elements_text(arg -> 'values')))";
const parse = "frontrow.path_values(arg ->> 'pattern', arg ->> 'path')";

describe("values", () => {
  it("passes the vectors", async () => {
    assert.deepEqual(
      await ask(encode, vectors.values),
      vectors.values.map((vector) => vector.encoded),
    );
    const encoded = vectors.values.map((vector) => [vector.encoded]);
    assert.deepEqual(
      await ask(decode, encoded),
      vectors.values.map((vector) => vector.value),
    );
    assert.deepEqual(
      await ask(encode, vectors.unencodable),
      vectors.unencodable.map(() => null),
    );
    assert.deepEqual(
      await ask(
        decode,
        vectors.undecodable.map((text) => [text]),
      ),
      vectors.undecodable.map(() => null),
    );
  });

  it("answers null to null", async () => {
    const { rows } = await db.query(
      `select frontrow.encode_value(null, false) as a, frontrow.decode_value(null) as b,
        frontrow.build_path(null, '{a}') as c, frontrow.build_path('["a", {"param": "x", "many": false}]', '{null}') as d,
        frontrow.build_path('["a", {"param": "x", "many": false}]', '{}') as e,
        frontrow.build_path('["a"]', '{b}') as f, frontrow.path_values('^(a)$', null) as g`,
    );
    assert.deepEqual(rows, [{ a: null, b: null, c: null, d: null, e: null, f: null, g: null }]);
  });
});

describe("templates", () => {
  for (const { template, tokens, pattern, key, built, refused, foreign, unbuildable } of vectors.templates) {
    const inOrder = (values: object) => key.map((name) => (values as Record<string, string>)[name]);
    it(`passes the vectors of ${template}`, async () => {
      const keys = built.map(({ values }) => inOrder(values));
      const paths = built.map(({ path }) => path);
      assert.deepEqual(
        await ask(
          build,
          keys.map((values) => ({ tokens, values })),
        ),
        paths,
      );
      assert.deepEqual(
        await ask(
          parse,
          paths.map((path) => ({ pattern, path })),
        ),
        keys,
      );
      const no = [...refused, ...foreign].map((path) => ({ pattern, path }));
      assert.deepEqual(
        await ask(parse, no),
        no.map(() => null),
      );
      const not = unbuildable.map((values) => ({ tokens, values: inOrder(values) }));
      assert.deepEqual(
        await ask(build, not),
        not.map(() => null),
      );
    });
  }
});

const hard = fc.constantFrom(..."/.=%#\\: aZ09é\u202e\n日🌱\ufeff", "=2F", "3D", "..");
const value = fc
  .oneof(fc.string({ unit: "binary" }), fc.string({ unit: hard }), fc.string({ unit: "grapheme" }))
  .map((text) => text.replaceAll("\0", "").normalize("NFC"));

/** What TypeScript answers, with `null` for a refusal. */
function attempt<T>(run: () => T): T | null {
  try {
    return run();
  } catch {
    return null;
  }
}

describe("SQL and TypeScript agree", () => {
  it("on how any value is spelled", async () => {
    const args = fc.sample(fc.record({ value, many: fc.boolean() }), 4000);
    const expected = args.map(({ value, many }) => attempt(() => encodeValue(value, many)));
    assert.deepEqual(await ask(encode, args), expected);
  });

  it("on which paths are of a template, and with which values", async () => {
    const template = compileTemplate("a/:x/:rest*.md");
    const piece = fc.oneof(
      fc.constantFrom(
        "a/",
        "/",
        ".",
        "..",
        "=2E",
        "=2F",
        "=C3=A9",
        "=c3",
        "=41",
        "é",
        ".md",
        "=3D",
        "=00",
        "=ED=A0=80",
      ),
      fc
        .tuple(
          value.filter((text) => text !== ""),
          fc.boolean(),
        )
        .map(([text, many]) => attempt(() => encodeValue(text, many)) ?? "q"),
      fc
        .array(fc.integer({ min: 128, max: 255 }), { maxLength: 4 })
        .map((bytes) => bytes.map((byte) => `=${byte.toString(16).toUpperCase()}`).join("")),
    );
    const paths = fc
      .sample(fc.tuple(piece, fc.array(piece, { minLength: 1, maxLength: 3 })), 4000)
      .map(([x, rest]) => ({ pattern: template.pattern, path: `a/${x}/${rest.join("")}.md` }));
    const answers = await ask(parse, paths);
    let ours = 0;
    answers.forEach((answer, index) => {
      const { path } = paths[index]!;
      const values = attempt(() => template.parse(path));
      if (values !== null) ours++;
      const expected = values && [values.x, values.rest];
      // The one difference: SQL does not look at normal forms.
      if (answer !== null && expected === null) {
        assert.notDeepEqual(
          answer,
          (answer as string[]).map((text) => text.normalize("NFC")),
          path,
        );
      } else assert.deepEqual(answer, expected, path);
    });
    assert.ok(ours > 300, `only ${ours} of the paths were of the template`);
  });
});

describe("ignored names", () => {
  it("are all like one of the likes, encoded or not", async () => {
    const piece = fc.constantFrom(
      ...["a", "/", ".", "~", "~$", "#", "_", "=7E", "=23", ".DS_Store", ".swp", ".swx", ".tmp", "Thumbs.db"],
      ...["desktop.ini", ".emptyFolderPlaceholder", ".md", "\n"],
    );
    const names = fc.sample(
      fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
      5000,
    );
    const plain = "replace(replace(frontrow.ignored_names(), '=23', '#'), '=7E', '~')";
    const answers = await ask(
      `jsonb_build_array(
        arg #>> '{}' ~ ('^' || frontrow.ignored_names()) or arg #>> '{}' ~ ('^' || ${plain}),
        arg #>> '{}' like any (frontrow.ignored_likes()))`,
      names,
    );
    const isIgnored = (index: number): boolean => (answers[index] as boolean[])[0]!;
    assert.deepEqual(
      names.filter((_, index) => isIgnored(index) && !(answers[index] as boolean[])[1]),
      [],
    );
    assert.ok(names.filter((_, index) => isIgnored(index)).length > 500);
  });
});

describe("the functions", () => {
  it("cannot be called from outside", async () => {
    const { rows } = await db.query<{ granted: boolean }>(
      `select bool_or(has_function_privilege(role, p.oid, 'execute')) as granted
      from pg_proc as p, unnest('{anon,authenticated}'::text[]) as role where p.pronamespace = 'frontrow'::regnamespace`,
    );
    assert.deepEqual(rows, [{ granted: false }]);
  });

  it("say what they do, and cannot be tricked by a search path", async () => {
    const { rows } = await db.query(
      `select p.proname from pg_proc as p where p.pronamespace = 'frontrow'::regnamespace
      and (p.proconfig is distinct from '{"search_path=\\"\\""}' or obj_description(p.oid) is null)`,
    );
    assert.deepEqual(rows, []);
  });
});

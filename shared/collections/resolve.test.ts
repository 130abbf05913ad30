import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { FrontrowError } from "../errors.ts";
import { type Collection, type Config, defineCollection, defineConfig } from "./define.ts";
import { registrationOf } from "./registration.ts";
import { collectionNamed, collectionOf, resolveConfig } from "./resolve.ts";

const fields = z.object({ name: z.string(), tags: z.array(z.string()).optional() });
const parts: Collection = { name: "parts", table: "parts", path: "users/:user_id/parts/:slug.md", fields };

/** The error of a configuration with these collections, each over a sound one. */
function refusalOf(...changes: Record<string, unknown>[]): FrontrowError {
  const collections = changes.map((change) => ({ ...parts, ...change }) as Collection);
  try {
    resolveConfig({ collections });
  } catch (error) {
    assert.ok(error instanceof FrontrowError, String(error));
    assert.equal(error.code, "CONFIG_INVALID");
    return error;
  }
  throw new Error(`taken: ${JSON.stringify(changes)}`);
}

describe("resolveConfig", () => {
  it("fills in every default", () => {
    const [collection] = resolveConfig(defineConfig({ collections: [parts] })).collections;
    const { path, zod, ...rest } = collection!;
    assert.equal(path.template, "users/:user_id/parts/:slug.md");
    assert.equal(zod, fields);
    assert.deepEqual(rest, {
      name: "parts",
      schema: "public",
      table: "parts",
      bucket: "content",
      fields: [
        { field: "name", column: "name" },
        { field: "tags", column: "tags" },
      ],
      lines: [],
      body: null,
      extra: null,
      policies: {
        conflict: "merge",
        conflictCopy: false,
        deletes: "edit-wins",
        rowDelete: "auto",
        direction: "two-way",
        lists: { name: "set", tags: "set" },
        bodyMerge: "sections",
        authority: {},
        valve: { share: 0.2, atLeast: 10 },
        breaker: { turns: 6, minutes: 10, seconds: 10 },
        history: "all",
        maxBytes: 5_242_880,
      },
      ids: null,
      templates: {},
    });
  });

  it("keeps what was chosen", () => {
    const chosen = defineCollection({
      name: "posts",
      table: "blog.posts",
      bucket: "blog",
      path: "posts/:slug*.md",
      fields: z.object({ title: z.string(), tags: z.array(z.string()) }),
      columns: { title: "heading" },
      body: "text",
      extra: "rest",
      policies: { lists: { tags: "list" }, authority: { title: "table" }, valve: { share: 1 }, history: 0 },
    });
    const [collection] = resolveConfig({ collections: [chosen] }).collections;
    const { schema, table, bucket, body, extra, policies } = collection!;
    assert.deepEqual([schema, table, bucket, body, extra], ["blog", "posts", "blog", "text", "rest"]);
    assert.deepEqual(collection!.fields[0], { field: "title", column: "heading" });
    assert.deepEqual(policies.lists, { title: "set", tags: "list" });
    assert.deepEqual([policies.valve, policies.history], [{ share: 1, atLeast: 10 }, 0]);
  });

  it("compiles ids, and names a template after its file", () => {
    const ids = { key: "slug", format: "INFRA-{n}" };
    const [one] = resolveConfig({
      collections: [{ ...parts, ids, templates: "templates/story.v2.md" }],
    }).collections;
    assert.equal(one!.ids?.key, "slug");
    assert.equal(one!.ids?.format.write(105), "INFRA-105");
    assert.deepEqual(one!.templates, { "story.v2": "templates/story.v2.md" });
    const templates = { story: "a.md", bug: "b/c.md" };
    const [two] = resolveConfig({ collections: [{ ...parts, templates }] }).collections;
    assert.deepEqual(Object.entries(two!.templates), Object.entries(templates), "in their order");
  });

  it("lets a key column be a field, under its own name", () => {
    const eip = { table: "eips", path: "eip-:eip.md", fields: z.object({ eip: z.int() }) };
    assert.doesNotThrow(() => resolveConfig({ collections: [{ ...parts, ...eip }] }));
    assert.equal(
      refusalOf({ ...eip, fields: z.object({ number: z.int() }), columns: { number: "eip" } }).rule,
      "key-column",
    );
  });

  const wrong: [what: string, rule: string, ...changes: Record<string, unknown>[]][] = [
    ["a name with capitals", "name", { name: "Parts" }],
    ["the name of all collections", "reserved-name", { name: "all" }],
    ["a name twice", "duplicate-name", {}, { table: "other", path: "other/:slug.md" }],
    ["a table twice", "duplicate-table", {}, { name: "b", table: "public.parts", path: "other/:slug.md" }],
    [
      "overlapping templates",
      "overlapping-templates",
      {},
      { name: "b", table: "b", path: "users/:a/:b/:c.md" },
    ],
    ["a table of auth", "table", { table: "auth.users" }],
    ["a table of storage", "table", { table: "storage.objects" }],
    ["a table of Postgres", "table", { table: "pg_catalog.pg_class" }],
    ["a table of the hub", "table", { table: "frontrow.documents" }],
    ["a table without a name", "table", { table: "public." }],
    ["a table name Postgres would cut", "table", { table: "t".repeat(64) }],
    ["a template without a param", "path-template", { path: "parts.md" }],
    ["a field that is not", "unknown-field", { columns: { nmae: "name" } }],
    ["a list that is not a field", "unknown-field", { policies: { lists: { tag: "set" } } }],
    ["authority over what is not a field", "unknown-field", { policies: { authority: { body: "table" } } }],
    ["two fields in a column", "column-twice", { columns: { tags: "name" } }],
    ["a body column that is a field", "body-column", { body: "name" }],
    ["a body column that is a key", "body-column", { body: "slug" }],
    ["an extra column that is a field", "extra-column", { extra: "tags" }],
    ["one column for body and extra", "extra-column", { body: "x", extra: "x" }],
    ["the soft delete mark as a field", "reserved-column", { columns: { name: "deleted_at" } }],
    ["a column that grants something", "sensitive-column", { columns: { name: "role" } }],
    ["a field JavaScript keeps", "field-name", { fields: z.object({ constructor: z.string() }) }],
    ["fields that are no zod object", "shape", { fields: { name: z.string() } }],
    ["an option there is not", "shape", { folder: "parts" }],
    ["a policy there is not", "shape", { policies: { conflicts: "merge" } }],
    ["a choice there is not", "shape", { policies: { conflict: "mine" } }],
    ["a sentinel that is no path of it", "sentinel", { policies: { valve: { sentinel: "elsewhere.md" } } }],
    ["a share over 1", "shape", { policies: { valve: { share: 20 } } }],
    ["an id that is no param of the path", "ids-key", { ids: { key: "id", format: "P-{n}" } }],
    ["an id format without a number", "ids-format", { ids: { key: "slug", format: "P-n" } }],
    ["ids with an option there is not", "shape", { ids: { key: "slug", format: "P-{n}", first: 5 } }],
    ["a line that is not a field", "unknown-field", { lines: ["Status"] }],
    ["a line whose name holds a colon", "lines", { fields: z.object({ "a:b": z.string() }), lines: ["a:b"] }],
    ["no template", "templates", { templates: {} }],
    ["a template whose name is none", "templates", { templates: { "A story": "a.md" } }],
    ["a template outside the folder", "templates", { templates: "../a.md" }],
    ["a template at an absolute path", "templates", { templates: "/etc/a.md" }],
    ["a bucket with a slash", "shape", { bucket: "a/b" }],
  ];
  for (const [what, rule, ...changes] of wrong) {
    it(`refuses ${what}`, () => assert.equal(refusalOf(...changes).rule, rule));
  }

  it("tells all that is wrong at once, and where", () => {
    const error = refusalOf({ columns: { nmae: "name" }, body: "name", table: "auth.users" });
    assert.equal(error.message.match(/^- collection "parts": /gm)?.length, 3, error.message);
  });

  it("refuses what is no configuration", () => {
    for (const config of [
      null,
      {},
      { collections: [] },
      { collections: [null] },
      { collections: [parts], x: 1 },
    ]) {
      assert.throws(() => resolveConfig(config as unknown as Config), {
        code: "CONFIG_INVALID",
        rule: "shape",
      });
    }
  });

  it("takes the same template in another bucket, and sensitive columns that are allowed", () => {
    const other = { ...parts, name: "others", table: "others", bucket: "others", columns: { name: "role" } };
    resolveConfig({ collections: [parts, { ...other, allowSensitive: ["role"] }] });
  });
});

describe("finding a collection", () => {
  const config = resolveConfig({
    collections: [parts, { ...parts, name: "b", table: "b", path: "b/:slug*.md" }],
  });
  it("by name and by object", () => {
    assert.equal(collectionNamed(config, "b").table, "b");
    assert.throws(() => collectionNamed(config, "c"), { code: "NOT_FOUND", message: /"parts", "b"/ });
    assert.equal(collectionOf(config, "content", "b/x/y.md")?.name, "b");
    assert.equal(collectionOf(config, "content", "b/../y.md")?.name, "b");
    assert.equal(collectionOf(config, "other", "b/x/y.md"), null);
    assert.equal(collectionOf(config, "content", "b/x/y.txt"), null);
  });
});

describe("registrationOf", () => {
  const registration = async (change: object = {}) =>
    registrationOf(resolveConfig({ collections: [{ ...parts, ...change } as Collection] }).collections[0]!);

  it("is plain JSON", async () => {
    const said = await registration({ body: "body" });
    assert.deepEqual(JSON.parse(JSON.stringify(said)), said);
    assert.deepEqual(said.key, ["user_id", "slug"]);
    assert.match(said.pattern, /\$\)users\/\(\[\^\/\]\+\)\/parts\/\(\[\^\/\]\+\)\\\.md\$$/);
    assert.match(said.scope + said.digest, /^[0-9a-f]{128}$/);
  });

  it("says of ids where their numbers stand, and of templates nothing", async () => {
    const before = await registration();
    assert.ok(!("ids" in before));
    assert.deepEqual(await registration({ templates: "story.md" }), before);
    const format = "Ü.{n:3}-x";
    const { ids } = await registration({
      path: "a+b/:user_id/:slug*/p.:id.md",
      ids: { key: "id", format },
    });
    assert.equal(ids?.format, format);
    const number = (pattern: string, text: string) => new RegExp(pattern).exec(text)?.[1];
    assert.equal(number(ids!.inPath, "a+b/ada/c/d/p.=C3=9C.00042-x.md"), "42");
    assert.equal(number(ids!.inPath, "aab/ada/c/d/p.=C3=9C.00042-x.md"), undefined);
    assert.equal(number(ids!.inPath, "a+b/ada/c/d/p.=C3=9C.42-xy.md"), undefined);
    assert.equal(number(ids!.inKey, "Ü.042-x"), "42");
    assert.equal(number(ids!.inKey, "Üa042-x"), undefined);
  });

  it("has a scope that changes with the documents there are, and a digest that changes with all", async () => {
    const before = await registration();
    const same = await registration({ policies: {}, columns: {} });
    assert.deepEqual(same, before);
    for (const change of [
      { bucket: "b" },
      { path: "x/:user_id/:slug.md" },
      { table: "t" },
      { table: "s.parts" },
    ]) {
      const after = await registration(change);
      assert.notEqual(after.scope, before.scope);
      assert.notEqual(after.digest, before.digest);
    }
    const ids = { key: "slug", format: "P-{n}" };
    for (const change of [
      { name: "p" },
      { body: "body" },
      { ids },
      { lines: ["name"] },
      { policies: { conflict: "newest" } },
    ]) {
      const after = await registration(change);
      assert.equal(after.scope, before.scope);
      assert.notEqual(after.digest, before.digest);
    }
  });
});

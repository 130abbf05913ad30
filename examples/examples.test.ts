import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import top from "../frontrow.config.ts";
import {
  type ColumnFacts,
  checkIdentity,
  columnsFrom,
  keyOf,
  resolveConfig,
  validateFields,
} from "../shared/collections/mod.ts";
import { createLineCodec, decode, placeOf, readFields } from "../shared/document/mod.ts";
import { encodeFilePath } from "../shared/document/path-disk.ts";
import eips from "./eips/example.ts";
import { contentFolder, type Example } from "./example.ts";
import garden from "./garden/example.ts";
import team from "./team-cache/example.ts";

const root = new URL("../", import.meta.url);
const exists = (folder: string) => existsSync(new URL(folder, root));

/** The columns of a table, as registration answers them. */
const FACTS = `select a.attname as column, a.attnotnull as not_null, a.atthasdef as has_default,
    case when t.typtype = 'e' then 'enum' when t.typname = '_text' then 'text[]' else t.typname::text end as type,
    (select array_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum as e where e.enumtypid = t.oid) as labels
  from pg_attribute as a join pg_type as t on t.oid = a.atttypid
  where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and t.typname <> 'bytea'`;

/** Makes the example's tables, reads all files of one collection as the engine does, and writes each as a row. */
async function load(
  example: Example,
  name = example.config.collections[0]!.name,
): Promise<{ db: PGlite; table: string; paths: string[] }> {
  const db = await PGlite.create();
  await db.exec(`create role anon; create role authenticated; create role service_role; create schema auth;
    create function auth.uid() returns uuid language sql stable as 'select null::uuid';`);
  await db.exec(readFileSync(new URL(example.schemaFile, root), "utf8"));

  const collection = resolveConfig(example.config).collections.find((one) => one.name === name);
  const table = `${collection!.schema}.${collection!.table}`;
  const { rows: facts } = await db.query<ColumnFacts>(FACTS, [table]);
  const columns = columnsFrom(collection!, facts);

  const codec = createLineCodec(collection!.lines);
  const folder = new URL(`${contentFolder(example, exists)}/`, root);
  const paths: string[] = [];
  const written: Record<string, unknown>[] = [];
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = encodeFilePath(entry);
    const key = keyOf(collection!, columns, path);
    if (key === null) continue;
    const document = codec.parseDocument(decode(readFileSync(new URL(encodeURI(entry), folder))));
    const fields = readFields(document, columns.mapping);
    const lineOf = (field: string) => {
      const found = document.entries.get(field);
      return found && placeOf(document, found).line;
    };
    try {
      validateFields(collection!, columns.mapping, fields, lineOf);
      checkIdentity(collection!, key, fields, lineOf);
    } catch (error) {
      assert.fail(`${path}: ${error} ${JSON.stringify(error)}`);
    }
    paths.push(path);
    const json = columns.mapping.fields.filter(({ type }) => type === "jsonb").map(({ column }) => column);
    if (collection!.extra !== null) json.push(collection!.extra);
    const plain = Object.entries(fields).map(([column, value]) =>
      json.includes(column) && typeof value === "string" ? [column, JSON.parse(value)] : [column, value],
    );
    written.push({ ...Object.fromEntries(plain), ...key, [collection!.body!]: document.body });
  }
  for (const row of written) {
    const names = Object.keys(row)
      .map((name) => `"${name}"`)
      .join(", ");
    await db.query(
      `insert into ${table} (${names}) select ${names} from jsonb_populate_record(null::${table}, $1)`,
      [JSON.stringify(row)],
    );
  }
  return { db, table, paths };
}

describe("the garden", () => {
  it("is what the project's configuration is", () => assert.equal(top, garden.config));

  it("has only files that are valid, each a row", async () => {
    const { db, paths } = await load(garden);
    assert.equal(paths.length, 22);
    assert.ok(paths.includes("users/ada/parts/r=C3=AAveuse.md"));
    const { rows } = await db.query(
      `select user_id, count(*)::int as parts from parts group by 1 order by 1`,
    );
    assert.deepEqual(rows, [
      { user_id: "ada", parts: 9 },
      { user_id: "bo", parts: 8 },
      { user_id: "mireille", parts: 5 },
    ]);
    const { rows: typed } = await db.query(
      `select tags, charge::text from parts where slug = 'the-accountant'`,
    );
    assert.deepEqual(typed, [
      { tags: ["fairness", "who paid last time", "1.10", "no", "2024-01-01"], charge: "0.3" },
    ]);
    await db.close();
  });

  it("is as varied as people are", () => {
    const read = (name: string) => readFileSync(new URL(`garden/content/users/${name}.md`, import.meta.url));
    assert.match(read("bo/parts/inner-teenager").toString(), /^---\r\n[^\n]*\r\n/);
    assert.deepEqual([...read("bo/parts/the-navigator").subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    assert.ok(!read("bo/parts/frozen-one").toString().endsWith("\n"));
  });

  it("lets owners, and only them, see their parts", async () => {
    const { db } = await load(garden);
    const owner = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    await db.exec(`create or replace function auth.uid() returns uuid language sql stable as $$ select '${owner}'::uuid $$;
      grant usage on schema auth to authenticated;
      update parts set user_id = '${owner}' where user_id = 'bo';
      update parts set deleted_at = now() where slug = 'caretaker';`);
    await db.exec("set role authenticated");
    const { rows } = await db.query(
      `select count(*)::int as seen, count(*) filter (where user_id <> '${owner}')::int as others from parts`,
    );
    assert.deepEqual(rows, [{ seen: 7, others: 0 }]);
    await assert.rejects(
      db.query("insert into parts (user_id, slug, name) values ('ada', 'x', 'X')"),
      /row-level security/,
    );
    await db.exec("set role anon");
    await assert.rejects(db.query("select from parts"), /permission denied/);
    await db.close();
  });
});

describe("the EIPs", () => {
  const skip = contentFolder(eips, exists) === null && "the files are not here (see examples/eips/README.md)";
  it("every real file is a row", { skip }, async () => {
    const { db, paths } = await load(eips);
    assert.equal(paths.length, 332);
    const { rows } =
      await db.query(`select count(*)::int as all, count(*) filter (where status = 'Moved')::int as moved,
      count(extra)::int as extra, count(requires)::int as requires from eips`);
    assert.deepEqual(rows, [{ all: 332, moved: 136, extra: 0, requires: 106 }]);
    await db.close();
  });
});

describe("the team's cache", () => {
  for (const [name, count] of [
    ["plans", 1],
    ["stories", 2],
    ["runbooks", 1],
  ] as const) {
    it(`has only ${name} that are valid, each a row under an id as the hub gives them`, async () => {
      const { db, paths } = await load(team, name);
      assert.equal(paths.length, count);
      const { ids } = resolveConfig(team.config).collections.find((one) => one.name === name)!;
      const { rows } = await db.query<{ id: string }>(`select id from ${name} order by 1`);
      assert.deepEqual(
        rows.map(({ id }) => ids!.format.read(id)),
        Array.from({ length: count }, (_, index) => index + 1),
      );
      await db.close();
    });
  }

  it("lets the members of a team, and only them, see and write what is the team's", async () => {
    const { db } = await load(team, "stories");
    const member = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    await db.exec(`create or replace function auth.uid() returns uuid language sql stable as $$ select '${member}'::uuid $$;
      grant usage on schema auth to authenticated;
      insert into team_members values ('platform', '${member}'), ('others', gen_random_uuid());
      update stories set team = 'others' where id = 'INFRA-2';
      set role authenticated`);
    const { rows } = await db.query("select id from stories");
    assert.deepEqual(rows, [{ id: "INFRA-1" }]);
    await db.query("insert into stories (id, title, team) values ('INFRA-3', 'Mine', 'platform')");
    for (const write of [
      "insert into stories (id, title, team) values ('INFRA-4', 'Theirs', 'others')",
      "update stories set team = 'others' where id = 'INFRA-1'",
      "insert into team_members values ('others', auth.uid())",
    ])
      await assert.rejects(db.query(write), /row-level security|permission denied/);
    await db.exec("set role anon");
    await assert.rejects(db.query("select from stories"), /permission denied/);
    await db.close();
  });
});

describe("contentFolder", () => {
  it("takes what is named, or the first of the example's own that exists", () => {
    const example = { ...eips, content: { folders: ["a", "b"], missing: "" } };
    assert.equal(
      contentFolder(example, (folder) => folder === "b"),
      "b",
    );
    assert.equal(
      contentFolder(example, () => false),
      null,
    );
    assert.equal(
      contentFolder(example, (folder) => folder !== "c", "c"),
      null,
    );
    assert.equal(
      contentFolder(example, () => true, "c"),
      "c",
    );
  });
});

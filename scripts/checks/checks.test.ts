import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Query, Sql } from "../local/database/sql.ts";
import { brokenArrows } from "./arrows.ts";
import { compareCatalogues, readCatalogue } from "./catalogue.ts";
import { openFromSql } from "./databases.ts";
import { npmScripts, relativeLinks, titledTests } from "./docs.ts";
import { comparePins } from "./packages.ts";
import { brokenRules } from "./sql-rules.ts";

let sql: Sql;
before(async () => {
  sql = await openFromSql();
});
after(() => sql.close());

/** What `read` sees after a change, which is then taken back. */
async function afterChange<T>(change: string, read: (tx: Query) => Promise<T>): Promise<T> {
  const seen: T[] = [];
  const undo = new Error("undo");
  await sql
    .transaction(async (tx) => {
      await tx.exec("set local role hosted_postgres");
      await tx.exec(change);
      await tx.exec("reset role");
      seen.push(await read(tx));
      throw undo;
    })
    .catch((error) => {
      if (error !== undo) throw error;
    });
  return seen[0]!;
}

describe("sql/ = migrations/", () => {
  /** What the check says when only one side has this. */
  const differences = async (change: string) =>
    compareCatalogues(await readCatalogue(sql), await afterChange(change, readCatalogue), {
      left: "sql/",
      right: "migrations/",
    });

  const cases: [what: string, change: string, says: RegExp][] = [
    ["nothing", "select 1", /^$/],
    [
      "a column",
      "alter table frontrow.dirty add column extra int",
      /column frontrow\.dirty\.extra: only in migrations/,
    ],
    [
      "a default",
      "alter table frontrow.leases alter column attempts set default 7",
      /frontrow\.leases\.attempts: .*"default 0".*"default 7"/,
    ],
    [
      "a constraint",
      "alter table frontrow.dirty add check (id > 0)",
      /constraint frontrow\.dirty dirty_id_check: only in migrations/,
    ],
    [
      "an index",
      "create index extra_idx on frontrow.dirty (at)",
      /index frontrow\.extra_idx: only in migrations/,
    ],
    [
      "a function's source",
      "create or replace function frontrow.protocol() returns int language sql immutable parallel safe set search_path = '' as $$ select 2 $$",
      /function frontrow\.protocol\(\): .*select 1.*select 2/,
    ],
    [
      "a function's setting",
      "alter function frontrow.protocol() set work_mem = '1MB'",
      /function frontrow\.protocol\(\): .*work_mem/,
    ],
    [
      "a function's grants",
      "grant execute on function frontrow.protocol() to anon",
      /function frontrow\.protocol\(\): .*anon=X/,
    ],
    ["a table's grants", "grant select on frontrow.dirty to anon", /table frontrow\.dirty: .*anon=r/],
    [
      "a column's grants",
      "grant select (id) on frontrow.dirty to anon",
      /column frontrow\.dirty\.id: .*anon=r/,
    ],
    ["the schema's grants", "grant usage on schema frontrow to anon", /schema frontrow: .*anon=U/],
    [
      "row security",
      "alter table frontrow.dirty disable row level security",
      /table frontrow\.dirty: .*row security/,
    ],
    [
      "a policy",
      "create policy extra on frontrow.dirty using (true)",
      /policy frontrow\.dirty extra: only in migrations/,
    ],
    [
      "a comment",
      "comment on column frontrow.dirty.at is 'new'",
      /column frontrow\.dirty\.at: .*"comment new"/,
    ],
    ["a view", "create view frontrow.extra as select 1 as one", /view frontrow\.extra: only in migrations/],
    ["a sequence", "alter sequence frontrow.fence increment by 2", /sequence settings frontrow\.fence/],
    [
      "a trigger",
      "create function frontrow.extra() returns trigger language plpgsql as 'begin return null; end'; create trigger extra after insert on storage.objects execute function frontrow.extra()",
      /trigger storage\.objects extra: only in migrations/,
    ],
  ];
  for (const [what, change, says] of cases) {
    it(`sees a change of ${what}`, async () => assert.match((await differences(change)).join("\n"), says));
  }
});

describe("the house rules of SQL", () => {
  const broken = (change: string) => afterChange(change, brokenRules);

  it("finds nothing in sql/", async () => assert.deepEqual(await broken("select 1"), []));

  it("finds a function that breaks every rule", async () => {
    const found = await broken(
      "create function frontrow.bad() returns int language sql security definer as 'select 1'",
    );
    // Where default privileges take EXECUTE from PUBLIC, as locally, the function must be given away to show the third.
    assert.ok(
      found.some((line) => line.startsWith("frontrow.bad(): a function must set search_path")),
      found.join("\n"),
    );
    assert.ok(found.some((line) => line.startsWith("frontrow.bad(): a function must have a comment")));
    const open = await broken(
      "create function frontrow.bad() returns int language sql as 'select 1'; grant execute on function frontrow.bad() to public, anon",
    );
    assert.ok(
      open.some((line) => line.startsWith("frontrow.bad() by public:")),
      open.join("\n"),
    );
    assert.ok(open.some((line) => line.startsWith("frontrow.bad() by anon:")));
  });

  it("finds a bare table and a view that runs as its owner", async () => {
    const found = await broken(
      "create table frontrow.bad (id int); create view frontrow.worse as select 1 as one; grant select on frontrow.worse to anon",
    );
    for (const [name, rule] of [
      ["frontrow.bad", "comment"],
      ["frontrow.bad", "row level security"],
      ["frontrow.bad", "primary key"],
      ["frontrow.worse", "security_invoker"],
      ["frontrow.worse SELECT to anon", "must not be open"],
    ] as const) {
      assert.ok(
        found.some((line) => line.startsWith(name) && line.includes(rule)),
        `${name}: ${rule}\n${found.join("\n")}`,
      );
    }
  });
});

describe("arrows between folders", () => {
  const cases: [file: string, line: string, broken: number][] = [
    ["shared/sync/worker.ts", 'import { a } from "../stores/store.ts";', 0],
    ["shared/sync/worker.ts", 'import { a } from "../../scripts/test.ts";', 1],
    ["shared/sync/worker.ts", 'import { a } from "../stores/store";', 1],
    ["shared/sync/worker.ts", 'import { a } from "npm:zod@4.6.7";', 1],
    ["shared/sync/worker.ts", 'import { a } from "zod";', 0],
    ["shared/sync/worker.ts", 'import { a } from "node:fs";', 1],
    ["shared/sync/worker.ts", 'import { a } from "node:crypto";', 0],
    ["shared/sync/worker.ts", "const x = Deno.cwd();", 1],
    ["shared/sync/worker.ts", "  // Deno.serve does that", 0],
    ["shared/reconcile/plan.ts", 'import type { S } from "../stores/store.ts";', 1],
    ["functions/sync/app.ts", 'import { a } from "../../shared/sync/worker.ts";', 0],
    ["functions/sync/app.ts", 'import { a } from "../../scripts/test.ts";', 1],
    ["functions/sync/index.ts", "const x = Deno.env.get('A');", 0],
  ];
  for (const [file, line, broken] of cases) {
    it(`${file}: ${line}`, () => assert.equal(brokenArrows(file, line).length, broken));
  }
});

describe("documents", () => {
  it("names the scripts of sh blocks only", () => {
    const text =
      "npm run no\n```sh\nnpm start -- --once\n  npm run -s bench -- event\nnpm install\n$ npm run check\n```\n```ts\nnpm run no\n```\n";
    assert.deepEqual(npmScripts(text), [
      { name: "start", line: 3 },
      { name: "bench", line: 4 },
      { name: "check", line: 6 },
    ]);
  });

  it("finds relative links, not addresses, anchors or code", () => {
    const text =
      '[a](./a.md#top) [b](https://x.y) [c](#here) `[d](d.md)` ![e](pics/e.png "title") [f](mailto:x@y.z)\n```md\n[g](g.md)\n```\n';
    assert.deepEqual(relativeLinks(text), [
      { target: "./a.md", line: 1 },
      { target: "pics/e.png", line: 1 },
    ]);
  });

  it("finds the tests that promises name", () => {
    const text = 'Nothing is lost ([test](sql/a.test.ts "nothing is lost"), [all](sql/b.test.ts)).\n';
    assert.deepEqual(titledTests(text), [{ target: "sql/a.test.ts", title: "nothing is lost", line: 1 }]);
  });
});

describe("package versions", () => {
  it("must be the same in package.json and the functions' import map", () => {
    const dependencies = { hono: "4.0.0", zod: "4.1.0" };
    assert.deepEqual(comparePins(dependencies, { hono: "npm:hono@4.0.0", "hono/": "npm:/hono@4.0.0/" }), []);
    assert.equal(comparePins(dependencies, { zod: "npm:zod@4.0.0" }).length, 1);
    assert.equal(comparePins(dependencies, { "hono/": "npm:/hono@4.0.1/" }).length, 1);
    assert.equal(comparePins(dependencies, { yaml: "npm:yaml@2.0.0" }).length, 1);
  });
});

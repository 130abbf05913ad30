/**
 * Many items at once are what each by itself would have been: the same deeds in two gardens, one of which takes every item
 * by itself, and then every table is compared.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { refuseEachByItself, takeEachByItself } from "../scripts/testing/each-by-itself.ts";
import { endWaits, type Garden, startGarden } from "../scripts/testing/garden.ts";

let together: Garden;
let each: Garden;
before(async () => {
  together = await startGarden();
  each = await startGarden();
  await takeEachByItself(each.sql);
});
after(async () => {
  await together?.stop();
  await each?.stop();
});

/** Everything the hub and the table hold, without times, tokens and random ids. */
const TABLES: Readonly<Record<string, string>> = {
  documents: "path, text, digest, revision, updated_by, deleted_at is not null from frontrow.documents",
  revisions:
    "path, revision, parents, store, author, message, digest, text, deleted, purge from frontrow.revisions",
  bases: `b.path, b.store, case b.store when 'table' then b.version else (b.version = o.version)::text end, b.revision, b.fields,
    b.body from frontrow.bases as b left join storage.objects as o on o.name = b.path`,
  rows: `user_id, slug, name, status, category, tags, charge, last_active, notes, body, deleted_at is not null from public.parts`,
  dirty: "path, store, gone, actor from frontrow.dirty",
  leases: "path, attempts, transient_failures, last_error from frontrow.leases",
  quarantine: "path, store, code, rule, message, retries from frontrow.quarantine",
  conflicts: "path, state, overlapping, decided_by, file_text, row_text, revision from frontrow.conflicts",
  flows: "path, name, side, contested from frontrow.flows",
  intents: "path, operation, state, revision from frontrow.intents",
  halts: "kind, state, i.path from frontrow.halts as h left join frontrow.halt_items as i on i.halt = h.id",
  log: "path, string_agg(concat_ws(' ', outcome, code, message), ', ' order by id) from frontrow.run_items group by path",
  runs: "key, sum(value::int) from frontrow.runs, jsonb_each_text(counts) group by key",
};

async function dump({ sql }: Garden): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const [name, query] of Object.entries(TABLES)) {
    const rows = await sql.query<{ line: string }>(
      `select (t)::text as line from (select ${query}) as t order by 1`,
    );
    found[name] = rows.map(({ line }) => line);
  }
  return found;
}

/** Does the same in both gardens; after one pass, and when all is settled, they must hold the same. */
async function same(deed: (garden: Garden) => Promise<unknown>): Promise<void> {
  for (const garden of [together, each]) {
    await deed(garden);
    await garden.drain({ limits: { documents: 100 } });
  }
  assert.deepEqual(await dump(together), await dump(each));
  for (const garden of [together, each]) {
    await endWaits(garden.sql);
    await garden.settle({ limits: { documents: 100 } });
  }
  assert.deepEqual(await dump(together), await dump(each));
}

const at = (slug: string) => `users/t/parts/${slug}.md`;
const file = (header: string, body = "Body.\n") => `---\n${header}\n---\n${body}`;
const dated = (name: string) => file(`name: ${name}\nstatus: active\nlast_active: 2024-05-06T07:08:09Z`);
const plain = (name: string) => file(`name: ${name}\nstatus: active`);

async function upload(garden: Garden, files: Record<string, string>): Promise<void> {
  for (const [slug, text] of Object.entries(files)) await garden.upload(at(slug), text);
}
const edit = (garden: Garden, slug: string, change: string) =>
  garden.sql.query(`update public.parts set ${change} where user_id = 't' and slug = $1`, [slug]);

/** The same deed while a trigger of the user's is on the table. */
async function under(trigger: string, deed: (garden: Garden) => Promise<unknown>): Promise<void> {
  for (const { sql } of [together, each]) await sql.exec(trigger);
  await same(deed);
  for (const { sql } of [together, each]) await sql.exec("drop function public.meddle cascade");
}
const meddle = (when: string, body: string) =>
  `create function public.meddle() returns trigger language plpgsql as $$ begin ${body} end $$;
   create trigger meddle ${when} on public.parts for each row execute function public.meddle();`;

test("plain items are taken together: the slow path has nothing to do", async () => {
  const end = await refuseEachByItself(together.sql);
  try {
    for (const name of ["One", "Two"])
      await same((garden) =>
        upload(garden, { fast1: plain(name), fast2: file(`name: ${name}\nstatus: active\ntags: [a]`, "") }),
      );
    await same((garden) => edit(garden, "fast1", "charge = 1, body = 'By row.'"));
    assert.match((await together.read(at("fast1")))!, /charge: 1\n---\nBy row/);
  } finally {
    await end();
  }
});

test("new documents of every shape, with one that cannot be read among them", () =>
  same((garden) =>
    upload(garden, {
      a1: plain("A"),
      a2: file(
        "name: B\nstatus: resting\ncategory: guide\ntags: [x, y]\ncharge: 0.10\nlast_active: 2024-05-06T07:08:09Z\nnotes: { b: 1, a: [1.5] }",
      ),
      a3: file("name: C\nstatus: active\nnotes: [unclosed"),
      a4: file("name: D\nstatus: active\nunknown: kept # as it is", ""),
      a5: file("name: E\nstatus: active\ntags: []\nnotes: null"),
    }),
  ));

test("changed, cleared and untouched fields; only a body; only a comment", async () => {
  await same((garden) =>
    upload(garden, {
      b1: file("name: A\nstatus: active\ncharge: 1\ntags: [x]"),
      b2: plain("B"),
      b3: plain("C"),
      b4: plain("D"),
    }),
  );
  await same((garden) =>
    upload(garden, {
      b1: file("name: A2\nstatus: resting"),
      b2: file("name: B\nstatus: active", "Other.\n"),
      b3: file("name: C # said\nstatus: active"),
      b4: plain("D"),
      b5: plain("New among them"),
    }),
  );
});

test("rows edited, gone, hidden and back, and both sides at once, beside plain ones", async () => {
  const all = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
  await same((garden) => upload(garden, Object.fromEntries(all.map((slug) => [slug, plain(slug)]))));
  await same(async (garden) => {
    await upload(garden, { c1: plain("File"), c2: plain("Ours"), c3: plain("Kept"), c8: plain("Plain") });
    await edit(garden, "c2", "name = 'Theirs'");
    await edit(garden, "c3", "charge = 0.5");
    await edit(garden, "c4", "name = 'Row'");
    await edit(garden, "c5", "deleted_at = now()");
    await garden.remove(at("c6"));
  });
  await same(async (garden) => {
    await upload(garden, { c5: plain("Again"), c6: plain("Back"), c7: plain("Seven"), c8: plain("Plain 2") });
    await garden.sql.query("insert into public.parts (user_id, slug, name) values ('t', 'c9', 'c9')");
    await upload(garden, { c9: plain("c9 by file") });
  });
});

test("a trigger that changes what is written, before", async () => {
  await same((garden) => upload(garden, { d1: plain("one"), d2: plain("two") }));
  await under(
    meddle("before insert or update", "new.name := upper(new.name); new.charge := 0.25; return new;"),
    (garden) =>
      upload(garden, {
        d1: plain("uno"),
        d2: file("name: two\nstatus: active\ncharge: 1"),
        d3: plain("tre"),
      }),
  );
});

test("a trigger that changes the row, or another of the batch, after", async () => {
  await same((garden) => upload(garden, { e1: plain("one"), e3: plain("three") }));
  await under(
    meddle(
      "after insert or update of name",
      "update public.parts set charge = coalesce(charge, 0) + 0.1 where user_id = new.user_id and slug = new.slug; return null;",
    ),
    (garden) => upload(garden, { e1: plain("uno"), e2: plain("due") }),
  );
  await under(
    meddle(
      "after insert or update",
      `if new.slug in ('e1', 'e5') then
         update public.parts set charge = 1 where user_id = new.user_id and slug in ('e3', 'e4', 'e6');
       end if; return null;`,
    ),
    (garden) =>
      upload(garden, {
        e1: plain("un"),
        e3: plain("trois"),
        e4: plain("new 4"),
        e5: plain("new 5"),
        e6: plain("new 6"),
      }),
  );
});

test("one that the table refuses, or that a trigger swallows, fails alone", async () => {
  for (const { sql } of [together, each])
    await sql.exec("alter table public.parts add constraint no_reds check (name <> 'Red')");
  await same((garden) => upload(garden, { f1: plain("Blue"), f2: plain("Red"), f3: plain("Green") }));
  await same((garden) => upload(garden, { f1: plain("Red"), f2: plain("Yellow"), f3: plain("Brown") }));
  for (const { sql } of [together, each]) await sql.exec("alter table public.parts drop constraint no_reds");
  await under(
    meddle("before insert or update", "if new.slug = 'f5' then return null; end if; return new;"),
    (garden) => upload(garden, { f3: plain("White"), f4: plain("Four"), f5: plain("Five") }),
  );
  await under(
    `alter table public.parts add constraint one_a_day unique (last_active) deferrable initially deferred;
     create function public.meddle() returns int return 1;`,
    (garden) => upload(garden, { f6: dated("Six"), f7: dated("Seven"), f8: plain("Other") }),
  );
});

test("only so many revisions are kept", async () => {
  for (const { sql } of [together, each])
    await sql.exec(`update frontrow.collections set policies = policies || '{"history": 1}'`);
  for (const name of ["One", "Two", "Three", "Four"])
    await same((garden) => upload(garden, { g1: plain(name), g2: plain(`${name}!`) }));
});

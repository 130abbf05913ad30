/** Loops that are made only of successes: peers that answer every write with another one. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";
import { defineCollection, defineConfig, type Policies } from "../shared/collections/mod.ts";

/** What a table's own trigger does to a row, and what a peer does to a file that somebody else wrote. */
interface Rewriter {
  row?: string;
  file?: (text: string) => string;
  policies?: Policies;
}

let ticks = 0;
const stamp = (text: string, field: string) =>
  text.replace(new RegExp(`^${field}:.*$`, "m"), `${field}: "t${++ticks}"`);
const header = (text: string, change: (lines: string[]) => string[]) =>
  text.replace(
    /^---\r?\n([\s\S]*?)\r?\n---/,
    (_, lines: string) => `---\n${change(lines.split(/\r?\n/)).join("\n")}\n---`,
  );
const NEW_STAMP = "new.stamp := 'r' || nextval('public.ticks');";
const NEW_MARK = "new.mark := 'r' || nextval('public.ticks');";

const REWRITERS: Record<string, Rewriter> = {
  a_counter_in_the_row: { row: NEW_STAMP },
  a_counter_in_the_file: { file: (text) => stamp(text, "stamp") },
  dates_on_both_sides: { row: NEW_STAMP, file: (text) => stamp(text, "stamp") },
  counters_on_both_sides: { row: NEW_MARK, file: (text) => stamp(text, "stamp") },
  upper_against_lower: {
    row: "new.title := upper(new.title);",
    file: (text) => text.replace(/^title:.*$/m, (line) => line.toLowerCase()),
  },
  trimmers: {
    row: "new.body := btrim(new.body, e' \\n') || e'\\n\\n';",
    file: (text) => `${text.trimEnd()}\n`,
  },
  line_ends: {
    row: "new.body := replace(new.body, e'\\r', '');",
    file: (text) => text.replaceAll("\r\n", "\n").replaceAll("\n", "\r\n"),
  },
  key_order: { file: (text) => header(text, (lines) => lines.reverse()), row: NEW_STAMP },
  floats: {
    row: "new.price := round(new.price, 1) + 0.05;",
    file: (text) => text.replace(/^price: *([0-9.]+)/m, (_, n: string) => `price: ${Number(n).toFixed(1)}`),
  },
  the_file_is_right: { row: NEW_STAMP, policies: { authority: { stamp: "bucket" } } },
  the_row_is_right: {
    file: (text) => stamp(text, "stamp"),
    policies: { authority: { stamp: "table" } },
  },
  files_lead: { row: NEW_STAMP, policies: { direction: "files-to-rows" } },
  rows_lead: { file: (text) => stamp(text, "stamp"), policies: { direction: "rows-to-files" } },
};
const PLAIN = ["plain", "dated", "apart"] as const;

const collection = (name: string, policies?: Policies) =>
  defineCollection({
    name,
    table: name,
    path: `${name}/:slug.md`,
    fields: z.object({
      title: z.string(),
      stamp: z.string().nullish(),
      mark: z.string().nullish(),
      price: z.number().nullish(),
    }),
    body: "body",
    // A minute between two writes of a slow machine is no person's pause.
    policies: { ...policies, breaker: { seconds: (PLAIN as readonly string[]).includes(name) ? 10 : 600 } },
  });

const tableOf = (name: string, row = "") => `
  create table public.${name} (slug text primary key, title text not null, stamp text, mark text, price numeric,
    body text not null default '');
  create function public.${name}_rewrite() returns trigger language plpgsql as $$ begin ${row} return new; end $$;
  create trigger a_rewrite before insert or update on public.${name} for each row execute function public.${name}_rewrite();
  create trigger z_count after insert or update on public.${name} for each row execute function public.count_write();`;

let garden: Garden;
before(async () => {
  const all = [...Object.entries(REWRITERS), ...PLAIN.map((name) => [name, {}] as [string, Rewriter])];
  garden = await startGarden({
    config: defineConfig({
      collections: all.map(([name, { policies }]) => collection(name, policies as never)),
    }),
    schema: `create sequence public.ticks;
      create table public.engine_writes (name text, slug text);
      create function public.count_write() returns trigger language plpgsql as $$ begin
        if current_setting('frontrow.origin', true) = 'frontrow' then
          insert into public.engine_writes values (tg_table_name, new.slug);
        end if;
        return null; end $$;
      ${all.map(([name, { row }]) => tableOf(name, name === "dated" ? NEW_STAMP : row)).join("\n")}`,
  });
});
after(() => garden.stop());

async function engineWrites(name: string, slug: string): Promise<number> {
  const [found] = await garden.sql.query<{ writes: number }>(
    `select (select count(*)::int from public.engine_writes where name = $1 and slug = $2)
      + (select count(*)::int from frontrow.intents where path = $1 || '/' || $2 || '.md' and state = 'confirmed') as writes`,
    [name, slug],
  );
  return found!.writes;
}

/** Drains, but a loop inside the table alone, which no drain would see the end of, is cut off. */
async function settle(): Promise<void> {
  const endless = new AbortController();
  let passes = 0;
  await garden.settle({
    signal: endless.signal,
    onResults: (results) => {
      passes += results.length;
      if (passes > 100) endless.abort();
    },
  });
}

/** Lets the engine and the peer of the files answer each other until neither has anything to say. */
async function play(name: string, slug: string, most = 20): Promise<void> {
  const path = `${name}/${slug}.md`;
  const { file } = REWRITERS[name] ?? {};
  let own: string | null = null;
  for (let round = 0; round < most; round++) {
    await settle();
    const text = await garden.read(path);
    if (file === undefined || text === null || text === own) return;
    own = file(text);
    if (own === text) return;
    await garden.upload(path, own);
  }
  throw new Error(`${name}: no end after ${most} rounds, ${await engineWrites(name, slug)} writes`);
}

const halts = async (name: string) => (await garden.hub.report(name)).halts;
const TEXT = '---\ntitle: One\nstamp: "s"\nmark: "m"\nprice: 1.25\n---\nBody \n\n';

for (const name of Object.keys(REWRITERS)) {
  test(`${name.replaceAll("_", " ")}: at most six writes after a person's`, async () => {
    await garden.upload(`${name}/new.md`, TEXT);
    await play(name, "new");
    const made = await engineWrites(name, "new");
    assert.ok(made <= 6, `${made} writes for a new document`);

    // An edit of a document that has stood for a while.
    await garden.sql.query("update public.engine_writes set slug = 'before'");
    await garden.sql.query("delete from frontrow.intents");
    await garden.sql.query("update frontrow.revisions set created_at = created_at - interval '1 day'");
    for (const { id, kind } of await halts(name)) {
      assert.equal(kind, "oscillation");
      await garden.sql.query("update frontrow.halts set state = 'closed', closed_at = now() where id = $1", [
        id,
      ]);
    }
    await garden.sql.query("truncate frontrow.flows, frontrow.halt_items");
    if (REWRITERS[name]!.policies?.direction === "files-to-rows")
      await garden.upload(`${name}/new.md`, TEXT.replace("One", "Two"));
    else await garden.sql.query(`update public.${name} set title = 'Two' where slug = 'new'`);
    await play(name, "new");
    const edited = await engineWrites(name, "new");
    assert.ok(edited <= 6, `${edited} writes after an edit`);
  });
}

test("what loops without end is parked, with evidence; the others go on; it is not claimed again and again", async () => {
  const name = "dates_on_both_sides";
  await garden.upload(`${name}/loop.md`, TEXT);
  await play(name, "loop");
  const halt = (await halts(name)).find(({ kind }) => kind === "oscillation")!;
  assert.equal(halt.collection, name);
  const held = await garden.hub.held(halt.id);
  const item = held.items.find(({ path }) => path === `${name}/loop.md`)!;
  const evidence = item.evidence as { names: string[]; turns: number; revisions: { store: string }[] };
  assert.deepEqual([evidence.names.includes("stamp"), evidence.turns], [true, 6]);
  assert.ok(evidence.revisions.length >= 3 && evidence.revisions[0]!.store);
  assert.doesNotMatch(JSON.stringify(held), /One|Body/, "names, not values");

  const before = await garden.read(`${name}/loop.md`);
  const [row] = await garden.sql.query(`select * from public.${name} where slug = 'loop'`);
  // An hour later it is still parked: only a person ends that.
  await garden.sql.query("update frontrow.flows set at = at - interval '1 hour', turned = '{}'");
  await garden.upload(`${name}/loop.md`, before!.replace("One", "A person's"));
  await garden.settle();
  assert.deepEqual(await garden.sql.query(`select * from public.${name} where slug = 'loop'`), [row]);
  assert.match((await garden.read(`${name}/loop.md`))!, /A person's/, "both sides are left as they are");
  const [{ halts: shown }] = (await garden.sql.query(
    "select halts from frontrow.status where collection = $1",
    [name],
  )) as [{ halts: number }];
  assert.equal(Number(shown), 1, "status does not say in sync");
  await garden.sql.query("select frontrow.backfill('{\"protocol\": 1}')");
  const [{ dirty }] = (await garden.sql.query(
    "select count(*)::int as dirty from frontrow.dirty where collection = $1",
    [name],
  )) as [{ dirty: number }];
  assert.equal(dirty, 0, "the backfill does not ask for it again");

  await garden.upload(`${name}/other.md`, TEXT);
  await garden.settle();
  assert.equal((await garden.sql.query(`select from public.${name} where slug = 'other'`)).length, 1);
});

test("resume lets it go on: with the rewriter gone, both sides end the same", async () => {
  const name = "dates_on_both_sides";
  const halt = (await halts(name)).find(({ kind }) => kind === "oscillation")!;
  await assert.rejects(garden.hub.resume(halt.id, "restore"), { code: "CONFIG_INVALID" });
  const would = await garden.hub.resume(halt.id, "apply", { dryRun: true });
  assert.ok(would.paths.includes(`${name}/loop.md`));
  await garden.sql.exec(`drop trigger a_rewrite on public.${name}`);
  assert.equal((await garden.hub.resume(halt.id, "apply")).left, 0);
  await garden.settle();
  const [row] = await garden.sql.query<{ title: string; stamp: string }>(
    `select title, stamp from public.${name} where slug = 'loop'`,
  );
  const text = (await garden.read(`${name}/loop.md`))!;
  assert.equal(row!.title, "A person's");
  assert.ok(text.includes(row!.stamp), "both sides say the same");
  assert.deepEqual(await halts(name), []);
  await assert.rejects(garden.hub.resume(halt.id, "apply"), { code: "NOT_FOUND", message: /was closed at/ });
});

test("a parked document whose sides agree again by a person's hand leaves its halt", async () => {
  const name = "upper_against_lower";
  await garden.upload(`${name}/loop.md`, TEXT);
  await play(name, "loop");
  const [halt] = await halts(name);
  assert.equal(halt?.kind, "oscillation");
  const [row] = await garden.sql.query<{ title: string }>(
    `select title from public.${name} where slug = 'loop'`,
  );
  await garden.upload(
    `${name}/loop.md`,
    (await garden.read(`${name}/loop.md`))!.replace(/^title:.*$/m, `title: ${row!.title}`),
  );
  await garden.settle();
  assert.deepEqual(
    (await garden.hub.held(halt!.id)).items.filter(({ path }) => path.endsWith("loop.md")),
    [],
  );
});

/** So long ago that a machine would have answered. */
const pause = () => garden.sql.query("update frontrow.flows set at = at - interval '15 seconds'");

test("one person who saves fifty times is not stopped", async () => {
  for (let i = 1; i <= 50; i++) {
    await garden.upload("plain/one.md", TEXT.replace("One", `Save ${i}`));
    await garden.drain();
  }
  await garden.settle();
  assert.deepEqual(await garden.sql.query("select title from public.plain where slug = 'one'"), [
    { title: "Save 50" },
  ]);
  assert.deepEqual(await halts("plain"), []);
});

test("two people who edit the same field by turns are not stopped", async () => {
  await garden.upload("plain/two.md", TEXT);
  await garden.settle();
  for (let i = 1; i <= 5; i++) {
    if (i % 2 === 0)
      await garden.sql.query("update public.plain set title = $1 where slug = 'two'", [`Edit ${i}`]);
    else await garden.upload("plain/two.md", TEXT.replace("One", `Edit ${i}`));
    await garden.settle();
  }
  assert.match((await garden.read("plain/two.md"))!, /Edit 5/);
  assert.deepEqual(await garden.sql.query("select title from public.plain where slug = 'two'"), [
    { title: "Edit 5" },
  ]);
  assert.deepEqual(await halts("plain"), []);
});

test("a person's saves that a table's trigger dates each time are not stopped", async () => {
  await garden.upload("dated/one.md", TEXT);
  await garden.settle();
  for (let i = 1; i <= 12; i++) {
    await pause();
    const text = (await garden.read("dated/one.md"))!;
    await garden.upload("dated/one.md", text.replace(/^title:.*$/m, `title: Save ${i}`));
    await garden.settle();
    const [dated] = await garden.sql.query<{ stamp: string }>("select stamp from public.dated");
    assert.ok(
      (await garden.read("dated/one.md"))!.includes(dated!.stamp),
      "the trigger's date is in the file",
    );
  }
  const [row] = await garden.sql.query<{ title: string; stamp: string }>(
    "select title, stamp from public.dated",
  );
  assert.equal(row!.title, "Save 12");
  assert.ok((await garden.read("dated/one.md"))!.includes(row!.stamp));
  assert.deepEqual(await halts("dated"), []);
});

test("two people who edit different fields by turns are not stopped", async () => {
  await garden.upload("apart/one.md", TEXT);
  await garden.settle();
  for (let i = 1; i <= 12; i++) {
    await pause();
    if (i % 2 === 0)
      await garden.sql.query("update public.apart set mark = $1 where slug = 'one'", [`m${i}`]);
    else {
      const text = (await garden.read("apart/one.md"))!;
      await garden.upload("apart/one.md", text.replace(/^title:.*$/m, `title: Save ${i}`));
    }
    await garden.settle();
  }
  assert.deepEqual(await halts("apart"), []);
});

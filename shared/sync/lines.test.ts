/** Fields that stand in the body, through the whole engine: the line and the column are one value, in two places. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { defineCollection, defineConfig } from "../collections/mod.ts";

const config = defineConfig({
  collections: [
    defineCollection({
      name: "plans",
      table: "plans",
      path: "plans/:id.md",
      fields: z.object({
        title: z.string(),
        Status: z.enum(["DRAFT", "APPROVED", "DONE"]).nullish(),
        State: z.string().nullish(),
      }),
      columns: { Status: "status", State: "state" },
      lines: ["Status", "State"],
      body: "body",
    }),
  ],
});
const schema = `create table public.plans (id text primary key, title text not null, status text, state text,
  body text not null default '')`;

let garden: Garden;
before(async () => {
  garden = await startGarden({ config, schema });
});
after(() => garden.stop());

const PLAN = "---\ntitle: Move # out\n---\n\n# Move\n\n**Status:** DRAFT  \nState:   OPEN\n\nWhy.\n";
const BODY = "\n# Move\n\n**Status:**  \nState:\n\nWhy.\n";
const path = (id: string) => `plans/${id}.md`;
async function row(id: string): Promise<unknown> {
  const [found] = await garden.sql.query(
    "select title, status, state, body from public.plans where id = $1",
    [id],
  );
  return found;
}
const put = (id: string, text: string) => garden.upload(path(id), text);
const update = (id: string, set: string) =>
  garden.sql.query(`update public.plans set ${set} where id = $1`, [id]);

/** Settles, and once more: what agrees is left alone. */
async function settle(): Promise<void> {
  await garden.settle();
  const versions = () =>
    garden.sql.query(
      "select name, version from storage.objects union all select id, xmin::text from public.plans order by 1, 2",
    );
  const before = await versions();
  await garden.sql.query('select frontrow.backfill(\'{"protocol": 1, "identity": "local"}\')');
  await garden.settle();
  assert.deepEqual(await versions(), before);
}

test("a line becomes a column, and the body column holds the text without it", async () => {
  await put("a", PLAN);
  await settle();
  assert.deepEqual(await row("a"), { title: "Move", status: "DRAFT", state: "OPEN", body: BODY });
  assert.equal(await garden.read(path("a")), PLAN);
});

test("a column that changes changes its line, and nothing else of the file", async () => {
  await update("a", "status = 'APPROVED'");
  await settle();
  assert.equal(await garden.read(path("a")), PLAN.replace("DRAFT", "APPROVED"));
  await update("a", "state = null, title = 'Go'");
  await settle();
  assert.equal(
    await garden.read(path("a")),
    PLAN.replace("DRAFT", "APPROVED").replace("State:   OPEN", "State:").replace("Move # out", "Go # out"),
  );
});

test("a line that changes changes its column, and not the body's", async () => {
  await put("b", PLAN);
  await settle();
  await put("b", PLAN.replace("DRAFT", "DONE"));
  await settle();
  assert.deepEqual(await row("b"), { title: "Move", status: "DONE", state: "OPEN", body: BODY });
  await put("b", PLAN.replace("State:   OPEN\n", ""));
  await settle();
  assert.deepEqual(await row("b"), {
    title: "Move",
    status: "DRAFT",
    state: null,
    body: BODY.replace("State:\n", ""),
  });
});

test("a line here and the text around it there: both are kept, and nothing conflicts", async () => {
  await put("c", PLAN);
  await settle();
  await put("c", PLAN.replace("Why.", "Because.").replace("OPEN", "SHUT"));
  await update("c", "status = 'DONE'");
  await settle();
  assert.equal(
    await garden.read(path("c")),
    PLAN.replace("Why.", "Because.").replace("OPEN", "SHUT").replace("DRAFT", "DONE"),
  );
  assert.deepEqual(await row("c"), {
    title: "Move",
    status: "DONE",
    state: "SHUT",
    body: BODY.replace("Why.", "Because."),
  });
});

test("two values for one line are a conflict of that field alone", async () => {
  await put("d", PLAN);
  await settle();
  await put("d", PLAN.replace("DRAFT", "DONE"));
  await update("d", "status = 'APPROVED'");
  await garden.settle();
  const [conflict] = await garden.hub.conflictsOf(path("d"), {});
  assert.deepEqual(conflict!.overlapping.map(({ label }) => label).length, 1);
  assert.equal(await garden.read(path("d")), PLAN.replace("DRAFT", "DONE"), "nothing is written over");
});

test("a row becomes a file with its lines; a value that stands in its body is the column's", async () => {
  await garden.sql.query(
    "insert into public.plans (id, title, status, body) values ('e', 'New', 'DRAFT', $1)",
    ["# New\n\nText\n"],
  );
  await settle();
  assert.equal(await garden.read(path("e")), "---\ntitle: New\n---\n# New\n\nStatus: DRAFT\n\nText\n");
  assert.deepEqual(await row("e"), {
    title: "New",
    status: "DRAFT",
    state: null,
    body: "# New\n\nStatus:\n\nText\n",
  });
  await update("e", "body = replace(body, 'Status:', 'Status: DONE') || 'More' || chr(10)");
  await settle();
  assert.equal(await garden.read(path("e")), "---\ntitle: New\n---\n# New\n\nStatus: DRAFT\n\nText\nMore\n");
});

test("a row that holds its lines whole, and the file that says the same, are one document", async () => {
  const body = PLAN.slice(PLAN.indexOf("\n# "));
  await garden.sql.query("insert into public.plans values ('g', 'Move', 'DRAFT', 'OPEN', $1)", [body]);
  await put("g", PLAN);
  await settle();
  assert.deepEqual(await garden.hub.conflictsOf(path("g"), { state: "all" }), []);
  assert.equal(await garden.read(path("g")), PLAN);
  assert.deepEqual(await row("g"), { title: "Move", status: "DRAFT", state: "OPEN", body });
});

test("what its column cannot hold is quarantined, with the line", async () => {
  await put("f", PLAN.replace("DRAFT", "PERHAPS"));
  await garden.settle();
  const [held] = (await garden.hub.report()).quarantine;
  assert.deepEqual([held!.path, held!.code, held!.line], [path("f"), "SCHEMA_VIOLATION", 7]);
  assert.equal(await row("f"), undefined);
});

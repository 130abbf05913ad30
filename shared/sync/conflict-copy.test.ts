/** The copy beside the file that shows a held conflict: there while it is open, never a document, never over a user's file. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { decide } from "../../scripts/testing/decide.ts";
import { drainUntil, Puppet } from "../../scripts/testing/effects.ts";
import { deleteObjects, endWaits, type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { defineCollection, defineConfig } from "../collections/mod.ts";
import type { Decision } from "../hub/hub.ts";
import { register } from "./register.ts";

const configOf = (conflictCopy: boolean) =>
  defineConfig({
    collections: ["notes", "toggled"].map((name) =>
      defineCollection({
        name,
        table: name,
        path: `${name}/:slug.md`,
        fields: z.object({ title: z.string() }),
        body: "body",
        // The valve would close at the first deletion of a document.
        policies: { conflictCopy: name === "notes" || conflictCopy, valve: { atLeast: 0, share: 0 } },
      }),
    ),
  });

let garden: Garden;
before(async () => {
  garden = await startGarden({
    config: configOf(false),
    schema: ["notes", "toggled"]
      .map(
        (name) =>
          `create table public.${name} (slug text primary key, title text not null, body text not null default '');`,
      )
      .join("\n"),
  });
});
after(() => garden.stop());

const BASE = "---\ntitle: one\n---\nfirst\nsecond\n";
let documents = 0;

async function agreed(collection = "notes") {
  const slug = `d${++documents}`;
  const path = `${collection}/${slug}.md`;
  const copy = `${collection}/${slug}.conflict.md`;
  await garden.upload(path, BASE);
  await garden.drain();
  return {
    path,
    copy,
    shown: () => garden.read(copy),
    editFile: (from: string, to: string) => garden.upload(path, BASE.replace(from, to)),
    editRow: (change: string) =>
      garden.sql.query(`update public.${collection} set ${change} where slug = $1`, [slug]),
    decide: (decision: Decision) => decide(garden.hub, { collection, path }, decision),
    state: async () => (await garden.hub.conflictsOf(path, { collection }))[0]?.copy?.state ?? null,
  };
}

async function held(collection = "notes") {
  const one = await agreed(collection);
  await one.editFile("one", "uno");
  await one.editRow("title = 'eins', body = 'first' || chr(10) || 'SECOND' || chr(10)");
  return one;
}

const MARKED = `---
<<<<<<< file
title: uno
||||||| base
title: one
=======
title: eins
>>>>>>> row
---
first
SECOND
`;

test("there while the conflict is open, with the newest texts, gone when it is resolved", async () => {
  const one = await held();
  await garden.settle();
  assert.equal(await one.shown(), MARKED);
  assert.equal(await one.state(), "there");
  assert.equal(await garden.read(one.path), BASE.replace("one", "uno"), "no marker in the file itself");

  await one.editRow("title = 'zwei'");
  await garden.settle();
  assert.equal(await one.shown(), MARKED.replace("eins", "zwei"));

  await one.decide({ keep: "row" });
  await garden.settle();
  assert.equal(await one.shown(), null);
  assert.equal(await garden.read(one.path), "---\ntitle: zwei\n---\nfirst\nSECOND\n");
});

test("a look that finds the same conflict does not write the copy again", async () => {
  const one = await held();
  await garden.settle();
  const version = () => garden.sql.query("select version from storage.objects where name = $1", [one.copy]);
  const before = await version();
  await garden.hub.backfill({ collection: "notes", full: true });
  await garden.settle();
  assert.deepEqual(await version(), before);
  await one.decide({ keep: "file" });
  await garden.settle();
});

test("it is no document: neither it nor an edit of it makes a row, and a backfill does not see it", async () => {
  const one = await held();
  await garden.settle();
  await garden.upload(one.copy, "---\ntitle: somebody's\n---\n");
  assert.deepEqual(await garden.settle(), []);
  assert.equal((await garden.hub.backfill({})).marked, 0);
  const [{ rows }] = (await garden.sql.query(
    "select count(*)::int as rows from public.notes where slug like '%conflict%'",
  )) as [{ rows: number }];
  assert.equal(rows, 0);
  // It is theirs now, and outlives the conflict.
  assert.equal(await one.state(), "taken");
  await one.decide({ keep: "file" });
  await garden.settle();
  assert.equal(await one.shown(), "---\ntitle: somebody's\n---\n");
  await garden.sql.query("select frontrow.sweep()");
  assert.deepEqual(await garden.settle(), []);
});

test("a user's own file of that name is never written over, and the record says so", async () => {
  const one = await agreed();
  await garden.upload(one.copy, "mine\n");
  await one.editFile("one", "uno");
  await one.editRow("title = 'eins'");
  await garden.settle();
  assert.equal(await one.state(), "taken");
  await garden.sql.query("select frontrow.sweep()");
  await garden.settle();
  await one.decide({ keep: "row" });
  await garden.settle();
  assert.equal(await one.shown(), "mine\n");
});

test("a user's file that comes while ours is being written, or removed, stays", async () => {
  const one = await held();
  const writer = new Puppet(garden);
  await writer.stepTo("write");
  await garden.upload(one.copy, "mine\n");
  await writer.finish();
  await garden.settle();
  assert.deepEqual([await one.shown(), await one.state()], ["mine\n", "taken"]);
  await garden.remove(one.copy);
  await garden.sql.query("select frontrow.sweep()");
  await garden.settle();
  assert.equal(await one.shown(), MARKED);

  await one.decide({ keep: "row" });
  const remover = new Puppet(garden);
  await remover.stepTo("remove");
  await garden.upload(one.copy, "mine again\n");
  await remover.finish();
  await garden.settle();
  assert.equal(await one.shown(), "mine again\n");
});

test("a row whose key would give such a name has another file, and both ways", async () => {
  await garden.sql.query("insert into public.notes (slug, title) values ('x.conflict', 'mine')");
  await garden.settle();
  assert.match((await garden.read("notes/x=2Econflict.md"))!, /title: mine/);
  await garden.upload("notes/y=2Econflict.md", "---\ntitle: yours\n---\n");
  await garden.settle();
  const found = await garden.sql.query("select title from public.notes where slug = 'y.conflict'");
  assert.deepEqual(found, [{ title: "yours" }]);
});

test("one that somebody deleted is written again by the sweep while the conflict is open", async () => {
  const one = await held();
  await garden.settle();
  await deleteObjects(garden.sql, one.copy);
  await garden.sql.query("select frontrow.sweep()");
  await garden.settle();
  assert.equal(await one.shown(), MARKED);
  await one.decide({ keep: "row" });
  await garden.settle();
  assert.equal(await one.shown(), null);
});

test("a worker that dies anywhere, while it is written and while it is removed: the next one ends it", async () => {
  const whole = await held();
  const effects = (await drainUntil(garden, null)).length;
  assert.ok(effects >= 6, "claim, apply, claim, apply, write, confirm …");
  await whole.decide({ keep: "row" });
  await garden.settle();
  for (let effect = 1; effect <= effects; effect++) {
    // Before the next effect is the same place.
    const point = { effect, when: "after" } as const;
    const one = await held();
    await drainUntil(garden, point);
    await endWaits(garden.sql);
    await garden.settle();
    assert.equal(await one.shown(), MARKED, `effect ${effect}`);
    await one.decide({ keep: "row" });
    await drainUntil(garden, point);
    await endWaits(garden.sql);
    await garden.settle();
    assert.equal(await one.shown(), null, `effect ${effect}`);
    assert.deepEqual(
      await garden.sql.query("select path from frontrow.bases where path = $1", [one.copy]),
      [],
    );
  }
});

test("the valve does not count copies: resolving many at once is no mass deletion", async () => {
  const all = [await held(), await held(), await held(), await held()];
  await garden.settle();
  for (const one of all) await one.decide({ keep: "row" });
  await garden.settle();
  for (const one of all) assert.equal(await one.shown(), null);
  assert.deepEqual(await garden.sql.query("select 1 from frontrow.halts"), []);
});

test("a policy that is switched on and off again: the sweep follows", async () => {
  const one = await held("toggled");
  await garden.settle();
  assert.deepEqual([await one.shown(), await one.state()], [null, null], "off by default");
  const engineOf = async (conflictCopy: boolean) => {
    const { resolveConfig } = await import("../collections/mod.ts");
    const bindings = await register(garden.hub, resolveConfig(configOf(conflictCopy)));
    await garden.sql.query("select frontrow.sweep()");
    await garden.settle({ bindings });
  };
  await engineOf(true);
  assert.equal(await one.shown(), MARKED);
  await engineOf(false);
  assert.equal(await one.shown(), null);
});

/** A table that is not as it was registered halts its collection alone, until it is again. And a fence that is not there. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const path = "users/ann/parts/a.md";
const file = (name: string) => `---\nname: ${name}\nstatus: active\n---\n`;
const halts = async () => (await garden.hub.report()).halts;

test("a column renamed away halts the collection by itself at the sweep, with evidence", async () => {
  await garden.upload(path, file("One"));
  await garden.settle();
  await garden.sql.exec("alter table public.parts rename column name to label");
  await garden.sql.query("select frontrow.sweep()");
  const [halt] = await halts();
  assert.equal(halt!.kind, "schema-changed");
  assert.deepEqual(halt!.evidence.changed, ["name"]);
  await assert.rejects(garden.hub.resume(halt!.id, "apply"), {
    code: "CONFIG_INVALID",
    message: /ends by itself/,
  });
});

test("when the table is as it was again, the halt ends at the next claim, and what waited is done", async () => {
  await garden.upload(path, file("Two"));
  await garden.drain();
  assert.equal((await halts()).length, 1);
  await garden.sql.exec("alter table public.parts rename column label to name");
  await garden.settle();
  assert.deepEqual(await halts(), []);
  assert.equal((await garden.row(path))!.name, "Two");
});

test("… or at the next sweep", async () => {
  await garden.sql.exec("alter table public.parts rename column name to label");
  await garden.sql.query("select frontrow.sweep()");
  assert.equal((await halts()).length, 1);
  await garden.sql.exec("alter table public.parts rename column label to name");
  await garden.sql.query("select frontrow.sweep()");
  assert.deepEqual(await halts(), []);
});

test("a write the fence did not see opens a halt; no file is deleted; resume takes the fence for untried", async () => {
  await garden.sql.exec("alter table storage.objects disable trigger all");
  await garden.sql.query("update public.parts set name = 'Unfenced'");
  await garden.drain();
  await garden.sql.exec("alter table storage.objects enable trigger all");
  const [halt] = await halts();
  assert.deepEqual([halt!.kind, halt!.collection], ["fence", ""]);
  await garden.sql.query("delete from public.parts");
  await garden.drain();
  assert.notEqual(await garden.read(path), null);
  await garden.hub.resume(halt!.id, "apply");
  await garden.settle();
  assert.equal(await garden.read(path), null);
  assert.deepEqual(await halts(), []);
});

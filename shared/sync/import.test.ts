/** Bringing in a directory: every file is an edit of its object, and ends as row and object. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../../scripts/testing/garden.ts";
import { type ImportedFile, importFiles } from "./import.ts";
import type { Result } from "./pass.ts";

let garden: Garden;
before(async () => {
  garden = await startGarden();
});
after(() => garden.stop());

const text = (name: string, status = "active") =>
  `---\n# ${name}\nname: ${name}\nstatus: ${status}\n---\nBody of ${name}.\n`;
const file = (path: string, content: string): ImportedFile => ({
  path,
  read: () => Promise.resolve(new TextEncoder().encode(content)),
});

async function bringIn(files: ImportedFile[], limits = {}) {
  const results: Result[] = [];
  const summary = await importFiles({
    ...garden,
    cause: "import",
    files,
    limits,
    onResults: (part) => results.push(...part),
  });
  return { ...summary, results };
}

test("a directory becomes rows and objects, byte for byte, in batches; what belongs nowhere is counted", async () => {
  const paths = Array.from({ length: 45 }, (_, i) => `users/many/parts/p${i}.md`);
  const files = [
    ...paths.map((path) => file(path, text(path))),
    file("README.md", "hello"),
    file("users/x.txt", ""),
  ];
  const { counts, documents, ignored, more } = await bringIn(files, { documents: 20 });
  assert.deepEqual(
    { counts, documents, ignored, more },
    { counts: { created: 45 }, documents: 45, ignored: 2, more: false },
  );
  const [{ rows }] = (await garden.sql.query(
    "select count(*)::int as rows from public.parts where user_id = 'many'",
  )) as [{ rows: number }];
  assert.equal(rows, 45);
  for (const path of [paths[0]!, paths[44]!]) assert.equal(await garden.read(path), text(path));
  assert.deepEqual(await garden.sql.query("select from frontrow.dirty"), [], "nothing echoes");
  assert.deepEqual((await garden.drain()).counts, {});
});

test("the same directory again is nothing", async () => {
  const path = "users/twice/parts/a.md";
  await bringIn([file(path, text("A"))]);
  const state = () =>
    garden.sql.query(
      "select version from storage.objects where name = $1 union all select revision::text from frontrow.documents where path = $1",
      [path],
    );
  const before = await state();
  const { counts } = await bringIn([file(path, text("A"))]);
  assert.deepEqual(counts, { unchanged: 1 });
  assert.deepEqual(await state(), before);
});

test("over an object that is there: an edit of it", async () => {
  const path = "users/over/parts/a.md";
  await garden.upload(path, text("A"));
  await garden.settle();
  const { counts } = await bringIn([file(path, text("A", "resting"))]);
  assert.deepEqual(counts, { updated: 1 });
  assert.equal(await garden.read(path), text("A", "resting"));
  assert.equal((await garden.row(path))!.status, "resting");
});

test("over an object that is there and was never looked at: both count", async () => {
  const path = "users/unseen/parts/a.md";
  await garden.upload(path, text("A"));
  await bringIn([file(path, text("A"))]);
  await garden.settle();
  assert.equal(await garden.read(path), text("A"));
  assert.equal((await garden.row(path))!.name, "A");

  const other = "users/unseen/parts/b.md";
  await garden.upload(other, text("B"));
  const { counts } = await bringIn([file(other, text("C"))]);
  assert.deepEqual(counts, { conflict: 1 });
  assert.equal(await garden.read(other), text("B"));
});

test("over a row that was edited: merged, as an upload would be", async () => {
  const path = "users/merge/parts/a.md";
  await garden.upload(path, text("A"));
  await garden.settle();
  await garden.sql.query("update public.parts set charge = 1 where user_id = 'merge'");
  const { counts } = await bringIn([file(path, text("A", "resting"))]);
  assert.deepEqual(counts, { merged: 1 });
  const { status, charge } = (await garden.row(path))!;
  assert.deepEqual({ status, charge }, { status: "resting", charge: "1" });
  assert.match((await garden.read(path))!, /status: resting\n[\s\S]*charge: 1\n/);
});

test("a bad file is quarantined and the rest goes on; the object of that name is not touched", async () => {
  const path = "users/bad/parts/a.md";
  await garden.upload(path, text("A"));
  await garden.settle();
  const { counts, results } = await bringIn([
    file(path, "---\nname: [\n---\n"),
    file("users/bad/parts/b.md", text("B")),
  ]);
  assert.deepEqual(counts, { quarantined: 1, created: 1 });
  assert.equal(results.find(({ outcome }) => outcome === "quarantined")!.code, "FRONT_MATTER_INVALID");
  assert.equal(await garden.read(path), text("A"));
  assert.equal((await garden.row(path))!.name, "A");
});

test("a file whose document another worker holds is not imported, and that is said", async () => {
  const path = "users/busy/parts/a.md";
  await garden.sql.query(
    "insert into frontrow.leases (collection, path, worker, token, until, seen) values ('parts', $1, 'w', 1, now() + interval '1 hour', '{}')",
    [path],
  );
  const { counts } = await bringIn([file(path, text("A")), file("users/busy/parts/b.md", text("B"))]);
  assert.deepEqual(counts, { created: 1, busy: 1 });
  await garden.sql.query("delete from frontrow.leases");
});

test("a deleted document that is brought in again is there again", async () => {
  const path = "users/again/parts/a.md";
  await garden.upload(path, text("A"));
  await garden.settle();
  await garden.remove(path);
  await garden.settle();
  const { counts } = await bringIn([file(path, text("A"))]);
  assert.deepEqual(counts, { created: 1 });
  assert.equal(await garden.read(path), text("A"));
  assert.equal((await garden.row(path))!.name, "A");
});

test("a file brought in is wanted: what was deleted on either side is made again, not deleted everywhere", async () => {
  for (const [side, drop] of [
    ["file", (path: string) => garden.remove(path)],
    ["row", () => garden.sql.query("delete from public.parts where user_id = 'back'")],
  ] as const) {
    const path = `users/back/parts/${side}.md`;
    await bringIn([file(path, text("Back"))]);
    await drop(path);
    await bringIn([file(path, text("Back"))]);
    await garden.drain();
    assert.equal(await garden.read(path), text("Back"), side);
    const rows = await garden.sql.query("select from public.parts where slug = $1 and deleted_at is null", [
      side,
    ]);
    assert.equal(rows.length, 1, side);
  }
});

test("a file that is no document never replaces one that somebody uploads meanwhile", async () => {
  const path = "users/race/parts/a.md";
  const hub = { ...garden.hub };
  hub.apply = async (...args) => {
    const answer = await garden.hub.apply(...args);
    await garden.upload(path, text("Theirs"));
    return answer;
  };
  await importFiles({ ...garden, hub, cause: "import", files: [file(path, "---\nname: [\n---\n")] });
  await garden.drain();
  assert.equal(await garden.read(path), text("Theirs"));
});

/** What only the database in memory can do. What it has in common with the real one is in shared/hub/test-hub.ts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileOf, PATH, plant } from "./test-garden.ts";
import { seeded } from "./test-seed.ts";

const FILE = "---\n# hers\nname: Dreamer\nstatus: active\ntags: [a, b]\ncharge: 0.50\n---\nBody.\n";

test("a file becomes a row, an edited row the file, and then nothing is to be done", async () => {
  const garden = await plant();
  garden.put(FILE);
  await garden.work();
  assert.deepEqual(garden.parts.rows()[0]?.cells.tags, ["a", "b"]);
  garden.parts.update(() => true, { name: "Waker" });
  await garden.work();
  assert.equal(garden.text(), FILE.replace("Dreamer", "Waker"));
  assert.equal(garden.pending(), 0);
});

test("the same calls give the same database", async () => {
  const states = await Promise.all(
    [7, 7].map(async (seed) => {
      const garden = await plant({ seed });
      garden.put(FILE);
      garden.put("---\nname: [\n---\n", "users/ada/parts/bad.md");
      await garden.work();
      garden.parts.update(() => true, { name: "Waker" });
      await garden.work();
      const { runs, runItems, ...state } = garden.db.state;
      // The engine names its runs by itself.
      const shown = Object.entries(state).map(([name, table]) => [
        name,
        [...(table as typeof runs).entries()],
      ]);
      return JSON.stringify([shown, runItems.list().map(({ run, ...item }) => item)], (name, value) =>
        name === "table" || name === "worker" ? undefined : value,
      );
    }),
  );
  assert.equal(states[0], states[1]);
});

test("a fork goes its own way", async () => {
  const garden = await plant();
  garden.put(FILE);
  await garden.work();
  const fork = garden.db.fork(seeded());
  fork.table("parts").update(() => true, { name: "Forked" });
  fork.objects.remove("content", [PATH]);
  assert.deepEqual(garden.names(), ["Dreamer"]);
  assert.equal(garden.text(), FILE);
  assert.equal(garden.pending(), 0);
  assert.equal(fork.state.dirty.size, 2);
});

describe("a transaction that commits later", () => {
  test("is seen only then, with numbers lower than what was seen before", async () => {
    const { db, parts } = await plant();
    const transaction = db.begin();
    transaction.run(() => parts.insert([{ user_id: "ada", slug: "early", name: "Early" }]));
    parts.insert([{ user_id: "ada", slug: "late", name: "Late" }]);
    assert.equal(parts.rows().length, 1);
    const [seen] = db.state.dirty.list();
    transaction.commit();
    assert.equal(parts.rows().length, 2);
    const early = db.state.dirty.filter(({ path }) => path.endsWith("early.md"))[0];
    assert.ok(early!.id < seen!.id);
  });

  test("holds its rows: the engine comes back to them", async () => {
    const garden = await plant();
    garden.put(fileOf("One"));
    await garden.work();
    const transaction = garden.db.begin();
    transaction.run(() => garden.parts.update(() => true, { status: "resting" }));
    garden.put(fileOf("Two"));
    await garden.work();
    assert.deepEqual(garden.names(), ["One"]);
    transaction.commit();
    await garden.work(2);
    assert.deepEqual(garden.names(), ["Two"]);
    assert.equal(garden.text(), fileOf("Two").replace("active", "resting"));
  });

  test("leaves nothing when it is rolled back", async () => {
    const { db, parts } = await plant();
    const transaction = db.begin();
    transaction.run(() => parts.insert([{ user_id: "ada", slug: "a", name: "A" }]));
    transaction.rollback();
    assert.deepEqual([parts.rows().length, db.state.dirty.size, db.locks.size], [0, 0, 0]);
  });
});

describe("what Storage gets wrong", () => {
  test("a lying remove answers as if it had removed", async () => {
    const { db, put, text } = await plant();
    put(FILE);
    db.objects.faults.lyingRemoves.add(PATH);
    assert.deepEqual(db.objects.remove("content", [PATH]), [PATH]);
    assert.equal(text(), FILE);
    db.objects.remove("content", [PATH]);
    assert.equal(text(), null);
  });

  test("the body before, and bytes of nothing, are known for what they are", async () => {
    const { db, put, bucket } = await plant();
    put(fileOf("One"));
    put(fileOf("Two"));
    const { version, etag, size } = db.objects.find("content", PATH)!;
    const read = () => bucket("content").read(PATH, { version, etag, size });
    db.objects.faults.stale.set(PATH, db.objects.olderBytes("content", PATH)!);
    assert.deepEqual(await codeOf(read()), "REPLICA_MOVED");
    db.objects.faults.failingReads.set(PATH, 503);
    assert.deepEqual(await codeOf(read()), "STORE_UNAVAILABLE");
    assert.equal((await read()).state, "found");
    db.objects.loseBody("content", PATH);
    assert.deepEqual(await codeOf(read()), "BODY_MISSING");
  });

  test("its permission probe leaves no trace but a number", async () => {
    const { db, put } = await plant();
    put(FILE);
    assert.deepEqual(
      db.state.dirty.list().map(({ path }) => path),
      [PATH],
    );
  });
});

test("the doorbell rings after a commit, once, and not while a worker is awake", async () => {
  const { db } = await plant();
  let rings = 0;
  const fork = db.fork({ ...seeded(), onRing: () => rings++ });
  const row = (slug: string) => ({ user_id: "ada", slug, name: "A" });
  fork.transaction(() => {
    fork.table("parts").insert([row("a")]);
    fork.table("parts").insert([row("b")]);
    assert.equal(rings, 0);
  });
  assert.equal(rings, 1);
  assert.throws(() =>
    fork.transaction(() => {
      fork.table("parts").insert([row("c")]);
      throw new Error("rolled back");
    }),
  );
  assert.equal(rings, 1);
});

async function codeOf(
  answer: Promise<{ state: string; error?: { code: string } }>,
): Promise<string | undefined> {
  return (await answer).error?.code;
}

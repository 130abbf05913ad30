/** What waits for a person: conflicts, the valve, a changed scope. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileOf, pathOf, type Team } from "./test-hub-team.ts";

export function testPeople(team: Team): void {
  /** The same field edited on both sides. */
  async function disputed(): Promise<string> {
    const path = await team.plant("a", "Base");
    await team.ground.files.put(path, fileOf("File"));
    await team.ground.rows.put(path, { name: "Row" });
    assert.equal((await team.step()).applied.outcome, "conflict");
    return path;
  }

  /** Documents of which `gone` lost their file. */
  async function wiped(documents: number, gone: number): Promise<string[]> {
    const slugs = Array.from({ length: documents }, (_, i) => `w${String(i).padStart(2, "0")}`);
    for (const slug of slugs) await team.ground.files.put(pathOf(slug), fileOf(slug));
    await team.settle();
    await team.register({ valve: { share: 0.2, atLeast: 2 } });
    const paths = slugs.slice(0, gone).map((slug) => pathOf(slug));
    for (const path of paths) await team.ground.files.drop(path);
    await team.settle();
    return paths;
  }

  const rowsOf = async (paths: readonly string[]) => {
    const rows = await Promise.all(paths.map((path) => team.ground.rows.get(path)));
    return rows.filter((row) => row !== null).length;
  };

  describe("conflicts", () => {
    test("both texts are kept, both sides are left as they are, and nobody asks again", async () => {
      const path = await disputed();
      const { conflicts } = await team.hub.report();
      assert.deepEqual(
        conflicts.map((conflict) => conflict.path),
        [path],
      );
      assert.equal(await team.ground.files.text(path), fileOf("File"));
      assert.equal((await team.ground.rows.get(path))?.name, "Row");
      assert.deepEqual(await team.hub.backfill({}), { marked: 0 });
      assert.deepEqual(await team.claim(), []);
    });

    for (const [keep, name] of [
      ["file", "File"],
      ["row", "Row"],
    ] as const) {
      test(`a person keeps the ${keep}`, async () => {
        const path = await disputed();
        await team.answer(path, { keep });
        const item = await team.claimOne();
        assert.deepEqual(item.resolution, { keep });
        await team.ground.endWaits();
        await team.settle();
        assert.equal(await team.ground.files.text(path), fileOf(name));
        assert.equal((await team.ground.rows.get(path))?.name, name);
        assert.deepEqual((await team.hub.report()).conflicts, []);
      });
    }

    test("a decision is about the versions that were seen", async () => {
      const path = await disputed();
      await team.answer(path, { keep: "file" });
      await team.ground.rows.put(path, { name: "Later" });
      assert.equal((await team.claimOne()).resolution, null);
    });

    test("what moved since a person looked is not decided", async () => {
      const path = await disputed();
      await team.ground.files.put(path, fileOf("Later"));
      await assert.rejects(team.answer(path, { keep: "row" }), { code: "REPLICA_MOVED" });
      await assert.rejects(team.answer(path, { fields: {} }), { code: "REPLICA_MOVED" });
    });

    test("a field at a time: all of them, and nothing else", async () => {
      const path = await disputed();
      await assert.rejects(team.answer(path, { fields: {} }), { code: "REQUEST_INVALID" });
      await assert.rejects(team.answer(path, { fields: { status: "row" } }), { code: "REQUEST_INVALID" });
      await team.answer(path, { fields: { name: "row" } });
      await team.settle();
      assert.equal(await team.ground.files.text(path), fileOf("Row"));
    });

    test("it is over when the sides agree", async () => {
      const path = await disputed();
      await team.ground.rows.put(path, { name: "File" });
      await team.settle();
      assert.deepEqual((await team.hub.report()).conflicts, []);
    });

    test("what is in none cannot be resolved", async () => {
      await assert.rejects(team.answer(pathOf("none"), { keep: "row" }), { code: "NOT_FOUND" });
    });
  });

  describe("the valve", () => {
    test("a few deletions pass", async () => {
      const paths = await wiped(12, 2);
      assert.equal(await rowsOf(paths), 0);
      assert.deepEqual((await team.hub.report()).halts, []);
    });

    test("many wait for a person, and everything else goes on", async () => {
      const paths = await wiped(12, 6);
      assert.equal(await rowsOf(paths), 6);
      const [halt, ...others] = (await team.hub.report()).halts;
      assert.deepEqual([halt?.kind, halt?.documents, others.length], ["deletions", 6, 0]);
      assert.deepEqual(await team.hub.backfill({}), { marked: 0 }, "nobody asks again");
      await team.plant("z", "Later");
      assert.equal((await team.ground.rows.get(pathOf("z")))?.name, "Later");
      await team.ground.files.drop(pathOf("w07"));
      await team.settle();
      assert.equal(await rowsOf([pathOf("w07")]), 1, "one more waits with them");
      assert.equal((await team.hub.report()).halts[0]?.documents, 7);
    });

    test("apply carries out exactly what was held", async () => {
      const paths = await wiped(12, 6);
      const { id } = (await team.hub.report()).halts[0]!;
      assert.equal((await team.hub.resume(id, "apply")).documents, 6);
      await team.settle();
      assert.equal(await rowsOf(paths), 0);
      assert.equal((await team.status()).documents, 6);
      assert.deepEqual((await team.hub.report()).halts, []);
    });

    test("only what a person has seen is decided", async () => {
      const paths = await wiped(12, 6);
      const { id, seen } = (await team.hub.report()).halts[0]!;
      await team.ground.files.drop(pathOf("w07"));
      await team.settle();
      assert.deepEqual(
        (await team.hub.held(id)).items.map(({ path }) => path),
        [...paths, pathOf("w07")],
      );
      const { documents, left } = await team.hub.resume(id, "apply", { seen });
      assert.deepEqual([documents, left], [6, 1]);
      await team.settle();
      assert.deepEqual([await rowsOf(paths), await rowsOf([pathOf("w07")])], [0, 1]);
    });

    test("restore gives back what is missing", async () => {
      const paths = await wiped(12, 6);
      const { id } = (await team.hub.report()).halts[0]!;
      await team.hub.resume(id, "restore");
      await team.settle();
      for (const path of paths) assert.ok(await team.ground.files.text(path), path);
      assert.equal(await rowsOf(paths), 6);
    });

    test("restore gives back what is gone from both sides", async () => {
      const paths = await wiped(12, 6);
      for (const path of paths) await team.ground.rows.delete(path);
      await team.settle();
      const { id } = (await team.hub.report()).halts[0]!;
      await team.hub.resume(id, "restore");
      await team.settle();
      for (const path of paths) assert.ok(await team.ground.files.text(path), path);
      assert.equal(await rowsOf(paths), 6);
      assert.deepEqual((await team.hub.report()).halts, []);
    });

    test("a document that comes back needs no decision any more", async () => {
      const paths = await wiped(12, 6);
      for (const path of paths) await team.ground.files.put(path, fileOf("Back"));
      await team.settle();
      assert.deepEqual((await team.hub.report()).halts, []);
    });

    test("an emptied side waits, however few there are", async () => {
      const paths = await wiped(3, 3);
      assert.equal(await rowsOf(paths), 3);
    });

    test("what is not halted cannot be resumed", async () => {
      await assert.rejects(team.hub.resume(424242, "apply"), { code: "NOT_FOUND" });
    });
  });

  describe("registration", () => {
    test("a changed scope deletes nothing before a person has looked", async () => {
      const path = await team.plant("a");
      await team.register({}, "users/:user_id/others/:slug.md");
      const [halt] = (await team.hub.report()).halts;
      assert.equal(halt?.kind, "scope-changed");
      await team.hub.backfill({});
      await team.settle();
      assert.equal(await team.ground.files.text(path), fileOf("Seed"));
      assert.ok(await team.ground.files.text("users/ada/others/a.md"));
      await team.ground.files.drop("users/ada/others/a.md");
      await team.settle();
      assert.equal(await rowsOf([path]), 1);
    });

    test("another config's worker stops; the same config registered again changes nothing", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      const before = team.bindings;
      await team.register({ conflict: "manual" });
      const after = team.bindings;
      team.bindings = before;
      assert.deepEqual(await team.claim(), []);
      team.bindings = after;
      const { digest } = (await team.hub.registered())[0]!;
      await team.register({ conflict: "manual" });
      assert.equal((await team.hub.registered())[0]?.digest, digest);
      assert.equal((await team.claim()).length, 1);
    });

    test("a collection that is dropped leaves no work behind", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      await team.hub.register([], true);
      assert.deepEqual(await team.hub.registered(), []);
      assert.deepEqual(await team.hub.finish(crypto.randomUUID(), { ring: false }), { more: false });
      assert.deepEqual(await team.claim(), []);
    });
  });
}

/** How the hub hears of changes: captured, swept, signalled; and what is no news. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestsOf } from "../sync/binding.ts";
import { fileOf, pathOf, type Team } from "./test-hub-team.ts";

export function testNews(team: Team): void {
  const duePaths = async () => (await team.claim()).map(({ path }) => path).sort();

  describe("news", () => {
    test("the engine's own writes are none", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      await team.step();
      assert.equal((await team.status()).pending, 0, "a row");
      await team.ground.rows.put(pathOf("a"), { name: "B" });
      const { item, applied } = await team.step();
      await team.write(pathOf("a"), fileOf("B"), applied.intent!);
      await team.confirm(item, applied.intent);
      assert.equal((await team.status()).pending, 0, "a file");
    });

    test("an update that changes nothing is none", async () => {
      const path = await team.plant("a", "A");
      await team.ground.rows.put(path, { name: "A" });
      assert.equal((await team.status()).pending, 0);
    });

    test("a file that is no document's is none", async () => {
      await team.ground.files.put("elsewhere/note.md", fileOf("A"));
      const status = await team.status();
      assert.deepEqual([status.pending, status.objects, status.ignored], [0, 0, 1]);
    });

    test("a renamed file is news of both names", async () => {
      const path = await team.plant("a", "A");
      await team.ground.files.move(path, pathOf("b"));
      assert.deepEqual(await duePaths(), [path, pathOf("b")]);
      await team.settle();
      assert.equal(await team.ground.rows.get(path), null);
      assert.equal((await team.ground.rows.get(pathOf("b")))?.name, "A");
    });

    test("a renamed row is news of both names", async () => {
      const path = await team.plant("a", "A");
      await team.ground.rows.move(path, pathOf("b"));
      assert.deepEqual(await duePaths(), [path, pathOf("b")]);
      await team.settle();
      assert.equal(await team.ground.files.text(path), null);
      assert.ok((await team.ground.files.text(pathOf("b")))?.includes("name: A"));
    });

    test("a TRUNCATE is one event, and then the documents that differ", async () => {
      const path = await team.plant("a");
      await team.plant("b");
      await team.ground.rows.truncate();
      assert.equal((await team.status()).pending, 1);
      assert.deepEqual(await duePaths(), [path, pathOf("b")]);
    });

    test("what no trigger saw is found by a backfill, once", async () => {
      const [edited, hidden, dropped] = [await team.plant("a"), await team.plant("b"), await team.plant("c")];
      await team.plant("d");
      await team.ground.blind(async () => {
        await team.ground.rows.put(edited, { name: "Edited" });
        await team.ground.rows.hide(hidden);
        await team.ground.files.drop(dropped);
        await team.ground.files.put(pathOf("new"), fileOf("New"));
      });
      assert.equal((await team.status()).pending, 0);
      assert.deepEqual(await team.hub.backfill({}), { marked: 4 });
      assert.deepEqual(await team.hub.backfill({}), { marked: 0 }, "they are marked");
      await team.settle();
      assert.deepEqual(await team.hub.backfill({}), { marked: 0 }, "they are the same");
      assert.equal(await team.ground.files.text(edited), fileOf("Edited"));
      assert.equal(await team.ground.files.text(hidden), null);
      assert.equal(await team.ground.rows.get(dropped), null);
      assert.equal((await team.ground.rows.get(pathOf("new")))?.name, "New");
    });

    test("and by the sweep", async () => {
      const path = await team.plant("a");
      await team.ground.blind(() => team.ground.rows.put(path, { name: "Edited" }));
      await team.ground.sweep();
      assert.deepEqual(await duePaths(), [path]);
    });

    test("a full backfill looks at every document again", async () => {
      const path = await team.plant("a");
      assert.deepEqual(await team.hub.backfill({ full: true }), { marked: 1 });
      assert.deepEqual(await duePaths(), [path]);
    });

    test("a preview shows what a backfill would find, and leaves no trace", async () => {
      const path = await team.plant("a");
      await team.ground.blind(() => team.ground.rows.put(path, { name: "Edited" }));
      const digests = digestsOf(team.bindings);
      const [item, ...others] = await team.hub.preview({ limit: 10, digests });
      assert.deepEqual([item?.path, item?.table?.fields.name, others.length], [path, "Edited", 0]);
      assert.deepEqual([(await team.status()).pending, (await team.claim()).length], [0, 0]);
    });

    test("signals from outside mark what is a document's", async () => {
      const keys = [
        { bucket: "content", path: pathOf("a") },
        { collection: "parts", path: pathOf("b") },
        { bucket: "content", path: "elsewhere/note.md" },
        { bucket: "another", path: pathOf("c") },
      ];
      assert.deepEqual(await team.hub.signal(keys), { marked: 2, ignored: 2 });
      assert.deepEqual(await duePaths(), [pathOf("a"), pathOf("b")]);
    });

    test("a one-way collection finds nothing in what it never takes over", async () => {
      await team.register({ direction: "files-to-rows" });
      await team.ground.blind(() => team.ground.rows.put(pathOf("a"), { name: "Row" }));
      assert.deepEqual(await team.hub.backfill({}), { marked: 0 });
    });

    test("the log tells what became of each document, once", async () => {
      const before = (await team.hub.log(0)).at(-1)?.id ?? 0;
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      await team.step();
      const [item, ...others] = await team.hub.log(before);
      assert.deepEqual([item?.path, item?.outcome, others.length], [pathOf("a"), "created", 0]);
      assert.deepEqual(await team.hub.log(item!.id), []);
    });
  });
}

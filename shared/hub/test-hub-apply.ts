/** Apply: every plan under its preconditions, all of it or nothing, and nobody stopped by another's. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ApplyItem } from "./hub.ts";
import { fileOf, pathOf, type Team } from "./test-hub-team.ts";

export function testApply(team: Team): void {
  describe("apply", () => {
    test("a file becomes a row, a revision and two bases", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      const { applied } = await team.step();
      assert.deepEqual([applied.outcome, applied.intent, applied.revision], ["created", null, 1]);
      assert.equal((await team.ground.rows.get(pathOf("a")))?.name, "A");
      const item = await team.claimOne({ paths: [{ collection: "parts", path: pathOf("a") }] });
      assert.equal(item.bases.bucket?.version, item.bucket?.version);
      assert.equal(item.bases.table?.version, item.table?.version);
      assert.deepEqual(await team.ground.history(pathOf("a")), [
        { revision: 1, store: "bucket", text: fileOf("A"), deleted: false },
      ]);
    });

    const moves: Record<string, (path: string) => Promise<void>> = {
      "the object": (path) => team.ground.files.put(path, fileOf("Other")),
      "the object, which is gone,": (path) => team.ground.files.drop(path),
      "the row": (path) => team.ground.rows.put(path, { name: "Other" }),
      "the row, which is gone,": (path) => team.ground.rows.hide(path),
    };
    for (const [what, move] of Object.entries(moves)) {
      test(`a plan is stale when ${what} moved, and leaves nothing behind`, async () => {
        const path = await team.plant("a");
        await team.ground.files.put(path, fileOf("Edited"));
        const item = await team.claimOne();
        const plan = await team.decide(item);
        await move(path);
        const before = [await team.ground.rows.get(path), await team.ground.history(path)];
        const applied = await team.apply(plan);
        assert.deepEqual([applied.outcome, applied.code], ["stale", "REPLICA_MOVED"]);
        assert.deepEqual([await team.ground.rows.get(path), await team.ground.history(path)], before);
        await team.ground.endWaits();
        assert.equal((await team.claimOne()).attempts, 1, "a lost race is not counted");
      });
    }

    test("a plan is stale when the hub moved", async () => {
      const path = await team.plant("a");
      await team.ground.files.put(path, fileOf("Edited"));
      const plan = await team.decide(await team.claimOne());
      const applied = await team.apply({ ...plan, expect: { ...plan.expect, revision: 7 } });
      assert.equal(applied.outcome, "stale");
    });

    test("a row the table refuses is set aside with the constraint's name, and stops nobody", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      await team.ground.files.put(pathOf("b"), fileOf("B"));
      const plans = await Promise.all((await team.claim()).map((item) => team.decide(item)));
      const spoilt = plans.map((plan) => (plan.path === pathOf("a") ? withCell(plan, "charge", "7") : plan));
      const applied = await team.hub.apply(crypto.randomUUID(), spoilt);
      const outcomes = Object.fromEntries(applied.map(({ path, outcome }) => [path, outcome]));
      assert.deepEqual(outcomes, { [pathOf("a")]: "quarantined", [pathOf("b")]: "created" });
      const [aside] = (await team.hub.report()).quarantine;
      assert.deepEqual([aside?.code, aside?.rule], ["ROW_CONSTRAINT", "parts_charge_check"]);
      assert.deepEqual(await team.ground.history(pathOf("a")), [], "nothing is left of it");
      assert.deepEqual(await team.claim(), []);
    });

    for (const [column, value, rule] of [
      ["status", "asleep", "22P02"],
      ["name", null, "name"],
      ["charge", "much", "22P02"],
    ] as const) {
      test(`a value that does not fit is refused: ${column} ${value}`, async () => {
        await team.ground.files.put(pathOf("a"), fileOf("A"));
        const plan = withCell(await team.decide(await team.claimOne()), column, value);
        const applied = await team.apply(plan);
        assert.deepEqual([applied.outcome, applied.code], ["quarantined", "ROW_CONSTRAINT"]);
        assert.equal((await team.hub.report()).quarantine[0]?.rule, rule);
        assert.equal(await team.ground.rows.get(pathOf("a")), null);
      });
    }

    test("what cannot be read is set aside and looked at again only when it changes", async () => {
      await team.ground.files.put(pathOf("a"), "---\nname: [\n---\n");
      assert.equal((await team.step()).applied.outcome, "quarantined");
      await team.ground.sweep();
      assert.deepEqual(await team.hub.backfill({}), { marked: 0 });
      assert.deepEqual(await team.claim(), []);
      assert.equal((await team.status()).quarantined, 1);
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      assert.equal((await team.step()).applied.outcome, "created");
      assert.equal((await team.status()).quarantined, 0);
    });

    test("what was set aside and then deleted is forgotten", async () => {
      await team.ground.files.put(pathOf("a"), "---\nname: [\n---\n");
      await team.step();
      await team.ground.files.drop(pathOf("a"));
      await team.settle();
      assert.equal((await team.status()).quarantined, 0);
    });

    test("a row that its table rewrites is looked at once more, and then left alone", async () => {
      await team.ground.rows.shout(true);
      try {
        await team.ground.files.put(pathOf("a"), fileOf("quiet"));
        assert.equal((await team.step()).applied.outcome, "created");
        assert.equal((await team.status()).pending, 1, "what it became is news");
        await team.settle();
        assert.equal(await team.ground.files.text(pathOf("a")), fileOf("QUIET"));
        assert.equal((await team.ground.rows.get(pathOf("a")))?.name, "QUIET");
      } finally {
        await team.ground.rows.shout(false);
      }
    });

    test("what its table rewrites in a column that was left alone is news too", async () => {
      const path = await team.plant("a", "quiet");
      await team.ground.rows.shout(true);
      try {
        await team.ground.files.put(path, fileOf("quiet", "Edited.\n"));
        await team.step();
        assert.equal((await team.status()).pending, 1);
        await team.settle();
        assert.equal(await team.ground.files.text(path), fileOf("QUIET", "Edited.\n"));
      } finally {
        await team.ground.rows.shout(false);
      }
    });

    test("a row that was hidden comes back, and forgets what the file does not say", async () => {
      const path = await team.plant("a");
      await team.ground.rows.put(path, { tags: ["old"] });
      await team.settle();
      await team.ground.files.drop(path);
      await team.settle();
      assert.equal(await team.ground.rows.get(path), null);
      await team.ground.files.put(path, fileOf("Again"));
      await team.settle();
      const row = await team.ground.rows.get(path);
      assert.deepEqual([row?.name, row?.tags], ["Again", null]);
    });

    test("history is numbered, says whose edit it was and knows deletions", async () => {
      const path = await team.plant("a", "One");
      await team.ground.rows.put(path, { name: "Two" });
      await team.settle();
      await team.ground.files.drop(path);
      await team.settle();
      assert.deepEqual(await team.ground.history(path), [
        { revision: 1, store: "bucket", text: fileOf("One"), deleted: false },
        { revision: 2, store: "table", text: fileOf("Two"), deleted: false },
        { revision: 3, store: "bucket", text: null, deleted: true },
      ]);
    });

    test("a short history forgets the oldest", async () => {
      await team.register({ history: 1 });
      const path = await team.plant("a", "One");
      for (const name of ["Two", "Three", "Four"]) {
        await team.ground.files.put(path, fileOf(name));
        await team.settle();
      }
      const kept = await team.ground.history(path);
      assert.deepEqual(
        kept.map(({ revision, text }) => [revision, text]),
        [
          [3, fileOf("Three")],
          [4, fileOf("Four")],
        ],
      );
    });
  });
}

function withCell(plan: ApplyItem, column: string, value: string | null): ApplyItem {
  const { row } = plan;
  assert.ok(row?.op === "put");
  return { ...plan, row: { ...row, set: { ...row.set, [column]: value } } };
}

/** The queue: claims, leases, what was seen, giving back, setting aside. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileOf, pathOf, type Team } from "./test-hub-team.ts";

export function testQueue(team: Team): void {
  describe("queue", () => {
    test("a changed document is claimed by one worker at a time", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      const item = await team.claimOne();
      assert.equal(item.path, pathOf("a"));
      assert.equal(item.attempts, 1);
      assert.deepEqual(await team.claim({ worker: "other" }), []);
      assert.deepEqual(await team.claim({ paths: [item] }), [], "not by its name either");
    });

    test("a lease that ran out is taken over with a larger token", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      const first = await team.claimOne();
      await team.ground.endWaits();
      const second = await team.claimOne({ worker: "other" });
      assert.ok(BigInt(second.token) > BigInt(first.token));
      assert.equal(second.attempts, 2);
    });

    test("a claim shows both replicas, the hub and its bases", async () => {
      const path = await team.plant("a", "A");
      await team.ground.rows.put(path, { name: "B" });
      const item = await team.claimOne();
      assert.equal(item.hub?.text, fileOf("A"));
      assert.equal(item.hub?.deleted, false);
      assert.equal(item.bases.bucket?.version, item.bucket?.version);
      assert.equal(item.bases.bucket?.revision, item.hub?.revision);
      assert.equal(item.bases.bucket?.text, null);
      assert.notEqual(item.bases.table?.version, item.table?.version);
      assert.equal(item.bases.table?.fields?.name, "A");
      assert.equal(item.table?.fields.name, "B");
      assert.equal(item.table?.body, "Body.\n");
      assert.equal(item.bucket?.size, fileOf("A").length);
      assert.deepEqual([item.isKey, item.resolution], [true, null]);
      assert.deepEqual(Object.keys(item.dirtyAt ?? {}), ["table"]);
    });

    test("a worker of another config is given nothing", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      assert.deepEqual(await team.claim({ digests: { parts: "another:one" } }), []);
      assert.deepEqual(
        await team.claim({ digests: {}, paths: [{ collection: "parts", path: pathOf("a") }] }),
        [],
      );
      assert.equal((await team.claim()).length, 1);
    });

    test("named documents are claimed, dirty or not", async () => {
      const path = await team.plant("a");
      const item = await team.claimOne({ paths: [{ collection: "parts", path }] });
      assert.equal(item.hub?.text, fileOf("Seed"));
      assert.equal((await team.apply(await team.decide(item))).outcome, "unchanged");
    });

    test("a claim keeps within its number and its bytes, and brings one at least", async () => {
      for (const slug of ["a", "b", "c"]) await team.ground.files.put(pathOf(slug), fileOf(slug));
      assert.deepEqual(
        (await team.claim({ limit: 2 })).map(({ path }) => path),
        [pathOf("a"), pathOf("b")],
      );
      await team.ground.endWaits();
      assert.equal((await team.claim({ maxBytes: 1 })).length, 1);
    });

    test("who lost the lease is fenced: nothing is applied, confirmed or given back", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      const late = await team.claimOne();
      const plan = await team.decide(late);
      await team.ground.endWaits();
      assert.equal((await team.apply(plan)).outcome, "fenced", "its term is over");
      const holder = await team.claimOne({ worker: "other" });
      assert.equal((await team.apply(plan)).outcome, "fenced", "another holds it");
      assert.equal(await team.confirm(late, crypto.randomUUID()), "fenced");
      await team.fail(late, "error");
      assert.equal(await team.ground.rows.get(pathOf("a")), null);
      assert.equal((await team.apply(await team.decide(holder))).outcome, "created");
    });

    test("a change after the claim stays dirty", async () => {
      const path = await team.plant("a");
      await team.ground.rows.put(path, { name: "B" });
      const item = await team.claimOne();
      const plan = await team.decide({ ...item, table: item.bases.table as never });
      await team.ground.rows.put(path, { status: "resting" });
      assert.equal((await team.apply(plan)).outcome, "unchanged");
      assert.equal((await team.claimOne()).path, path, "only what was seen is forgotten");
    });

    test("an error waits and is counted; what passes by itself is not", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      await team.fail(await team.claimOne(), "error");
      assert.deepEqual(await team.claim(), [], "it waits");
      await team.ground.endWaits();
      const second = await team.claimOne();
      assert.equal(second.attempts, 2);
      await team.fail(second, "transient");
      assert.deepEqual(await team.claim(), [], "it waits");
      await team.ground.endWaits();
      const third = await team.claimOne();
      assert.equal(third.attempts, 2);
      await team.fail(third, "stale");
      await team.ground.endWaits();
      assert.equal((await team.claimOne()).attempts, 2);
    });

    test("what failed twice is claimed alone", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      for (let attempt = 0; attempt < 2; attempt++) {
        await team.fail(await team.claimOne(), "error");
        await team.ground.endWaits();
      }
      await team.ground.files.put(pathOf("b"), fileOf("B"));
      await team.ground.files.put(pathOf("c"), fileOf("C"));
      const claims = [await team.claim(), await team.claim()].map((items) =>
        items.map(({ path }) => path).sort(),
      );
      assert.deepEqual(claims.sort(), [[pathOf("a")], [pathOf("b"), pathOf("c")]].sort());
    });

    test("after five attempts a document is set aside, untouched, until it changes", async () => {
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      for (let attempt = 1; attempt <= 5; attempt++) {
        assert.equal((await team.claimOne()).attempts, attempt);
        await team.ground.endWaits();
      }
      assert.deepEqual(await team.claim(), []);
      const [parked] = (await team.hub.report()).quarantine;
      assert.deepEqual([parked?.path, parked?.code, parked?.rule], [pathOf("a"), "POISON", "five-attempts"]);
      assert.equal(await team.ground.files.text(pathOf("a")), fileOf("A"));
      await team.ground.sweep();
      assert.deepEqual(await team.claim(), [], "no sweep brings it back");
      await team.ground.files.put(pathOf("a"), fileOf("B"));
      const { applied } = await team.step();
      assert.equal(applied.outcome, "created");
      assert.deepEqual((await team.hub.report()).quarantine, []);
    });

    test("an ended run says whether work is left", async () => {
      const run = crypto.randomUUID();
      await team.ground.files.put(pathOf("a"), fileOf("A"));
      const item = await team.claimOne({ run });
      assert.deepEqual(await team.hub.finish(run, { ring: false }), { more: false }, "it is leased");
      await team.fail(item, "stale");
      await team.ground.endWaits();
      assert.deepEqual(await team.hub.finish(run, { ring: false }), { more: true });
    });
  });
}

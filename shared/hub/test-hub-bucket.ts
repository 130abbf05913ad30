/** Writes to the bucket: intents, the fence, confirmation, and what a takeover finds. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ClaimedDocument } from "./hub.ts";
import { fileOf, pathOf, type Team } from "./test-hub-team.ts";

export function testBucketWrites(team: Team): void {
  /** A row's edit, applied and not yet written to the bucket. */
  async function intended(name = "Two"): Promise<{ item: ClaimedDocument; path: string; intent: string }> {
    const path = await team.plant("a", "One");
    await team.ground.rows.put(path, { name });
    const { item, applied } = await team.step();
    assert.equal(typeof applied.intent, "string");
    return { item, path, intent: applied.intent! };
  }

  /** A row's deletion, applied; the object is still there. */
  async function intendedDelete(): Promise<{ item: ClaimedDocument; path: string; intent: string }> {
    const path = await team.plant("a", "One");
    await team.plant("b");
    await team.ground.rows.delete(path);
    const { item, applied } = await team.step();
    return { item, path, intent: applied.intent! };
  }

  describe("bucket writes", () => {
    test("a write lands once, is confirmed, and is no news", async () => {
      const { item, path, intent } = await intended();
      await team.write(path, fileOf("Two"), intent);
      await assert.rejects(
        team.write(path, fileOf("Two"), intent),
        { code: "REPLICA_MOVED" },
        "not a second time",
      );
      assert.equal(await team.confirm(item, intent), "confirmed");
      assert.deepEqual([(await team.status()).pending, (await team.status()).in_flight], [0, 0]);
      const after = await team.claimOne({ paths: [item] });
      assert.equal(after.bases.bucket?.version, after.bucket?.version);
      assert.equal(after.bases.bucket?.revision, after.hub?.revision);
    });

    test("a write over an edit that came meanwhile is refused, and confirmed as nothing", async () => {
      const { item, path, intent } = await intended();
      await team.ground.files.put(path, fileOf("Theirs"));
      await assert.rejects(team.write(path, fileOf("Two"), intent), { code: "REPLICA_MOVED" });
      assert.equal(await team.ground.files.text(path), fileOf("Theirs"));
      assert.notEqual(await team.confirm(item, intent), "confirmed");
      await team.settle();
    });

    test("a write over a deletion that came meanwhile is refused, and brings nothing back", async () => {
      const { path, intent } = await intended();
      await team.ground.files.drop(path);
      await assert.rejects(team.write(path, fileOf("Two"), intent), { code: "REPLICA_MOVED" });
      assert.equal(await team.ground.files.text(path), null);
    });

    test("a write where somebody made a file meanwhile is refused", async () => {
      await team.ground.rows.put(pathOf("a"), { name: "Row", status: "active" });
      const { applied } = await team.step();
      await team.ground.files.put(pathOf("a"), fileOf("Theirs"));
      await assert.rejects(team.write(pathOf("a"), fileOf("Row"), applied.intent!), {
        code: "REPLICA_MOVED",
      });
    });

    test("an answer that got lost is known at the takeover: what landed is the base", async () => {
      const { path, intent } = await intended();
      await team.write(path, fileOf("Two"), intent);
      await team.ground.endWaits();
      const taken = await team.claimOne({ worker: "other" });
      assert.equal(taken.bases.bucket?.version, taken.bucket?.version);
      assert.equal((await team.apply(await team.decide(taken))).outcome, "unchanged");
    });

    test("what landed and was then overwritten is still the base of the merge", async () => {
      const { path, intent } = await intended();
      await team.write(path, fileOf("Two"), intent);
      await team.ground.files.put(path, fileOf("Three"));
      await team.settle();
      assert.equal((await team.ground.rows.get(path))?.name, "Three");
    });

    test("after a takeover the late write is refused", async () => {
      const { item, path, intent } = await intended();
      await team.ground.endWaits();
      await team.claimOne({ worker: "other" });
      await assert.rejects(team.write(path, fileOf("Two"), intent), { code: "REPLICA_MOVED" });
      assert.equal(await team.ground.files.text(path), fileOf("One"));
      assert.equal(await team.confirm(item, intent), "fenced");
    });

    test("a deletion is carried out once and confirmed", async () => {
      const { item, path, intent } = await intendedDelete();
      await team.ground.bucket("content").remove(path, { base: item.bucket!.version, intent });
      assert.equal(await team.ground.files.text(path), null);
      assert.equal(await team.confirm(item, intent), "confirmed");
      assert.equal((await team.status()).pending, 0);
    });

    test("a deletion leaves an object alone that was made anew", async () => {
      const { item, path, intent } = await intendedDelete();
      await team.ground.files.put(path, fileOf("Anew"));
      await team.ground
        .bucket("content")
        .remove(path, { base: item.bucket!.version, intent })
        .catch(() => undefined);
      assert.equal(await team.ground.files.text(path), fileOf("Anew"));
      assert.equal(await team.confirm(item, intent), "stale");
      await team.settle();
      assert.equal((await team.ground.rows.get(path))?.name, "Anew");
    });

    test("an answer of done that the fence never saw is reported, and nothing is deleted from then on", async () => {
      const { item, intent } = await intended();
      assert.equal(await team.confirm(item, intent), "fence-inactive");
      await team.fail(item, "stale");
      assert.equal((await team.hub.report()).state.fence, "inactive");
      const gone = pathOf("gone");
      await team.ground.files.put(gone, fileOf("Gone"));
      await team.ground.endWaits();
      for (const one of await team.claim({ paths: [{ collection: "parts", path: gone }] })) {
        await team.apply(await team.decide(one));
      }
      await team.ground.rows.delete(gone);
      const [doomed] = await team.claim({ paths: [{ collection: "parts", path: gone }] });
      const applied = await team.apply(await team.decide(doomed!));
      assert.deepEqual([applied.outcome, applied.code], ["deferred", "FENCE_INACTIVE"]);
      assert.equal(await team.ground.files.text(gone), fileOf("Gone"));
    });

    test("an object whose bytes are lost is there, and nothing follows from it", async () => {
      const path = await team.plant("a", "One");
      await team.plant("b");
      await team.ground.files.hollow(path);
      const item = await team.claimOne();
      assert.ok(item.bucket, "SQL says that it is there");
      const answer = await team.ground.bucket("content").read(path, item.bucket);
      assert.equal(answer.state === "unknown" && answer.error.code, "BODY_MISSING");
      await team.fail(item, "transient");
      assert.equal((await team.ground.rows.get(path))?.name, "One");
    });

    test("an upload with an intent nobody knows is refused", async () => {
      const path = await team.plant("a", "One");
      await assert.rejects(team.write(path, fileOf("Forged"), crypto.randomUUID()), {
        code: "REPLICA_MOVED",
      });
      assert.equal(await team.ground.files.text(path), fileOf("One"));
    });
  });
}

/** The oscillation breaker: a loop made only of successes ends. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileOf, type Team } from "./test-hub-team.ts";

export function testBreaker(team: Team): void {
  /** A table that shouts, and a peer that writes the file quietly again each time; answers how often it had to. */
  async function quarrel(rounds: number): Promise<{ path: string; times: number }> {
    const path = await team.plant("a", "quiet");
    await team.ground.rows.shout(true);
    try {
      let times = 0;
      await team.ground.files.put(path, fileOf("quiet", "Edited.\n"));
      for (let round = 0; round < rounds; round++) {
        await team.settle();
        if ((await team.ground.files.text(path))?.includes("quiet")) continue;
        await team.ground.files.put(path, fileOf("quiet", "Edited.\n"));
        times++;
      }
      return { path, times };
    } finally {
      await team.ground.rows.shout(false);
    }
  }

  describe("the breaker", () => {
    test("a quarrel ends: the document is left alone, both sides as they are, and nobody asks again", async () => {
      const { path, times } = await quarrel(10);
      assert.ok(times <= 6, `${times} times`);
      const [halt, ...others] = (await team.hub.report()).halts;
      assert.deepEqual([halt?.kind, halt?.documents, others.length], ["oscillation", 1, 0]);
      assert.ok((await team.ground.files.text(path))?.includes("quiet"));
      assert.equal((await team.ground.rows.get(path))?.name, "QUIET");
      assert.deepEqual(await team.hub.backfill({}), { marked: 0 });
      assert.deepEqual(await team.claim(), []);
    });

    test("a person lets it go on", async () => {
      const { path } = await quarrel(10);
      const { id } = (await team.hub.report()).halts[0]!;
      await assert.rejects(team.hub.resume(id, "restore"), { code: "CONFIG_INVALID" });
      await team.hub.resume(id, "apply");
      await team.settle();
      const name = (await team.ground.rows.get(path))?.name;
      assert.ok((await team.ground.files.text(path))?.includes(`name: ${name}`));
      assert.deepEqual((await team.hub.report()).halts, []);
    });

    test("it is over when both sides agree by themselves", async () => {
      const { path } = await quarrel(10);
      await team.ground.rows.put(path, { name: "quiet" });
      await team.settle();
      assert.deepEqual((await team.hub.report()).halts, []);
    });

    test("one side's edits, however many, are no quarrel", async () => {
      const path = await team.plant("a");
      for (let edit = 0; edit < 12; edit++) {
        await team.ground.files.put(path, fileOf(`Name ${edit}`));
        await team.settle();
      }
      assert.deepEqual((await team.hub.report()).halts, []);
      assert.equal((await team.ground.rows.get(path))?.name, "Name 11");
    });
  });
}

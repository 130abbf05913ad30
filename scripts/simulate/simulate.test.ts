/**
 * The simulator in CI: schedules in memory, all of which must hold, and each protection switched off, which must show.
 * `npm run -s simulate -- --schedules 20000` looks longer.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Coverage } from "./coverage.ts";
import { PROTECTIONS } from "./database/protections.ts";
import { openMemoryArena } from "./memory-arena.ts";
import { playSeed } from "./run.ts";
import { assertNothing, MISSED } from "./test-schedules.ts";

const SCHEDULES = 2000;
/** Schedules after the stored seed; it is one of the first unless the generators have changed. */
const PATIENCE = 1500;

describe("the simulator", () => {
  test(`${SCHEDULES} schedules`, async () => {
    const arena = await openMemoryArena();
    const coverage = new Coverage();
    for (let seed = 1; seed <= SCHEDULES; seed++) assertNothing(await playSeed(seed, { arena, coverage }));
    assertCovered(coverage);
  });

  for (const protection of PROTECTIONS) {
    test(`misses ${protection} when it is off`, async () => {
      const arena = await openMemoryArena(new Set([protection]));
      const options = { arena, coverage: new Coverage() };
      const from = MISSED[protection] ?? 1;
      for (let seed = from; seed < from + PATIENCE; seed++) if (await playSeed(seed, options)) return;
      assert.fail(`${PATIENCE} schedules from seed ${from} on do without "${protection}" and nothing breaks`);
    });
  }
});

/** What a generator never reaches is a defect of the generator. */
function assertCovered(coverage: Coverage): void {
  const report = coverage.report();
  const reached: Record<string, readonly string[]> = {
    outcome: [
      "unchanged",
      "adopted",
      "created",
      "updated",
      "merged",
      "deleted",
      "conflict",
      "stale",
      "fenced",
      "halted",
    ],
    write: ["landed", "REPLICA_MOVED"],
    remove: ["landed", "nothing"],
    read: ["found", "REPLICA_MOVED", "BODY_MISSING"],
    confirm: ["confirmed", "fenced"],
    fault: ["triggers off", "late commit", "poison", "killed by a document"],
    decision: ["keep file", "keep row", "apply deletions", "restore deletions", "apply scope-changed"],
    check: ["I11 clock skew", "I12 lone edit", "I19 same seed, same trace"],
    "crash point": ["claim", "read", "apply", "write", "confirm", "finish"].flatMap((effect) =>
      ["dies before", "dies after", "lost", "unanswered", "repeated"].map((what) => `${what} ${effect}`),
    ),
  };
  const missing = Object.entries(reached).flatMap(([kind, names]) =>
    names.filter((name) => !report[kind]?.[name]).map((name) => `${kind}: ${name}`),
  );
  assert.deepEqual(missing, []);
}

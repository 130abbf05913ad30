/** Schedules on the real SQL, in one kind of garden after the other. */
import { after, before, describe, test } from "node:test";
import type { Arena } from "./arena.ts";
import type { World } from "./commands.ts";
import { Coverage } from "./coverage.ts";
import { playSeed } from "./run.ts";
import { openSqlArena } from "./sql-arena.ts";
import { assertNothing } from "./test-schedules.ts";
import { POLICIES, QUIET } from "./world.ts";

/** Kinds of gardens that the real SQL is tried in. */
export const GARDENS: readonly { name: string; world: World }[] = [
  ...POLICIES.flatMap(({ name, path }, policies) =>
    path === undefined ? [{ name, world: { ...QUIET, policies } }] : [],
  ),
  { name: "a table that rewrites", world: { ...QUIET, trigger: "shout" } },
];

/** `runs` schedules in each of the gardens; the same each time, so that a failure is news about the code. */
export function testSchedules(
  gardens: readonly { name: string; world: World }[],
  runs: number,
  seed: number,
): void {
  let arena: Arena;
  before(async () => {
    arena = await openSqlArena();
  });
  after(() => arena?.stop());
  for (const { name, world } of gardens) {
    describe(name, () => {
      test(`${runs} schedules on the real SQL`, async () => {
        for (let i = 0; i < runs; i++) {
          assertNothing(await playSeed(seed + i, { arena, coverage: new Coverage(), world }));
        }
      });
    });
  }
}

/** What failed once, on the real SQL and in memory. */
import { after, before, describe } from "node:test";
import type { Arena } from "./arena.ts";
import { openMemoryArena } from "./memory-arena.ts";
import { openSqlArena } from "./sql-arena.ts";
import { testFixtures } from "./test-schedules.ts";

for (const [name, open] of [
  ["in memory", openMemoryArena],
  ["on the real SQL", openSqlArena],
] as const) {
  describe(name, () => {
    let arena: Arena;
    before(async () => {
      arena = await open();
    });
    after(() => arena?.stop());
    testFixtures(() => arena);
  });
}

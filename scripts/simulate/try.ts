import fc from "fast-check";
import { scheduleOf } from "./commands.ts";
import { Coverage } from "./coverage.ts";
import { play } from "./play.ts";
import { openSqlArena } from "./sql-arena.ts";

const arena = await openSqlArena();
const coverage = new Coverage();
const t = performance.now();
const [from, n] = [Number(Deno.args[0]), Number(Deno.args[1])];
for (let seed = from; seed < from + n; seed++) {
  const [schedule] = fc.sample(fc.noBias(scheduleOf({ rewriters: false })), { numRuns: 1, seed });
  try {
    await play(schedule!, { arena, coverage });
  } catch (e) {
    console.log(seed, String(e).slice(0, 300));
    if (Deno.args[2]) {
      console.log(JSON.stringify(schedule));
      console.log((e as any).trace?.join("\n"));
      console.log((e as Error).stack);
    }
  }
  await arena.clear();
}
console.log((performance.now() - t) / n, "ms each");
if (!Deno.args[2]) console.log(JSON.stringify(coverage.report()));
await arena.stop();

/**
 * `npm run -s e2e -- <case> [--json] [--seed N] [--<option> value]…`: plays a story end to end with real processes. The last
 * line is one JSON object with `--json`. Ends with 1 when a promise was not kept.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import type { E2eCase } from "./e2e/case.ts";

const CASES: Record<string, () => Promise<{ e2e: E2eCase }>> = {
  team: () => import("./e2e/team.ts"),
};

const { values, positionals } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seed: { type: "string" },
    developers: { type: "string" },
    documents: { type: "string" },
    rounds: { type: "string" },
  },
  allowPositionals: true,
});
const [name] = positionals;
if (name === undefined || !(name in CASES)) {
  console.error(`Which case? ${Object.keys(CASES).join(", ")}`);
  process.exit(2);
}
const { json, seed: given, ...own } = values;
const seed = Number(given ?? Math.floor(Math.random() * 2 ** 31));
const started = performance.now();
const { e2e } = await CASES[name]!();
const result = await e2e({ values: own, seed, progress: (message) => json || console.log(message) });
const whole = { case: name, seed, seconds: Math.round((performance.now() - started) / 1000), ...result };
console.log(json ? JSON.stringify(whole) : JSON.stringify(whole, null, 2));
process.exit(result.kept ? 0 : 1);

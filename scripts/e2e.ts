/**
 * `npm run -s e2e -- <case> [--json] [--seed N] [--<option> value]…`: plays a whole story with real processes, folders and
 * repositories. With `--json` the last line is one JSON object. Ends with 1 when a promise is broken, and says which.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import type { E2eCase } from "./e2e/case.ts";

const CASES: Record<string, () => Promise<{ play: E2eCase }>> = {
  team: () => import("./e2e/team.ts"),
  git: () => import("./e2e/git.ts"),
};

const { values, positionals } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seed: { type: "string" },
    /** Of `team`. */
    developers: { type: "string" },
    documents: { type: "string" },
    rounds: { type: "string" },
  },
  allowPositionals: true,
});
const [name] = positionals;
if (positionals.length !== 1 || !(name! in CASES)) {
  console.error(`Which case? ${Object.keys(CASES).join(", ")}`);
  process.exit(2);
}
const { json, seed: given, ...own } = values;
const seed = Number(given ?? Math.floor(Math.random() * 2 ** 31));
const started = performance.now();
const { play } = await CASES[name!]!();
const story = await play({ values: own, seed, progress: (message) => json || console.log(message) });
const result = { case: name, seed, ...story, seconds: Math.round((performance.now() - started) / 100) / 10 };
console.log(json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
process.exit(story.broken.length > 0 ? 1 : 0);

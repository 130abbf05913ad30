/**
 * `npm run -s e2e -- <case>… [--json]`: plays whole stories with real processes, folders and repositories. With `--json` the
 * last line is one JSON object. Ends with 1 when a promise is broken, and says which.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import type { E2eCase, Story } from "./e2e/case.ts";

const CASES: Record<string, () => Promise<{ play: E2eCase }>> = {
  git: () => import("./e2e/git.ts"),
};

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in CASES));
if (positionals.length === 0 || unknown.length > 0) {
  console.error(`Which case? ${Object.keys(CASES).join(", ")}`);
  process.exit(2);
}

const stories: Record<string, Story & { seconds: number }> = {};
for (const name of positionals) {
  const started = performance.now();
  const { play } = await CASES[name]!();
  const story = await play({ progress: (message) => values.json || console.log(message) });
  stories[name] = { ...story, seconds: Math.round((performance.now() - started) / 100) / 10 };
}
const result = positionals.length === 1 ? stories[positionals[0]!] : stories;
console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
process.exit(Object.values(stories).some(({ broken }) => broken.length > 0) ? 1 : 0);

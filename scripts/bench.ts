/**
 * `npm run bench -- <case>… [--json] [--runs N]`: measures, never tests. `all` runs every case. The last line is one JSON
 * object with `--json`. Ends with 0 whatever the verdicts, as a figure is no failure; with 1 when a case could not be measured.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BenchCase, type BenchOptions, type Figures, machine } from "./bench/case.ts";

const CASES: Record<string, () => Promise<{ bench: BenchCase }>> = {
  codec: () => import("./bench/codec.ts"),
  event: () => import("./bench/event.ts"),
  burst: () => import("./bench/burst.ts"),
  trigger: () => import("./bench/trigger.ts"),
  import: () => import("./bench/import.ts"),
  unchanged: () => import("./bench/unchanged.ts"),
  one: () => import("./bench/one.ts"),
  scale: () => import("./bench/scale.ts"),
  local: () => import("./bench/local.ts"),
};

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false }, runs: { type: "string" } },
  allowPositionals: true,
});
const wanted = positionals.includes("all") ? Object.keys(CASES) : positionals;
const unknown = wanted.filter((name) => !(name in CASES));
if (wanted.length === 0 || unknown.length > 0) {
  console.error(`Which case? all, ${Object.keys(CASES).join(", ")}`);
  process.exit(2);
}

const options: BenchOptions = {
  root: fileURLToPath(new URL("../../shared/corpora", import.meta.url)),
  ...(values.runs === undefined ? {} : { runs: Number(values.runs) }),
  progress: (message) => values.json || console.log(message),
};
const started = performance.now();
const figures: Record<string, Figures> = {};
for (const name of wanted) {
  options.progress(`${name} …`);
  // One that fails is no reason to know nothing of the others.
  figures[name] = await CASES[name]!()
    .then(({ bench }) => bench(options))
    .catch((error) => ({ failed: String(error), targets: [] }));
  if (values.json) continue;
  for (const { what, value, target, verdict } of figures[name].targets)
    console.log(`  ${verdict.padEnd(6)} ${what}: ${value} (${target})`);
}
const seconds = Math.round((performance.now() - started) / 1000);
const alone = wanted.length === 1 ? figures[wanted[0]!] : figures;
const result = { machine: machine(), seconds, ...alone };
console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
process.exit(Object.values(figures).some(({ failed }) => failed !== undefined) ? 1 : 0);

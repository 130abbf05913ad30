/**
 * `npm run -s torture -- [--seconds N] [--workers N] [--seed N] [--evidence FILE] [--json]`: the engine on a real
 * PostgreSQL while everything goes wrong. Ends with 1 when anything was lost, went backward, deadlocked or did not come
 * together. `--control <name>` plays a naive design instead, and must end with 1. `--without <protection>` (a name in
 * scripts/testing/mutations.ts, as often as wanted) has the storm without it.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { openCluster } from "./torture/cluster.ts";
import { CONTROLS, playControl } from "./torture/controls.ts";
import { isClean, torture } from "./torture/torture.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    workers: { type: "string", default: "8" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    evidence: { type: "string" },
    without: { type: "string", multiple: true, default: [] },
    control: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [seconds, workers, seed] = [values.seconds, values.workers, values.seed].map(Number);
if (!(seconds! > 0 && workers! >= 1 && Number.isInteger(workers) && Number.isInteger(seed))) {
  console.error("--seconds must be above 0, --workers a whole number above 0, --seed a whole number");
  process.exit(2);
}
if (values.control !== undefined && !(values.control in CONTROLS)) {
  console.error(`Which control? ${Object.keys(CONTROLS).join(", ")}`);
  process.exit(2);
}
const report = values.control === undefined ? await storm() : await control(values.control);
console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, null, 2));
process.exit(isClean(report) ? 0 : 1);

function storm() {
  return torture({
    seconds: seconds!,
    workers: workers!,
    seed: seed!,
    mutations: values.without,
    evidence: values.evidence,
    progress: (message) => values.json || console.error(message),
  });
}

async function control(name: string) {
  const cluster = await openCluster();
  try {
    return { control: name, missed: 0, ...(await playControl(name, { cluster, database: "control" })) };
  } finally {
    await cluster.stop();
  }
}

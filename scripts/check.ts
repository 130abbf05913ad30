/**
 * `npm run check [-- <name>…]`: the one command that decides whether the tree is good, without running its tests.
 * Every step runs, also after one failed; the code is 1 when any did.
 */
import process from "node:process";
import { arrowsCheck } from "./checks/arrows.ts";
import type { Check } from "./checks/check.ts";
import { docsCheck } from "./checks/docs.ts";
import { edgeCheck } from "./checks/edge.ts";
import { filesCheck } from "./checks/files.ts";
import { migrationsCheck } from "./checks/migrations.ts";
import { packagesCheck } from "./checks/packages.ts";
import { sqlRulesCheck } from "./checks/sql-rules.ts";
import { biomeCheck, denoCheck, tscCheck } from "./checks/tools.ts";

const checks: Check[] = [
  biomeCheck,
  tscCheck,
  arrowsCheck,
  packagesCheck,
  docsCheck,
  filesCheck,
  sqlRulesCheck,
  migrationsCheck,
  edgeCheck,
  denoCheck,
];
/** As a person reads them. The rest is one command away. */
const MOST_LINES = 40;

async function main(names: string[]): Promise<number> {
  const unknown = names.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) {
    console.error(
      `No such check: ${unknown.join(", ")}. There are ${checks.map(({ name }) => name).join(", ")}.`,
    );
    return 2;
  }
  const chosen = checks.filter(({ name }) => names.length === 0 || names.includes(name));
  const failed: string[] = [];
  for (const { name, run } of chosen) {
    const started = performance.now();
    const problems = await run().catch((error) => [
      `could not run: ${error instanceof Error ? error.stack : error}`,
    ]);
    const time = `${((performance.now() - started) / 1000).toFixed(2)} s`;
    console.log(`${problems.length > 0 ? "✗" : "✓"} ${name.padEnd(12)} ${time.padStart(8)}`);
    if (problems.length === 0) continue;
    failed.push(name);
    const lines = problems.flatMap((problem) => problem.split("\n"));
    for (const line of names.length > 0 ? lines : lines.slice(0, MOST_LINES)) console.log(`    ${line}`);
    if (names.length === 0 && lines.length > MOST_LINES) {
      console.log(`    … ${lines.length - MOST_LINES} lines more: npm run check -- ${name}`);
    }
  }
  if (failed.length === 0) console.log(`all ${chosen.length} checks passed`);
  else console.log(`${failed.length} of ${chosen.length} checks failed: ${failed.join(", ")}`);
  return failed.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));

/**
 * Switches every protection off, one after the other, and runs the tests that look at the hub: at least one must fail.
 * `deno run -A scripts/testing/mutate.ts [<name>…]` prints which did; ends with 1 when a protection is missed by nobody.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { MUTATIONS } from "./mutations.ts";

const root = join(import.meta.dirname!, "..", "..");
const FILES = [
  "scripts/hostile/catalogue.test.ts",
  "sql/30_doorbell.test.ts",
  "sql/40_objects.test.ts",
  "sql/50_rows.test.ts",
  "sql/54_row_capture.test.ts",
  "sql/60_queue.test.ts",
  "sql/61_identity.test.ts",
  "sql/63_audit.test.ts",
  "sql/65_large.test.ts",
  "sql/65_sentinel.test.ts",
  "sql/65_valve.test.ts",
  "sql/66_history.test.ts",
  "sql/67_breaker.test.ts",
  "sql/69_purge.test.ts",
  "sql/70_apply.test.ts",
  "sql/71_together.test.ts",
  "sql/74_columns.test.ts",
  "sql/81_walk.test.ts",
  "sql/88_ids.test.ts",
  "sql/90_api.test.ts",
  "shared/sync/crash.test.ts",
  "shared/sync/follow.test.ts",
  "shared/sync/load.test.ts",
  "shared/sync/resolve.test.ts",
  "shared/sync/restore.test.ts",
  "shared/sync/conflict-copy.test.ts",
  "scripts/simulate/fixtures.test.ts",
];
const ON_POSTGRES = ["sql/workers.pg.test.ts", "sql/leases.pg.test.ts", "sql/88_ids.pg.test.ts"];

function failing(mutation: string, files: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      join(root, "node_modules/.bin/deno"),
      ["test", "-A", "--no-check", "--parallel", ...files],
      {
        cwd: root,
        env: { ...process.env, FRONTROW_MUTATION: mutation, NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let output = "";
    child.stdout!.on("data", (chunk) => {
      output += chunk;
    });
    child.once("error", reject);
    child.once("exit", () => {
      const names = [...output.matchAll(/^(.+?) \.\.\. FAILED/gm)].map(([, name]) => name!);
      // A hub that cannot be installed fails everything, which shows nothing.
      if (/Cannot mutate|syntax error/.test(output))
        reject(new Error(`"${mutation}" is no valid mutation:\n${output.slice(0, 3000)}`));
      else resolve(names);
    });
  });
}

const wanted = process.argv.slice(2);
const missed: string[] = [];
for (const name of wanted.length > 0 ? wanted : Object.keys(MUTATIONS)) {
  let found = await failing(name, FILES);
  if (found.length === 0) found = await failing(name, ON_POSTGRES);
  if (found.length === 0) missed.push(name);
  console.log(
    `${found.length === 0 ? "MISSED" : "caught"}  ${name}\n${found
      .slice(0, 4)
      .map((test) => `          ${test}\n`)
      .join("")}`,
  );
}
if (missed.length > 0) {
  console.error(`Nobody misses: ${missed.join(", ")}`);
  process.exitCode = 1;
}

/**
 * `npm test [-- <path or word in it>… --filter <text> --bail]`
 *
 * Every `*.test.ts` under Deno, each file in a process of its own; then those of shared/ that need nothing but shared/ a
 * second time under Node, as the engine must run on both; then those that start a stack again on a real PostgreSQL with
 * pg_cron (Debian's packages, one server per file; or `DATABASE_URL`), and `*.pg.test.ts`. Without one these are skipped,
 * loudly; with CI=true that is a failure.
 *
 * What a test notes (scripts/testing/note.ts) is shown though it passes, once. The last line is `N passed, N failed`.
 */
import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Count } from "./testing/count.ts";
import { discover } from "./testing/discover.ts";
import { type Job, type Result, runFile } from "./testing/run-file.ts";

interface Group {
  /** Whether a skipped test is a failure, as nobody would notice what is not tested. */
  complete?: boolean;
  /** How one file is run. */
  around?: (job: Job) => Promise<Result>;
}

interface Options {
  paths: string[];
  filter?: string;
  /** Whether to start nothing more after the first file that failed. */
  bail: boolean;
}

async function main({ paths, filter, bail }: Options): Promise<number> {
  const found = await discover(paths);
  const job =
    (runner: Job["runner"]) =>
    (file: string): Job => ({ file, runner, ...(filter ? { filter } : {}) });
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const started = performance.now();
  const add = (part: Count) => {
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += part[key];
  };
  const ci = process.env.CI === "true";
  const group = async (
    title: string,
    jobs: Job[],
    width: number,
    { complete = false, around = runFile }: Group = {},
  ) => {
    if (jobs.length === 0 || (bail && total.failed > 0)) return;
    console.log(`\n${title}`);
    await runAll(jobs, width, around, (result) => {
      if (complete && result.count.skipped > 0) {
        result.output += `\n${result.file}: skipped ${result.count.skipped} tests, with CI=true\n`;
        result.count = { ...result.count, skipped: 0, failed: result.count.failed + result.count.skipped };
      }
      add(result.count);
      print(result);
      return bail && result.count.failed > 0;
    });
  };

  const width = Math.max(1, Math.min(4, availableParallelism()));
  const onPglite = (one: Job): Job => ({ ...one, env: { DATABASE_URL: "" } });
  await group("Deno", found.deno.map(job("deno")).map(onPglite), width);
  await group("Node", found.node.map(job("node")), width);
  if (found.postgres.length + found.database.length > 0) {
    const missing = await missingPostgres();
    if (!missing) {
      await group("Deno, on a real PostgreSQL instead of PGlite", found.database.map(job("deno")), width, {
        around: withServer,
      });
      // One at a time: each starts servers of its own, and some measure.
      await group("Deno, for a real PostgreSQL", found.postgres.map(job("deno")), 1, { complete: ci });
    } else {
      add({ passed: 0, failed: ci ? 1 : 0, skipped: ci ? 0 : 1 });
      console.log(
        `\n${"!".repeat(100)}\n${ci ? "FAILED" : "SKIPPED"}: ${found.postgres.length + found.database.length} files need a real PostgreSQL: ${missing}`,
      );
      for (const file of [...found.database, ...found.postgres]) console.log(`  ${file}`);
      console.log("!".repeat(100));
    }
  }
  const files = found.deno.length + found.postgres.length;
  if (files === 0) {
    console.log(`No test files${paths.length > 0 ? ` at ${paths.join(", ")}` : ""}.`);
    total.failed++;
  }
  console.log(
    `\n${files} files in ${seconds(performance.now() - started)}${total.skipped > 0 ? `, ${total.skipped} tests skipped` : ""}`,
  );
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
}

/** Runs `width` jobs at a time and reports each as it ends; starts no more once `report` says true. */
async function runAll(
  jobs: readonly Job[],
  width: number,
  runJob: (job: Job) => Promise<Result>,
  report: (result: Result) => boolean,
): Promise<void> {
  const waiting = [...jobs];
  let stop = false;
  const lane = async () => {
    for (let job = waiting.shift(); job && !stop; job = waiting.shift())
      stop = report(await runJob(job)) || stop;
  };
  await Promise.all(Array.from({ length: width }, lane));
}

function print({ file, count: { passed, failed, skipped }, milliseconds, output, notes }: Result): void {
  const counts = [
    `${passed} passed`,
    ...(failed ? [`${failed} FAILED`] : []),
    ...(skipped ? [`${skipped} skipped`] : []),
  ];
  console.log(`${failed ? "✗" : "✓"} ${file}  ${counts.join(", ")}  ${seconds(milliseconds)}`);
  for (const note of notes) {
    if (!shown.has(note)) console.log(`  ${note}`);
    shown.add(note);
  }
  if (failed) console.log(`${output.trim().replace(/^/gm, "    ")}\n`);
}

/** Notes of a file that runs twice, on PGlite and on PostgreSQL, are shown once where they are the same. */
const shown = new Set<string>();

/** Runs a file with `DATABASE_URL` at a server of its own with the real pg_cron, or a database of its own on `DATABASE_URL`. */
async function withServer(job: Job): Promise<Result> {
  const { DATABASE_URL } = process.env;
  if (DATABASE_URL) {
    const { withDatabase } = await import("./testing/test-database.ts");
    return await withDatabase(DATABASE_URL, (url) => runFile({ ...job, env: { DATABASE_URL: url } }));
  }
  const { startPostgres } = await import("./local/postgres.ts");
  const server = await startPostgres({ extensions: ["pg_cron"] });
  try {
    return await runFile({ ...job, env: { DATABASE_URL: server.url } });
  } finally {
    await server.stop();
  }
}

/** Why the real PostgreSQL cannot be used; undefined when it can. */
async function missingPostgres(): Promise<string | undefined> {
  if (process.env.DATABASE_URL) return undefined;
  try {
    const { hasPostgres } = await import("./local/postgres.ts");
    if (!(await hasPostgres()))
      return "apt-get install postgresql postgresql-15-cron postgresql-15-plpgsql-check";
    if (!(await hasPostgres({ extensions: ["pg_cron"] })))
      return "pg_cron is missing: apt-get install postgresql-15-cron";
    return undefined;
  } catch (error) {
    return `scripts/local/postgres.ts cannot be loaded: ${error}`;
  }
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { filter: { type: "string" }, bail: { type: "boolean", default: false } },
  });
  const filter = values.filter ? { filter: values.filter } : {};
  process.exitCode = await main({ paths: positionals, bail: values.bail ?? false, ...filter });
}

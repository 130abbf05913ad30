/**
 * `npm test [-- <path or word in it>… --filter <text> --bail]`
 *
 * Every `*.test.ts` under Deno, each file in a process of its own; those of shared/ that need nothing but shared/ a
 * second time under Node, as the engine must run on both; those that start a stack again on a real PostgreSQL with
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

interface Planned extends Job {
  /** Said behind the file's name, where it is not Deno with PGlite. */
  where?: string;
  /** Whether a skipped test is a failure, as nobody would notice what is not tested. */
  complete?: boolean;
  /** How the file is run. @default runFile */
  around?: (job: Job) => Promise<Result>;
}

interface Options {
  paths: string[];
  filter?: string;
  /** Whether to start nothing more after the first file that failed. */
  bail: boolean;
}

/** Under Node the random cases are others, and fewer: what they look for does not depend on the runtime. */
const { FRONTROW_RUNS = "200", FRONTROW_SEED = "2" } = process.env;
const FEWER = { FRONTROW_RUNS, FRONTROW_SEED };

async function main({ paths, filter, bail }: Options): Promise<number> {
  const found = await discover(paths);
  const plan = (
    files: readonly string[],
    more: Omit<Planned, "file" | "runner">,
    runner: Job["runner"] = "deno",
  ) => files.map((file): Planned => ({ file, runner, ...(filter ? { filter } : {}), ...more }));
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const started = performance.now();
  const add = (part: Count) => {
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += part[key];
  };
  const ci = process.env.CI === "true";
  const onPglite = { env: { DATABASE_URL: "" } };
  // What starts a stack takes longest, so it comes first: at the end no lane waits long for another.
  const isLong = new Set(found.database);
  const plain = found.deno.filter((file) => !isLong.has(file));
  const jobs = [...plan(found.database, onPglite), ...plan(plain, onPglite)];
  // One at a time, beside the others: each starts servers of its own, and is mostly waiting.
  const alone: Planned[] = [];
  const onPostgres = found.postgres.length + found.database.length;
  const missing = onPostgres > 0 ? await missingPostgres() : undefined;
  if (missing === undefined) {
    jobs.push(...plan(found.database, { where: "on PostgreSQL", around: withServer }));
    alone.push(...plan(found.postgres, { where: "on PostgreSQL", complete: ci }));
  }
  jobs.push(...plan(found.node, { where: "under Node", env: FEWER }, "node"));

  const report = (job: Planned, result: Result): boolean => {
    if (job.complete && result.count.skipped > 0) {
      result.output += `\n${result.file}: skipped ${result.count.skipped} tests, with CI=true\n`;
      result.count = { ...result.count, skipped: 0, failed: result.count.failed + result.count.skipped };
    }
    add(result.count);
    print(result, job.where);
    return bail && total.failed > 0;
  };
  const width = Math.max(1, Math.min(4, availableParallelism()));
  await runAll([...Array.from({ length: width }, () => jobs), alone], report);

  if (missing !== undefined) {
    add({ passed: 0, failed: ci ? 1 : 0, skipped: ci ? 0 : 1 });
    console.log(
      `\n${"!".repeat(100)}\n${ci ? "FAILED" : "SKIPPED"}: ${onPostgres} files need a real PostgreSQL: ${missing}`,
    );
    for (const file of [...found.database, ...found.postgres]) console.log(`  ${file}`);
    console.log("!".repeat(100));
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

/** One lane per list, which may be the same for several: each takes the first job left. Ends early once `report` says true. */
async function runAll(
  lanes: readonly (readonly Planned[])[],
  report: (job: Planned, result: Result) => boolean,
): Promise<void> {
  const waiting = new Map(lanes.map((jobs) => [jobs, [...jobs]]));
  let stop = false;
  const run = async (jobs: Planned[]) => {
    for (let job = jobs.shift(); job && !stop; job = jobs.shift())
      stop = report(job, await (job.around ?? runFile)(job)) || stop;
  };
  await Promise.all(lanes.map((jobs) => run(waiting.get(jobs)!)));
}

function print(result: Result, where?: string): void {
  const { file, milliseconds, output, notes } = result;
  const { passed, failed, skipped } = result.count;
  const counts = [
    `${passed} passed`,
    ...(failed ? [`${failed} FAILED`] : []),
    ...(skipped ? [`${skipped} skipped`] : []),
  ];
  const name = where ? `${file}, ${where}` : file;
  console.log(`${failed ? "✗" : "✓"} ${name}  ${counts.join(", ")}  ${seconds(milliseconds)}`);
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

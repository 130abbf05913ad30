/**
 * `npm run -s simulate -- --schedules 20000 --seed 1 --json [--on memory|sql] [--without <protection>] [--replay <seed>]`
 *
 * Plays random schedules on the real engine and looks for one that breaks an invariant (scripts/simulate/README.md). Two
 * processes share the work. The last line is a JSON object. Ends with 1 when something was broken; with `--without`, when
 * nothing was, as a protection that nobody misses is none.
 */
import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Coverage } from "./simulate/coverage.ts";
import { PROTECTIONS, type Protection } from "./simulate/database/protections.ts";
import { openMemoryArena } from "./simulate/memory-arena.ts";
import { type Found, playSeed, shrunk } from "./simulate/run.ts";
import { openSqlArena } from "./simulate/sql-arena.ts";

const { values } = parseArgs({
  options: {
    schedules: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    on: { type: "string", default: "memory" },
    without: { type: "string" },
    /** Processes. */
    workers: { type: "string", default: "2" },
    /** Plays this one seed and prints its trace. */
    replay: { type: "string" },
    /** Goes on after the first violation. */
    all: { type: "boolean", default: false },
    /** Commands in a schedule, at most. */
    length: { type: "string", default: "24" },
    /** Inside: plays every n-th seed and reports in lines. */
    share: { type: "string" },
  },
});

interface Part {
  schedules: number;
  found: Found[];
  counts: Record<string, number>;
}

const without = protectionOf(values.without);
const [seed, schedules, workers] = [values.seed, values.schedules, values.workers].map(Number) as [
  number,
  number,
  number,
];

if (values.share !== undefined) await playShare(Number(values.share));
else if (values.replay !== undefined) await replay(Number(values.replay));
else await main();

async function main(): Promise<void> {
  const started = performance.now();
  const parts = await Promise.all(Array.from({ length: workers }, (_, share) => fork(share)));
  const coverage = new Coverage();
  for (const { counts } of parts) coverage.add(counts);
  const found = parts.flatMap((part) => part.found).sort((a, b) => a.seed - b.seed);
  const played = parts.reduce((sum, part) => sum + part.schedules, 0);
  const [first] = found;
  const report = coverage.report();
  const result = {
    schedules: played,
    violations: found.length,
    ...(first ? { first_seed: first.seed, violation: first.violation.slice(0, 300) } : {}),
    ...(first ? { trace: await writeTrace(first) } : {}),
    ...(values.all ? { found: found.map((one) => `${one.seed} ${one.violation.slice(0, 160)}`) } : {}),
    on: values.on,
    ...(without ? { without } : {}),
    seed,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    commands: sum(report.command),
    effects: sum(report.effects),
    checks: report.check ?? {},
    coverage: Object.fromEntries(
      Object.entries(report).filter(([kind]) => !["check", "effects"].includes(kind)),
    ),
  };
  console.log(values.json ? JSON.stringify(result) : JSON.stringify(result, null, 2));
  process.exitCode = found.length > 0 === (without !== null) ? 0 : 1;
}

/** One process's share of the seeds; when one finds something, it stops there. */
function fork(share: number): Promise<Part> {
  const args = [
    "run",
    "-A",
    "--no-check",
    import.meta.filename!,
    ...process.argv.slice(2),
    "--share",
    String(share),
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let part: Part | null = null;
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("{")) part = JSON.parse(line);
    else if (!values.json) console.log(line);
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code) =>
      part ? resolve(part) : reject(new Error(`a share of the schedules ended with ${code}`)),
    );
  });
}

async function playShare(share: number): Promise<void> {
  const arena = await open();
  const coverage = new Coverage();
  const options = { arena, coverage, most: Number(values.length) };
  const part: Part = { schedules: 0, found: [], counts: coverage.counts };
  for (let at = seed + share; at < seed + schedules; at += workers) {
    const found = await playSeed(at, options);
    part.schedules++;
    if (part.schedules % 1000 === 0) console.log(`share ${share}: ${part.schedules} played`);
    if (!found) continue;
    // What a missing protection breaks is known; only news are made small.
    part.found.push(
      without || part.found.length > 0
        ? found
        : await shrunk(found, { ...options, coverage: new Coverage() }),
    );
    if (!values.all) break;
  }
  console.log(JSON.stringify(part));
  await arena.stop();
}

async function replay(at: number): Promise<void> {
  const arena = await open();
  const options = { arena, coverage: new Coverage(), most: Number(values.length) };
  const found = await playSeed(at, options);
  const small = found && (await shrunk(found, options));
  if (small) {
    console.log(small.trace.join("\n"));
    console.log(small.violation);
    console.log(JSON.stringify(small.schedule));
  }
  console.log(JSON.stringify({ schedules: 1, violations: small ? 1 : 0, seed: at }));
  process.exitCode = (small !== null) === (without !== null) ? 0 : 1;
  await arena.stop();
}

function open() {
  if (values.on === "sql") {
    if (without) throw new Error("--without needs --on memory: only the database in memory can do without");
    return openSqlArena();
  }
  return openMemoryArena(new Set(without ? [without] : []));
}

function protectionOf(name: string | undefined): Protection | null {
  if (name === undefined) return null;
  const known = PROTECTIONS.find((one) => one === name);
  if (known) return known;
  throw new Error(`There is no protection "${name}"; there is ${PROTECTIONS.join(", ")}`);
}

async function writeTrace({ seed: at, violation, schedule, trace }: Found): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), "frontrow-trace-")), `seed-${at}.json`);
  await writeFile(
    file,
    `${JSON.stringify({ seed: at, on: values.on, without, violation, schedule, trace }, null, 2)}\n`,
  );
  return file;
}

function sum(counts: Record<string, number> | undefined): number {
  return Object.values(counts ?? {}).reduce((total, count) => total + count, 0);
}

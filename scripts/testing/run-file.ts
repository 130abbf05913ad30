import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { type Count, countJunit } from "./count.ts";

const root = resolve(import.meta.dirname!, "..", "..");
const bin = join(root, "node_modules", ".bin");

export interface Job {
  file: string;
  runner: "deno" | "node";
  /** Only tests whose name contains this; with Deno that is the outermost `describe` or `test`. */
  filter?: string;
  /** A file that takes longer has failed, in ms. @default 300_000 */
  timeoutMs?: number;
  /** Added to this process's environment. */
  env?: Record<string, string>;
}

export interface Result extends Job {
  count: Count;
  /** stdout and stderr, as they came */
  output: string;
  /** What its tests want to be read though they pass; see note.ts. */
  notes: string[];
  milliseconds: number;
}

/**
 * Runs one test file in a process of its own, so that a file that crashes, hangs or exits takes nothing else with it.
 * However it ends badly, at least one test counts as failed.
 */
export async function runFile(job: Job): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "frontrow-test-"));
  const report = join(folder, "junit.xml");
  const notesFile = join(folder, "notes.txt");
  const started = performance.now();
  try {
    const { code, output } = await execute(job, commandOf(job, report), notesFile);
    const count = countJunit(await readFile(report, "utf8").catch(() => ""), job.file);
    if (job.filter) count.skipped = 0; // Deno reports what the filter left out
    const ran = count.passed + count.failed + count.skipped;
    let note = "";
    if (code !== 0 && count.failed === 0) note = `\n${job.file}: ended with ${code} though no test failed\n`;
    if (code === 0 && ran === 0 && !job.filter) note = `\n${job.file}: has no tests\n`;
    if (note) count.failed++;
    const notes = (await readFile(notesFile, "utf8").catch(() => ""))
      .split("\n")
      .filter((line) => line !== "");
    return { ...job, count, output: output + note, notes, milliseconds: performance.now() - started };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function commandOf({ runner, file, filter }: Job, report: string): [program: string, ...args: string[]] {
  if (runner === "node") {
    return [
      join(bin, "node"),
      "--test",
      "--test-isolation=none",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=junit",
      `--test-reporter-destination=${report}`,
      ...(filter ? [`--test-name-pattern=${filter.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`] : []),
      file,
    ];
  }
  // Types are checked by `npm run check`, once and faster.
  const args = ["test", "--allow-all", "--no-check", "--quiet", `--junit-path=${report}`];
  return [join(bin, "deno"), ...args, ...(filter ? [`--filter=${filter}`] : []), file];
}

function execute(
  job: Job,
  [program, ...args]: [string, ...string[]],
  notesFile: string,
): Promise<{ code: number | string; output: string }> {
  const { file, timeoutMs = 300_000, env = {} } = job;
  return new Promise((resolvePromise, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", FRONTROW_NOTES: notesFile, ...env },
    });
    let output = "";
    const keep = (chunk: string) => {
      output = (output + chunk).slice(-200_000);
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    const timer = setTimeout(() => {
      keep(`\n${file}: killed after ${timeoutMs / 1000} s\n`);
      child.kill("SIGKILL");
    }, timeoutMs);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolvePromise({ code: code ?? signal ?? "nothing", output });
    });
  });
}

/** A whole process, from its start to its end, as a person waits for it. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export interface Whole {
  /** Wall clock. */
  seconds: number;
  /** Seconds, user and system, of the process and its children. Needs GNU time. */
  cpu: number;
  /** Peak of the resident memory in MB. Needs GNU time. */
  memory: number;
  code: number | null;
  stdout: string;
}

export interface WholeOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Exit codes that are no failure. @default [0] */
  codes?: readonly number[];
  /** Seconds after which it is ended: the whole bench must end. @default 120 */
  patience?: number;
}

const bin = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));
/** The runtimes that the project brings along. */
export const DENO = join(bin, "deno");
export const NODE = join(bin, "node");

/** @throws {Error} when it takes too long; with the end of what it wrote, when it ends with another code. */
export async function runWhole(command: readonly string[], options: WholeOptions = {}): Promise<Whole> {
  const { cwd, env = {}, codes = [0], patience = 120 } = options;
  const folder = await mkdtemp(join(tmpdir(), "frontrow-bench-time-"));
  const notes = join(folder, "time");
  try {
    const [program, ...rest] = ["/usr/bin/time", "-q", "-o", notes, "-f", "%U %S %M", ...command];
    const started = performance.now();
    const child = spawn(program!, rest, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that it can be ended together with what it started.
      detached: true,
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      process.kill(-child.pid!, "SIGKILL");
    }, patience * 1000);
    let stdout = "";
    let all = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      all = (all + chunk).slice(-4000);
    });
    child.stderr.on("data", (chunk) => {
      all = (all + chunk).slice(-4000);
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    clearTimeout(timer);
    if (isLate) throw new Error(`${command.join(" ")} took more than ${patience} s`);
    const seconds = (performance.now() - started) / 1000;
    if (code === null || !codes.includes(code))
      throw new Error(`${command.join(" ")} ended with ${code}:\n${all}`);
    const [user, system, kilobytes] = (await readFile(notes, "utf8")).trim().split(" ").map(Number);
    return { seconds, cpu: user! + system!, memory: kilobytes! / 1024, code, stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

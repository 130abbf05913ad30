import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import process from "node:process";

export const root = resolve(import.meta.dirname!, "..", "..");
export const bin = (name: string) => join(root, "node_modules", ".bin", name);

export interface Ran {
  code: number;
  /** stdout and stderr in one, without colours */
  output: string;
  stdout: string;
}

export interface RunOptions {
  cwd?: string;
  /** Added to this process's environment; `undefined` takes one away. */
  env?: Record<string, string | undefined>;
}

/** Runs a program to its end. A program that is missing is an error, one that fails is a code. */
export function run(
  program: string,
  args: readonly string[],
  { cwd = root, env = {} }: RunOptions = {},
): Promise<Ran> {
  return new Promise((resolveRan, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => resolveRan({ code: code ?? 1, output: output.trim(), stdout }));
  });
}

/** Runs a tool whose own output is the finding. */
export async function findings(
  program: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string[]> {
  const { code, output } = await run(program, args, options);
  return code === 0 ? [] : [output || `${program} ended with ${code}`];
}

/**
 * Runs the machine's `git`: no shell, nobody asked, an end after a while. What it is told by configuration files (remotes,
 * credentials, filters) holds; commits are built from objects, so hooks of committing do not run, those of pushing do.
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { gitEnvironment, SETTINGS } from "./environment.ts";
import { failureOf, unusable } from "./failures.ts";

export interface RunOptions {
  /** Written to its stdin. */
  input?: string | Uint8Array;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** Exit codes that are answers. @default [0] */
  codes?: readonly number[];
  /** Milliseconds until it is ended. @default 60000; `network` 300000 */
  patience?: number;
}

export interface Ran {
  code: number;
  stdout: Uint8Array;
  stderr: string;
}

export interface Git {
  /** Absolute: where it runs. */
  folder: string;
  env: Record<string, string>;
  /** @throws {FrontrowError} see `failureOf`; or the signal's reason. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** What it printed, without the last line break. */
  text(args: readonly string[], options?: RunOptions): Promise<string>;
  /** What it printed with `-z`, piece by piece. */
  list(args: readonly string[], options?: RunOptions): Promise<string[]>;
}

export interface GitOptions {
  folder: string;
  /** @default the process's */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Ends what runs. */
  signal?: AbortSignal;
}

/** For what waits for another machine. */
export const NETWORK = { patience: 300_000 };
const PATIENCE = 60_000;
/** Between the polite end, at which git takes its locks away, and the other. */
const GRACE = 3000;
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export function createGit({ folder, environment = process.env, signal }: GitOptions): Git {
  const env = gitEnvironment(environment);

  function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const { input, codes = [0], patience = PATIENCE } = options;
    return new Promise((done, fail) => {
      signal?.throwIfAborted();
      const child = spawn("git", [...SETTINGS, ...args], {
        cwd: folder,
        env: { ...env, ...options.env },
        stdio: ["pipe", "pipe", "pipe"],
        windowsHide: true,
        // A group of its own, so that what git starts (ssh, hooks, filters) ends with it.
        detached: HAS_GROUPS,
      });
      const chunks: Uint8Array[] = [];
      let stderr = "";
      let ended: "timeout" | "signal" | null = null;
      let harder: ReturnType<typeof setTimeout> | undefined;
      const end = (why: "timeout" | "signal") => () => {
        ended ??= why;
        kill(child, "SIGTERM");
        harder ??= setTimeout(() => kill(child, "SIGKILL"), GRACE);
      };
      const late = setTimeout(end("timeout"), patience);
      const aborted = end("signal");
      signal?.addEventListener("abort", aborted, { once: true });
      const tidy = () => {
        clearTimeout(late);
        clearTimeout(harder);
        signal?.removeEventListener("abort", aborted);
      };
      child.stdout.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        stderr = (stderr + chunk).slice(-16_384);
      });
      child.stdin.on("error", () => undefined); // it ended without reading all of it: its code says why
      child.once("error", (error) => {
        tidy();
        fail(unusable(error));
      });
      child.once("close", (code) => {
        tidy();
        if (ended === "signal") return fail(signal!.reason);
        const ran = { code: code ?? 128, stdout: joined(chunks), stderr };
        if (ended === null && codes.includes(ran.code)) done(ran);
        else fail(failureOf(args[0]!, ran, ended === "timeout"));
      });
      child.stdin.end(input ?? "");
    });
  }

  const text = async (args: readonly string[], options?: RunOptions): Promise<string> =>
    utf8.decode((await run(args, options)).stdout).replace(/\n$/, "");

  return {
    folder,
    env,
    run,
    text,
    async list(args, options) {
      const pieces = (await text(args, options)).split("\0");
      return pieces.at(-1) === "" ? pieces.slice(0, -1) : pieces;
    },
  };
}

const HAS_GROUPS = process.platform !== "win32";

function kill(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    if (HAS_GROUPS && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // it ended by itself
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Processes of this run: started, killed, and never left behind. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Child {
  readonly pid: number;
  /** SIGKILL; resolves once it is gone. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  /** A module of this folder. */
  module: string;
  /** What it is told, as JSON. */
  input: unknown;
  /** Each line of its stdout, parsed. */
  onMessage(message: never): void;
  /** It ended by itself; with the last it wrote to stderr. */
  onExit?(words: string): void;
}

/**
 * Starts a module as a process. Its stdin stays open for as long as this process lives: {@link endWithParent} ends it
 * then, however this one died.
 */
export function startChild({ module, input, onMessage, onExit }: ChildOptions): Child {
  const child: ChildProcess = spawn(
    process.execPath,
    ["run", "-A", "--no-check", "--quiet", new URL(module, import.meta.url).pathname, JSON.stringify(input)],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  let killed = false;
  let words = "";
  child.stderr!.on("data", (chunk) => {
    words = (words + chunk).slice(-4000);
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
      if (!killed) onExit?.(words);
    });
  });
  child.stdin!.on("error", () => {});
  createInterface({ input: child.stdout! }).on("line", (line) => onMessage(JSON.parse(line) as never));
  return {
    pid: child.pid!,
    kill() {
      killed = true;
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** In a child: what it was told. */
export function inputOf<T>(): T {
  return JSON.parse(process.argv[2]!) as T;
}

/** In a child: one message to whoever started it. */
export function tell(message: unknown): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** In a child: it ends when its parent does. */
export function endWithParent(): void {
  process.stdin.resume();
  process.stdin.once("end", () => process.exit(0));
  process.stdin.once("error", () => process.exit(0));
}

const cleanups = new Set<() => Promise<unknown>>();
let isGuarded = false;

/** Has `cleanup` done when this process is told to end, or fails where nobody looks. Returns what takes it back. */
export function cleanUpAtEnd(cleanup: () => Promise<unknown>): () => void {
  guard();
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * The driver asks for a server's array types in a promise that nobody waits for. When the connection is cut just then,
 * that must not end the process; whoever wanted the connection is told in any case.
 */
export function surviveCutConnections(): void {
  guard();
}

function guard(): void {
  if (isGuarded) return;
  isGuarded = true;
  const end = async (code: number) => {
    await Promise.allSettled([...cleanups].map((cleanup) => cleanup()));
    process.exit(code);
  };
  process.once("SIGINT", () => void end(130));
  process.once("SIGTERM", () => void end(143));
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    const { code } = (event.reason ?? {}) as { code?: string };
    if (/^(CONNECTION_|EPIPE|ECONN|57)/.test(code ?? "")) return;
    console.error(event.reason);
    void end(1);
  });
}

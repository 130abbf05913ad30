/**
 * `npm run -s frontrow -- <verb>`: the command line. This file alone reads the environment; `cli/verbs.ts` has the verbs.
 */
import { join } from "node:path";
import process from "node:process";
import type { Io } from "./cli/frame/io.ts";
import { run } from "./cli/frame/run.ts";

const { env, stdin, stdout, stderr } = process;
const isNpm = env.npm_lifecycle_event === "frontrow";
let interrupted: AbortController | undefined;

const io: Io = {
  stdout: (text) => void stdout.write(text),
  stderr: (text) => void stderr.write(text),
  async stdin() {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stdin) chunks.push(chunk as Uint8Array);
    return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  },
  colour: { stdout: mayColour(stdout), stderr: mayColour(stderr) },
  isTerminal: stderr.isTTY === true,
  columns: stdout.columns || 100,
  environment: env,
  root: join(import.meta.dirname!, ".."),
  // npm changes into the project's root and says where the person was.
  folder: (isNpm && env.INIT_CWD) || process.cwd(),
  program: isNpm ? "npm run -s frontrow --" : "frontrow",
  ask: stdin.isTTY && stderr.isTTY ? ask : null,
  interruption() {
    if (interrupted === undefined) {
      interrupted = new AbortController();
      // Once: the second Ctrl-C ends the process at once.
      process.once("SIGINT", () => interrupted!.abort());
    }
    return interrupted.signal;
  },
};

// The reader may have had enough: `frontrow status | head -1`.
stdout.on("error", (error: { code?: string }) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), io);

function mayColour(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}

async function ask(question: string): Promise<boolean> {
  const { confirm } = await import("@clack/prompts");
  return (await confirm({ message: question, initialValue: false, output: stderr })) === true;
}

/**
 * `npm run -s frontrow -- <verb>`, and the package's `frontrow`: the command line. This file alone reads the environment;
 * `cli/verbs.ts` has the verbs.
 */
import { join } from "node:path";
import process from "node:process";
import type { Io } from "./cli/frame/io.ts";
import { projectRoot } from "./cli/frame/root.ts";
import { run } from "./cli/frame/run.ts";

const { env, stdin, stdout, stderr } = process;
const isNpm = env.npm_lifecycle_event === "frontrow";
const isNpx = env.npm_command === "exec" && env.npm_lifecycle_event === "npx";
// npm changes into the project's root and says where the person was.
const folder = (isNpm && env.INIT_CWD) || process.cwd();
// Built for the package, it works on the person's project; in the repository, on the repository's own.
const isPackage = import.meta.filename!.endsWith(".js");
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
  root: isPackage ? projectRoot(folder) : join(import.meta.dirname!, ".."),
  folder,
  program: isNpm ? "npm run -s frontrow --" : isNpx ? "npx frontrow" : "frontrow",
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

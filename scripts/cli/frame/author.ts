/** Who types: the author of what the CLI brings in, and the one who decided. */
import { execFile } from "node:child_process";
import type { Command } from "commander";
import type { Call } from "./verb.ts";

/** Milliseconds. */
const PATIENCE = 2000;

/** `--author` and `--message`, for verbs that write history. */
export function signed(command: Command): Command {
  return command
    .option("--author <who>", "who did it (default: git's user.email, else $USER)")
    .option("--message <text>", "why, for the history");
}

/** `--author`, else git's `user.email`, else the system's user; undefined when nothing is known. */
export async function authorOf({ options, io }: Pick<Call, "options" | "io">): Promise<string | undefined> {
  if (typeof options.author === "string" && options.author !== "") return options.author;
  const { USER, USERNAME } = io.environment;
  return (await gitEmail(io)) || USER || USERNAME || undefined;
}

function gitEmail({ folder, environment }: Call["io"]): Promise<string> {
  return new Promise((done) => {
    const how = { cwd: folder, env: { ...environment }, timeout: PATIENCE };
    execFile("git", ["config", "--get", "user.email"], how, (_, stdout) => done(String(stdout ?? "").trim()));
  });
}

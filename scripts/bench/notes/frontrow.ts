/** The command line as a person runs it: a process of its own. */
import { fileURLToPath } from "node:url";
import { DENO, runWhole, type Whole } from "../whole.ts";
import type { NotesGround } from "./ground.ts";

const cli = fileURLToPath(new URL("../../frontrow.ts", import.meta.url));
const config = fileURLToPath(new URL("config.ts", import.meta.url));

/** @param url the project's, or a proxy's before it */
export function runFrontrow(
  { project: { stack } }: NotesGround,
  [verb, ...rest]: readonly string[],
  url = stack.url,
): Promise<Whole> {
  return runWhole([DENO, "run", "-A", cli, verb!, ...rest, "--json", "--quiet", "--config", config], {
    env: { SUPABASE_URL: url, SUPABASE_SECRET_KEY: stack.secretKey, FRONTROW_PROJECT: "local" },
  });
}

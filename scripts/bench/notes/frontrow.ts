/** The command line as a person runs it: a process of its own. */
import { fileURLToPath } from "node:url";
import project from "../../../package.json" with { type: "json" };
import { DENO, runWhole, type Whole } from "../whole.ts";
import type { NotesGround } from "./ground.ts";

/** `npm run frontrow` without npm: garbage that outweighs what is in use is collected, however much memory there is. */
const [, ...COMMAND] = project.scripts.frontrow.split(" ");
const root = fileURLToPath(new URL("../../..", import.meta.url));
const config = fileURLToPath(new URL("config.ts", import.meta.url));

/** @param url the project's, or a proxy's before it */
export function runFrontrow(
  { project: { stack } }: NotesGround,
  [verb, ...rest]: readonly string[],
  url = stack.url,
): Promise<Whole> {
  return runWhole([DENO, ...COMMAND, verb!, ...rest, "--json", "--quiet", "--config", config], {
    cwd: root,
    env: { SUPABASE_URL: url, SUPABASE_SECRET_KEY: stack.secretKey, FRONTROW_PROJECT: "local" },
  });
}

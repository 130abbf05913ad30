/** Which project to talk to: what was said, the environment, `frontrow.yaml`, the local stack that runs here. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Io } from "./io.ts";
import { projectFileOf } from "./project-file.ts";
import type { Call } from "./verb.ts";

export interface Address {
  url: string;
  key: string;
}

/** What `npm start` writes to `.frontrow/local.json` while it runs. */
interface LocalStack {
  url: string;
  secretKey: string;
  pid: number;
  /** The config it runs with, from the project's root. */
  config: string;
}

/** @throws {FrontrowError} `USAGE` when the URL or the key is not known or cannot be one. */
export async function addressOf(call: Pick<Call, "io" | "shared" | "out">): Promise<Address> {
  const { io, shared, out } = call;
  const { environment } = io;
  const project = await projectFileOf(call);
  const said = shared.url ?? (environment.SUPABASE_URL || undefined) ?? project?.origin?.url;
  const url = said === undefined ? undefined : checked(said);
  // Somebody else's key must never be sent to a project: the one that the file names is for the file's URL.
  const named = project?.origin && url === checked(project.origin.url) ? project.origin.key : undefined;
  const key = shared.key ?? keyFrom(environment, named);
  if (key !== undefined) out.hide(key);
  if (url !== undefined && key !== undefined) return { url, key };
  // Nor somebody else's key to the local stack, nor its key to somebody else.
  const local = await localStack(io.root);
  if (local) out.hide(local.secretKey);
  if (local && (url === undefined || url === checked(local.url))) {
    return { url: checked(local.url), key: shared.key ?? local.secretKey };
  }
  const missing = url === undefined ? "its URL is" : `the secret key of ${url} is`;
  throw new FrontrowError("USAGE", `Cannot reach a project, as ${missing} not known.`, {
    rule: "no-project",
    hint:
      named === undefined
        ? "Set SUPABASE_URL and SUPABASE_SECRET_KEY (or give --url and --key), or run npm start in another terminal."
        : `Set ${named}, the environment variable that ${project!.shown} names (or give --key).`,
  });
}

/** `named`: the variable that `frontrow.yaml` names, where it is about this project. */
function keyFrom(environment: Io["environment"], named = "SUPABASE_SECRET_KEY"): string | undefined {
  if (named !== "SUPABASE_SECRET_KEY") return environment[named] || undefined;
  const { SUPABASE_SECRET_KEY, SUPABASE_SECRET_KEYS, SUPABASE_SERVICE_ROLE_KEY } = environment;
  return (SUPABASE_SECRET_KEY || defaultIn(SUPABASE_SECRET_KEYS) || SUPABASE_SERVICE_ROLE_KEY) ?? undefined;
}

/** Hosted functions are given a dictionary of keys. */
function defaultIn(dictionary: string | undefined): string | undefined {
  if (!dictionary) return undefined;
  try {
    const { default: key } = JSON.parse(dictionary) as { default?: unknown };
    return typeof key === "string" ? key : undefined;
  } catch {
    throw new FrontrowError("USAGE", 'SUPABASE_SECRET_KEYS must be a JSON object such as {"default": "…"}.');
  }
}

function checked(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new FrontrowError("USAGE", "The URL must be http(s), without a name or password in it.", {
      hint: "It looks like https://abcdefghijklmnopqrst.supabase.co.",
    });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

export async function localStack(root: string): Promise<LocalStack | null> {
  try {
    const said = JSON.parse(await readFile(join(root, ".frontrow", "local.json"), "utf8")) as LocalStack;
    return isAlive(said.pid) ? said : null;
  } catch {
    return null;
  }
}

/** The file of a stack that was killed is still there. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/**
 * `npm start`: the whole of Frontrow on this machine, over an example's files.
 *
 *   --once          load, sync, say the totals, end        --json      the totals as one JSON object
 *   --example NAME  garden (default) or eips               --content DIR  the example's files are here
 *   --fresh         forget what was here before            --port N    default 54321, or any free one
 *
 * `DATABASE_URL` uses that Postgres instead of the built-in one.
 */
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FrontrowError } from "../shared/errors.ts";
import { drain } from "../shared/sync/worker.ts";
import { LOCK, lockFolder } from "./local/folder.ts";
import { live } from "./start/live.ts";
import { loadContent, totalsOf } from "./start/load.ts";
import { findContent, findExample, openProject, type Project, ROOT } from "./start/project.ts";

const DATA = join(ROOT, ".frontrow");

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      once: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      fresh: { type: "boolean", default: false },
      example: { type: "string", default: "garden" },
      content: { type: "string" },
      port: { type: "string" },
    },
  });
  const say = values.json ? () => undefined : (line: string) => console.log(line);
  const example = await findExample(values.example);
  const content = await findContent(example, values.content);
  const dataDir = join(DATA, "data", example.name);
  if (values.fresh) await forget(dataDir);

  const started = performance.now();
  const log = live(say);
  const project = await open(values.port, values.once);
  try {
    say(`Frontrow is up: PostgreSQL, Storage and the functions at ${project.stack.url}`);
    const uploaded = await loadContent(project, content);
    if (uploaded > 0)
      say(`Uploaded ${uploaded} files of "${example.name}" into the bucket "${project.bucketName}".`);
    await settle(project);
    const totals = await totalsOf(project);
    const seconds = Number(((performance.now() - started) / 1000).toFixed(2));
    say(
      `${totals.documents} files, ${totals.rows} rows, ${totals.quarantined} in quarantine, ${totals.conflicts} conflicts (${seconds} s).`,
    );
    if (values.once) {
      if (values.json) console.log(JSON.stringify({ ...totals, uploaded, seconds }));
      return;
    }
    const here = { ...describe(project), config: `examples/${example.name}/config.ts` };
    await writeFile(join(DATA, "local.json"), JSON.stringify(here), { mode: 0o600 });
    await log.follow(project, example);
  } finally {
    await rm(join(DATA, "local.json"), { force: true });
    await project.stop();
  }

  async function open(port: string | undefined, isOnce: boolean): Promise<Project> {
    const options = {
      example,
      dataDir,
      databaseUrl: process.env.DATABASE_URL || undefined,
      onResults: log.onResults,
    };
    if (port !== undefined || isOnce) return await openProject({ ...options, port: Number(port ?? 0) });
    // The port people know from Supabase, if it is free.
    return await openProject({ ...options, port: 54321 }).catch((error: unknown) => {
      if (error instanceof Error && error.name === "AddrInUse") return openProject({ ...options, port: 0 });
      throw error;
    });
  }
}

/** Empties a data folder, unless a stack is running on it. */
async function forget(dataDir: string): Promise<void> {
  const release = await lockFolder(dataDir);
  for (const name of await readdir(dataDir)) {
    if (name !== LOCK) await rm(join(dataDir, name), { recursive: true, force: true });
  }
  await release();
}

/** Waits for the doorbell's worker, and works along, until nothing is due. */
async function settle(project: Project): Promise<void> {
  const { hub, bindings, bucket } = project;
  await project.stack.net.idle();
  do
    await drain({
      hub,
      bindings,
      bucket,
      cause: "start",
      limits: { linger: 0, cpu: Number.POSITIVE_INFINITY },
    });
  while ((await totalsOf(project)).pending > 0);
}

function describe({ stack }: Project): Record<string, unknown> {
  return {
    url: stack.url,
    secretKey: stack.secretKey,
    publishableKey: stack.publishableKey,
    pid: process.pid,
  };
}

try {
  await main();
} catch (error) {
  const isUsage =
    error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  if (!(error instanceof FrontrowError || isUsage)) throw error;
  console.error(error.message);
  if (error instanceof FrontrowError && error.hint) console.error(error.hint);
  process.exitCode = 2;
}

/** A whole Frontrow project on this machine: the local stack, the migrations, an example's tables, the functions. */
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { contentFolder, type Example } from "../../examples/example.ts";
import { createApiApp } from "../../functions/api/app.ts";
import { createVerify } from "../../functions/api/verify.ts";
import { createIngestApp } from "../../functions/ingest/app.ts";
import { createSyncApp } from "../../functions/sync/app.ts";
import { type ResolvedConfig, resolveConfig } from "../../shared/collections/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { type Connection, connect } from "../../shared/sync/connect.ts";
import type { Result } from "../../shared/sync/pass.ts";
import { register } from "../../shared/sync/register.ts";
import { type Stack, startStack } from "../local/stack.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface ProjectOptions {
  example: Example;
  /** Folder for database and objects, or `memory`. */
  dataDir: string;
  databaseUrl?: string | undefined;
  port?: number | undefined;
  /** As the stack's. @default 0 */
  pgNetPauseMs?: number | undefined;
  /** Told of every document the worker has dealt with. */
  onResults?: (results: readonly Result[]) => void;
}

export interface Project extends Connection {
  stack: Stack;
  config: ResolvedConfig;
  bindings: Map<string, Binding>;
  /** The bucket of the example's first collection. */
  bucketName: string;
  stop(): Promise<void>;
}

/** The examples that ship, by name. @throws {FrontrowError} `USAGE` for a name there is none of. */
export async function findExample(name: string): Promise<Example> {
  if (/^[a-z][a-z0-9-]*$/.test(name) && (await exists(join(ROOT, "examples", name, "example.ts")))) {
    return ((await import(`../../examples/${name}/example.ts`)) as { default: Example }).default;
  }
  throw new FrontrowError("USAGE", `There is no example "${name}".`, { hint: "See the folder examples/." });
}

/** Where the example's files are. @throws {FrontrowError} `USAGE`, saying what is missing and what to do. */
export async function findContent(example: Example, given?: string): Promise<string> {
  const candidates =
    given === undefined ? example.content.folders.map((folder) => join(ROOT, folder)) : [given];
  const there = await Promise.all(candidates.map(exists));
  const absolute = { ...example, content: { ...example.content, folders: candidates } };
  const found = contentFolder(absolute, (folder) => there[candidates.indexOf(folder)] ?? false, given);
  if (found !== null) return found;
  throw new FrontrowError(
    "USAGE",
    given === undefined ? example.content.missing : `There is no folder "${given}".`,
  );
}

/** Starts everything; safe to repeat over the same data. */
export async function openProject(options: ProjectOptions): Promise<Project> {
  const { example } = options;
  const stack = await startStack({
    dataDir: options.dataDir,
    ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
    ...(options.port === undefined ? {} : { port: options.port }),
    pgNetPauseMs: options.pgNetPauseMs ?? 0,
  });
  try {
    await stack.migrate(join(ROOT, "supabase/migrations"));
    await applyOnce(stack, join(ROOT, example.schemaFile));
    const hookToken = await keepSecrets(stack);
    const connection = connect({ url: stack.url, key: stack.secretKey });
    const config = resolveConfig(example.config);
    const buckets = [...new Set(config.collections.map(({ bucket }) => bucket))];
    for (const bucket of buckets) await createBucket(connection, bucket);
    const bindings = await register(connection.hub, config);
    const secrets = { hookToken, secretKeys: [stack.secretKey], eventsSecret: null };
    const underWay = new Set<Promise<unknown>>();
    const waitUntil = (work: Promise<unknown>): void => {
      underWay.add(work);
      void work.finally(() => underWay.delete(work));
    };
    const ending = new AbortController();
    const { hub, bucket } = connection;
    const onResults = options.onResults ? { onResults: options.onResults } : {};
    const app = createSyncApp({
      hub,
      bucket,
      config,
      secrets,
      waitUntil,
      signal: ending.signal,
      ...onResults,
    });
    stack.mount("frontrow-sync", app.fetch);
    stack.mount("frontrow-ingest", createIngestApp({ hub, secrets, now: Date.now }).fetch);
    stack.mount(
      "frontrow-api",
      createApiApp({
        ...connection,
        config,
        url: stack.url,
        secretKeys: secrets.secretKeys,
        verify: createVerify(stack),
        now: Date.now,
      }).fetch,
    );
    const stop = async (): Promise<void> => {
      ending.abort();
      await Promise.all(underWay);
      await stack.stop();
    };
    return { ...connection, stack, config, bindings, bucketName: buckets[0]!, stop };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** The example's tables are the user's, not Frontrow's: their SQL is no migration of ours. */
async function applyOnce(stack: Stack, file: string): Promise<void> {
  const name = basename(join(file, ".."));
  await stack.sql.exec(
    "create schema if not exists frontrow_local; create table if not exists frontrow_local.applied (name text primary key)",
  );
  if ((await stack.sql.query("select from frontrow_local.applied where name = $1", [name])).length > 0)
    return;
  const schema = await readFile(file, "utf8");
  await stack.sql.transaction(async (tx) => {
    // As the person who owns the project's tables, so that the migrations' owner may put triggers on them.
    await tx.exec("set local role hosted_postgres");
    await tx.exec(schema);
    await tx.exec("reset role");
    await tx.query("insert into frontrow_local.applied values ($1)", [name]);
  });
}

/** The doorbell's address changes with the port, its token stays. */
async function keepSecrets(stack: Stack): Promise<string> {
  const known = await stack.sql.query<{ name: string; id: string; decrypted_secret: string }>(
    "select name, id::text, decrypted_secret from vault.decrypted_secrets where name like 'frontrow\\_%'",
  );
  const token = known.find(({ name }) => name === "frontrow_hook_token")?.decrypted_secret ?? randomToken();
  const wanted = { frontrow_hook_token: token, frontrow_functions_url: `${stack.url}/functions/v1` };
  for (const [name, value] of Object.entries(wanted)) {
    const id = known.find((secret) => secret.name === name)?.id;
    if (id === undefined) await stack.sql.query("select vault.create_secret($1, $2)", [value, name]);
    else await stack.sql.query("select vault.update_secret($1::uuid, $2)", [id, value]);
  }
  return token;
}

function randomToken(): string {
  return [...crypto.getRandomValues(new Uint8Array(32))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

async function createBucket({ client }: Connection, name: string): Promise<void> {
  const { error } = await client.storage.getBucket(name);
  if (!error) return;
  const created = await client.storage.createBucket(name, { public: false });
  if (created.error) throw created.error;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

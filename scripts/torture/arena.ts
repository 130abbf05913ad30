/** Where it happens: a PostgreSQL of its own, the stack in front of it, the hub from the real migrations, the journal. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveConfig } from "../../shared/collections/mod.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { type Connection, connect } from "../../shared/sync/connect.ts";
import { register } from "../../shared/sync/register.ts";
import { openPostgres } from "../local/database/postgres-js.ts";
import type { Sql } from "../local/database/sql.ts";
import { migrate } from "../local/migrate.ts";
import { type Bodies, folderBodies } from "../local/storage/bodies.ts";
import type { Engine } from "../testing/effects.ts";
import { install } from "../testing/garden.ts";
import { cleanUpAtEnd, startChild } from "./children.ts";
import type { Cluster } from "./cluster.ts";
import { config, schema } from "./config.ts";
import { installMonitor } from "./monitor.ts";
import { openAttic, openStack, type StackInput, type StackReady, type StackRing } from "./stack.ts";

export interface Arena extends Engine {
  cluster: Cluster;
  /** As superuser; spared by the chaos. */
  sql: Sql;
  /** As superuser; not spared. */
  writers: Sql;
  url: string;
  key: string;
  client: Connection["client"];
  bindings: Map<string, Binding>;
  /** Every body ever stored, by version. */
  attic: Bodies;
  /** How often the doorbell was heard, and how often it was rung in vain. */
  doorbell: { heard: number; lost: number };
  /** Those that Storage serves. */
  bodies: Bodies;
  close(): Promise<void>;
}

export interface ArenaOptions {
  cluster: Cluster;
  /** Made anew. @default the cluster's own, `postgres` */
  database?: string;
  /** Protections that are switched off; see scripts/testing/mutations.ts. */
  mutations?: readonly string[];
  /** Whether the stack runs in this process, for a scene that is short. @default false */
  here?: boolean;
  seed: number;
}

/** The name that connections of the torture itself carry. */
export const SPARED = "torture";

/** Opens the arena. Whatever fails, nothing of it stays behind; the cluster is its opener's. */
export async function openArena(options: ArenaOptions): Promise<Arena> {
  const { cluster, database, mutations = [], seed } = options;
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
    keep();
  };
  const keep = cleanUpAtEnd(close);
  try {
    const url = await databaseOf(cluster, database);
    const folder = await mkdtemp(join(tmpdir(), "frontrow-torture-"));
    closing.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const input = { databaseUrl: url, folder, seed };
    const doorbell = { heard: 0, lost: 0 };
    const onRing = ({ isLost }: StackRing) => {
      doorbell[isLost ? "lost" : "heard"]++;
    };
    const stack = options.here ? await stackHere(input) : await stackProcess(input, onRing);
    closing.push(stack.stop);
    const sql = openPostgres(`${url}?application_name=${SPARED}`);
    closing.push(sql.close);
    const writers = openPostgres(`${url}?application_name=writers`);
    closing.push(writers.close);
    await install({ migrate: (from, how) => migrate(sql, from, how) }, mutations);
    await sql.exec(`set role hosted_postgres; ${schema}; reset role;`);
    const connection = connect({ url: stack.url, key: stack.secretKey });
    const resolved = resolveConfig(config);
    for (const name of new Set(resolved.collections.map(({ bucket }) => bucket))) {
      const { error } = await connection.client.storage.createBucket(name, { public: false });
      if (error) throw error;
    }
    const bindings = await register(connection.hub, resolved);
    await ringable(sql, stack.url);
    await installMonitor(sql);
    const [attic, bodies] = [await openAttic(folder), await folderBodies(join(folder, "storage"))];
    return {
      ...connection,
      cluster,
      sql,
      writers,
      url: stack.url,
      key: stack.secretKey,
      bindings,
      attic,
      doorbell,
      bodies,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function databaseOf({ postgres }: Cluster, name: string | undefined): Promise<string> {
  if (name === undefined) return postgres.url;
  const sql = openPostgres(postgres.url);
  try {
    await sql.exec(`create database "${name}"`);
  } finally {
    await sql.close();
  }
  return postgres.url.replace(/[^/]+$/, name);
}

interface RunningStack extends StackReady {
  stop(): Promise<void>;
}

async function stackHere(input: StackInput): Promise<RunningStack> {
  const { url, secretKey, stop } = await openStack(input);
  return { url, secretKey, stop };
}

function stackProcess(input: StackInput, onRing: (ring: StackRing) => void): Promise<RunningStack> {
  return new Promise((resolve, reject) => {
    const child = startChild({
      module: "./stack.ts",
      input,
      onMessage(message: StackReady | StackRing) {
        if ("url" in message) resolve({ ...message, stop: () => child.kill() });
        else onRing(message);
      },
      onExit: (words) => reject(new Error(`the stack's process ended by itself:\n${words}`)),
    });
  });
}

/** The bell needs an address and a token. */
async function ringable(sql: Sql, url: string): Promise<void> {
  const secrets = { frontrow_functions_url: `${url}/functions/v1`, frontrow_hook_token: "torture" };
  for (const [name, value] of Object.entries(secrets))
    await sql.query("select vault.create_secret($1, $2)", [value, name]);
}

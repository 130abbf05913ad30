/**
 * A garden to test in: the local stack with the hub installed, the garden's table, its bucket, and a worker. One per
 * test file, as starting takes about a second; each test works in a user folder of its own.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { SupabaseClient } from "@supabase/supabase-js";
import gardenConfig from "../../examples/garden/config.ts";
import { type Config, type ResolvedConfig, resolveConfig } from "../../shared/collections/mod.ts";
import type { Hub } from "../../shared/hub/hub.ts";
import type { PeerHub } from "../../shared/hub/peer-hub.ts";
import { createPostgresHub, type RpcClient } from "../../shared/hub/postgres-hub.ts";
import type { Store } from "../../shared/stores/store.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { connect } from "../../shared/sync/connect.ts";
import type { Result } from "../../shared/sync/pass.ts";
import { register } from "../../shared/sync/register.ts";
import { drain, type RunSummary, type WorkerOptions } from "../../shared/sync/worker.ts";
import type { Sql } from "../local/database/sql.ts";
import { type Stack, type StackOptions, startStack } from "../local/stack.ts";
import { renderFirst } from "../migrations.ts";
import { mutate } from "./mutations.ts";
import { testDatabaseUrl } from "./test-database.ts";

export interface GardenOptions extends StackOptions {
  /** @default the garden's */
  config?: Config;
  /** SQL that makes the tables. @default the garden's */
  schema?: string;
}

/** One `parts` row as the tests look at it. */
export type Row = Record<string, unknown>;

export interface Garden {
  stack: Stack;
  sql: Sql;
  client: SupabaseClient;
  hub: Hub;
  peer: PeerHub;
  config: ResolvedConfig;
  bindings: Map<string, Binding>;
  bucket(name: string): Store<Uint8Array>;
  /** One run of a worker that does not linger. */
  drain(options?: Partial<WorkerOptions>): Promise<RunSummary & { results: Result[] }>;
  /** Drains until nothing is pending, with every back-off and dead lease over at once; answers all results. */
  settle(options?: Partial<WorkerOptions>): Promise<Result[]>;
  /** As the user's client would: over whatever is there. */
  upload(path: string, content: string | Uint8Array): Promise<void>;
  remove(...paths: string[]): Promise<void>;
  /** null when there is no such object. */
  read(path: string): Promise<string | null>;
  /** The live row of `users/<user>/parts/<slug>.md`. */
  row(path: string): Promise<Row | null>;
  stop(): Promise<void>;
}

export async function startGarden(options: GardenOptions = {}): Promise<Garden> {
  const { config = gardenConfig, schema = await gardenSchema(), ...stackOptions } = options;
  const databaseUrl = stackOptions.dataDir ? undefined : await testDatabaseUrl();
  const given = { cron: false, ...(databaseUrl ? { databaseUrl } : {}), ...stackOptions };
  const stack = await withMigrations((migrations) => startStack({ ...given, migrations }));
  try {
    return await plant(stack, resolveConfig(config), schema);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function plant(stack: Stack, config: ResolvedConfig, schema: string): Promise<Garden> {
  const { sql } = stack;
  // As on hosted Supabase: the tables' owner is who installed the hub.
  await sql.exec(`set role hosted_postgres; ${schema}; reset role;`);
  const { client, hub, peer, bucket } = connect({ url: stack.url, key: stack.secretKey });
  for (const name of new Set(config.collections.map((collection) => collection.bucket))) {
    const { error } = await client.storage.createBucket(name, { public: false });
    if (error) throw error;
  }
  const bindings = await register(hub, config);
  const files = () => client.storage.from("content");
  const garden: Garden = {
    stack,
    sql,
    client,
    hub,
    peer,
    config,
    bindings,
    bucket,
    async drain(given) {
      const results: Result[] = [];
      const summary = await drain({
        hub,
        bindings,
        bucket,
        cause: "test",
        onResults: (part) => results.push(...part),
        ...given,
        limits: { linger: 0, cpu: Number.POSITIVE_INFINITY, ...given?.limits },
      });
      return { ...summary, results };
    },
    settle: (given) => settle(sql, async () => (await garden.drain(given)).results),
    async upload(path, content) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      const { error } = await files().upload(path, bytes as Uint8Array<ArrayBuffer>, {
        upsert: true,
        contentType: "text/markdown; charset=utf-8",
      });
      if (error) throw error;
    },
    async remove(...paths) {
      const { error } = await files().remove(paths);
      if (error) throw error;
    },
    async read(path) {
      const { data } = await files().download(path, { cacheNonce: crypto.randomUUID() });
      return data ? await data.text() : null;
    },
    async row(path) {
      const [, user, slug] = /^users\/([^/]+)\/parts\/(.+)\.md$/.exec(path)!;
      const [row] = await sql.query<Row>(
        "select * from public.parts where user_id = $1 and slug = $2 and deleted_at is null",
        [user, slug],
      );
      return row ?? null;
    },
    stop: () => stack.stop(),
  };
  return garden;
}

/** The garden's config with a valve that never closes, for tests that delete all day. */
export const openValve: Config = {
  ...gardenConfig,
  collections: gardenConfig.collections.map((collection) => ({
    ...collection,
    policies: { ...collection.policies, valve: { share: 1, atLeast: 1_000_000 } },
  })),
};

/** Installs the hub from sql/, as the role that has no more rights than hosted `postgres`. */
export async function install(stack: Pick<Stack, "migrate">, mutations?: readonly string[]): Promise<void> {
  await withMigrations((folder) => stack.migrate(folder), mutations);
}

/**
 * A folder with the one migration that sql/ makes, for as long as `use` takes.
 * @param mutations protections that are switched off (mutations.ts)
 */
async function withMigrations<T>(
  use: (folder: string) => Promise<T>,
  mutations: readonly (string | undefined)[] = [process.env.FRONTROW_MUTATION],
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "frontrow-migrations-"));
  try {
    const text = mutations.reduce(mutate, await renderFirst());
    await writeFile(join(folder, "20261120000000_frontrow.sql"), text);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function gardenSchema(): Promise<string> {
  return readFile(new URL("../../examples/garden/schema.sql", import.meta.url), "utf8");
}

/** Drains until nothing is pending. Back-offs and the leases of workers that died are over at once. */
export async function settle<T>(sql: Sql, drainOnce: () => Promise<T[]>, most = 12): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < most; round++) {
    await endWaits(sql);
    results.push(...(await drainOnce()));
    const [{ pending }] = (await sql.query<{ pending: number }>(
      "select count(*)::int as pending from frontrow.dirty",
    )) as [{ pending: number }];
    if (pending === 0) return results;
  }
  throw new Error(`still pending after ${most} runs: ${JSON.stringify(results.slice(-5))}`);
}

/** Every lease runs out now and every back-off is over. */
export async function endWaits(sql: Sql): Promise<void> {
  await sql.query("update frontrow.leases set until = '-infinity', not_before = '-infinity'");
}

/** The hub over a direct connection: the same functions, without HTTP. */
export function directHub(sql: Sql, identity = "local"): Hub {
  return createPostgresHub(directClient(sql), { identity });
}

export function directClient(sql: Sql): RpcClient {
  return {
    async rpc(name, { request }) {
      try {
        const [row] = await sql.query<{ data: unknown }>(`select public.${name}($1::text::jsonb) as data`, [
          JSON.stringify(request),
        ]);
        return { data: row!.data, error: null };
      } catch (error) {
        const { message, code } = error as { message: string; code?: string };
        return { data: null, error: { message, ...(code ? { code } : {}) } };
      }
    },
  };
}

/** Deletes objects by SQL, which Storage forbids unless it is told; the bodies stay. `names` is a LIKE pattern. */
export async function deleteObjects(sql: Sql, names: string): Promise<void> {
  await sql.transaction(async (tx) => {
    await tx.exec("set local storage.allow_delete_query = 'true'");
    await tx.query("delete from storage.objects where name like $1", [names]);
  });
}

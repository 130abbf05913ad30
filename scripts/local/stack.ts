import { join } from "node:path";
import { type CronRunner, startCron } from "./cron.ts";
import { createDataApi } from "./data-api/app.ts";
import { openDatabase } from "./database/open.ts";
import type { Sql } from "./database/sql.ts";
import { loadKeys, lockFolder, removeOrphans } from "./folder.ts";
import { type Keys, type Role, signJwt } from "./keys.ts";
import { type MigrateOptions, migrate } from "./migrate.ts";
import { type NetWorker, startNet } from "./net.ts";
import { createGateway, type FunctionHandler, makeCuttable } from "./server.ts";
import { createStorageApp } from "./storage/app.ts";
import { type Bodies, folderBodies, memoryBodies } from "./storage/bodies.ts";

export type { FunctionHandler, Keys, Sql };

export interface StackOptions {
  /** Folder for the database, object bodies and keys; `"memory"` keeps nothing. @default "memory" */
  dataDir?: string;
  /** A real, empty Postgres instead of PGlite, reached as superuser. Bodies still go to `dataDir`. */
  databaseUrl?: string;
  /** A folder of migrations that are applied before anything else is started; see {@link migrate}. */
  migrations?: string;
  /** Loopback port; 0 takes any free one. @default 0 */
  port?: number;
  /** Edge Functions by slug, mounted at `/functions/v1/<slug>`. */
  functions?: Record<string, FunctionHandler>;
  log?: (message: string, fields?: Record<string, unknown>) => void;
  /** `off`: requests queue and nobody sends them. `missing`: there is no schema `net`. @default "on" */
  pgNet?: "on" | "off" | "missing";
  /** Pause of the pg_net worker after each batch, in ms; the real one waits up to 990. @default 0 */
  pgNetPauseMs?: number;
  /** Whether due cron jobs start by themselves. `cron.tick()` works either way. @default true */
  cron?: boolean;
  /** @default random ones, kept in `dataDir` */
  keys?: Partial<Keys>;
}

export interface Stack {
  url: string;
  secretKey: string;
  publishableKey: string;
  /** As superuser, outside every policy. */
  sql: Sql;
  /** What hosted Supabase puts into a function's environment. */
  env: Record<string, string>;
  /** Mounts or replaces one Edge Function. */
  mount(slug: string, handler: FunctionHandler): void;
  storage: { bodies: Bodies };
  /** Applies a folder of migrations; see {@link migrate}. */
  migrate(folder: string, options?: MigrateOptions): Promise<string[]>;
  net: NetWorker;
  cron: Pick<CronRunner, "tick" | "startDue"> & { kind: "real" | "stand-in" };
  /** A user's JWT, for tests of policies: goes in `Authorization`, beside the publishable key. */
  userToken(claims: { sub: string; role?: Role } & Record<string, unknown>): string;
  /** Ends server, timers, listeners and the database. Safe to repeat. */
  stop(): Promise<void>;
}

/**
 * Starts everything Frontrow needs of Supabase on one loopback port.
 * @throws when `dataDir` is in use by a running stack, the port is taken, or the database cannot be reached; nothing
 * stays open then
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const opened: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    const errors: unknown[] = [];
    for (const close of opened.splice(0).reverse()) await close().catch((error) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  };
  try {
    return await start(options, opened, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  options: StackOptions,
  opened: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Stack> {
  const {
    dataDir = "memory",
    databaseUrl,
    migrations,
    port = 0,
    pgNet = "on",
    pgNetPauseMs = 0,
    cron: timer = true,
    log = () => {},
  } = options;
  const folder = dataDir === "memory" ? undefined : dataDir;
  if (folder) opened.push(await lockFolder(folder));
  const keys = { ...(await loadKeys(folder)), ...options.keys };
  const bodies = folder ? await folderBodies(join(folder, "storage")) : memoryBodies();
  const { sql, cron: cronKind } = await openDatabase({
    ...(databaseUrl ? { databaseUrl } : {}),
    ...(folder && !databaseUrl ? { folder: join(folder, "postgres") } : {}),
    ...(migrations && pgNet !== "missing" ? { migrations } : {}),
  });
  opened.push(sql.close);
  if (pgNet === "missing") {
    await sql.exec("drop schema if exists net cascade");
    if (migrations) await migrate(sql, migrations);
  }
  await removeOrphans(sql, bodies);

  const claims = { role: "service_role" };
  const service = { role: "service_role" as const, claims, token: signJwt(claims, keys.jwtSecret) };
  const functions = new Map(Object.entries(options.functions ?? {}));
  const dataApi = createDataApi(sql);
  const storage = createStorageApp({ sql, bodies, keys, service, log });
  const gateway = createGateway(keys, { dataApi, storage, functions, log });
  const { handler, cut } = makeCuttable(gateway);
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handler);
  opened.push(async () => {
    const timer = setTimeout(cut, STOP_MS);
    await server.shutdown();
    clearTimeout(timer);
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const net = pgNet === "on" ? await startNet(sql, { pauseMs: pgNetPauseMs }) : noNet;
  opened.push(net.stop);
  const cron = startCron(sql, { timer: timer && cronKind === "stand-in" });
  opened.push(cron.stop);

  let stopped: Promise<void> | undefined;
  return {
    url,
    secretKey: keys.secret,
    publishableKey: keys.publishable,
    sql,
    env: {
      SUPABASE_URL: url,
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
      SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
      ...(databaseUrl ? { SUPABASE_DB_URL: databaseUrl } : {}),
    },
    mount: (slug, handler) => void functions.set(slug, handler),
    storage: { bodies },
    migrate: (from, how) => migrate(sql, from, how),
    net,
    cron: { kind: cronKind, tick: cron.tick, startDue: cron.startDue },
    userToken: (claims) => signJwt({ role: "authenticated", exp: 4_100_000_000, ...claims }, keys.jwtSecret),
    stop: () => (stopped ??= stop()),
  };
}

/** How long requests under way may take when the stack stops; then they are answered 503. */
const STOP_MS = 3000;

const noNet: NetWorker = { idle: async () => {}, stop: async () => {} };

import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { testDatabaseUrl } from "../testing/test-database.ts";
import { openPostgres } from "./database/postgres-js.ts";
import type { Sql } from "./database/sql.ts";
import { type Stack, type StackOptions, startStack } from "./stack.ts";

/** What a conformance suite runs against: a Supabase named by the environment, else a local stack of its own. */
export interface Target {
  url: string;
  secretKey: string;
  publishableKey: string | undefined;
  /** As service_role. */
  client: SupabaseClient;
  /** As anon; only with a publishable key. */
  anon: SupabaseClient | undefined;
  /** Absent on a remote target without `SUPABASE_DB_URL`; tests of triggers and policies are skipped then. */
  sql: Sql | undefined;
  /** Absent on a remote target. */
  local: Stack | undefined;
  stop(): Promise<void>;
}

const clientOptions = { auth: { persistSession: false, autoRefreshToken: false } };

/**
 * `SUPABASE_URL` and `SUPABASE_SECRET_KEY` (and, if there, `SUPABASE_PUBLISHABLE_KEY`, `SUPABASE_DB_URL`) name a
 * remote target. Otherwise starts the local stack: on `DATABASE_URL` when set, else on PGlite.
 */
export async function openTarget(options: StackOptions = {}): Promise<Target> {
  const env = process.env;
  const databaseUrl = env.SUPABASE_URL ? undefined : await testDatabaseUrl();
  const local = env.SUPABASE_URL
    ? undefined
    : await startStack({
        cron: false,
        ...(databaseUrl ? { databaseUrl } : {}),
        ...options,
      });
  const url = local?.url ?? env.SUPABASE_URL!;
  const secretKey = local?.secretKey ?? env.SUPABASE_SECRET_KEY ?? "";
  const publishableKey = local?.publishableKey ?? env.SUPABASE_PUBLISHABLE_KEY;
  const sql = local?.sql ?? (env.SUPABASE_DB_URL ? openPostgres(env.SUPABASE_DB_URL) : undefined);
  return {
    url,
    secretKey,
    publishableKey,
    client: createClient(url, secretKey, clientOptions),
    anon: publishableKey ? createClient(url, publishableKey, clientOptions) : undefined,
    sql,
    local,
    stop: async () => {
      if (local) await local.stop();
      else await sql?.close();
    },
  };
}

/** For `test({ skip })`: false when SQL can be used, else the reason. */
export const withoutSql: string | false =
  process.env.SUPABASE_URL && !process.env.SUPABASE_DB_URL ? "needs SQL access: set SUPABASE_DB_URL" : false;
/** For `test({ skip })`: false when anon can be tried, else the reason. */
export const withoutAnon: string | false =
  withoutSql ||
  (process.env.SUPABASE_URL && !process.env.SUPABASE_PUBLISHABLE_KEY
    ? "needs SUPABASE_PUBLISHABLE_KEY"
    : false);
/** For `test({ skip })` of stand-ins' own behaviour. */
export const remote: string | false = process.env.SUPABASE_URL ? "local stack only" : false;

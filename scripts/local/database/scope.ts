import type { Caller } from "../keys.ts";
import type { Query, Sql } from "./sql.ts";

/** What a service tells Postgres about the request it acts for: readable in triggers and policies. */
export interface Scope {
  caller: Caller;
  /** All request headers, names in lower case. */
  headers: Record<string, string>;
  method: string;
  path: string;
  /** More transaction-local settings, such as `storage.operation`. */
  settings?: Record<string, string>;
}

/**
 * Runs a transaction as the caller: its role, and the transaction-local settings `request.jwt.claims`,
 * `request.headers`, `request.method` and `request.path`.
 */
export function asCaller<T>(sql: Sql, scope: Scope, run: (tx: Query) => Promise<T>): Promise<T> {
  return sql.transaction(async (tx) => {
    await enterScope(tx, scope);
    return await run(tx);
  });
}

/** Takes on a scope for the rest of a transaction. */
export async function enterScope(
  tx: Query,
  { caller, headers, method, path, settings }: Scope,
): Promise<void> {
  const entries = Object.entries({
    "request.jwt.claims": JSON.stringify(caller.claims),
    "request.headers": JSON.stringify(headers),
    "request.method": method,
    "request.path": path,
    ...settings,
    role: caller.role,
  });
  const calls = entries.map((_, index) => `set_config($${index * 2 + 1}, $${index * 2 + 2}, true)`);
  await tx.query(`select ${calls.join(", ")}`, entries.flat());
}

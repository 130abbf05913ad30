/** What the local stack needs of a Postgres: PGlite in this process, or a real server. */

/** One row, by column name. */
export type Row = Record<string, unknown>;

/**
 * Runs statements: on a connection of its own, or inside the transaction that handed it out.
 *
 * A parameter for a `json`/`jsonb` column may be a value or its JSON text. `int8` comes back as a number while that
 * is exact, else as a bigint; `numeric` as text; timestamps as `Date`.
 */
export interface Query {
  /** One statement with `$1`… parameters. Throws the server's error; see {@link SqlError}. */
  query<T = Row>(text: string, params?: readonly unknown[]): Promise<T[]>;
  /** Several statements in one text, without parameters, as `psql` would send them. */
  exec(text: string): Promise<void>;
}

export interface Sql extends Query {
  readonly engine: "pglite" | "postgres";
  /**
   * Commits when `run` returns, rolls back when it throws. PGlite has one connection: inside `run` use only the query
   * passed in, as anything on the outer `Sql` waits for the transaction to end.
   */
  transaction<T>(run: (tx: Query) => Promise<T>): Promise<T>;
  /**
   * Calls back after each commit that notified `channel`, and when a lost connection is back (something may have been
   * missed). Returns what ends it.
   */
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** A server's refusal, as both drivers throw it. */
export interface SqlError extends Error {
  /** SQLSTATE */
  code: string;
  detail?: string;
  hint?: string;
}

export function isSqlError(error: unknown): error is SqlError {
  return error instanceof Error && /^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code ?? ""));
}

/** `int8` as a number while that is exact, else as a bigint: the same on both drivers. */
export function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** How many rows were ever inserted, updated or deleted in a project's tables. */
import type { Project } from "../../start/project.ts";

/** A server process tells its counts at most once a second, at the end of a transaction. */
const TELLS_AFTER_MS = 1100;

export async function rowsWritten({ stack: { sql } }: Project): Promise<number> {
  await new Promise((done) => setTimeout(done, TELLS_AFTER_MS));
  // One transaction on each connection of the pool.
  await Promise.all(Array.from({ length: 10 }, () => sql.query("select pg_sleep(0.05)")));
  const [written] = await sql.query<{ rows: number }>(
    "select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as rows from pg_catalog.pg_stat_user_tables where schemaname <> 'net'",
  );
  return written!.rows;
}

/** A backfill of what is in sync: what it costs to find nothing. */
import type { Project } from "../../start/project.ts";
import { type Requests, watchRequests } from "../requests.ts";

export interface BackfillCost {
  /** Of the comparison in the database. */
  seconds: number;
  /** Rows inserted, updated or deleted by it. */
  rows_written: number;
}

/** @throws {Error} when something is not in sync */
export async function costOfBackfill({ stack }: Project): Promise<BackfillCost> {
  return await stack.sql.transaction(async (tx) => {
    // Counts of this session's earlier transactions may not have been told yet.
    const written = async (): Promise<number> => {
      const [counted] = await tx.query<{ rows: number }>(
        "select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as rows from pg_catalog.pg_stat_xact_user_tables",
      );
      return counted!.rows;
    };
    const before = await written();
    const started = performance.now();
    const found = await tx.query<{ marked: number }>(
      "select frontrow.mark_differences(c) as marked from frontrow.collections as c",
    );
    const seconds = (performance.now() - started) / 1000;
    const marked = found.reduce((sum, one) => sum + one.marked, 0);
    if (marked > 0) throw new Error(`${marked} documents are not in sync`);
    return { seconds, rows_written: (await written()) - before };
  });
}

/** The same through the function's door: what that asks for, and how long it takes. */
export async function backfillByFunction({ stack }: Project): Promise<Requests & { seconds: number }> {
  const requests = watchRequests(stack.url);
  const started = performance.now();
  try {
    const answer = await fetch(`${stack.url}/functions/v1/frontrow-sync/notes`, {
      method: "POST",
      headers: { apikey: stack.secretKey, authorization: `Bearer ${stack.secretKey}` },
    });
    if (!answer.ok) throw new Error(`the backfill answered ${answer.status}: ${await answer.text()}`);
    await answer.body?.cancel();
  } finally {
    requests.stop();
  }
  return { ...requests.stop(), seconds: (performance.now() - started) / 1000 };
}

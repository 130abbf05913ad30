/** A backfill of what is in sync: what it costs to find nothing. */
import type { Project } from "../../start/project.ts";
import { type Requests, watchRequests } from "../requests.ts";

export interface BackfillCost {
  /** Of the comparison in the database. */
  seconds: number;
  /** Rows inserted, updated or deleted by it. */
  rows_written: number;
  marked: number;
  /** Seconds of the same through the function's door, and what it asked for. */
  door: Requests & { seconds: number };
}

export async function costOfBackfill({ stack, hub }: Project): Promise<BackfillCost> {
  const started = performance.now();
  const { marked } = await hub.backfill({});
  const seconds = (performance.now() - started) / 1000;
  const rows_written = await stack.sql.transaction(async (tx) => {
    await tx.query("select frontrow.mark_differences(c, 0, 1) from frontrow.collections as c");
    const [written] = await tx.query<{ rows: number }>(
      "select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as rows from pg_catalog.pg_stat_xact_user_tables",
    );
    return written!.rows;
  });
  const requests = watchRequests(stack.url);
  const knocked = performance.now();
  const answer = await fetch(`${stack.url}/functions/v1/frontrow-sync/notes`, {
    method: "POST",
    headers: { apikey: stack.secretKey, authorization: `Bearer ${stack.secretKey}` },
  });
  if (!answer.ok) throw new Error(`the backfill answered ${answer.status}: ${await answer.text()}`);
  await answer.body?.cancel();
  const door = { ...requests.stop(), seconds: (performance.now() - knocked) / 1000 };
  return { seconds, rows_written, marked, door };
}

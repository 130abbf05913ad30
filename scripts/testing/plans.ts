/** The plans PostgreSQL really used, of every statement at every depth: auto_explain, heard as notices. */
import postgres from "postgres";
import type { Query, Row, Sql } from "../local/database/sql.ts";

/** One node of a plan, as `explain (format json)` has it. */
export interface PlanNode {
  "Node Type": string;
  Schema?: string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Index Cond"?: string;
  "Actual Rows"?: number;
  "Actual Loops"?: number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  "Sort Space Type"?: string;
  "Temp Written Blocks"?: number;
  Plans?: PlanNode[];
}

export interface Plan {
  statement: string;
  /** Milliseconds. */
  duration: number;
  /** The PL/pgSQL function and line it came from, if any. */
  where: string;
  root: PlanNode;
}

export interface PlanWatch {
  /** One connection, whose statements are watched; without `listen` and `close`. */
  sql: Sql;
  /** What was planned while `run` went on, in the order the statements ended. */
  during(run: () => Promise<unknown>): Promise<Plan[]>;
  close(): Promise<void>;
}

/** @param url of a superuser, as only one may load auto_explain */
export async function watchPlans(url: string): Promise<PlanWatch> {
  let heard: Plan[] | undefined;
  const client = postgres(url, {
    max: 1,
    onnotice({ message, where }) {
      const [, duration, json] = /^duration: ([\d.]+) ms {2}plan:\n(.*)$/s.exec(message ?? "") ?? [];
      if (json === undefined) return;
      const { "Query Text": statement, Plan: root } = JSON.parse(json) as {
        "Query Text": string;
        Plan: PlanNode;
      };
      heard?.push({ statement, duration: Number(duration), where: where ?? "", root });
    },
  });
  await client.unsafe(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
    set auto_explain.log_analyze = on; set auto_explain.log_buffers = on; set auto_explain.log_format = json;
    set auto_explain.log_triggers = on; set auto_explain.log_verbose = on; set auto_explain.log_level = notice;
    set client_min_messages = notice;`);
  return {
    sql: {
      engine: "postgres",
      ...asQuery(client),
      transaction: (run: (tx: Query) => Promise<unknown>) => client.begin((tx) => run(asQuery(tx))) as never,
    } as unknown as Sql,
    async during(run: () => Promise<unknown>) {
      const plans: Plan[] = [];
      heard = plans;
      try {
        await run();
      } finally {
        heard = undefined;
      }
      return plans;
    },
    close: () => client.end({ timeout: 5 }),
  };
}

const asQuery = (client: postgres.Sql | postgres.TransactionSql): Query => ({
  query: async <T = Row>(text: string, params: readonly unknown[] = []) =>
    [...(await client.unsafe(text, params as never[], { prepare: false }))] as T[],
  exec: async (text) => void (await client.unsafe(text).simple()),
});

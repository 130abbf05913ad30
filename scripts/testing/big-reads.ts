/** What of a plan reads more of the big tables than an event may. */
import type { Plan, PlanNode } from "./plans.ts";

/** The tables that grow with the project. */
const BIG = new Set([
  "frontrow.documents",
  "frontrow.bases",
  "frontrow.revisions",
  "frontrow.dirty",
  "frontrow.leases",
  "storage.objects",
]);

export interface Allowance {
  /** Besides the hub's. */
  tables?: readonly string[];
  /** Rows that one scan through an index may read. @default 1000 */
  most?: number;
}

/** Rows a scan of a whole table may meet: the first ones of a queue, or all of one that is nearly empty. */
const A_FEW = 150;

/** One line for each scan that reads too much, with its statement. */
export function bigReads(plans: readonly Plan[], { tables = [], most = 1000 }: Allowance = {}): string[] {
  const isBig = (name: string): boolean => BIG.has(name) || tables.includes(name);
  return plans.flatMap((plan) =>
    scansOf(plan.root)
      .filter(({ table, isWhole, rows }) => isBig(table) && rows > (isWhole ? A_FEW : most))
      .map(({ node, table, rows }) => `${node} on ${table} read ${rows} rows: ${oneLine(plan.statement)}`),
  );
}

interface Scan {
  node: string;
  table: string;
  /** No condition of an index narrows it. */
  isWhole: boolean;
  rows: number;
}

function scansOf(node: PlanNode): Scan[] {
  const below = (node.Plans ?? []).flatMap(scansOf);
  const { "Node Type": type, "Relation Name": name, Schema: schema } = node;
  if (name === undefined || type === "ModifyTable" || type === "Sample Scan") return below;
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  const rows = ((node["Actual Rows"] ?? 0) + removed) * (node["Actual Loops"] ?? 0);
  return [...below, { node: type, table: `${schema}.${name}`, isWhole: type === "Seq Scan", rows }];
}

const oneLine = (statement: string): string => statement.replace(/\s+/g, " ").trim().slice(0, 200);

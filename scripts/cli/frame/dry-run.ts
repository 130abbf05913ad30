/** What a sync would do, document by document. Leases nothing, writes nothing. */
import { displayPath } from "../../../shared/document/path-disk.ts";
import type { Plan } from "../../../shared/reconcile/types.ts";
import { digestsOf } from "../../../shared/sync/binding.ts";
import { LOCAL_LIMITS, startBudget, systemClock } from "../../../shared/sync/budget.ts";
import { planDocuments } from "../../../shared/sync/plan.ts";
import type { Engine } from "./engine.ts";
import { EXIT } from "./exit.ts";
import { countsText } from "./outcomes.ts";
import { aligned } from "./text.ts";
import type { Answer, Call } from "./verb.ts";

/** One answer of the hub holds at most so many documents. */
const MOST = 1000;

/** One document's plan, in the JSON of `--dry-run`. */
interface Planned {
  collection: string;
  path: string;
  outcome: string;
  row: "create" | "update" | "delete" | null;
  object: "create" | "update" | "delete" | null;
  code: string | null;
  line: number | null;
  message: string | null;
}

export async function dryRun(
  { hub, bindings, bucket }: Engine,
  scope: { collection?: string; full?: boolean; hours?: number },
  { out }: Call,
): Promise<Answer> {
  const items = await hub.preview({ ...scope, limit: MOST, digests: digestsOf(bindings) });
  const budget = startBudget(LOCAL_LIMITS, systemClock);
  const decided = await planDocuments({ bindings, bucket, limits: LOCAL_LIMITS, budget }, items);
  const plans = decided.map((one): Planned => {
    const { collection, path } = one.item;
    if ("plan" in one) return { collection, path, ...said(one.plan) };
    const { code, line, message } = one.error;
    const outcome = one.error.retryable ? "deferred" : "failed";
    return { collection, path, outcome, row: null, object: null, code, line: line ?? null, message };
  });
  const counts: Record<string, number> = {};
  for (const { outcome } of plans) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const rows = plans
    .filter(({ outcome }) => outcome !== "unchanged")
    .map((plan) => [plan.outcome, displayPath(plan.path), plan.message ?? actions(plan)]);
  for (const line of aligned(rows)) out.say(line);
  out.say(`${rows.length > 0 ? "\n" : ""}${countsText(counts)}; nothing was changed`);
  if (items.length >= MOST) out.say(`Only the first ${MOST} documents were looked at.`);
  const troubles = ["quarantined", "conflict", "deferred", "failed"].some((outcome) => counts[outcome]);
  return {
    code: troubles ? EXIT.attention : EXIT.ok,
    json: { dry_run: true, documents: plans.length, counts, plan: plans, more: items.length >= MOST },
  };
}

function said({ outcome, row, object, quarantine, conflict }: Plan): Omit<Planned, "collection" | "path"> {
  const error = quarantine?.error;
  const overlap = conflict?.held
    ? `both sides changed ${conflict.overlaps.map(({ column }) => column).join(", ")}`
    : null;
  return {
    outcome,
    row: row === null ? null : row.op === "delete" ? "delete" : row.expect === null ? "create" : "update",
    object:
      object === null
        ? null
        : object.op === "delete"
          ? "delete"
          : object.expect === null
            ? "create"
            : "update",
    code: error?.code ?? null,
    line: error?.line ?? null,
    message: error?.message ?? overlap,
  };
}

function actions({ row, object }: Planned): string {
  const parts = [row && `${row} the row`, object && `${object} the file`].filter((part) => part !== null);
  return parts.join(", ") || "nothing is written, only noted";
}

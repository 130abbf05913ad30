/** Reading and deciding, without changing anything. */
import { isReservedName } from "../document/conflict-copy.ts";
import { encode, type Warning, warningsOf } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { ClaimedDocument } from "../hub/hub.ts";
import { NOTHING, quarantined } from "../reconcile/draft.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import type { Plan, Side } from "../reconcile/types.ts";
import type { Store } from "../stores/store.ts";
import { type Binding, readFile } from "./binding.ts";
import type { Budget, Limits } from "./budget.ts";
import { planCopy } from "./plan-copy.ts";
import { pooled } from "./pool.ts";
import { resolutionOf } from "./resolution.ts";
import { readSides } from "./sides.ts";

export interface PlanContext {
  bindings: ReadonlyMap<string, Binding>;
  /** The store of a bucket, by its name. */
  bucket(name: string): Store<Uint8Array>;
  limits: Limits;
  budget: Budget;
  /** Bytes a person brings in, by path (`import`). */
  imported?: ReadonlyMap<string, Uint8Array>;
  /** What a peer made of the hub's text, by path; null: it deleted the document. */
  pushed?: ReadonlyMap<string, string | null>;
}

export interface Planned {
  item: ClaimedDocument;
  plan: Plan;
  /** About the file, where this is the first look at its version. */
  warnings?: readonly Warning[];
}

/** A document that cannot be decided on now. */
export interface Undecided {
  item: ClaimedDocument;
  error: FrontrowError;
}

/** Decides on every document; one that cannot be decided on is an error in its place. */
export function planDocuments(
  context: PlanContext,
  items: readonly ClaimedDocument[],
): Promise<(Planned | Undecided)[]> {
  return pooled(items, context.limits.requests, async (item) => {
    const binding = context.bindings.get(item.collection)!;
    // A conflict copy, or known from an earlier path template: out of scope is not deleted, and nothing of it is touched.
    if (!binding.collection.path.matches(item.path)) {
      return isReservedName(item.path) ? await planCopy(context, item) : { item, plan: NOTHING };
    }
    try {
      const bucket = context.bucket(binding.collection.bucket);
      const { compute } = context.budget;
      const { hub, sides } = await readSides(
        binding,
        item,
        bucket,
        compute,
        context.imported?.get(item.path),
        context.pushed?.get(item.path),
      );
      const plan = compute(() =>
        readable(
          binding,
          item,
          sides,
          reconcile({
            hub,
            sides,
            mapping: binding.columns.mapping,
            policies: binding.policies,
            codec: binding.codec,
            hasBody: binding.collection.body !== null,
            // A file that is brought in is a text the person who decided had not seen.
            resolution:
              context.imported?.has(item.path) || context.pushed?.has(item.path)
                ? null
                : resolutionOf(binding, item),
          }),
        ),
      );
      if (plan.deferred) return { item, error: plan.deferred };
      return { item, plan, warnings: plan.quarantine ? [] : compute(() => warningsAbout(sides)) };
    } catch (error) {
      return { item, error: ours(error, item.path) };
    }
  });
}

/** What is written must be readable again: a row that its file's schema refuses waits, rather than spoil the file. */
function readable(binding: Binding, item: ClaimedDocument, sides: readonly Side[], plan: Plan): Plan {
  if (plan.object?.op !== "put") return plan;
  const { text } = plan.object;
  // A file that was just read as a document of the collection need not be read again.
  const isRead = ({ reading }: Side): boolean =>
    reading.state === "found" && reading.content.kind === "text" && reading.content.text === text;
  if (sides.some(isRead)) return plan;
  try {
    readFile(binding, item.path, encode(text));
    return plan;
  } catch (error) {
    if (!(error instanceof FrontrowError)) throw error;
    return quarantined("table", item.table?.version ?? "", error);
  }
}

function warningsAbout(sides: readonly Side[]): Warning[] {
  return sides.flatMap(({ reading }) => {
    return reading.state === "found" && reading.content.kind === "text"
      ? warningsOf(reading.content.document)
      : [];
  });
}

/** Any error as ours. */
export function ours(error: unknown, path: string): FrontrowError {
  if (error instanceof FrontrowError) return error;
  // A defect of ours: the attempts are counted, so that one document cannot stop the others for ever.
  const name = error instanceof Error ? error.name : "unknown";
  return new FrontrowError("POISON", `Frontrow failed on "${path}" (${name}).`, {
    path,
    rule: "defect",
    cause: error,
  });
}

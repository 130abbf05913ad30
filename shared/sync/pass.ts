/** One pass over claimed documents: read → reconcile → apply → write the bucket → confirm. */
import { encode } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { Applied, ApplyItem, ClaimedDocument, ConfirmItem, FailItem, Hub } from "../hub/hub.ts";
import type { Plan } from "../reconcile/types.ts";
import { ours, type PlanContext, type Planned, planDocuments } from "./plan.ts";
import { pooled } from "./pool.ts";
import { toApplyItem, toFailItem } from "./wire.ts";

export interface PassContext extends PlanContext {
  hub: Hub;
  run: string;
  /** Why, for the history. @default the outcome */
  message?: string;
}

/** What became of one document. */
export interface Result {
  collection: string;
  path: string;
  /** As planned, or `stale`, `fenced`, `halted`, `quarantined`, `deferred`, `failed`. */
  outcome: string;
  code?: string | undefined;
  message?: string | undefined;
}

/** Documents that are read while as many before them are applied. */
const PART = 25;

/** Carries out one claim. Whatever fails is given back; nothing is left half done that the next claim cannot settle. */
export async function pass(context: PassContext, items: readonly ClaimedDocument[]): Promise<Result[]> {
  const results: Result[] = [];
  let reading = planDocuments(context, items.slice(0, PART));
  for (let at = PART; at - PART < items.length; at += PART) {
    const decided = await reading;
    reading = planDocuments(context, items.slice(at, at + PART));
    // Should the hub fail now, nobody waits for it any more.
    reading.catch(() => undefined);
    results.push(...(await carryOut(context, decided)));
  }
  return results;
}

async function carryOut(context: PassContext, decided: Awaited<ReturnType<typeof planDocuments>>) {
  const { hub, run } = context;
  const failures: FailItem[] = [];
  const results: Result[] = [];
  const planned: Planned[] = [];
  for (const one of decided) {
    if ("plan" in one) planned.push(one);
    else fail(one.item, one.error);
  }
  function fail(item: ClaimedDocument, error: FrontrowError): void {
    failures.push(toFailItem(item, error));
    const outcome = error.code === "REPLICA_MOVED" ? "stale" : error.retryable ? "deferred" : "failed";
    results.push({
      collection: item.collection,
      path: item.path,
      outcome,
      code: error.code,
      message: error.message,
    });
  }

  const wire: ApplyItem[] = planned.map(({ item, plan, warnings }) => {
    const editor = context.pushed?.get(item.path) === null ? "directory" : undefined;
    return toApplyItem(item, plan, { message: context.message, warnings, editor });
  });
  const applied = wire.length === 0 ? [] : await hub.apply(run, wire);
  const toConfirm: { item: ClaimedDocument; confirm: ConfirmItem; outcome: string }[] = [];
  await pooled(applied, context.limits.requests, async (answer, index) => {
    const { item, plan } = planned[index]!;
    if (answer.intent === null || answer.intent === undefined || plan.object === null) {
      results.push(resultOf(answer));
      return;
    }
    try {
      await writeObject(context, item, plan.object, answer.intent);
      const { collection, path, token } = item;
      toConfirm.push({
        item,
        confirm: { collection, path, token, intent: answer.intent },
        outcome: answer.outcome,
      });
    } catch (error) {
      fail(item, ours(error, item.path));
    }
  });
  if (toConfirm.length > 0) {
    const confirmed = await hub.confirm(toConfirm.map(({ confirm }) => confirm));
    confirmed.forEach(({ outcome }, index) => {
      const { item, outcome: plannedOutcome } = toConfirm[index]!;
      if (outcome === "confirmed")
        results.push({ collection: item.collection, path: item.path, outcome: plannedOutcome });
      else fail(item, unconfirmed(outcome, item.path));
    });
  }
  if (failures.length > 0) await hub.fail(run, failures);
  return results;
}

async function writeObject(
  context: PassContext,
  item: ClaimedDocument,
  object: NonNullable<Plan["object"]>,
  intent: string,
): Promise<void> {
  const store = context.bucket(context.bindings.get(item.collection)!.collection.bucket);
  const permit = { base: item.bucket?.version ?? null, intent };
  if (object.op === "put") await store.write(item.path, encode(object.text), permit, item.bucket ?? {});
  else await store.remove(item.path, permit);
}

function unconfirmed(outcome: string, path: string): FrontrowError {
  if (outcome === "fence-inactive") {
    return new FrontrowError(
      "FENCE_INACTIVE",
      `Storage wrote "${path}", but the fence in the database never saw the request's x-frontrow-intent header.`,
      {
        path,
        hint: "Something between the worker and Storage drops the header, or the triggers are missing.",
      },
    );
  }
  return new FrontrowError("REPLICA_MOVED", `"${path}" changed while it was being written.`, { path });
}

function resultOf({ collection, path, outcome, code, message }: Applied): Result {
  return { collection, path, outcome, code, message };
}

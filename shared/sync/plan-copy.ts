/** Deciding about a conflict copy: an object beside the document that shows an open conflict. Nothing is ever read from it. */
import { encode } from "../document/mod.ts";
import type { ClaimedDocument } from "../hub/hub.ts";
import { NOTHING } from "../reconcile/draft.ts";
import { markedText } from "../reconcile/marked-text.ts";
import type { Plan } from "../reconcile/types.ts";
import type { PlanContext, Planned, Undecided } from "./plan.ts";

/** Writes, rewrites or removes a copy of our own; an object there that is not ours is somebody's and stays as it is. */
export async function planCopy(context: PlanContext, item: ClaimedDocument): Promise<Planned | Undecided> {
  const { copy = null, bucket: object, bases } = item;
  const isOurs = object !== null && bases.bucket?.version === object.version;
  if (object !== null && !isOurs) return { item, plan: bases.bucket ? FORGOTTEN : NOTHING };
  if (copy === null) {
    if (object === null) return { item, plan: bases.bucket ? FORGOTTEN : NOTHING };
    return {
      item,
      plan: { ...NOTHING, outcome: "deleted", object: { op: "delete", expect: object.version } },
    };
  }
  const text = markedText(copy.base, copy.file, copy.row);
  if (object !== null) {
    const store = context.bucket(context.bindings.get(item.collection)!.collection.bucket);
    const answer = await store.read(item.path, object);
    if (answer.state === "unknown") return { item, error: answer.error };
    if (answer.state === "found" && isSame(answer.content, encode(text))) return { item, plan: NOTHING };
  }
  const expect = object?.version ?? null;
  return { item, plan: { ...NOTHING, outcome: "updated", object: { op: "put", text, expect } } };
}

/** The copy is no longer ours: nothing is to be removed one day. */
const FORGOTTEN: Plan = { ...NOTHING, bases: { bucket: "drop" } };

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

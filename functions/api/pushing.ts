/** A push, in its caller's name: a program may change everything, a person what their own table would let them change. */
import { FrontrowError } from "../../shared/errors.ts";
import type { ApplyItem } from "../../shared/hub/hub.ts";
import { type DocumentName, keyOf, type PeerHub } from "../../shared/hub/peer-hub.ts";
import { type PushAnswer, type PushOptions, pushDocuments } from "../../shared/sync/push.ts";
import { invalidRequest } from "../failures.ts";
import type { Caller, Person } from "./callers.ts";
import { seenBy } from "./reading.ts";
import type { Push } from "./schemas.ts";

type Engine = Pick<PushOptions, "hub" | "peer" | "bindings" | "bucket"> &
  Partial<Pick<PushOptions, "limits">>;

/** Carries out one request; `more` says that it should be sent again. */
export async function carryOut(
  engine: Engine,
  caller: Caller,
  { request, message, items }: Push,
): Promise<{ items: PushAnswer[]; more: boolean }> {
  if (new Set(items.map(keyOf)).size < items.length)
    throw invalidRequest("A push may name a document only once.");
  const { peer, limits } = engine;
  const hidden = caller.kind === "person" ? await hiddenFrom(peer, caller, items) : new Set<string>();
  const answers = await pushDocuments({
    ...engine,
    ...(limits === undefined ? {} : { limits }),
    ...(message === undefined ? {} : { message }),
    ...(caller.kind === "person" ? { refuse: (plans) => refusedTo(peer, caller, plans) } : {}),
    request,
    reader: caller.kind === "person" ? caller.claims.sub : "",
    items: items.filter((item) => !hidden.has(keyOf(item))),
  });
  const byKey = new Map(answers.map((answer) => [keyOf(answer), answer]));
  if (caller.kind === "person") {
    // Somebody else's, come to be since this began: nothing of it is told.
    const newer = answers.filter(({ outcome, revision }) => outcome === "newer" && revision !== null);
    for (const key of await hiddenFrom(peer, caller, newer)) byKey.delete(key);
  }
  const all = items.map((item): PushAnswer => byKey.get(keyOf(item)) ?? forbidden(item));
  return { items: all, more: all.some(({ outcome }) => outcome === "busy") };
}

/** The documents that are there, and that a person cannot see. */
async function hiddenFrom(
  peer: PeerHub,
  person: Person,
  names: readonly DocumentName[],
): Promise<Set<string>> {
  const found = await peer.documents(
    names.map(({ collection, path }) => ({ collection, path })),
    { texts: false },
  );
  const live = found.filter(({ deleted }) => !deleted);
  const seen = new Set((await seenBy(peer, person, live)).map(keyOf));
  return new Set(live.map(keyOf).filter((key) => !seen.has(key)));
}

/** The plans whose write of the row the person could not have made themselves. */
async function refusedTo(peer: PeerHub, person: Person, plans: readonly ApplyItem[]) {
  const writes = plans.map(({ collection, path, row }) => ({ collection, path, row }));
  const { items, failed } = await peer.writable(person.claims, writes);
  const allowed = new Set(items.map(keyOf));
  const states = new Map(failed.map((one) => [keyOf(one), one.state]));
  const refused = plans.filter((plan) => !allowed.has(keyOf(plan)));
  return new Map(refused.map((plan) => [plan, reasonOf(states.get(keyOf(plan)), plan)]));
}

function reasonOf(state: string | undefined, { path }: DocumentName): FrontrowError {
  if (state === undefined) return new FrontrowError("FORBIDDEN", NOT_YOURS, { path });
  // Locked, deadlocked, cancelled: it may be taken the next time.
  if (/^(55|40|57)/.test(state))
    return new FrontrowError("STORE_UNAVAILABLE", "The row is in use: push it again.", { path });
  return new FrontrowError("ROW_CONSTRAINT", `The table does not take the row from you (${state}).`, {
    path,
  });
}

const NOT_YOURS = "The policies of the table do not let you make this change.";

function forbidden({ collection, path }: DocumentName): PushAnswer {
  return { collection, path, outcome: "refused", code: "FORBIDDEN", message: NOT_YOURS };
}

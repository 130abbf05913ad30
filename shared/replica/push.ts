/** The outbox to the origin: in order, each change once, in requests that are repeated under their id until answered. */
import { type FailureCode, FrontrowError } from "../errors.ts";
import { keyOf } from "../hub/peer-hub.ts";
import { pause } from "../sync/pause.ts";
import type { PushAnswer } from "../sync/push.ts";
import type { Clone, CloneOutcome, ConnectedClone } from "./clone.ts";
import type { OutboxItem, OutboxRequest } from "./local-hub.ts";
import { settleDocument } from "./settle.ts";

/** Of one request: what an Edge Function can do within its time. */
const MOST = { documents: 200, bytes: 4_000_000 };
/** How often one request is sent while the origin says that it is busy. */
const PATIENCE = 12;
/** How often a document is merged and pushed again while others are faster. */
const ROUNDS = 20;
const WAITING = new Set(["busy", "held"]);

export interface Pushed {
  outcomes: CloneOutcome[];
  requests: number;
}

/** Sends everything that waits. A document that the origin has newer is merged and sent again. */
export async function pushOutbox(
  clone: ConnectedClone,
  { message }: { message?: string | undefined } = {},
): Promise<Pushed> {
  const { hub, origin, signal } = clone;
  const done: Pushed = { outcomes: [], requests: 0 };
  const tries = new Map<string, number>();
  /** What is not sent again now, by `keyOf`. */
  const waiting = new Set<string>();
  const queued = hub.entries().filter((one) => one.queued);
  const others = queued.filter(
    ({ collection, path }) => !clone.bindings.has(collection) || !(clone.isChosen?.(path) ?? true),
  );
  for (const { collection, path } of others) waiting.add(keyOf({ collection, path }));
  clone.onWork?.("pushing", queued.length - others.length);
  for (;;) {
    signal?.throwIfAborted();
    const request = hub.nextRequest(MOST, waiting);
    if (request === null) return done;
    for (const [item, answer] of await send(request)) {
      const one = take(clone, request, item, answer);
      done.outcomes.push(one);
      const key = keyOf(item);
      tries.set(key, (tries.get(key) ?? 0) + 1);
      // Others may be faster for a while, but not for ever.
      if (WAITING.has(one.outcome) || tries.get(key)! >= ROUNDS) waiting.add(key);
      else if (one.outcome === "newer")
        done.outcomes.push(await settleDocument(clone, { collection: item.collection, path: item.path }));
    }
  }

  async function send({ request, items }: OutboxRequest): Promise<[OutboxItem, PushAnswer][]> {
    let open = items;
    const answered: [OutboxItem, PushAnswer][] = [];
    for (let sent = 1; ; sent++) {
      const said = message === undefined ? {} : { message };
      const answer = await origin.push({
        request,
        ...said,
        items: open.map(({ collection, path, expected, text }) => ({ collection, path, expected, text })),
      });
      done.requests++;
      const busy: OutboxItem[] = [];
      for (const [index, one] of answer.items.entries()) {
        if (one.outcome === "busy" && sent < PATIENCE) busy.push(open[index]!);
        else answered.push([open[index]!, one]);
      }
      if (busy.length === 0) return answered;
      // The origin may only have had no more time; where nothing got on, somebody else is at these documents.
      if (busy.length === open.length) await pause(Math.min(50 * 2 ** sent, 1000), signal);
      open = busy;
    }
  }
}

const HELD = "the origin holds it until somebody has looked: conflicts --origin, halts --origin";

/** Remembers what was answered. */
function take(clone: Clone, { request }: OutboxRequest, item: OutboxItem, answer: PushAnswer): CloneOutcome {
  const { hub } = clone;
  const { collection, path, outcome, code, message } = answer;
  const name = { collection, path };
  const why = message ?? (outcome === "held" ? HELD : undefined);
  const fallback: FailureCode = outcome === "held" ? "HALTED" : "REQUEST_INVALID";
  const error =
    why === undefined
      ? undefined
      : new FrontrowError((code as FailureCode | undefined) ?? fallback, why, { path, hint: answer.hint });
  const isOther = outcome === "accepted" && answer.text !== undefined && answer.text !== item.text;
  if (outcome === "accepted" && !isOther) hub.accepted(request, name, answer.revision ?? null);
  else hub.returned(request, name);
  if (outcome === "newer" || isOther) {
    // Without a revision the document is not there, or no longer ours to see.
    const revision = answer.revision ?? (item.expected ?? 0) + 1;
    hub.receive([{ collection, path, revision, text: answer.text ?? null, author: null, at: "" }], null);
  }
  if (outcome === "refused")
    hub.setQuarantine(name, {
      store: "push",
      version: String(item.revision),
      code: code ?? "REQUEST_INVALID",
      message: message ?? "The origin refused it.",
      line: answer.line ?? null,
      hint: answer.hint ?? null,
    });
  const one = { ...name, outcome: isOther ? "newer" : outcome, ...(error === undefined ? {} : { error }) };
  clone.onOutcome?.(one);
  return one;
}

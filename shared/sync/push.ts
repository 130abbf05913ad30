/**
 * What a peer pushes: texts that it made from the hub's own, each with the revision it was made from. A push is carried
 * out onto a quiet document only, where hub, file and row agree: what came meanwhile is settled first and makes the push
 * an older one, which is answered with the newer text. So nothing is merged here that its maker has not seen.
 */

import { encode } from "../document/mod.ts";
import { FrontrowError } from "../errors.ts";
import type { ApplyItem, ClaimedDocument, Hub } from "../hub/hub.ts";
import { type DocumentName, keyOf, type PeerDocument, type PeerHub } from "../hub/peer-hub.ts";
import { digestsOf, pathRefusal, readFile } from "./binding.ts";
import { EDGE_LIMITS, type Limits, startBudget, systemClock } from "./budget.ts";
import { type PassContext, pass, type Result } from "./pass.ts";
import type { WorkerOptions } from "./worker.ts";

export interface PushItem extends DocumentName {
  /** The revision it was made from; null: there was no document. */
  expected: number | null;
  /** null: the document is deleted. */
  text: string | null;
}

export interface PushAnswer extends DocumentName {
  /**
   * `accepted`: it is done · `newer`: the document moved on, merge and push again · `refused`: never, as it is · `busy`:
   * not now, push it again · `held`: a person must look at the document first.
   */
  outcome: "accepted" | "newer" | "refused" | "busy" | "held";
  /** The document's now; null: there is none. Missing where nothing was looked at. */
  revision?: number | null;
  /** The document's now, where it is not the text that was pushed; null: there is none. */
  text?: string | null;
  code?: string;
  message?: string;
  line?: number;
  hint?: string;
}

export interface PushOptions extends Omit<WorkerOptions, "cause" | "onResults"> {
  peer: PeerHub;
  /** A UUID of the peer's making: what was accepted under it is not done again. */
  request: string;
  /** Whose push it is; empty for programs. */
  reader: string;
  items: readonly PushItem[];
  /** Why, for the history. @default the outcome */
  message?: string;
  /** Asked before anything is applied: what must not be, with the reason. @default nothing */
  refuse?(items: readonly ApplyItem[]): Promise<ReadonlyMap<ApplyItem, FrontrowError>>;
}

/** Answers every item, in order. What the budget leaves undone is `busy`. */
export async function pushDocuments(options: PushOptions): Promise<PushAnswer[]> {
  const { peer, request, reader, bindings } = options;
  const limits: Limits = { ...EDGE_LIMITS, ...options.limits };
  const budget = startBudget(limits, options.clock ?? systemClock);
  const run = crypto.randomUUID();
  const done = new Map(
    (await peer.pushed({ push: request, reader })).map((one) => [keyOf(one), one.revision]),
  );
  const answers = new Map<string, PushAnswer>();
  const open = options.items.filter((item) => !done.has(keyOf(item)));
  for (const [key, revision] of done) {
    const item = options.items.find((one) => keyOf(one) === key);
    if (item) answers.set(key, { ...nameOf(item), outcome: "accepted", revision });
  }
  // One chunk at least, so that whoever asks again gets on.
  for (const chunk of chunksOf(open, limits)) {
    for (const answer of await pushChunk(chunk)) answers.set(keyOf(answer), answer);
    if (budget.isSpent()) break;
  }
  if (open.length > 0) await options.hub.finish(run, { ring: true });
  return options.items.map((item) => answers.get(keyOf(item)) ?? { ...nameOf(item), outcome: "busy" });

  async function pushChunk(chunk: readonly PushItem[]): Promise<PushAnswer[]> {
    const unfit = new Map(chunk.map((item) => [item, budget.compute(() => refusalOf(options, item))]));
    const fit = chunk.filter((item) => !unfit.get(item));
    const answered = fit.length === 0 ? [] : await pushFit(fit);
    const rest = chunk.flatMap((item) => {
      const error = unfit.get(item);
      return error ? [refused(item, error)] : [];
    });
    return [...answered, ...rest];
  }

  async function pushFit(items: readonly PushItem[]): Promise<PushAnswer[]> {
    const wanted = new Map(items.map((item) => [item.path, item]));
    const outcomes = new Map<string, Result>();
    const claimed = await claim(items);
    const quiet = claimed.filter(isQuiet);
    const restless = claimed.filter((one) => !isQuiet(one));
    if (restless.length > 0) {
      for (const result of await pass(contextOf(options.hub), restless)) outcomes.set(result.path, result);
      for (const one of await claim(restless)) {
        if (isQuiet(one)) quiet.push(one);
        else await pass(contextOf(options.hub), [one]);
      }
    }
    const ready = new Set(quiet.map(({ path }) => path));
    const fits = quiet.filter((one) => isExpected(one, wanted.get(one.path)!));
    const others = quiet.filter((one) => !fits.includes(one));
    const pushed = new Map(fits.map(({ path }) => [path, wanted.get(path)!.text]));
    const refusals = new Map<string, FrontrowError>();
    const results = await pass({ ...contextOf(recording(refusals)), pushed }, fits);
    for (const result of results) outcomes.set(result.path, result);
    // Given back as they are: what was refused, what is older than the document, what the table would not take.
    const left = fits.filter(({ path }) => refusals.has(path));
    if (others.length + left.length > 0) await pass(contextOf(options.hub), [...others, ...left]);
    const spoiled = results.filter(({ outcome }) => outcome === "quarantined");
    if (spoiled.length > 0) await pass(contextOf(options.hub), await claim(spoiled));

    const found = new Map((await peer.documents(items.map(nameOf))).map((one) => [one.path, one]));
    return items.map((item) => {
      const refusal = refusals.get(item.path);
      if (refusal) return refused(item, refusal);
      return answerTo(
        item,
        ready.has(item.path),
        pushed.has(item.path),
        outcomes.get(item.path),
        found.get(item.path),
      );
    });
  }

  function claim(names: readonly DocumentName[]): Promise<ClaimedDocument[]> {
    return options.hub.claim({
      worker: `push-${run.slice(0, 8)}`,
      run,
      cause: "push",
      limit: names.length,
      leaseSeconds: options.leaseSeconds ?? 90,
      digests: digestsOf(bindings),
      paths: names.map(nameOf),
    });
  }

  function contextOf(hub: Hub): PassContext {
    const said = options.message === undefined ? {} : { message: options.message };
    return { hub, run, bindings, bucket: options.bucket, limits, budget, ...said };
  }

  /** The hub, with its apply asking first and remembering afterwards. */
  function recording(refusals: Map<string, FrontrowError>): Hub {
    return {
      ...options.hub,
      async apply(of, items) {
        const refusing = (await options.refuse?.(items)) ?? new Map<ApplyItem, FrontrowError>();
        for (const [item, error] of refusing) refusals.set(item.path, error);
        const allowed = items.filter((item) => !refusing.has(item));
        const outcomes = allowed.map((item) => ({
          ...nameOf(item),
          outcomes: item.tombstone ? ["deleted"] : ACCEPTED,
        }));
        const applied =
          allowed.length === 0 ? [] : await peer.push({ push: request, reader }, outcomes, of, allowed);
        const byPath = new Map(applied.map((one) => [one.path, one]));
        return items.map(
          (item) => byPath.get(item.path) ?? { ...nameOf(item), outcome: "refused", intent: null },
        );
      },
    };
  }
}

const ACCEPTED = ["unchanged", "adopted", "created", "updated", "merged"];

/** What can be said of an item without looking at the document. */
function refusalOf({ bindings }: PushOptions, item: PushItem): FrontrowError | null {
  const binding = bindings.get(item.collection);
  if (binding === undefined)
    return new FrontrowError("NOT_FOUND", `There is no collection "${item.collection}".`);
  if (!binding.collection.path.matches(item.path))
    return new FrontrowError("PATH_INVALID", `"${item.path}" is no path of collection "${item.collection}".`);
  if (binding.policies.direction === "rows-to-files")
    return new FrontrowError("IN_THE_WAY", `Rows lead in "${item.collection}": change the row.`);
  try {
    if (item.text !== null) readFile(binding, item.path, encode(item.text));
    return pathRefusal(binding, item.path);
  } catch (error) {
    if (error instanceof FrontrowError) return error;
    throw error;
  }
}

/** One collection at a time, as two may have a path in common. */
function* chunksOf(items: readonly PushItem[], limits: Limits): Generator<PushItem[]> {
  const sorted = Map.groupBy(items, ({ collection }) => collection);
  for (const group of sorted.values()) {
    let chunk: PushItem[] = [];
    let bytes = 0;
    for (const item of group) {
      const size = item.text?.length ?? 0;
      if (chunk.length > 0 && (chunk.length >= limits.documents || bytes + size > limits.bytes)) {
        yield chunk;
        chunk = [];
        bytes = 0;
      }
      chunk.push(item);
      bytes += size;
    }
    if (chunk.length > 0) yield chunk;
  }
}

/** Hub, file and row agree, and nobody is asked anything about them. */
function isQuiet({ hub, bucket, table, bases }: ClaimedDocument): boolean {
  if (hub === null || hub.deleted) return bucket === null && table === null;
  return [
    [bucket, bases.bucket],
    [table, bases.table],
  ].every(
    ([replica, base]) =>
      replica &&
      base &&
      replica.version === base.version &&
      "revision" in base &&
      base.revision === hub.revision,
  );
}

function isExpected({ hub }: ClaimedDocument, { expected }: PushItem): boolean {
  return expected === (hub === null || hub.deleted ? null : hub.revision);
}

function answerTo(
  item: PushItem,
  isReady: boolean,
  isPushed: boolean,
  result: Result | undefined,
  found: PeerDocument | undefined,
): PushAnswer {
  const isThere = found !== undefined && !found.deleted;
  const now = { revision: isThere ? found.revision : null, text: isThere ? found.text! : null };
  // Whoever wrote it: it is what was pushed.
  if (now.text === item.text) return { ...nameOf(item), outcome: "accepted", revision: now.revision };
  const { outcome = "busy", code, message } = result ?? {};
  const why = { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
  if (["conflict", "halted"].includes(outcome) || (outcome === "quarantined" && !isReady))
    return { ...nameOf(item), outcome: "held", ...why };
  if (!isReady) return { ...nameOf(item), outcome: "busy", ...why };
  if (!isPushed) return { ...nameOf(item), outcome: "newer", ...now };
  if (ACCEPTED.includes(outcome)) return { ...nameOf(item), outcome: "accepted", ...now };
  if (outcome === "quarantined" || outcome === "failed")
    return { ...nameOf(item), outcome: "refused", ...why };
  return { ...nameOf(item), outcome: "busy", ...why };
}

function refused(item: DocumentName, error: FrontrowError): PushAnswer {
  const { code, message, line, hint } = error;
  return {
    ...nameOf(item),
    outcome: error.retryable ? "busy" : "refused",
    code,
    message,
    ...(line === undefined ? {} : { line }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function nameOf({ collection, path }: DocumentName): DocumentName {
  return { collection, path };
}

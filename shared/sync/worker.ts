/** The worker loop: claim, pass, again, until nothing is due or the budget is spent. Any number may run at once. */
import { FrontrowError } from "../errors.ts";
import type { Hub } from "../hub/hub.ts";
import type { Store } from "../stores/store.ts";
import { type Binding, digestsOf } from "./binding.ts";
import { type Clock, EDGE_LIMITS, type Limits, startBudget, systemClock } from "./budget.ts";
import { type PassContext, pass, type Result } from "./pass.ts";

export interface WorkerOptions {
  hub: Hub;
  bindings: ReadonlyMap<string, Binding>;
  bucket(name: string): Store<Uint8Array>;
  /** Why it runs: `doorbell`, `cron`, `manual`, `cli` … */
  cause: string;
  limits?: Partial<Limits>;
  clock?: Clock;
  /** How long a claim is held. @default 90 */
  leaseSeconds?: number;
  /** Told of every document as it is done. */
  onResults?(results: readonly Result[]): void;
  /** Ends the loop at the next claim. */
  signal?: AbortSignal;
}

export interface RunSummary {
  run: string;
  /** Documents per outcome. */
  counts: Record<string, number>;
  /** Whether work was left: the budget was spent, or something came after the last claim. */
  more: boolean;
}

const LEASE_SECONDS = 90;
/** Milliseconds that an idle worker's claim waits in the hub; what it takes when its worker has died, waits for the lease. */
const WAIT = 250;
/**
 * Milliseconds between claims of a hub that cannot wait: a part of the time idle, since an edit is most likely followed
 * soon.
 */
const POLL = { least: 4, most: 24, share: 1 / 24 };

/**
 * Works until nothing is due. Never throws for a document's sake; a hub that does not answer ends the run with
 * `HUB_UNAVAILABLE` (repeat later: what was claimed falls free when its lease runs out).
 */
export async function drain(options: WorkerOptions): Promise<RunSummary> {
  const { hub, bindings, cause, clock = systemClock } = options;
  const limits: Limits = { ...EDGE_LIMITS, ...options.limits };
  const run = crypto.randomUUID();
  const budget = startBudget(limits, clock);
  const context: PassContext = { hub, run, bindings, bucket: options.bucket, limits, budget };
  const counts: Record<string, number> = {};
  const request = {
    worker: `${cause}-${run.slice(0, 8)}`,
    run,
    cause,
    limit: limits.documents,
    maxBytes: limits.bytes,
    leaseSeconds: options.leaseSeconds ?? LEASE_SECONDS,
    digests: digestsOf(bindings),
    // Who lingers is there when it pauses.
    patient: limits.linger > 0,
  };
  let idleSince: number | null = null;
  try {
    while (!options.signal?.aborted) {
      const asked = clock.now();
      const wait = idleSince === null ? 0 : Math.ceil(Math.min(WAIT, limits.linger - (asked - idleSince)));
      const items = await hub.claim(wait > 0 ? { ...request, wait } : request);
      if (items.length > 0) {
        idleSince = null;
        report(await pass(context, items));
      } else {
        idleSince ??= clock.now();
        const idle = clock.now() - idleSince;
        if (idle >= limits.linger) break;
        if (clock.now() - asked < wait / 2)
          await clock.sleep(Math.min(Math.max(idle * POLL.share, POLL.least), POLL.most));
      }
      if (budget.isSpent()) break;
    }
  } catch (error) {
    const code = error instanceof FrontrowError ? error.code : "defect";
    await hub.finish(run, { ring: false, error: code }).catch(() => undefined);
    throw error;
  }
  const { more } = await hub.finish(run, {
    ring: !options.signal?.aborted,
    digests: request.digests,
  });
  return { run, counts, more };

  function report(results: readonly Result[]): void {
    for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
    options.onResults?.(results);
  }
}

/** One round of a clone: the folder's news first, then the origin's, then ours to the origin. Import before export, always. */
import { FrontrowError } from "../errors.ts";
import { keyOf } from "../hub/peer-hub.ts";
import { type Absorbed, type AbsorbOptions, absorb } from "./absorb.ts";
import type { Clone, CloneOutcome, ConnectedClone } from "./clone.ts";
import { reserveIds, settleProvisional } from "./ids.ts";
import { fetchNews, mergeNews } from "./pull.ts";
import { type Pushed, pushOutbox } from "./push.ts";

export interface SyncOptions extends AbsorbOptions {
  /** @default true */
  pull?: boolean;
  /** @default true */
  push?: boolean;
}

export interface Synced {
  absorbed: Absorbed;
  fetched: number;
  merged: CloneOutcome[];
  pushed: Pushed;
  /** Why the origin was not reached; everything else is done. */
  offline: FrontrowError | null;
}

/** Only the folder's news into the local hub: needs no network. */
export async function takeIn(clone: Clone, options: AbsorbOptions = {}): Promise<Synced> {
  return { ...NOTHING, absorbed: await absorb(clone, options) };
}

const NOTHING: Omit<Synced, "absorbed"> = {
  fetched: 0,
  merged: [],
  pushed: { outcomes: [], requests: 0 },
  offline: null,
};

/** Throws what repeating does not help: a key that is refused, an origin of another protocol. */
export async function syncClone(clone: ConnectedClone, options: SyncOptions = {}): Promise<Synced> {
  const { pull = true, push = true, message } = options;
  const absorbed = await absorb(clone, options);
  const done: Synced = { ...NOTHING, absorbed, merged: [] };
  const held = new Set(absorbed.held.map(keyOf));
  try {
    if (pull) done.fetched = await fetchNews(clone, options);
  } catch (error) {
    if (!(error instanceof FrontrowError) || !error.retryable) throw error;
    done.offline = error;
  }
  // What was fetched before the line broke is merged all the same.
  if (pull) done.merged = await mergeNews(clone, held);
  if (done.offline !== null) return done;
  try {
    if (push) done.merged.push(...(await settleProvisional(clone)));
    await reserveIds(clone);
    if (!push) return done;
    done.pushed = await pushOutbox(clone, { message });
  } catch (error) {
    if (!(error instanceof FrontrowError) || !error.retryable) throw error;
    done.offline = error;
  }
  return done;
}

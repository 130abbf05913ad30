/** A token bucket per source, in this isolate: a flood costs its sender an answer of 429 and nobody else a thing. */
import { FrontrowError } from "../shared/errors.ts";

export interface RateOptions {
  /** Requests a source may make at once. */
  burst: number;
  /** Requests a source gets back each second. */
  perSecond: number;
  /** Milliseconds. */
  now(): number;
}

/**
 * Counts one request of a source; sources are few and named by us, never by the sender.
 * @throws {FrontrowError} `RATE_LIMITED`; trying again later helps.
 */
export function createRate({ burst, perSecond, now }: RateOptions): (source: string) => void {
  const buckets = new Map<string, { left: number; at: number }>();
  return (source) => {
    const at = now();
    const bucket = buckets.get(source) ?? { left: burst, at };
    const left = Math.min(burst, bucket.left + (Math.max(0, at - bucket.at) / 1000) * perSecond);
    buckets.set(source, { left: Math.max(0, left - 1), at });
    if (left < 1) throw new FrontrowError("RATE_LIMITED", "Too many requests: try again in a second.");
  };
}

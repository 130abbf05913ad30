/** How much one execution may use. An Edge Function is stopped at 2 s of CPU and retired at half its wall clock. */

export interface Limits {
  /** Milliseconds of computing in one execution. @default 800 */
  cpu: number;
  /** Milliseconds in one execution. @default 60000 */
  wall: number;
  /** Documents in one claim. @default 100 */
  documents: number;
  /** Bytes of texts and objects in one claim; at least one document is taken whatever its size. @default 2 MiB */
  bytes: number;
  /** Storage requests in flight. @default 8 */
  requests: number;
  /** Milliseconds to go on polling after the last work, so that edits that follow each other need no doorbell. @default 2000 */
  linger: number;
}

export const EDGE_LIMITS: Limits = {
  cpu: 800,
  wall: 60_000,
  documents: 100,
  bytes: 2 * 1024 * 1024,
  requests: 8,
  linger: 2000,
};

/** For the CLI on a machine of its own: no CPU limit, large batches, no lingering. */
export const LOCAL_LIMITS: Limits = {
  cpu: Number.POSITIVE_INFINITY,
  wall: Number.POSITIVE_INFINITY,
  documents: 200,
  bytes: 2 * 1024 * 1024,
  requests: 8,
  linger: 0,
};

/** The clock a run goes by; never used in a decision about content. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
};

export interface Budget {
  /** Runs a computation and counts its time. */
  compute<T>(work: () => T): T;
  isSpent(): boolean;
}

/** JavaScript cannot ask for its CPU time; the computing parts are timed instead. */
export function startBudget(limits: Limits, clock: Clock): Budget {
  const started = clock.now();
  let used = 0;
  return {
    compute(work) {
      const before = clock.now();
      try {
        return work();
      } finally {
        used += clock.now() - before;
      }
    },
    isSpent: () => used >= limits.cpu || clock.now() - started >= limits.wall,
  };
}

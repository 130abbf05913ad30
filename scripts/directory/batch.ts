/** Many signals, few batches: what changes together is worked off together. */

export interface BatchOptions {
  /** Milliseconds without a signal after which a batch begins (`syncDebounce`). @default 1000 */
  quiet?: number;
  /** Milliseconds after which a batch begins although signals keep coming. @default 10 × quiet */
  cap?: number;
  /** One batch at a time. What it fails with goes to `onError`, and its keys into the next batch. */
  work(keys: ReadonlySet<string>): Promise<void>;
  onError(error: unknown): void;
  /** Calls back after that many milliseconds, unless it is taken back first. @default the runtime's timer */
  timer?: (milliseconds: number, call: () => void) => () => void;
}

export interface Batcher {
  add(key: string): void;
  /** Does something else between two batches, while none runs. */
  alone<Result>(other: () => Promise<Result>): Promise<Result>;
  /** Begins nothing more, and waits for the batch that runs. Keys of no batch are dropped: signals are hints. */
  close(): Promise<void>;
}

export function createBatcher({ work, onError, ...options }: BatchOptions): Batcher {
  const { quiet = 1000, cap = 10 * quiet, timer = runtimeTimer } = options;
  let waiting = new Set<string>();
  let cancelQuiet: (() => void) | null = null;
  let cancelCap: (() => void) | null = null;
  let running: Promise<void> | null = null;
  let isClosed = false;

  function schedule(): void {
    if (isClosed || running !== null) return;
    cancelQuiet?.();
    cancelQuiet = timer(quiet, begin);
    cancelCap ??= timer(cap, begin);
  }

  function unschedule(): void {
    cancelQuiet?.();
    cancelCap?.();
    cancelQuiet = cancelCap = null;
  }

  function begin(): void {
    unschedule();
    running = batch();
  }

  async function batch(): Promise<void> {
    const keys = waiting;
    waiting = new Set();
    try {
      await work(keys);
    } catch (error) {
      for (const key of keys) waiting.add(key);
      onError(error);
    }
    running = null;
    if (waiting.size > 0) schedule();
  }

  return {
    add(key) {
      if (isClosed) return;
      waiting.add(key);
      schedule();
    },
    async alone(other) {
      while (running !== null) await running;
      unschedule();
      const mine = other();
      running = mine.then(
        () => undefined,
        () => undefined,
      );
      try {
        return await mine;
      } finally {
        running = null;
        if (waiting.size > 0) schedule();
      }
    },
    async close() {
      isClosed = true;
      unschedule();
      await running;
    },
  };
}

function runtimeTimer(milliseconds: number, call: () => void): () => void {
  const id = setTimeout(call, milliseconds);
  return () => clearTimeout(id);
}

/** Cycles one after the other, until somebody says stop. One that fails is told, and holds nobody up. */
import { pause } from "../../shared/sync/pause.ts";

export interface EveryOptions<Result> {
  /** Seconds from the end of one to the start of the next. */
  interval: number;
  signal: AbortSignal;
  run(): Promise<Result>;
  onResult(result: Result): void;
  /** @param inRow how many have failed since the last that went well, this one included */
  onError(error: unknown, inRow: number): void;
  /** Resolves after so many milliseconds, or once the signal is aborted. @default the runtime's clock */
  wait?(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Begins at once; resolves after the cycle that ran when the signal was aborted. Never two at a time. */
export async function runEvery<Result>(options: EveryOptions<Result>): Promise<void> {
  const { interval, signal, run, onResult, onError, wait = pause } = options;
  let inRow = 0;
  while (!signal.aborted) {
    try {
      onResult(await run());
      inRow = 0;
    } catch (error) {
      if (signal.aborted) return;
      onError(error, ++inRow);
    }
    if (!signal.aborted) await wait(interval * 1000, signal);
  }
}

/** The Edge Runtime stops an isolate that looks idle unless it is told of the work that goes on. */
interface EdgeRuntime {
  waitUntil(work: Promise<unknown>): void;
}

export function waitUntil(work: Promise<unknown>): void {
  const { EdgeRuntime } = globalThis as { EdgeRuntime?: EdgeRuntime };
  EdgeRuntime?.waitUntil(work);
}

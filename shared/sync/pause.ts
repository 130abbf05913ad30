/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((done) => {
    const id = setTimeout(end, milliseconds);
    function end(): void {
      clearTimeout(id);
      signal?.removeEventListener("abort", end);
      done();
    }
    signal?.addEventListener("abort", end, { once: true });
  });
}

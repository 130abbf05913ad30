/** Counts what this process asks of projects: the worker of a local stack runs in it. */

export interface Requests {
  /** Calls of database functions by name, without the claims of an idle worker's polls. */
  calls: Record<string, number>;
  downloads: number;
  uploads: number;
  /** Edge Functions woken. */
  functions: number;
}

/** Counts all requests to the origin until `stop`, which answers the counts. */
export function watchRequests(origin: string): { stop(): Requests } {
  const seen: Requests = { calls: {}, downloads: 0, uploads: 0, functions: 0 };
  const original = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    if (url.origin === new URL(origin).origin) count(seen, method, url.pathname);
    return original(input, init);
  };
  return {
    stop() {
      globalThis.fetch = original;
      return seen;
    },
  };
}

function count(seen: Requests, method: string, path: string): void {
  const call = /^\/rest\/v1\/rpc\/(\w+)$/.exec(path)?.[1];
  if (call !== undefined && call !== "frontrow_claim") seen.calls[call] = (seen.calls[call] ?? 0) + 1;
  else if (path.startsWith("/functions/v1/")) seen.functions++;
  else if (path.startsWith("/storage/v1/object/")) method === "GET" ? seen.downloads++ : seen.uploads++;
}

/** Counts what this process asks of projects: the worker of a local stack runs in it. Import it before one is opened. */

export interface Requests {
  /** Calls of database functions by name, without claims: an idle worker polls by them. */
  calls: Record<string, number>;
  downloads: number;
  uploads: number;
  /** Edge Functions woken. */
  functions: number;
}

const watched = new Map<string, Requests>();
const send = globalThis.fetch;

// Once and for all: a store keeps the `fetch` that it found when it was made.
globalThis.fetch = (input, init) => {
  const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
  const seen = watched.get(origin);
  if (seen !== undefined)
    count(seen, init?.method ?? (input instanceof Request ? input.method : "GET"), pathname);
  return send(input, init);
};

/** Counts all requests to that origin until `stop`, which answers the counts. */
export function watchRequests(origin: string): { stop(): Requests } {
  const seen: Requests = { calls: {}, downloads: 0, uploads: 0, functions: 0 };
  watched.set(origin, seen);
  return {
    stop() {
      watched.delete(origin);
      return seen;
    },
  };
}

function count(seen: Requests, method: string, path: string): void {
  const call = /^\/rest\/v1\/rpc\/(\w+)$/.exec(path)?.[1];
  if (call !== undefined && call !== "frontrow_claim") seen.calls[call] = (seen.calls[call] ?? 0) + 1;
  else if (path.startsWith("/functions/v1/")) seen.functions++;
  else if (path.startsWith("/storage/v1/object/") && method === "GET") seen.downloads++;
  else if (path.startsWith("/storage/v1/object/")) seen.uploads++;
}

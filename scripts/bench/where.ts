/**
 * Where the milliseconds of one event go: watches the requests this process makes (the worker, the functions and the
 * pg_net stand-in of a local stack are in it), and lays them over the time from an edit's return to its being seen. Import
 * it before a project is opened.
 */

export interface Span {
  step: string;
  /** Milliseconds, as `performance.now()` has them. */
  start: number;
  end: number;
}

const send = globalThis.fetch;
const spans: Span[] = [];

/** For requests that are no part of what is measured: the edits, and the looking whether they arrived. */
export const unwatched: typeof fetch = (input, init) => send(input, init);

// Once and for all: a store keeps the `fetch` that it found when it was made.
globalThis.fetch = async (input, init) => {
  const request = input instanceof Request ? input : null;
  const url = new URL(request?.url ?? String(input));
  const step = stepOf(init?.method ?? request?.method ?? "GET", url.pathname);
  const span: Span = { step, start: performance.now(), end: Number.POSITIVE_INFINITY };
  spans.push(span);
  const response = await send(input, init);
  const body = await response.clone().text();
  span.end = performance.now();
  // One that brought nothing was a look, of which an idle worker makes many.
  if (step === "claim" && !body.includes('"token"')) span.step = "look";
  return response;
};

function stepOf(method: string, path: string): string {
  const verb = /^\/rest\/v1\/rpc\/frontrow_(\w+)$/.exec(path)?.[1];
  if (verb !== undefined) return verb;
  if (path.startsWith("/functions/")) return "doorbell";
  if (path.startsWith("/rest/")) return "row";
  return method === "GET" ? "download" : "upload";
}

/** Forgets what ended before. */
export function lookAfresh(): void {
  spans.splice(0, spans.length, ...spans.filter(({ end }) => end === Number.POSITIVE_INFINITY));
}

const STEPS: ReadonlySet<string> = new Set([
  "claim",
  "apply",
  "confirm",
  "fail",
  "download",
  "upload",
  "row",
]);

/**
 * Milliseconds per step between two moments: `wake` until the first step began, each step, `decide` between them, and
 * `see` from the last one's end until it was seen. Steps of one document follow each other. A `claim` may have waited for
 * the edit.
 */
export function whereBetween(from: number, to: number): Record<string, number> {
  const steps = spans
    // A claim that goes on waits for another edit.
    .filter(
      ({ step, start, end }) => STEPS.has(step) && end > from && start < to && (step !== "claim" || end < to),
    )
    .sort((a, b) => a.start - b.start);
  const took: Record<string, number> = {};
  const add = (step: string, milliseconds: number): void => {
    if (milliseconds > 0) took[step] = (took[step] ?? 0) + milliseconds;
  };
  let at = from;
  let before = "wake";
  for (const { step, start, end } of steps) {
    add(before, Math.min(start, to) - at);
    at = Math.max(at, Math.min(start, to));
    add(step, Math.min(end, to) - at);
    at = Math.max(at, Math.min(end, to));
    before = "decide";
  }
  add(steps.length === 0 ? "wake" : "see", to - at);
  return took;
}

/** Signals from outside: `POST /storage` (Storage's lifecycle webhooks) and `POST /events` (anybody's, signed). */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { array, object, optional, string, union } from "zod";
import type { Hub } from "../../shared/hub/hub.ts";
import { allow, type Secrets } from "../auth.ts";
import { invalidRequest, toResponse } from "../failures.ts";
import { isSigned } from "./signature.ts";

export interface IngestAppOptions {
  hub: Hub;
  secrets: Secrets & { eventsSecret: string | null };
  /** Milliseconds since 1970, for the age of signatures. */
  now(): number;
}

/** A body may say only which documents to look at: it is small. */
const MAX_BODY = 1024 * 1024;
const MAX_KEYS = 1000;

const name = string().min(1).max(1024);
const place = object({ name, bucketId: name });
const storageEvent = object({
  event: object({ type: string(), payload: place.extend({ oldObject: optional(place) }) }),
});
const storageBody = union([storageEvent, array(storageEvent).max(MAX_KEYS)]);
const eventsBody = object({
  keys: array(union([object({ bucket: name, path: name }), object({ collection: name, path: name })]))
    .min(1)
    .max(MAX_KEYS),
});

export function createIngestApp({ hub, secrets, now }: IngestAppOptions): Hono {
  const app = new Hono({ strict: false }).basePath("/frontrow-ingest");
  app.onError(toResponse);
  app.use(
    bodyLimit({ maxSize: MAX_BODY, onError: (c) => c.json({ error: { code: "REQUEST_TOO_LARGE" } }, 413) }),
  );

  // An event is never believed: it only names documents to read.
  app.post("/storage", allow(secrets, { token: true }), async (c) => {
    const body = storageBody.safeParse(await readJson(c));
    if (!body.success)
      throw invalidRequest("The body must be one of Storage's webhook events, or a list of them.");
    const events = Array.isArray(body.data) ? body.data : [body.data];
    const places = events.flatMap(({ event: { payload } }) => [
      payload,
      ...(payload.oldObject ? [payload.oldObject] : []),
    ]);
    return c.json(await hub.signal(places.map((one) => ({ bucket: one.bucketId, path: one.name }))), 202);
  });

  app.post(
    "/events",
    async (c, next) => {
      // The signature is over the exact bytes, so they are read first; bodyLimit has bounded them.
      const raw = new Uint8Array(await c.req.arrayBuffer());
      if (await isSigned(secrets.eventsSecret, c.req.raw.headers, raw, now())) return await accept(c);
      return (await allow(secrets, { token: true })(c, next)) ?? c.res;
    },
    (c) => accept(c),
  );

  async function accept(c: Context): Promise<Response> {
    const body = eventsBody.safeParse(await readJson(c));
    if (!body.success)
      throw invalidRequest(
        'The body must be {"keys": [{"bucket" or "collection", "path"}]}, at most 1000 of them.',
      );
    return c.json(await hub.signal(body.data.keys), 202);
  }
  return app;
}

async function readJson(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw invalidRequest("The body must be JSON.");
  }
}

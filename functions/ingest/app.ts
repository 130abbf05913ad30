/** Signals from outside: `POST /storage` (Storage's lifecycle webhooks) and `POST /events` (anybody's, signed). */
import { type Context, Hono } from "hono";
import { array, object, optional, string, union } from "zod";
import type { Hub } from "../../shared/hub/hub.ts";
import { allow, type Secrets } from "../auth.ts";
import { type BodyLimits, parseJson, readBody } from "../body.ts";
import { invalidRequest, toResponse } from "../failures.ts";
import { name } from "../names.ts";
import { createRate } from "../rate.ts";
import { isSigned } from "./signature.ts";

export interface IngestAppOptions {
  hub: Hub;
  secrets: Secrets & { eventsSecret: string | null };
  /** Milliseconds since 1970, for the age of signatures. */
  now(): number;
  /** Milliseconds in which a body must have come. @default 10000 */
  bodyWithin?: number;
}

/** A body may say only which documents to look at: it is small. */
const MAX_BODY = 1024 * 1024;
const MAX_KEYS = 1000;

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

export function createIngestApp(options: IngestAppOptions): Hono {
  const { hub, secrets, now } = options;
  const limits: BodyLimits = { most: MAX_BODY, within: options.bodyWithin ?? 10_000 };
  const count = createRate({ burst: 1000, perSecond: 200, now });
  const app = new Hono({ strict: false }).basePath("/frontrow-ingest");
  app.onError(toResponse);

  // An event is never believed: it only names documents to read.
  app.post("/storage", allow(secrets, { token: true }), async (c) => {
    count("storage");
    const body = storageBody.safeParse(parseJson(await readBody(c.req.raw, limits)));
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
      // A body is read before its sender is known only where a signature over it is claimed.
      if (!c.req.header("webhook-signature")) return await allow(secrets, { token: true })(c, next);
      const raw = await readBody(c.req.raw, limits);
      if (!(await isSigned(secrets.eventsSecret, c.req.raw.headers, raw, now())))
        return c.json({ error: { code: "UNAUTHORIZED" } }, 401);
      return await accept(c, raw, c.req.header("webhook-id"));
    },
    async (c) => accept(c, await readBody(c.req.raw, limits)),
  );

  async function accept(c: Context, raw: Uint8Array, delivery?: string): Promise<Response> {
    count("events");
    const body = eventsBody.safeParse(parseJson(raw));
    if (!body.success)
      throw invalidRequest(
        'The body must be {"keys": [{"bucket" or "collection", "path"}]}, at most 1000 of them.',
      );
    return c.json(await hub.signal(body.data.keys, delivery), 202);
  }
  return app;
}

/**
 * The peers' doors: `GET /changes`, `GET /documents/<collection>/<path>`, `POST /documents`, `POST /push`, `POST /ids`,
 * `GET /conflicts`, `GET /collections`, `GET /openapi.json`. A program with a secret key sees everything; a person sees
 * what the policies of their own tables let them see.
 */
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import type { output, ZodType } from "zod";
import type { ResolvedConfig } from "../../shared/collections/mod.ts";
import { FrontrowError } from "../../shared/errors.ts";
import type { Hub } from "../../shared/hub/hub.ts";
import type { PeerHub } from "../../shared/hub/peer-hub.ts";
import type { Store } from "../../shared/stores/store.ts";
import type { Limits } from "../../shared/sync/budget.ts";
import { rememberBindings } from "../bindings.ts";
import { type BodyLimits, parseJson, readBody } from "../body.ts";
import { invalidRequest, toResponse } from "../failures.ts";
import { type CallersOptions, createCallers } from "./callers.ts";
import { openApi } from "./openapi.ts";
import { carryOut } from "./pushing.ts";
import { readChanges, seenBy } from "./reading.ts";
import * as schemas from "./schemas.ts";

export interface ApiAppOptions extends CallersOptions {
  hub: Pick<Hub, "conflicts" | "conflictsOf" | "registered">;
  peer: PeerHub;
  /** The hub in somebody's name, for history and audit. */
  as(caller: string | undefined): { hub: Hub; peer: PeerHub };
  bucket(name: string): Store<Uint8Array>;
  config: ResolvedConfig;
  limits?: Partial<Limits>;
  /** Milliseconds for which what is registered is believed. @default 30000 */
  believe?: number;
  /** The project's address, for the OpenAPI document. */
  url: string;
  /** Milliseconds in which a body must have come. @default 10000 */
  bodyWithin?: number;
}

/** A list of names, and nothing else. */
const MAX_NAMES_BODY = 1024 * 1024;
/** A push of many texts is several requests. */
const MAX_PUSH_BODY = 8 * 1024 * 1024;

export function createApiApp(options: ApiAppOptions): Hono {
  const { hub, peer } = options;
  const identify = createCallers(options);
  const bindings = rememberBindings(hub, options.config, options.believe ?? 30_000);
  const limits: BodyLimits = { most: MAX_NAMES_BODY, within: options.bodyWithin ?? 10_000 };
  const app = new Hono({ strict: false }).basePath("/frontrow-api");
  app.onError(toResponse);
  app.use(cors({ origin: "*", allowHeaders: ["authorization", "apikey", "content-type", "x-client-info"] }));

  app.get("/openapi.json", (c) => c.json(openApi(`${options.url}/functions/v1/frontrow-api`)));

  app.get("/collections", async (c) => {
    await identify(c.req.raw.headers);
    // What is registered, as a peer must have the same to make the same of a text.
    return c.json({ items: (await hub.registered()).map(({ isEmpty: _, ...one }) => one) });
  });

  app.get("/changes", async (c) => {
    const caller = await identify(c.req.raw.headers);
    return c.json(await readChanges(peer, caller, queryOf(c, schemas.changesQuery)));
  });

  app.get("/documents/:collection/:path{.+}", async (c) => {
    const caller = await identify(c.req.raw.headers);
    const place = check(schemas.documentPlace, c.req.param());
    const [found] = await seenBy(
      peer,
      caller,
      await peer.documents([place], queryOf(c, schemas.documentQuery)),
    );
    if (found === undefined || found.deleted)
      throw new FrontrowError("NOT_FOUND", "There is no such document.", { path: place.path });
    return c.json(found);
  });

  app.post("/documents", async (c) => {
    const caller = await identify(c.req.raw.headers);
    const { items, texts = true } = check(
      schemas.documentsBody,
      parseJson(await readBody(c.req.raw, limits)),
    );
    return c.json({ items: await seenBy(peer, caller, await peer.documents(items, { texts })) });
  });

  app.post("/push", async (c) => {
    const caller = await identify(c.req.raw.headers);
    const push = check(
      schemas.pushBody,
      parseJson(await readBody(c.req.raw, { ...limits, most: MAX_PUSH_BODY })),
    );
    return c.json(
      await carryOut({ ...options, ...options.as(caller.name), bindings: await bindings() }, caller, push),
    );
  });

  app.post("/ids", async (c) => {
    const caller = await identify(c.req.raw.headers);
    const asked = check(schemas.idsBody, parseJson(await readBody(c.req.raw, limits)));
    const reader = caller.kind === "person" ? caller.claims.sub : "";
    return c.json(await peer.ids({ ...asked, reader }));
  });

  app.get("/conflicts", async (c) => {
    const caller = await identify(c.req.raw.headers);
    const { path, ...request } = queryOf(c, schemas.conflictsQuery);
    const found = path === undefined ? await hub.conflicts(request) : await hub.conflictsOf(path, request);
    return c.json({ items: await seenBy(peer, caller, found) });
  });
  return app;
}

function queryOf<Schema extends ZodType>(c: Context, schema: Schema): output<Schema> {
  return check(schema, c.req.query());
}

/** @throws {FrontrowError} `REQUEST_INVALID`, naming the place and never the value. */
function check<Schema extends ZodType>(schema: Schema, given: unknown): output<Schema> {
  const checked = schema.safeParse(given);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw invalidRequest(`"${issue!.path.join(".")}" is not as /openapi.json says it must be.`);
}

import type { Scope } from "./database/scope.ts";
import { type Caller, type Keys, makeGateway, type Refusal } from "./keys.ts";

/** An Edge Function, as Deno.serve and Hono's `app.fetch` have it. */
export type FunctionHandler = (request: Request) => Response | Promise<Response>;

export interface Services {
  dataApi: (request: Request, path: string, scope: Scope) => Promise<Response>;
  storage: (
    request: Request,
    path: string,
    url: URL,
    caller: Caller | Refusal,
    scopeOf: (caller: Caller) => Scope,
  ) => Promise<Response>;
  functions: Map<string, FunctionHandler>;
  log: (message: string, fields?: Record<string, unknown>) => void;
}

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*",
  "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
  "access-control-expose-headers": "*",
};

/** Makes the API gateway: keys, CORS, and one prefix per service. */
export function createGateway(keys: Keys, services: Services): FunctionHandler {
  const identify = makeGateway(keys);
  return async (request) => {
    const url = new URL(request.url);
    const [, service, path] = /^\/(rest\/v1|storage\/v1|functions\/v1)(\/.*)?$/.exec(url.pathname) ?? [];
    if (service === "functions/v1") return await runFunction(services, request, url, path ?? "/");
    if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: CORS });
    const caller = identify(request.headers, url);
    const scopeOf = (who: Caller): Scope => ({
      caller: who,
      headers: { ...Object.fromEntries(request.headers), authorization: `Bearer ${who.token}` },
      method: request.method,
      path: path ?? "/",
    });
    let response: Response;
    if (service === "storage/v1")
      response = await services.storage(request, path ?? "/", url, caller, scopeOf);
    else if (service !== "rest/v1")
      response = Response.json({ message: "no Route matched with those values" }, { status: 404 });
    else if (typeof caller === "string") response = refuse(caller);
    else response = await services.dataApi(request, path ?? "/", scopeOf(caller));
    for (const [name, value] of Object.entries(CORS)) response.headers.set(name, value);
    return response;
  };
}

function refuse(refusal: Refusal): Response {
  if (refusal === "no-key") {
    return Response.json(
      { message: "No API key found in request", hint: "No `apikey` request header or url param was found." },
      { status: 401 },
    );
  }
  if (refusal === "bad-key") {
    return Response.json(
      { message: "Invalid API key", hint: "Double check your Supabase `anon` or `service_role` API key." },
      { status: 401 },
    );
  }
  const message = refusal === "expired-token" ? "JWT expired" : "Expected 3 parts in JWT; got 1";
  return Response.json(
    { code: refusal === "expired-token" ? "PGRST303" : "PGRST301", details: null, hint: null, message },
    { status: 401 },
  );
}

/** The function sees its own path without `/functions/v1`, as on the Edge Runtime. `verify_jwt` is always off. */
async function runFunction(
  { functions, log }: Services,
  request: Request,
  url: URL,
  path: string,
): Promise<Response> {
  const slug = decodeURIComponent(path.split("/")[1] ?? "");
  const handler = functions.get(slug);
  if (!handler)
    return Response.json({ code: "NOT_FOUND", message: "Requested function was not found" }, { status: 404 });
  try {
    const { method, headers, body } = request; // not its signal, which fires on success too
    return await handler(new Request(new URL(path + url.search, url), { method, headers, body }));
  } catch (error) {
    log("function threw", { slug, error: String((error as Error).stack ?? error) });
    return Response.json(
      { code: "WORKER_ERROR", message: "Function exited due to an error (please check logs)" },
      { status: 500 },
    );
  }
}

/**
 * Wraps a handler so that what is under way can be answered 503 at once: `Deno.serve` waits for its handlers when it
 * shuts down, and a function may never end.
 */
export function makeCuttable(handler: FunctionHandler): { handler: FunctionHandler; cut: () => void } {
  const pending = new Set<(response: Response) => void>();
  return {
    handler: (request) =>
      new Promise((resolve, reject) => {
        pending.add(resolve);
        Promise.resolve(handler(request))
          .then(resolve, reject)
          .finally(() => pending.delete(resolve));
      }),
    cut() {
      for (const answer of pending) answer(new Response(null, { status: 503 }));
    },
  };
}

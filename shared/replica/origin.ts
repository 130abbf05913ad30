/** The origin of a clone, over HTTP: the functions of a Supabase project. */
import { FAILURES, type FailureCode, FrontrowError } from "../errors.ts";
import type { RegisteredCollection } from "../hub/hub.ts";
import type { Changes, ChangesRequest, DocumentName, PeerDocument } from "../hub/peer-hub.ts";
import type { PushAnswer, PushItem } from "../sync/push.ts";

/** All calls throw `FrontrowError`: `STORE_UNAVAILABLE` (nobody answers: repeat later), `RATE_LIMITED`, `UNAUTHORIZED` … */
export interface Origin {
  readonly url: string;
  /** A signed-in person asks, whose feed has no deletions: what they see no more is found out by asking. */
  readonly isPerson: boolean;
  changes(request: Omit<ChangesRequest, "reader">): Promise<Changes>;
  push(request: {
    request: string;
    message?: string;
    items: readonly PushItem[];
  }): Promise<{ items: PushAnswer[]; more: boolean }>;
  /** Of these, at most 200, those that are there and may be seen, without their texts. */
  documents(names: readonly DocumentName[]): Promise<PeerDocument[]>;
  collections(): Promise<RegisteredCollection[]>;
  /** A block of ids that nobody else gets. The same request gets the same block. */
  ids(request: {
    request: string;
    collection: string;
    count: number;
  }): Promise<{ first: number; last: number }>;
}

export interface OriginOptions {
  /** The project's. */
  url: string;
  /** A secret key: everything may be seen and changed. */
  key?: string | undefined;
  /** The token of a signed-in person: the policies of the tables hold. */
  token?: string | undefined;
  /** Who a program acts for, as the history names them. */
  author?: string | undefined;
  /** Milliseconds until an answer is given up. @default 60000 */
  patience?: number;
  fetch?: typeof fetch;
  signal?: AbortSignal | undefined;
}

export function createOrigin({
  url,
  key,
  token,
  author,
  patience = 60_000,
  ...options
}: OriginOptions): Origin {
  const send = options.fetch ?? fetch;
  const base = `${url.replace(/\/+$/, "")}/functions/v1/frontrow-api`;
  const headers: Record<string, string> = {
    ...(key === undefined ? {} : { apikey: key }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(author === undefined || key === undefined ? {} : { "x-frontrow-author": author }),
  };

  async function call<Answer>(path: string, body?: unknown): Promise<Answer> {
    const signals = [AbortSignal.timeout(patience), ...(options.signal ? [options.signal] : [])];
    let response: Response;
    let answer: unknown;
    try {
      response = await send(`${base}${path}`, {
        headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
        signal: AbortSignal.any(signals),
      });
      answer = await response.json().catch(() => null);
    } catch (cause) {
      throw unavailable(url, "nobody answers", cause);
    }
    if (response.ok && answer !== null) return answer as Answer;
    throw failureOf(url, response.status, answer);
  }

  return {
    url,
    isPerson: token !== undefined,
    changes({ since, collection, limit, maxBytes, texts }) {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ since, collection, limit, maxBytes, texts }))
        if (value !== undefined) query.set(name, String(value));
      return call<Changes>(`/changes?${query}`);
    },
    documents: async (items) =>
      (await call<{ items: PeerDocument[] }>("/documents", { items, texts: false })).items,
    push: (request) => call("/push", request),
    collections: async () => (await call<{ items: RegisteredCollection[] }>("/collections")).items,
    ids: (request) => call("/ids", request),
  };
}

function failureOf(url: string, status: number, answer: unknown): FrontrowError {
  const { code, message, path, line, rule, hint } =
    (answer as { error?: Record<string, unknown> } | null)?.error ?? {};
  if (typeof code === "string" && Object.hasOwn(FAILURES, code)) {
    const detail = { path, line, rule, hint } as object;
    return new FrontrowError(code as FailureCode, String(message ?? "The origin refused."), detail);
  }
  if (status === 401 || status === 403)
    return new FrontrowError("UNAUTHORIZED", `The origin ${url} does not accept the key.`, {
      hint: "Check the environment variable that frontrow.yaml names.",
    });
  if (status === 404)
    return new FrontrowError("NOT_FOUND", `There is no Frontrow API at ${url}.`, {
      hint: "Deploy the function frontrow-api, or mend the address in frontrow.yaml.",
    });
  return unavailable(url, `it answered ${status}`);
}

function unavailable(url: string, why: string, cause?: unknown): FrontrowError {
  return new FrontrowError("STORE_UNAVAILABLE", `Cannot reach ${url}: ${why}.`, {
    rule: "no-origin",
    hint: "What is done here is kept, and goes out when it is back.",
    cause,
  });
}

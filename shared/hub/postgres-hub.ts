/** The hub over the `public.frontrow_<verb>` functions, through supabase-js (or anything with its `rpc`). */
import { FrontrowError } from "../errors.ts";
import type { BulkHub, Compared, Loaded } from "./bulk-hub.ts";
import type { HistoryHub } from "./history-hub.ts";
import type {
  Applied,
  ClaimedDocument,
  Confirmed,
  ConflictRecord,
  ConflictSummary,
  HeldSet,
  Hub,
  LogItem,
  RegisteredCollection,
  Report,
  Resumed,
} from "./hub.ts";
import type { DocumentName, PeerDocument, PeerHub } from "./peer-hub.ts";

/** The protocol these functions must speak; `frontrow.protocol()` in SQL. */
export const PROTOCOL = 1;

interface RpcError {
  message: string;
  code?: string;
}

/** The part of supabase-js that is used; a test may pass a direct connection. */
export interface RpcClient {
  rpc(
    name: string,
    args: { request: unknown },
  ): PromiseLike<{ data: unknown; error: RpcError | null; status?: number }>;
}

/** Who all calls of a hub are made for. */
export interface Caller {
  /** The project (`projectIdentity` of its URL); the database refuses to serve another one. */
  identity: string;
  /** The person, as history and audit will name them. */
  caller?: string | undefined;
}

type CallVerb = <T>(verb: string, request: object) => Promise<T>;

function createCall(client: RpcClient, { identity, caller }: Caller): CallVerb {
  const said = { protocol: PROTOCOL, identity, ...(caller === undefined ? {} : { caller }) };
  return async <T>(verb: string, request: object): Promise<T> => {
    let answer: Awaited<ReturnType<RpcClient["rpc"]>>;
    try {
      answer = await client.rpc(`frontrow_${verb}`, {
        request: { ...said, ...request },
      });
    } catch (cause) {
      throw unavailable(verb, "the database could not be reached", cause);
    }
    if (answer.error) throw toFailure(verb, answer.error, answer.status ?? 0);
    // An answer, not an error: the halt it left must not be rolled back.
    const stranger = (answer.data as { stranger?: string } | null)?.stranger;
    if (stranger !== undefined) throw wrongProject(stranger);
    return answer.data as T;
  };
}

/** People's side of the hub. */
export function createHistoryHub(client: RpcClient, caller: Caller): HistoryHub {
  const call = createCall(client, caller);
  return {
    documents: (request) => call("export", request),
    history: (request) => call("history", request),
    revision: (request) => call("revision", request),
    restore: (request) => call("restore", request),
    purgeAuthor: (request) => call("purge_author", request),
    audit: (request) => call("audit", request),
  };
}

/** The side of who brings in many files. */
export function createBulkHub(client: RpcClient, caller: Caller): BulkHub {
  const call = createCall(client, caller);
  return {
    compare: (request) => call<Compared>("compare", request),
    load: (request) => call<Loaded>("load", request),
  };
}

/** Other places' side of the hub. */
export function createPeerHub(client: RpcClient, caller: Caller): PeerHub {
  const call = createCall(client, caller);
  return {
    changes: (request) => call("changes", request),
    async documents(names, options) {
      return (await call<{ items: PeerDocument[] }>("documents", { items: names, ...options })).items;
    },
    async visible(claims, names) {
      if (names.length === 0) return [];
      return (await call<{ items: DocumentName[] }>("visible", { claims, items: names })).items;
    },
    writable: (claims, writes) => call("visible", { claims, writes }),
    async pushed(request) {
      return (await call<{ items: (DocumentName & { revision: number | null })[] }>("pushed", { ...request }))
        .items;
    },
    async push(request, pushed, run, items) {
      return (await call<{ items: Applied[] }>("push", { ...request, pushed, run, items })).items;
    },
    ids: (request) => call("ids", request),
  };
}

/** The workers' side of the hub. */
export function createPostgresHub(client: RpcClient, caller: Caller): Hub {
  const call = createCall(client, caller);
  return {
    async register(collections, prune, { adopt = false } = {}) {
      const { collections: registered } = await call<{ collections: RegisteredCollection[] }>("register", {
        collections,
        prune,
        ...(adopt ? { adopt } : {}),
      });
      return registered;
    },
    async claim(request) {
      return (await call<{ items: ClaimedDocument[] }>("claim", { ...request })).items;
    },
    async apply(run, items) {
      return (await call<{ items: Applied[] }>("apply", { run, items })).items;
    },
    async confirm(items) {
      return (await call<{ items: Confirmed[] }>("confirm", { items })).items;
    },
    async fail(run, items) {
      await call("fail", { run, items });
    },
    finish: (run, options) => call("finish", { run, ...options }),
    backfill: (request) => call("backfill", { ...request }),
    async preview(request) {
      return (await call<{ items: ClaimedDocument[] }>("preview", { ...request })).items;
    },
    signal: (keys, delivery) => call("signal", { keys, ...(delivery === undefined ? {} : { delivery }) }),
    held: (halt) => call<HeldSet>("held", { halt }),
    resume: (halt, decision, options) => call<Resumed>("resume", { halt, decision, ...options }),
    async conflicts(request) {
      return (await call<{ items: ConflictSummary[] }>("conflicts", { ...request })).items;
    },
    async conflictsOf(path, request) {
      return (await call<{ items: ConflictRecord[] }>("conflicts", { ...request, path })).items;
    },
    resolve: (request) => call("resolve", { ...request }),
    report: (collection) => call<Report>("report", { collection }),
    async log(after) {
      return (await call<{ items: LogItem[] }>("log", { after })).items;
    },
    async registered() {
      return (await call<{ collections: RegisteredCollection[] }>("registered", {})).collections;
    },
  };
}

function unavailable(verb: string, why: string, cause: unknown): FrontrowError {
  return new FrontrowError("HUB_UNAVAILABLE", `The hub did not answer "${verb}": ${why}.`, {
    rule: verb,
    cause,
  });
}

function wrongProject(why: string, cause?: unknown): FrontrowError {
  return new FrontrowError("PROJECT_MISMATCH", `${why[0]!.toUpperCase()}${why.slice(1)}.`, {
    rule: "identity",
    hint: 'If this database is now the caller\'s: "frontrow register --adopt". If it is one project under two URLs: set FRONTROW_PROJECT for both callers.',
    cause,
  });
}

/** One place where Postgres' and PostgREST's failures become ours. SQL raises FR… codes for its own refusals. */
function toFailure(verb: string, error: RpcError, status: number): FrontrowError {
  const code = error.code ?? "";
  const text = error.message.replace(/^frontrow: /, "");
  switch (code) {
    case "FR001":
      return new FrontrowError("PROTOCOL_MISMATCH", text, { cause: error });
    case "FR003":
      return wrongProject(text, error);
    case "FR400":
      return new FrontrowError("CONFIG_INVALID", text, { cause: error });
    case "FR404":
      return new FrontrowError("NOT_FOUND", text, { cause: error });
    case "FR409":
      return new FrontrowError("REPLICA_MOVED", text, { cause: error });
    case "FR422":
      return new FrontrowError("REQUEST_INVALID", text, { cause: error });
    case "FR423":
      return new FrontrowError("IN_THE_WAY", text, { cause: error });
    case "42501":
      return new FrontrowError(
        "UNAUTHORIZED",
        text.includes(`function frontrow_${verb}`)
          ? `The key may not call frontrow_${verb}: a secret key is needed.`
          : `frontrow_${verb} may not do that in the database: ${text}.`,
        { cause: error },
      );
    case "PGRST202":
    case "PGRST205":
      return new FrontrowError(
        "HUB_UNAVAILABLE",
        `The database has no function frontrow_${verb} (or does not show it yet).`,
        {
          rule: "not-installed",
          hint: "Apply the migrations; a fresh function can take a minute to appear.",
          cause: error,
        },
      );
  }
  if (status === 401 || status === 403) {
    return new FrontrowError("UNAUTHORIZED", `The key was refused for frontrow_${verb}.`, { cause: error });
  }
  // Postgres quotes the value it cannot take, and messages never hold content.
  const said = /^2[23]/.test(code) ? "it refused a value" : text;
  return unavailable(verb, code === "" ? said : `${code}: ${said}`, error);
}

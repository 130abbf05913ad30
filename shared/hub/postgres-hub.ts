/** The hub over the `public.frontrow_<verb>` functions, through supabase-js (or anything with its `rpc`). */
import { FrontrowError } from "../errors.ts";
import type {
  Applied,
  ClaimedDocument,
  Confirmed,
  ConflictRecord,
  ConflictSummary,
  Hub,
  LogItem,
  RegisteredCollection,
  Report,
} from "./hub.ts";

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

export function createPostgresHub(client: RpcClient): Hub {
  async function call<T>(verb: string, request: Record<string, unknown>): Promise<T> {
    let answer: Awaited<ReturnType<RpcClient["rpc"]>>;
    try {
      answer = await client.rpc(`frontrow_${verb}`, { request: { protocol: PROTOCOL, ...request } });
    } catch (cause) {
      throw unavailable(verb, "the database could not be reached", cause);
    }
    if (answer.error) throw toFailure(verb, answer.error, answer.status ?? 0);
    return answer.data as T;
  }

  return {
    async register(collections, prune) {
      const { collections: registered } = await call<{ collections: RegisteredCollection[] }>("register", {
        collections,
        prune,
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
    signal: (keys) => call("signal", { keys }),
    resume: (halt, decision) => call("resume", { halt, decision }),
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

/** One place where Postgres' and PostgREST's failures become ours. SQL raises FR… codes for its own refusals. */
function toFailure(verb: string, error: RpcError, status: number): FrontrowError {
  const code = error.code ?? "";
  const text = error.message.replace(/^frontrow: /, "");
  switch (code) {
    case "FR001":
      return new FrontrowError("PROTOCOL_MISMATCH", text, { cause: error });
    case "FR400":
      return new FrontrowError("CONFIG_INVALID", text, { cause: error });
    case "FR409":
      return new FrontrowError("REPLICA_MOVED", text, { cause: error });
    case "FR422":
      return new FrontrowError("REQUEST_INVALID", text, { cause: error });
    case "FR404":
      return new FrontrowError("NOT_FOUND", text, { cause: error });
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
  return unavailable(verb, code === "" ? text : `${code}: ${text}`, error);
}

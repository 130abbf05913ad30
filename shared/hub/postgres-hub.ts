/** The hub over the `public.frontrow_<verb>` functions, through supabase-js (or anything with its `rpc`). */
import { FrontrowError } from "../errors.ts";
import type {
  Applied,
  ClaimedDocument,
  Confirmed,
  HeldSet,
  Hub,
  LogItem,
  RegisteredCollection,
  Report,
  Resumed,
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

/** `identity`: the project the caller is for (`projectIdentity` of its URL); the database refuses to serve another one. */
export function createPostgresHub(client: RpcClient, identity: string): Hub {
  async function call<T>(verb: string, request: Record<string, unknown>): Promise<T> {
    let answer: Awaited<ReturnType<RpcClient["rpc"]>>;
    try {
      answer = await client.rpc(`frontrow_${verb}`, {
        request: { protocol: PROTOCOL, identity, ...request },
      });
    } catch (cause) {
      throw unavailable(verb, "the database could not be reached", cause);
    }
    if (answer.error) throw toFailure(verb, answer.error, answer.status ?? 0);
    // An answer, not an error: the halt it left must not be rolled back.
    const { stranger } = answer.data as { stranger?: string };
    if (stranger !== undefined) throw wrongProject(stranger);
    return answer.data as T;
  }

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
    signal: (keys) => call("signal", { keys }),
    held: (halt) => call<HeldSet>("held", { halt }),
    resume: (halt, decision, options) => call<Resumed>("resume", { halt, decision, ...options }),
    async resolve(request) {
      await call("resolve", { ...request });
    },
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

import { asCaller, type Scope } from "../database/scope.ts";
import { isSqlError, type Sql } from "../database/sql.ts";
import { ApiError, fromSqlError } from "./errors.ts";
import { callFunction, type FunctionCache, findFunction } from "./rpc.ts";
import { runTableRequest, type TableRequest, withPrimaryKey } from "./table.ts";

const OBJECT = "application/vnd.pgrst.object+json";
/** As on hosted projects; service_role takes the authenticator's. PGlite has no timer to enforce it. */
const TIMEOUT_MS = { anon: 3000, authenticated: 8000, service_role: 8000 };

/**
 * A small PostgREST over `public`: `rpc/<function>` and the table verbs supabase-js uses, one transaction per request
 * under the caller's role. No embedding, no other schema, no CSV: those answer PGRST100/PGRST106.
 */
export function createDataApi(sql: Sql): (request: Request, path: string, scope: Scope) => Promise<Response> {
  const cache: FunctionCache = new Map();

  return async (request, path, scope) => {
    const { role } = scope.caller;
    const settings = {
      search_path: '"public", "extensions"',
      ...(sql.engine === "postgres" ? { statement_timeout: String(TIMEOUT_MS[role]) } : {}),
      ...(request.method === "GET" || request.method === "HEAD" ? { transaction_read_only: "on" } : {}),
    };
    try {
      const profile =
        request.headers.get("accept-profile") ?? request.headers.get("content-profile") ?? "public";
      if (profile !== "public") {
        throw new ApiError(
          406,
          "PGRST106",
          `Invalid schema: ${profile}`,
          null,
          "Only the following schemas are exposed: public",
        );
      }
      const rpc = /^\/rpc\/([^/]+)$/.exec(path);
      if (rpc)
        return await answerRpc(sql, cache, request, decodeURIComponent(rpc[1]!), { ...scope, settings });
      const table = /^\/([^/]+)$/.exec(path);
      if (table)
        return await answerTable(sql, request, decodeURIComponent(table[1]!), { ...scope, settings });
      throw new ApiError(404, "PGRST125", "Invalid path specified in request URL");
    } catch (error) {
      return fromSqlError(error, role).toResponse();
    }
  };
}

async function answerRpc(
  sql: Sql,
  cache: FunctionCache,
  request: Request,
  name: string,
  scope: Scope,
): Promise<Response> {
  const body =
    request.method === "POST"
      ? await request.text()
      : JSON.stringify(Object.fromEntries(new URL(request.url).searchParams));
  let given: string[];
  try {
    given = Object.keys(JSON.parse(body || "{}"));
  } catch {
    throw new ApiError(400, "PGRST102", "Empty or invalid json");
  }
  const wantsOne = request.headers.get("accept")?.includes(OBJECT) ?? false;
  const call = async (): Promise<Response> => {
    const fn = await findFunction(sql, cache, name, given);
    const single = wantsOne && fn.set;
    const text = await asCaller(sql, scope, async (tx) => {
      const answer = await callFunction(tx, name, fn, given, body || "{}");
      return single ? onlyRow(answer!) : answer;
    });
    if (text === undefined) return new Response(null, { status: 204 });
    return new Response(text, { headers: json(single ? OBJECT : undefined) });
  };
  try {
    return await call();
  } catch (error) {
    // dropped or replaced since it was cached: look again, and say so as PostgREST does
    if (!isSqlError(error) || error.code !== "42883" || !error.message.includes(`public.${name}(`))
      throw error;
    cache.delete(name);
    return await call();
  }
}

async function answerTable(sql: Sql, request: Request, table: string, scope: Scope): Promise<Response> {
  const method = request.method as TableRequest["method"];
  if (!["GET", "HEAD", "POST", "PATCH", "DELETE"].includes(method)) {
    throw new ApiError(405, "PGRST117", `Unsupported HTTP method: ${method}`);
  }
  const prefer = new Set((request.headers.get("prefer") ?? "").split(",").map((part) => part.trim()));
  const params = new URL(request.url).searchParams;
  const single = request.headers.get("accept")?.includes(OBJECT) ?? false;
  const asked: TableRequest = {
    table,
    method,
    params,
    prefer,
    body: method === "GET" || method === "HEAD" ? "" : await request.text(),
  };
  try {
    const ready = await withPrimaryKey(sql, asked);
    return await asCaller(sql, scope, async (tx) => {
      const { rows, affected, offset, total } = await runTableRequest(tx, ready);
      const range = affected > 0 ? `${offset}-${offset + affected - 1}` : "*";
      const headers = { ...json(single ? OBJECT : undefined), "content-range": `${range}/${total ?? "*"}` };
      if (method === "GET" || method === "HEAD") {
        const partial = total !== undefined && affected < total;
        return new Response(rows === undefined ? null : single ? onlyRow(rows) : rows, {
          status: partial ? 206 : 200,
          headers,
        });
      }
      const status = method === "POST" ? 201 : rows === undefined ? 204 : 200;
      return new Response(rows === undefined ? null : single ? onlyRow(rows) : rows, { status, headers });
    });
  } catch (error) {
    if (isSqlError(error) && error.code === "42P01" && error.message.includes(`"public.${table}"`)) {
      throw new ApiError(404, "PGRST205", `Could not find the table 'public.${table}' in the schema cache`);
    }
    throw error;
  }
}

/** The one row of an array. Throwing inside the transaction takes the write back, as PostgREST does. */
function onlyRow(rows: string): string {
  const parsed = JSON.parse(rows) as unknown[];
  if (parsed.length === 1) return rows.trim().slice(1, -1);
  throw new ApiError(
    406,
    "PGRST116",
    "Cannot coerce the result to a single JSON object",
    `The result contains ${parsed.length} rows`,
  );
}

const json = (type = "application/json") => ({ "content-type": `${type}; charset=utf-8` });

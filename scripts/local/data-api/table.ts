import type { Query } from "../database/sql.ts";
import { ApiError, unsupported } from "./errors.ts";
import { orderBy, where } from "./filters.ts";
import { identifier } from "./quote.ts";
import { selectList } from "./select.ts";

/** Rows a read answers at most, as `max_rows` in production; cut silently, as there. */
const MAX_ROWS = 1000;

export interface TableRequest {
  table: string;
  method: "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE";
  params: URLSearchParams;
  /** The header `Prefer`, split. */
  prefer: Set<string>;
  /** The JSON body's text. */
  body: string;
}

export interface TableResult {
  /** JSON text of the array of rows; `undefined` when none were asked for. */
  rows?: string;
  affected: number;
  offset: number;
  /** All rows that match, when `count=exact` was asked for. */
  total?: number;
}

/** Runs one request on a table or view of `public`. */
export async function runTableRequest(tx: Query, request: TableRequest): Promise<TableResult> {
  if (request.method === "GET" || request.method === "HEAD") return await read(tx, request);
  return await write(tx, request);
}

async function read(tx: Query, { table, params, prefer, method }: TableRequest): Promise<TableResult> {
  const name = `"public".${identifier(table)}`;
  const filter = where(params, name);
  const order = orderBy(params, name);
  const offset = wholeNumber(params, "offset") ?? 0;
  const limit = Math.min(wholeNumber(params, "limit") ?? MAX_ROWS, MAX_ROWS);
  const from = `from ${name} ${filter && `where ${filter}`}`;
  const rows = `select ${selectList(params.get("select"), name)} ${from} ${order && `order by ${order}`} limit ${limit} offset ${offset}`;
  const counted = prefer.has("count=exact") || prefer.has("count=planned") || prefer.has("count=estimated");
  const [result] = await tx.query<{ rows: string; affected: number; total: number | null }>(
    `select coalesce(json_agg(t), '[]')::text as rows, count(*) as affected,
      ${counted ? `(select count(*) ${from})` : "null"} as total
    from (${rows}) as t`,
  );
  return {
    ...(method === "HEAD" ? {} : { rows: result!.rows }),
    affected: result!.affected,
    offset,
    ...(counted ? { total: result!.total! } : {}),
  };
}

async function write(tx: Query, request: TableRequest): Promise<TableResult> {
  const { table, method, params, prefer } = request;
  const name = `"public".${identifier(table)}`;
  const filter = where(params, name);
  const conditions = filter && `where ${filter}`;
  if (!filter && (method === "DELETE" || method === "PATCH")) {
    // hosted projects load pg-safeupdate
    throw new ApiError(400, "21000", `${method === "DELETE" ? "DELETE" : "UPDATE"} requires a WHERE clause`);
  }
  const body = method === "DELETE" ? undefined : parseBody(request.body);
  if (body?.length === 0 || (body && columnsOf(params, body).length === 0 && method === "PATCH")) {
    return { ...(prefer.has("return=representation") ? { rows: "[]" } : {}), affected: 0, offset: 0 };
  }
  const statement =
    method === "DELETE"
      ? `delete from ${name} ${conditions}`
      : method === "PATCH"
        ? `update ${name} set ${columnsOf(params, body!)
            .map((c) => `${identifier(c)} = b.${identifier(c)}`)
            .join(", ")}
          from json_populate_record(null::${name}, $1::text::json) as b ${conditions}`
        : insert(name, request, body!);
  const returning = prefer.has("return=representation");
  const data = method === "PATCH" ? JSON.stringify(body![0]) : JSON.stringify(body);
  const [result] = await tx.query<{ rows: string; affected: number }>(
    `with t as (${statement} returning ${returning ? selectList(params.get("select"), name) : "1"})
    select ${returning ? "coalesce(json_agg(t), '[]')::text" : "''"} as rows, count(*) as affected from t`,
    body ? [data] : [],
  );
  const { affected } = result!;
  return {
    ...(returning ? { rows: result!.rows } : {}),
    affected,
    offset: 0,
    ...(prefer.has("count=exact") ? { total: affected } : {}),
  };
}

function insert(name: string, { params, prefer }: TableRequest, body: Record<string, unknown>[]): string {
  const names = columnsOf(params, body);
  if (prefer.has("missing=default") && body.some((row) => names.some((column) => !(column in row)))) {
    throw unsupported("missing=default (defaultToNull: false) on rows with different keys");
  }
  const columns = names.map(identifier);
  if (columns.length === 0)
    return `insert into ${name} select from json_array_elements($1::text::json) where true`;
  const list = columns.join(", ");
  const merge = prefer.has("resolution=merge-duplicates");
  const target = params.get("on_conflict");
  let conflict = "";
  if (merge || prefer.has("resolution=ignore-duplicates")) {
    const keys = target ? target.split(",").map(identifier).join(", ") : `PRIMARY`;
    conflict = merge
      ? `on conflict (${keys}) do update set ${columns.map((c) => `${c} = excluded.${c}`).join(", ")}`
      : `on conflict ${target ? `(${keys})` : ""} do nothing`;
  }
  return `insert into ${name} (${list}) select ${list} from json_populate_recordset(null::${name}, $1::text::json) ${conflict}`;
}

/** Puts the table's primary key where an upsert named no `on_conflict`. */
export async function withPrimaryKey(sql: Query, request: TableRequest): Promise<TableRequest> {
  const { prefer, params, table } = request;
  if (!prefer.has("resolution=merge-duplicates") || params.has("on_conflict")) return request;
  const keys = await sql.query<{ name: string }>(
    `select a.attname as name from pg_catalog.pg_index as i
    join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indisprimary and i.indrelid = to_regclass($1)`,
    [`"public".${identifier(table)}`],
  );
  if (keys.length === 0)
    return { ...request, prefer: new Set([...prefer].filter((p) => !p.startsWith("resolution="))) };
  const withKeys = new URLSearchParams(params);
  withKeys.set("on_conflict", keys.map((key) => key.name).join(","));
  return { ...request, params: withKeys };
}

function parseBody(text: string): Record<string, unknown>[] {
  try {
    const value = JSON.parse(text || "{}");
    return Array.isArray(value) ? value : [value];
  } catch {
    throw new ApiError(400, "PGRST102", "Empty or invalid json");
  }
}

function columnsOf(params: URLSearchParams, body: Record<string, unknown>[]): string[] {
  const named = params.get("columns");
  return named ? named.split(",").map((name) => name.replace(/^"|"$/g, "")) : Object.keys(body[0] ?? {});
}

function wholeNumber(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw new ApiError(400, "PGRST100", `"${name}" must be a whole number`);
  return Number(text);
}

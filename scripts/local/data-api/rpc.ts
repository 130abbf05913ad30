import type { Query, Sql } from "../database/sql.ts";
import { ApiError } from "./errors.ts";
import { identifier } from "./quote.ts";

interface RpcFunction {
  names: string[] | null;
  types: string[] | null;
  /** How many trailing arguments have a default. */
  defaults: number;
  set: boolean;
  kind: "void" | "composite" | "scalar";
  volatile: boolean;
}

/** The functions of `public` met so far; what PostgREST calls its schema cache. A miss always looks again. */
export type FunctionCache = Map<string, RpcFunction[]>;

async function look(sql: Pick<Sql, "query">, name: string): Promise<RpcFunction[]> {
  return await sql.query<RpcFunction>(
    `select p.proargnames[1:p.pronargs] as names,
      (select array_agg(pg_catalog.format_type(t.oid, null) order by t.place)
        from unnest(p.proargtypes) with ordinality as t (oid, place)) as types,
      p.pronargdefaults as defaults, p.proretset as set, p.provolatile = 'v' as volatile,
      case when p.prorettype = 'void'::regtype then 'void'
        when r.typtype = 'c' or p.proretset and r.oid = 'record'::regtype or p.proargmodes && '{o,b,t}' then 'composite'
        else 'scalar' end as kind
    from pg_catalog.pg_proc as p join pg_catalog.pg_type as r on r.oid = p.prorettype
    where p.pronamespace = 'public'::regnamespace and p.proname = $1 and p.prokind = 'f'`,
    [name],
  );
}

const accepts = (fn: RpcFunction, given: string[]) => {
  const names = fn.names ?? [];
  const required = names.slice(0, names.length - fn.defaults);
  return given.every((name) => names.includes(name)) && required.every((name) => given.includes(name));
};

/** Finds the function of `public` that takes exactly these arguments. @throws PGRST202, PGRST203 */
export async function findFunction(
  sql: Pick<Sql, "query">,
  cache: FunctionCache,
  name: string,
  given: string[],
): Promise<RpcFunction> {
  let found = (cache.get(name) ?? []).filter((fn) => accepts(fn, given));
  if (found.length === 0) {
    const all = await look(sql, name);
    cache.set(name, all);
    found = all.filter((fn) => accepts(fn, given));
  }
  const shown = `public.${name}${given.length > 0 ? `(${given.join(", ")})` : ""}`;
  if (found.length > 1) {
    const message = `Could not choose the best candidate function between: ${found
      .map(
        (fn) =>
          `public.${name}(${(fn.names ?? []).map((arg, i) => `${arg} => ${fn.types?.[i]}`).join(", ")})`,
      )
      .join(", ")}`;
    throw new ApiError(
      300,
      "PGRST203",
      message,
      null,
      "Try renaming the parameters or the function itself in the database so function overloading can be resolved",
    );
  }
  if (found.length === 0) {
    const how =
      given.length > 0
        ? `with parameter${given.length > 1 ? "s" : ""} ${given.join(", ")} or with a single unnamed json/jsonb parameter`
        : "without parameters";
    throw new ApiError(
      404,
      "PGRST202",
      `Could not find the function ${shown}${given.length === 0 ? " without parameters" : ""} in the schema cache`,
      `Searched for the function public.${name} ${how}, but no matches were found in the schema cache.`,
    );
  }
  return found[0]!;
}

/** Calls it. Returns the answer as JSON text, `undefined` for `void`. */
export async function callFunction(
  tx: Query,
  name: string,
  fn: RpcFunction,
  given: string[],
  argumentsJson: string,
): Promise<string | undefined> {
  const columns = given.map((arg) => `${identifier(arg)} ${fn.types![fn.names!.indexOf(arg)]}`);
  const passed = given.map((arg) => `${identifier(arg)} => a.${identifier(arg)}`);
  const call = `"public".${identifier(name)}(${passed.join(", ")})`;
  const from = given.length > 0 ? `json_to_record($1::text::json) as a (${columns.join(", ")})` : "";
  const params = given.length > 0 ? [argumentsJson] : [];
  if (fn.set) {
    const rows = `select r from ${from ? `${from}, ` : ""}${call} as r`;
    const [row] = await tx.query<{ body: string }>(
      `select coalesce(json_agg(r), '[]')::text as body from (${rows}) as s`,
      params,
    );
    return row!.body;
  }
  if (fn.kind === "void") {
    await tx.query(`select ${call} ${from ? `from ${from}` : ""}`, params);
    return undefined;
  }
  const [row] = await tx.query<{ body: string | null }>(
    `select to_json(${call})::text as body ${from ? `from ${from}` : ""}`,
    params,
  );
  return row!.body ?? "null";
}

import type { Query } from "../local/database/sql.ts";
import type { Check } from "./check.ts";
import { openFromSql, using } from "./databases.ts";

/** Functions of ours: in the schema frontrow, or named frontrow_… in public. */
const OURS = `(n.nspname = 'frontrow' or (n.nspname = 'public' and p.proname like 'frontrow%'))`;

/** Rule → a query whose every row (`name`) breaks it. */
const RULES: Record<string, string> = {
  "a function must set search_path": `
    select p.oid::regprocedure::text as name from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where ${OURS} and not exists (select from unnest(p.proconfig) as s where s like 'search\\_path=%')`,
  "a function must have a comment": `
    select p.oid::regprocedure::text as name from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where ${OURS} and obj_description(p.oid, 'pg_proc') is null`,
  "a function of the schema frontrow, and a definer function anywhere, must not be executable by public, anon or authenticated": `
    select p.oid::regprocedure || ' by ' || coalesce(nullif(a.grantee, 0)::regrole::text, 'public') as name
    from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
    where ${OURS} and (n.nspname = 'frontrow' or p.prosecdef) and a.privilege_type = 'EXECUTE'
      and (a.grantee = 0 or a.grantee in ('anon'::regrole, 'authenticated'::regrole))`,
  "a door must be open to service_role": `
    select p.oid::regprocedure::text as name from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = 'public' and p.proname like 'frontrow%' and not has_function_privilege('service_role', p.oid, 'execute')`,
  "a table, view or sequence must have a comment": `
    select c.oid::regclass::text as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where (n.nspname = 'frontrow' or (n.nspname = 'public' and c.relname like 'frontrow%')) and c.relkind in ('r', 'p', 'v', 'm', 'S')
      and obj_description(c.oid, 'pg_class') is null
      and not exists (select from pg_depend as d where d.objid = c.oid and d.deptype in ('i', 'a'))`,
  "the schema must have a comment": `
    select nspname::text as name from pg_namespace where nspname = 'frontrow' and obj_description(oid, 'pg_namespace') is null`,
  "a type must have a comment": `
    select t.oid::regtype::text as name from pg_type as t join pg_namespace as n on n.oid = t.typnamespace
    left join pg_class as c on c.oid = t.typrelid
    where n.nspname = 'frontrow' and (t.typtype in ('e', 'd') or c.relkind = 'c')
      and obj_description(t.oid, 'pg_type') is null and obj_description(c.oid, 'pg_class') is null`,
  "a trigger of ours must have a comment": `
    select t.tgname || ' on ' || t.tgrelid::regclass as name from pg_trigger as t join pg_proc as p on p.oid = t.tgfoid
    join pg_namespace as n on n.oid = p.pronamespace
    where not t.tgisinternal and n.nspname = 'frontrow' and obj_description(t.oid, 'pg_trigger') is null`,
  "a table must have row level security": `
    select c.oid::regclass::text as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where (n.nspname = 'frontrow' or (n.nspname = 'public' and c.relname like 'frontrow%')) and c.relkind in ('r', 'p') and not c.relrowsecurity`,
  "a table or view must not be open to public, anon or authenticated": `
    select c.oid::regclass || ' ' || a.privilege_type || ' to ' || coalesce(nullif(a.grantee, 0)::regrole::text, 'public') as name
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) as a
    where (n.nspname = 'frontrow' or (n.nspname = 'public' and c.relname like 'frontrow%'))
      and (a.grantee = 0 or a.grantee in ('anon'::regrole, 'authenticated'::regrole))`,
  "a view must run as its caller (security_invoker)": `
    select c.oid::regclass::text as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where (n.nspname = 'frontrow' or (n.nspname = 'public' and c.relname like 'frontrow%')) and c.relkind = 'v'
      and not coalesce(c.reloptions @> array['security_invoker=true'] or c.reloptions @> array['security_invoker=on'], false)`,
  "a table must have a primary key": `
    select c.oid::regclass::text as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = 'frontrow' and c.relkind in ('r', 'p') and not exists (select from pg_constraint as k where k.conrelid = c.oid and k.contype = 'p')`,
};

/** What in the database breaks a house rule, one line each. */
export async function brokenRules(sql: Query): Promise<string[]> {
  const broken: string[] = [];
  for (const [rule, query] of Object.entries(RULES)) {
    for (const { name } of await sql.query<{ name: string }>(`${query} order by 1`))
      broken.push(`${name}: ${rule}`);
  }
  return broken;
}

export const sqlRulesCheck: Check = { name: "sql-rules", run: () => using(openFromSql(), brokenRules) };

import type { Query } from "../local/database/sql.ts";

/** Everything of ours in a database, by name: `"function frontrow.claim(request jsonb)"` → its definition. */
export type Catalogue = Map<string, string>;

/** Reads the schema `frontrow`, our doors in `public`, and what we hang on other schemas. Names no oid, so two databases compare. */
export async function readCatalogue(sql: Query): Promise<Catalogue> {
  const entries = await sql.query<{ name: string; definition: string }>(CATALOGUE);
  return new Map(entries.map(({ name, definition }) => [name, definition]));
}

/** What differs, one line each; empty when both are the same. */
export function compareCatalogues(
  left: Catalogue,
  right: Catalogue,
  names: { left: string; right: string },
): string[] {
  const differences: string[] = [];
  for (const [name, definition] of left) {
    const other = right.get(name);
    if (other === undefined) differences.push(`${name}: only in ${names.left}`);
    else if (other !== definition) differences.push(`${name}: ${firstDifference(definition, other, names)}`);
  }
  for (const name of right.keys()) if (!left.has(name)) differences.push(`${name}: only in ${names.right}`);
  return differences;
}

function firstDifference(left: string, right: string, names: { left: string; right: string }): string {
  const [lefts, rights] = [left.split("\n"), right.split("\n")];
  const at = lefts.findIndex((line, index) => line !== rights[index]);
  const line = at < 0 ? lefts.length : at;
  const show = (text: string | undefined) => (text === undefined ? "nothing" : `"${text.trim()}"`);
  return `${names.left} has ${show(lefts[line])}, ${names.right} has ${show(rights[line])}`;
}

const acl = (column: string) =>
  `coalesce((select string_agg(a::text, ', ' order by a::text) from unnest(${column}) as a), 'default')`;

/** Ours: the schema frontrow, and what is named frontrow_… in public. */
const CATALOGUE = `
with
  ours as (
    select c.* from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where (n.nspname = 'frontrow' or (n.nspname = 'public' and c.relname like 'frontrow%'))
      and not exists (select from pg_depend as d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
  ),
  functions as (
    select p.* from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where n.nspname = 'frontrow' or (n.nspname = 'public' and p.proname like 'frontrow%')
  )
select 'schema ' || nspname as name,
  concat_ws(E'\\n', 'owner ' || nspowner::regrole, 'grants ' || ${acl("nspacl")}, obj_description(oid, 'pg_namespace')) as definition
from pg_namespace where nspname = 'frontrow'
union all
select case relkind when 'r' then 'table' when 'v' then 'view' when 'S' then 'sequence' when 'i' then 'index'
    when 'm' then 'materialized view' when 'p' then 'partitioned table' when 'c' then 'composite type' else relkind::text end
    || ' ' || oid::regclass,
  concat_ws(E'\\n', 'owner ' || relowner::regrole, 'persistence ' || relpersistence::text, 'row security ' || relrowsecurity::text || relforcerowsecurity::text,
    'options ' || coalesce(reloptions::text, 'none'), 'grants ' || ${acl("relacl")}, 'comment ' || coalesce(obj_description(oid, 'pg_class'), 'none'),
    case when relkind = 'i' then pg_get_indexdef(oid) when relkind in ('v', 'm') then pg_get_viewdef(oid) end)
from ours
union all
select 'column ' || c.oid::regclass || '.' || a.attname,
  concat_ws(E'\\n', 'place ' || a.attnum, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
    'default ' || coalesce(pg_get_expr(d.adbin, d.adrelid), 'none'), 'identity ' || a.attidentity::text || ' generated ' || a.attgenerated::text,
    'storage ' || a.attstorage::text || ' compression ' || a.attcompression::text, 'collation ' || a.attcollation::regcollation,
    'grants ' || ${acl("a.attacl")}, 'comment ' || coalesce(col_description(c.oid, a.attnum), 'none'))
from ours as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relkind <> 'i'
union all
select 'sequence settings ' || s.seqrelid::regclass,
  concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
from pg_sequence as s where s.seqrelid in (select oid from ours)
union all
select 'constraint ' || conrelid::regclass || ' ' || conname,
  concat_ws(E'\\n', pg_get_constraintdef(oid), 'validated ' || convalidated, 'comment ' || coalesce(obj_description(oid, 'pg_constraint'), 'none'))
from pg_constraint where conrelid in (select oid from ours)
union all
select 'function ' || oid::regprocedure,
  concat_ws(E'\\n', 'owner ' || proowner::regrole, 'grants ' || ${acl("proacl")}, 'comment ' || coalesce(obj_description(oid, 'pg_proc'), 'none'),
    'settings ' || coalesce(proconfig::text, 'none'), case when prokind in ('f', 'p') then pg_get_functiondef(oid) end)
from functions
union all
select 'trigger ' || tgrelid::regclass || ' ' || tgname,
  concat_ws(E'\\n', pg_get_triggerdef(oid), 'enabled ' || tgenabled::text, 'comment ' || coalesce(obj_description(oid, 'pg_trigger'), 'none'))
from pg_trigger where not tgisinternal and (tgrelid in (select oid from ours) or tgfoid in (select oid from functions))
union all
select 'event trigger ' || evtname, concat_ws(' ', evtevent, evtfoid::regprocedure, evtenabled, evttags)
from pg_event_trigger where evtfoid in (select oid from functions)
union all
select 'policy ' || polrelid::regclass || ' ' || polname,
  concat_ws(E'\\n', polcmd::text, polpermissive::text, array(select r::regrole::text from unnest(polroles) as r order by 1)::text,
    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), 'comment ' || coalesce(obj_description(oid, 'pg_policy'), 'none'))
from pg_policy where polrelid in (select oid from ours) or polname like 'frontrow%'
union all
select 'type ' || t.oid::regtype,
  concat_ws(E'\\n', t.typtype::text, 'grants ' || ${acl("t.typacl")}, 'comment ' || coalesce(obj_description(t.oid, 'pg_type'), 'none'),
    (select string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_enum as e where e.enumtypid = t.oid),
    (select string_agg(pg_get_constraintdef(c.oid), ', ' order by c.conname) from pg_constraint as c where c.contypid = t.oid))
from pg_type as t join pg_namespace as n on n.oid = t.typnamespace
where n.nspname = 'frontrow' and t.typtype in ('e', 'd', 'r')
union all
select 'default grants ' || defaclrole::regrole || ' ' || coalesce(n.nspname, 'everywhere') || ' ' || defaclobjtype::text, ${acl("defaclacl")}
from pg_default_acl as a left join pg_namespace as n on n.oid = a.defaclnamespace
union all
select 'cron job ' || jobname, concat_ws(E'\\n', schedule, command) from cron.job
order by 1
`;

-- Apply, many at once: which items of a batch are plain. A plain item takes one new revision to the other side, which is
-- where its base is: into a `row` (or a new document into a new row), or into a `file`. No conflict, quarantine, tombstone
-- or halt has to do with it. What 70_apply.sql does for each item by itself is done for all plain ones together in
-- 71_together.sql, with the same outcome. Whatever is not surely plain is left to the slow path, which says what is wrong.

create type frontrow.plain_item as (
  place int, kind text, path text, token bigint, keys text[], current bigint, expected text, author text,
  fields jsonb, meant jsonb, written jsonb, cleared text[], body text,
  before_fields jsonb, before_body text, item jsonb
);
comment on type frontrow.plain_item is 'A plain item: its place in the batch, its kind (row, file), what is written, and what the table''s base was (before_*) and the row is (expected), null for a new one.';

create or replace function frontrow.plain_kind(item jsonb) returns text
language plpgsql immutable set search_path = '' as $$
begin
  if coalesce(item -> 'conflict', 'null') <> 'null' or coalesce(item -> 'quarantine', 'null') <> 'null'
    or coalesce((item ->> 'tombstone')::boolean, false)
    or coalesce(pg_catalog.jsonb_array_length(item -> 'revisions'), 0) <> 1 or item #>> '{revisions,0,store}' = 'merge'
    or coalesce(pg_catalog.jsonb_typeof(item #> '{bases,bucket}'), 'object') <> 'object'
    or (item #>> '{expect,revision}' is null) <> (item #>> '{expect,table}' is null)
  then
    return null;
  end if;
  return case
    when item #>> '{row,op}' = 'put' and coalesce(item -> 'object', 'null') = 'null' then 'row'
    when coalesce(item -> 'row', 'null') = 'null' and item #>> '{object,op}' = 'put'
      and item #>> '{expect,bucket}' is not null and item #>> '{bases,table,version}' = item #>> '{expect,table}'
      -- So the row is what the item says, as long as it is at that version.
      and frontrow.row_version(item #> '{bases,table,fields}', item #>> '{bases,table,body}') = item #>> '{expect,table}'
      then 'file' end;
end;
$$;
comment on function frontrow.plain_kind(jsonb) is 'Whether an item has the shape of a plain one: row, file, or null.';

-- Locks the documents, and the rows that are written, of those it answers. Never waits: who holds one of them is left to the slow path.
create or replace function frontrow.plain_items(c frontrow.collections, items jsonb) returns frontrow.plain_item[]
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  authors jsonb;
  paths text[];
  current jsonb;
  work frontrow.plain_item[];
  places int[];
begin
  -- Before the versions are checked: who changes a replica after this moves it, and the item is left out.
  select pg_catalog.jsonb_object_agg(i.path, case i.store
      when 'directory' then nullif(pg_catalog.current_setting('frontrow.caller', true), '')
      else case when a.actor <> '' then frontrow.person(a.actor) end end), pg_catalog.array_agg(i.path)
  into authors, paths
  from (
    select e.item, e.item ->> 'path' as path, e.item #>> '{revisions,0,store}' as store,
      count(*) over (partition by e.item ->> 'path') as times
    from pg_catalog.jsonb_array_elements(items) as e (item) where e.item ->> 'collection' = c.name
  ) as i
  left join lateral (
    select d.actor from frontrow.dirty as d
    where d.collection = c.name and d.path = i.path and d.store = i.store and d.actor is not null
    order by d.id desc limit 1
  ) as a on true
  where i.times = 1 and frontrow.plain_kind(i.item) is not null;
  if paths is null then
    return '{}'::frontrow.plain_item[];
  end if;
  select coalesce(pg_catalog.jsonb_object_agg(d.path, d.revision), '{}') into current
  from (select p.path from pg_catalog.unnest(paths) as p (path) order by p.path) as p
  cross join lateral (
    select x.path, x.revision from frontrow.documents as x
    where x.collection = c.name and x.path = p.path for update skip locked
  ) as d;
  with i as materialized (
    select e.item, e.place::int as place, e.item ->> 'path' as path, e.item #>> '{expect,table}' as expected,
      case when e.item #>> '{row,op}' is null then 'file' else 'row' end as kind,
      frontrow.path_keys(c, e.item ->> 'path') as keys, frontrow.as_record(c, e.item #> '{row,set}') as meant
    from pg_catalog.jsonb_array_elements(items) with ordinality as e (item, place)
    where e.item ->> 'collection' = c.name and e.item ->> 'path' = any (paths)
  ), objects as materialized (
    select o.name, o.version from frontrow.live_objects(c.bucket, paths) as o
  )
  select pg_catalog.array_agg(row(i.place, i.kind, i.path, l.token, i.keys, coalesce((current ->> i.path)::bigint, 0), i.expected,
    authors ->> i.path, i.item #> '{row,set}', i.meant,
    i.meant || case when c.body_column is not null and i.item #>> '{row,body}' is not null
        then pg_catalog.jsonb_build_object(c.body_column, i.item #>> '{row,body}') else '{}' end
      || case when i.expected is null then pg_catalog.jsonb_object(c.key_columns, i.keys) else '{}' end,
    array(select pg_catalog.jsonb_array_elements_text(i.item #> '{row,clear}')), i.item #>> '{row,body}',
    b.fields, b.body, i.item)::frontrow.plain_item order by i.place)
  into work
  from i
  cross join lateral (select x.token from frontrow.leases as x
    where x.collection = c.name and x.path = i.path and x.token = (i.item ->> 'token')::bigint
      and x.until > pg_catalog.clock_timestamp() offset 0) as l
  left join lateral (select x.path, x.version, x.fields, frontrow.base_body(x) as body from frontrow.bases as x
    where x.collection = c.name and x.path = i.path and x.store = 'table' offset 0) as b on true
  left join lateral (select x.version from frontrow.bases as x
    where x.collection = c.name and x.path = i.path and x.store = 'bucket' offset 0) as f on true
  left join objects as o on o.name = i.path
  where i.keys is not null
    and (current ->> i.path)::bigint is not distinct from (i.item #>> '{expect,revision}')::bigint
    and (current ? i.path or not exists (
      select from frontrow.documents as d where d.collection = c.name and d.path = i.path offset 0))
    and (not (i.item -> 'expect') ? 'bucket' or i.item #>> '{expect,bucket}' is not distinct from o.version)
    and case when i.kind = 'file' then f.version = i.item #>> '{expect,bucket}'
      when i.expected is null then b.path is null else b.version = i.expected and b.fields is not null end
    and not exists (select from frontrow.conflicts as x
      where x.collection = c.name and x.path = i.path and x.state = 'open' offset 0)
    and not exists (select from frontrow.halt_items as x join frontrow.halts as h on h.id = x.halt
      where h.collection = c.name and h.state <> 'closed' and x.path = i.path offset 0);
  places := frontrow.lock_rows(c, array(select w from pg_catalog.unnest(work) as w where w.kind = 'row'))
    || array(select w.place from pg_catalog.unnest(work) as w
      join frontrow.read_rows(c, array(select x.path from pg_catalog.unnest(work) as x where x.kind = 'file')) as r
        on r.path = w.path and r.version = w.expected where w.kind = 'file');
  return array(select w from pg_catalog.unnest(work) as w where w.place = any (places));
end;
$$;
comment on function frontrow.plain_items(frontrow.collections, jsonb) is 'The plain items of a batch that nothing has moved under, locked.';

-- The backfill in steps, for the sweep: a collection is walked by path (objects, documents, bases, what was set aside) and
-- then by key (rows), so that a step reads only its part. What looks different is looked at again as the whole backfill
-- does. A step's place is {by: path | key, after}: the first document after it is the next one's first.

-- The pattern without its two look-aheads, for paths that are known to be documents: matching it costs a sixth.
create or replace function frontrow.plain_pattern(c frontrow.collections) returns text
language sql immutable set search_path = '' as $$
  select '^' || pg_catalog.substr(c.pattern, pg_catalog.length(guard) + 1)
  from (select '^(?!.*\.conflict(?:\.[^./]*)?$)(?!' || frontrow.ignored_names() || ')' as guard) as g
  where pg_catalog.starts_with(c.pattern, guard)
$$;
comment on function frontrow.plain_pattern(frontrow.collections) is 'The pattern of a collection''s paths without what it refuses; null when it is built otherwise.';

-- SQL for the key values of a document's path, as path_keys has them ($1: the collection). Plain paths need no decoding,
-- and texts no checking.
create or replace function frontrow.document_keys_expression(c frontrow.collections, path text) returns text
language sql stable set search_path = '' as $$
  select case when frontrow.plain_pattern(c) is null or exists (
      select from pg_catalog.unnest(c.key_columns) as k where frontrow.sql_type(c, k) <> 'text')
    then pg_catalog.format('frontrow.path_keys($1, %s)', path)
    else pg_catalog.format('case when %1$s ~ ''^[A-Za-z0-9_/.-]+$'' then pg_catalog.regexp_match(%1$s, %2$L)
      else frontrow.path_keys($1, %1$s) end', path, frontrow.plain_pattern(c)) end
$$;
comment on function frontrow.document_keys_expression(frontrow.collections, text) is 'SQL for the key values in a document''s path; $1 is the collection.';

-- The last path of a step from here, or null when the step reaches the end.
create or replace function frontrow.path_step_end(c frontrow.collections, place text, most int) returns text
language sql stable security definer set search_path = '' as $$
  select least(case when d.count = most then d.last end, case when o.count = most * 4 then o.last end)
  from (select count(*), max(x.path) as last from (select path from frontrow.documents
      where collection = c.name and path > place order by path limit most) as x) as d,
    (select count(*), max(x.name) as last from (select name from storage.objects
      where bucket_id = c.bucket and name > place order by name limit most * 4) as x) as o
$$;
comment on function frontrow.path_step_end(frontrow.collections, text, int) is 'Where a step by path ends: after so many documents, or four times as many objects.';

-- What may differ of the paths in (first, last]; `last` null: to the end. A document's row is only looked up: what is in it
-- is compared when the rows are walked.
create or replace function frontrow.suspect_paths(c frontrow.collections, first text, last text) returns text[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  found text[];
begin
  execute pg_catalog.format($sql$
    with objects as (
      select o.name as path, coalesce(o.version, '') as version from storage.objects as o
      where o.bucket_id = $4 and o.name > $2 and ($3 is null or o.name <= $3)%1$s
    ), known as (
      select d.path, d.revision, d.deleted_at, bb.version as bucket_version, bb.revision as bucket_revision,
        bt.version as table_version, bt.revision as table_revision
      from frontrow.documents as d
      left join frontrow.bases as bb on bb.collection = $5 and bb.path = d.path and bb.store = 'bucket'
        and bb.path > $2 and ($3 is null or bb.path <= $3)
      left join frontrow.bases as bt on bt.collection = $5 and bt.path = d.path and bt.store = 'table'
        and bt.path > $2 and ($3 is null or bt.path <= $3)
      where d.collection = $5 and d.path > $2 and ($3 is null or d.path <= $3)
    ), aside as (
      select q.path, q.version, coalesce(q.retry_at > pg_catalog.now(), true) as waits from frontrow.quarantine as q
      where q.collection = $5 and q.path > $2 and ($3 is null or q.path <= $3)
    )
    select pg_catalog.array_agg(path)
    from objects as o full join known as k using (path) full join aside as q using (path)
    -- The pattern comes last, as it costs the most: CASE keeps the order.
    where case
      when q.waits and q.version in (o.version, '') then false
      when q.path is not null then true
      when k.path is null then pg_catalog.starts_with(path, %2$L) and path ~ $6
      when o.version is distinct from k.bucket_version
        or (k.deleted_at is null and (k.bucket_revision is distinct from k.revision
          or k.table_revision is distinct from k.revision))
        or (k.deleted_at is not null and (k.bucket_version is not null or k.table_version is not null))
        then path ~ $6
      when k.table_version is not null then not exists (
        select from (select %3$s as keys offset 0) as w join %4$s as r on %5$s where %6$s) and path ~ $6
      else false end
    $sql$, frontrow.live_object_condition('o'),
    case when pg_catalog.jsonb_typeof(c.tokens -> 0) = 'string' then c.tokens ->> 0 else '' end,
    frontrow.document_keys_expression(c, 'k.path'), frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'),
    frontrow.live_condition(c))
  into found using c, first, last, c.bucket, c.name, c.pattern;
  return coalesce(found, '{}');
end;
$$;
comment on function frontrow.suspect_paths(frontrow.collections, text, text) is 'The paths in (first, last] whose object, bases, quarantine or missing row ask for a closer look.';

-- The key columns in the order of a unique index over them, by which the rows can be walked.
create or replace function frontrow.walk_columns(c frontrow.collections) returns text[]
language sql stable set search_path = '' as $$
  select array(select a.attname::text from pg_catalog.unnest(i.indkey::int2[]) with ordinality as k (number, place)
    join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
    where k.place <= i.indnkeyatts order by k.place)
  from pg_catalog.pg_index as i
  where i.indrelid = c.table_id and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    and i.indnkeyatts = pg_catalog.cardinality(c.key_columns)
    and (select pg_catalog.array_agg(a.attname::text order by a.attname) from pg_catalog.pg_attribute as a
         where a.attrelid = c.table_id and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
      = (select pg_catalog.array_agg(k order by k) from pg_catalog.unnest(c.key_columns) as k)
  order by i.indisprimary desc, i.indexrelid limit 1
$$;
comment on function frontrow.walk_columns(frontrow.collections) is 'The key columns as a unique index has them.';

-- SQL for the rows r with keys in (first, last]. Rows with a null in their key have no path.
create or replace function frontrow.walk_condition(c frontrow.collections, first text, last text) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.string_agg(pg_catalog.format('r.%I is not null', w.name), ' and ' order by w.place)
    || pg_catalog.format(' and (%1$s is null or (%2$s) > (%3$s))', first,
      pg_catalog.string_agg(pg_catalog.format('r.%I', w.name), ', ' order by w.place),
      pg_catalog.string_agg(pg_catalog.format('(%s)[%s]::%s', first, w.place, frontrow.sql_type(c, w.name)), ', ' order by w.place))
    || pg_catalog.format(' and (%1$s is null or (%2$s) <= (%3$s))', last,
      pg_catalog.string_agg(pg_catalog.format('r.%I', w.name), ', ' order by w.place),
      pg_catalog.string_agg(pg_catalog.format('(%s)[%s]::%s', last, w.place, frontrow.sql_type(c, w.name)), ', ' order by w.place))
  from pg_catalog.unnest(frontrow.walk_columns(c)) with ordinality as w (name, place)
$$;
comment on function frontrow.walk_condition(frontrow.collections, text, text) is 'SQL that is true for the rows of one step by key; the bounds are SQL for arrays of key texts.';

create or replace function frontrow.key_step_end(c frontrow.collections, place text[], most int) returns text[]
language plpgsql volatile security definer set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' as $$
declare
  last text[];
begin
  execute (select pg_catalog.format('select array[%s] from %s as r where %s order by %s offset %s limit 1',
      pg_catalog.string_agg(pg_catalog.format('r.%I::text', w.name), ', ' order by w.place), frontrow.qualified_table(c),
      frontrow.walk_condition(c, '$1', 'null::text[]'),
      pg_catalog.string_agg(pg_catalog.format('r.%I', w.name), ', ' order by w.place), most - 1)
    from pg_catalog.unnest(frontrow.walk_columns(c)) with ordinality as w (name, place)) into last using place;
  return last;
end;
$$;
comment on function frontrow.key_step_end(frontrow.collections, text[], int) is 'The last key of a step from here, or null when the step reaches the end.';

-- What may differ of the rows with keys in (first, last].
create or replace function frontrow.suspect_rows(c frontrow.collections, first text[], last text[]) returns text[]
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  found text[];
begin
  execute pg_catalog.format($sql$
    select pg_catalog.array_agg(p.path)
    from %1$s as r
    cross join lateral (select %2$s as path offset 0) as p
    left join lateral (
      select true as is_known, (select b.version from frontrow.bases as b
        where b.collection = $3 and b.path = p.path and b.store = 'table') as version
      from frontrow.documents as d where d.collection = $3 and d.path = p.path offset 0) as k on true
    where %3$s and %4$s and p.path is not null and (k.is_known or $4 <> 'files-to-rows')
      and k.version is distinct from frontrow.row_version(%5$s, %6$s)
    $sql$, frontrow.qualified_table(c), frontrow.path_expression(c, 'r'), frontrow.walk_condition(c, '$1', '$2'),
    frontrow.live_condition(c), frontrow.fields_expression(c), frontrow.body_expression(c))
  into found using first, last, c.name, c.policies ->> 'direction';
  return coalesce(found, '{}');
end;
$$;
comment on function frontrow.suspect_rows(frontrow.collections, text[], text[]) is 'The paths of the rows in (first, last] that are not at their base''s version.';

-- One step of the walk: {marked, next}; `next` null: the collection was walked to its end. A step that fails, or takes too
-- long, must not be tried for ever: it is passed over, and met again in the next round.
create or replace function frontrow.walk(c frontrow.collections, place jsonb, most int) returns jsonb
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  is_by_key boolean := coalesce(place ->> 'by' = 'key', false);
  first text := coalesce(place ->> 'after', '');
  first_keys text[];
  last text;
  last_keys text[];
  next jsonb;
  marked int := 0;
begin
  if not frontrow.is_as_registered(c) then
    return '{"marked": 0, "next": null}'::jsonb;
  end if;
  begin
    if is_by_key then
      if place ? 'after' then
        first_keys := array(select pg_catalog.jsonb_array_elements_text(place -> 'after'));
      end if;
      last_keys := frontrow.key_step_end(c, first_keys, most);
      next := case when last_keys is not null then pg_catalog.jsonb_build_object('by', 'key', 'after', last_keys) end;
      marked := frontrow.mark_differing(c, frontrow.suspect_rows(c, first_keys, last_keys));
    else
      last := frontrow.path_step_end(c, first, most);
      next := case when last is null then '{"by": "key"}' else pg_catalog.jsonb_build_object('by', 'path', 'after', last) end;
      marked := frontrow.mark_differing(c, frontrow.suspect_paths(c, first, last));
    end if;
  exception
    when query_canceled then
      raise warning 'frontrow: a step of the backfill of "%" took too long', c.name;
    when others then
      raise warning 'frontrow: a step of the backfill of "%" failed: %', c.name, sqlerrm;
  end;
  return pg_catalog.jsonb_build_object('marked', marked, 'next', next);
end;
$$;
comment on function frontrow.walk(frontrow.collections, jsonb, int) is 'Marks what differs in one step of so many documents or rows. {by, after} → {marked, next}.';

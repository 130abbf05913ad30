-- Anti-entropy: what no trigger saw. Set operations in SQL over versions and hashes, never timestamps.

-- The statement that marks what differs: among everything, or among some paths ($4). Matching a path costs more than all
-- the rest together, so the pattern is asked only about what differs.
create or replace function frontrow.differences_statement(c frontrow.collections, is_everything boolean) returns text
language sql stable set search_path = '' as $fn$
  select pg_catalog.format($sql$
    with objects as (%1$s), replicas as materialized (%2$s), known as (
      select d.path, d.revision, d.deleted_at, bb.version as bucket_version, bb.revision as bucket_revision,
        bt.version as table_version, bt.revision as table_revision
      from frontrow.documents as d
      left join frontrow.bases as bb on bb.collection = $1 and bb.path = d.path and bb.store = 'bucket'
        and ($4 is null or bb.path = any ($4))
      left join frontrow.bases as bt on bt.collection = $1 and bt.path = d.path and bt.store = 'table'
        and ($4 is null or bt.path = any ($4))
      where d.collection = $1 and ($4 is null or d.path = any ($4))
    ), aside as (
      select q.path, q.version, coalesce(q.retry_at > pg_catalog.now(), true) as waits from frontrow.quarantine as q
      where q.collection = $1 and ($4 is null or q.path = any ($4))
    ), suspects as materialized (
      select path, o.version as object_version, r.version as row_version, k.revision is null as is_unknown,
        (k.bucket_version is not null and o.version is null) as object_gone,
        (k.table_version is not null and r.version is null) as row_gone,
        q.path is not null as is_aside, coalesce(q.waits and q.version in (o.version, r.version, ''), false) as is_waiting
      from objects as o full join replicas as r using (path) full join known as k using (path)
      full join aside as q using (path)
      where o.version is distinct from k.bucket_version or r.version is distinct from k.table_version
        or (k.deleted_at is null and (k.bucket_revision is distinct from k.revision
          or k.table_revision is distinct from k.revision))
        or (k.deleted_at is not null and (k.bucket_version is not null or k.table_version is not null))
        -- What was set aside and is nowhere any more is nobody's concern: one more look forgets it.
        or (q.path is not null and o.version is null and r.version is null)
    ), differing as (
      select * from suspects as s
      where (not s.is_waiting or (s.is_aside and s.object_version is null and s.row_version is null)) and s.path ~ $3
      union all
      -- Of a path that is not the collection's any more, only that it was set aside matters.
      select s.path, null, null, true, false, false, true, false from suspects as s where s.is_aside and s.path !~ $3
    )
    insert into frontrow.dirty (collection, path, store, gone)
    select $1, f.path, case when f.row_gone and not f.object_gone then 'table' else 'bucket' end, f.object_gone or f.row_gone
    from differing as f
    -- What a one-way collection never takes over is nobody's difference.
    where not (f.is_unknown and (f.object_version is null and $5 = 'files-to-rows'
        or f.row_version is null and $5 = 'rows-to-files'))
      and not exists (select from frontrow.dirty as d where d.collection = $1 and d.path = f.path)
      and not exists (select from frontrow.conflicts as k where k.collection = $1 and k.path = f.path and k.state = 'open'
        and k.decision is null and k.bucket_version is not distinct from f.object_version
        and k.table_version is not distinct from f.row_version)
      and not exists (select from frontrow.halts as h join frontrow.halt_items as i on i.halt = h.id
        where h.collection = $1 and h.state = 'open' and i.path = f.path and (f.object_gone or f.row_gone
          -- What is held stays different until a person has looked: a parked document, the file of one already deleted.
          or (i.evidence ->> 'bucket' is not distinct from f.object_version
            and i.evidence ->> 'table' is not distinct from f.row_version)))
    $sql$,
    case when is_everything then pg_catalog.format($sql$
      select o.name as path, coalesce(o.version, '') as version from storage.objects as o where o.bucket_id = $2%s
      $sql$, frontrow.live_object_condition('o'))
    else 'select o.name as path, o.version from frontrow.live_objects($2, $4) as o' end,
    case when is_everything then pg_catalog.format($sql$
      select p.path, frontrow.row_version(%s, %s) as version
      from %s as r cross join lateral (select %s as path offset 0) as p where %s and p.path is not null
      $sql$, frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.qualified_table(c),
      frontrow.path_expression(c, 'r'), frontrow.live_condition(c))
    else 'select r.path, r.version from frontrow.read_rows($6, $4) as r' end)
$fn$;
comment on function frontrow.differences_statement(frontrow.collections, boolean) is 'SQL that marks what differs. $1 collection, $2 bucket, $3 pattern, $4 paths or null, $5 direction, $6 the collection''s row.';

-- Marks every document dirty whose replicas or base differ.
-- After a bulk load there are no statistics yet, and joining in loops would take 5,000 documents seconds: never in loops.
-- What is forbidden counts as dear, and so does a long CASE: compiling the plan would take longer than carrying it out.
create or replace function frontrow.mark_differences(c frontrow.collections) returns int
language plpgsql volatile security definer
set search_path = '' set enable_nestloop = off set work_mem = '32MB' set jit = off
  set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  marked int;
begin
  if not frontrow.is_as_registered(c) then
    return 0;
  end if;
  execute frontrow.differences_statement(c, true) using c.name, c.bucket, c.pattern, null::text[], c.policies ->> 'direction', c;
  get diagnostics marked = row_count;
  return marked;
end;
$$;
comment on function frontrow.mark_differences(frontrow.collections) is 'Compares all objects, rows and bases of a collection and marks what differs dirty; answers how many.';

-- The same, of some documents only, by look-ups.
create or replace function frontrow.mark_differing(c frontrow.collections, paths text[]) returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
begin
  if pg_catalog.cardinality(paths) = 0 then
    return 0;
  end if;
  execute frontrow.differences_statement(c, false) using c.name, c.bucket, c.pattern, paths, c.policies ->> 'direction', c;
  get diagnostics marked = row_count;
  return marked;
end;
$$;
comment on function frontrow.mark_differing(frontrow.collections, text[]) is 'Marks those of the named documents dirty that differ; answers how many.';

-- A collection-level event (TRUNCATE) says only that anything may have changed.
create or replace function frontrow.expand_collection_events(names text[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
begin
  for c in
    with events as (
      delete from frontrow.dirty where path = '' and collection = any (names) returning collection
    ) select k.* from frontrow.collections as k where k.name in (select collection from events)
  loop
    perform frontrow.mark_differences(c);
  end loop;
end;
$$;
comment on function frontrow.expand_collection_events(text[]) is 'Turns collection-level events into the keys that really differ.';

-- The first full pass, or one on demand. full: every known document is looked at again, whatever the versions say.
create or replace function frontrow.backfill(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  marked int := 0;
  more int;
begin
  perform frontrow.check_protocol(request);
  for c in select * from frontrow.collections
    where request ->> 'collection' is null or name = request ->> 'collection'
  loop
    marked := marked + frontrow.mark_differences(c);
    if coalesce((request ->> 'full')::boolean, false) or request ->> 'hours' is not null then
      insert into frontrow.dirty (collection, path, store)
      select c.name, all_paths.path, 'bucket' from (
        select d.path from frontrow.documents as d where d.collection = c.name
          and (coalesce((request ->> 'full')::boolean, false)
            or d.updated_at > pg_catalog.now() - pg_catalog.make_interval(hours => (request ->> 'hours')::int))
        union
        select q.path from frontrow.quarantine as q where q.collection = c.name
      ) as all_paths
      where not exists (select from frontrow.dirty as d where d.collection = c.name and d.path = all_paths.path);
      get diagnostics more = row_count;
      marked := marked + more;
    end if;
  end loop;
  return pg_catalog.jsonb_build_object('marked', marked);
end;
$$;
comment on function frontrow.backfill(jsonb) is 'Marks everything that differs dirty. {collection?, full?, hours?} → {marked}.';

-- What a backfill would look at, read but not leased: everything it did is rolled back before it answers.
create or replace function frontrow.preview(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  names text[];
  collection_name text;
  paths text[];
  documents jsonb;
  items jsonb := '[]'::jsonb;
begin
  perform frontrow.check_protocol(request);
  begin
    names := frontrow.usable_collections(request -> 'digests');
    perform frontrow.backfill(request);
    perform frontrow.expand_collection_events(names);
    foreach collection_name in array names loop
      continue when request ->> 'collection' is not null and collection_name <> request ->> 'collection';
      paths := array(select distinct d.path from frontrow.dirty as d where d.collection = collection_name
        order by d.path limit (request ->> 'limit')::int);
      documents := frontrow.read_documents(collection_name, paths);
      select items || coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', collection_name,
        'path', p, 'token', '0', 'attempts', 0) || (documents -> p)), '[]')
      into items from pg_catalog.unnest(paths) as p;
    end loop;
    raise exception 'rolled back on purpose' using errcode = 'FR000';
  exception when sqlstate 'FR000' then
    null;
  end;
  return pg_catalog.jsonb_build_object('items', items);
end;
$$;
comment on function frontrow.preview(jsonb) is 'The documents a backfill would look at; changes nothing. {collection?, full?, hours?, limit, digests}.';

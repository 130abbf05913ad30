-- The valve: the brake on mass deletion. The rule itself is also in shared/reconcile/valve.ts; both pass the same vectors.

create or replace function frontrow.valve_trips(
  live int, deleting int, recent int, remaining int, share numeric, at_least int
) returns boolean
language sql immutable parallel safe set search_path = '' as $$
  select deleting > 0 and (deleting + recent > greatest(at_least, share * live) or (remaining <= 0 and live >= 3))
$$;
comment on function frontrow.valve_trips(int, int, int, int, numeric, int) is 'Whether so many deletions need a person. live: alive before any of those counted; remaining: after them.';

-- As live_objects says it, but to_jsonb of every object takes longer than all the rest.
create or replace function frontrow.live_object_condition(alias text) returns text
language sql stable set search_path = '' as $$
  select coalesce(pg_catalog.string_agg(pg_catalog.format(
    case a.attname when 'archived_at' then ' and %I.archived_at is null' else ' and %I.is_delete_marker is not true' end, alias), ''), '')
  from pg_catalog.pg_attribute as a where a.attrelid = 'storage.objects'::regclass
    and a.attname in ('archived_at', 'is_delete_marker') and not a.attisdropped
$$;
comment on function frontrow.live_object_condition(text) is 'SQL that goes on after a condition on storage.objects: neither archived nor a delete marker.';

-- What a side lost, whether or not a trigger saw it: documents whose object is gone, and rows fewer than were agreed on.
-- A side whose absences are given back, not followed, loses nothing.
create or replace function frontrow.count_gone(c frontrow.collections)
returns table (files int, "rows" int)
language plpgsql volatile security definer set search_path = '' set enable_nestloop = off set jit = off as $$
begin
  execute pg_catalog.format($sql$
    with known as (
      select bb.path is not null as had_file, bt.path is not null as had_row, o.name is null as has_none
      from frontrow.documents as d
      left join frontrow.bases as bb on bb.collection = $1 and bb.path = d.path and bb.store = 'bucket'
      left join frontrow.bases as bt on bt.collection = $1 and bt.path = d.path and bt.store = 'table'
      left join (select x.name from storage.objects as x where x.bucket_id = $2%3$s) as o on o.name = d.path
      where d.collection = $1 and d.deleted_at is null and ($5 or d.path ~ $3)
        and not exists (select from frontrow.conflicts as k where k.collection = $1 and k.path = d.path and k.state = 'open')
        and not exists (select from frontrow.quarantine as q where q.collection = $1 and q.path = d.path)
        and not exists (select from frontrow.halt_items as i join frontrow.halts as h on h.id = i.halt
          where h.collection = $1 and h.state <> 'closed' and i.path = d.path and i.confirmed)
    )
    select case when $4 = 'rows-to-files' then 0 else count(*) filter (where had_file and has_none) end::int,
      case when $4 = 'files-to-rows' then 0
        else greatest(count(*) filter (where had_row) - (select count(*) from %1$s as r where %2$s), 0) end::int
    from known$sql$, frontrow.qualified_table(c), frontrow.live_condition(c), frontrow.live_object_condition('x'))
  into files, "rows"
  -- Only another scope before leaves paths that are no longer the collection's.
  using c.name, c.bucket, c.pattern, c.policies ->> 'direction',
    not exists (select from frontrow.halts as h where h.collection = c.name and h.kind = 'scope-changed');
  return next;
end;
$$;
comment on function frontrow.count_gone(frontrow.collections) is 'How many documents'' files and rows are gone now, by looking at both sides.';

-- Why nothing may be deleted whatever the numbers are: a side that cannot be seen, or a sentinel that is not on both.
create or replace function frontrow.blind_cause(c frontrow.collections, document_path text) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  sentinel text := c.policies #>> '{valve,sentinel}';
begin
  return case
    when pg_catalog.row_security_active('storage.objects'::regclass) or pg_catalog.row_security_active(c.table_id)
      then 'hidden-by-row-security'
    when not exists (select from storage.buckets as b where b.id = c.bucket) then 'bucket-missing'
    when sentinel = document_path then 'sentinel-deleted'
    when sentinel is not null and not (exists (select from frontrow.live_objects(c.bucket, array[sentinel]))
      and exists (select from frontrow.read_rows(c, array[sentinel]))) then 'sentinel-missing'
  end;
end;
$$;
comment on function frontrow.blind_cause(frontrow.collections, text) is 'Why no deletion can be believed now, or null.';

-- Whether some documents, picked at random, are all where they were agreed to be. False where too few could be picked.
create or replace function frontrow.is_sample_whole(c frontrow.collections) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  pages bigint := greatest(pg_catalog.pg_relation_size('frontrow.documents'::regclass) / 8192, 1);
  sample text[] := array(
    select d.path from frontrow.documents as d tablesample system (least(100, 2000.0 / pages))
    where d.collection = c.name and d.deleted_at is null and not exists (
      select from frontrow.dirty as s where s.collection = c.name and s.path = d.path)
    order by pg_catalog.random() limit 40);
begin
  return pg_catalog.cardinality(sample) >= 30 and not exists (
    select from frontrow.bases as b
    left join frontrow.live_objects(c.bucket, sample) as o on b.store = 'bucket' and o.name = b.path
    left join frontrow.read_rows(c, sample) as r on b.store = 'table' and r.path = b.path
    where b.collection = c.name and b.path = any (sample) and o.name is null and r.path is null);
end;
$$;
comment on function frontrow.is_sample_whole(frontrow.collections) is 'Whether a random sample of a collection has both replicas of each document.';

-- What speaks for a mass deletion. Looking at all of both sides costs a scan: a deletion that a trigger saw is believed
-- where a sample is whole, unless the collection is small. What no trigger saw is never believed without.
create or replace function frontrow.look_for_losses(c frontrow.collections, was_seen boolean, recent int) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  confirmed text[] := array(select i.path from frontrow.halts as h join frontrow.halt_items as i on i.halt = h.id
    where h.collection = c.name and h.state <> 'closed' and i.confirmed);
  pending int;
  result jsonb;
begin
  select count(distinct d.path) into pending from frontrow.dirty as d
  join frontrow.documents as o on o.collection = d.collection and o.path = d.path and o.deleted_at is null
  where d.collection = c.name and d.gone and not d.path = any (confirmed);
  if was_seen and (select count(*) from (select from frontrow.documents where collection = c.name limit 501) as few) > 500
    and frontrow.is_sample_whole(c)
  then
    return pg_catalog.jsonb_build_object('pending', pending, 'is_sampled', true);
  end if;
  select pg_catalog.jsonb_build_object('pending', pending, 'is_sampled', false,
    'files', g.files, 'rows', g.rows, 'most', greatest(g.files, g.rows) + recent) into result from frontrow.count_gone(c) as g;
  return result;
end;
$$;
comment on function frontrow.look_for_losses(frontrow.collections, boolean, int) is 'How many deletions are signalled, and how many documents each side has lost.';

-- Whether the engine may carry out a deletion of this document now. If not, the document is noted in an open halt.
-- `versions`: {bucket, table}, the replicas it was decided on.
create or replace function frontrow.may_delete(c frontrow.collections, document_path text, missing_in text, versions jsonb)
returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  share numeric := (c.policies #>> '{valve,share}')::numeric;
  scope text := pg_catalog.format('%s %s', pg_catalog.pg_current_xact_id(), c.name);
  live int;
  pending int;
  recent int;
  lost jsonb := nullif(pg_catalog.current_setting('frontrow.lost', true), '')::jsonb;
  signal record;
  cause text;
  blocking frontrow.halts;
begin
  if exists (
    select from frontrow.halts as h join frontrow.halt_items as i on i.halt = h.id
    where h.collection = c.name and h.state <> 'closed' and i.path = document_path and i.confirmed
      and i.evidence @> versions
  ) then
    return true;
  end if;
  select * into blocking from frontrow.halts
  where collection = c.name and state = 'open' and kind in ('deletions', 'scope-changed') order by id limit 1;
  if blocking.id is not null then
    perform frontrow.hold(c.name, blocking.kind, document_path, missing_in, blocking.reason, blocking.evidence, versions);
    return false;
  end if;
  -- One count at a time per collection, so that two workers cannot each stay under the limit.
  perform pg_catalog.pg_advisory_xact_lock(470212, pg_catalog.hashtext(c.name));
  cause := frontrow.blind_cause(c, document_path);
  select count(*) into recent from frontrow.documents
  where collection = c.name and deleted_at > greatest(pg_catalog.now() - interval '10 minutes', (
    -- What a person confirmed does not count against what comes after.
    select max(closed_at) from frontrow.halts where collection = c.name and kind = 'deletions'));
  select coalesce(pg_catalog.bool_or(d.gone), false) as is_counted,
    coalesce(pg_catalog.bool_or(d.gone and d.store = missing_in and d.actor is not null), false) as was_seen into signal
  from frontrow.dirty as d where d.collection = c.name and d.path = document_path;
  -- Once per transaction, as each deletion only moves one from pending, or lost, to recent.
  if lost ->> 'of' is distinct from scope or ((lost ->> 'is_sampled')::boolean and not signal.was_seen) then
    lost := frontrow.look_for_losses(c, signal.was_seen, recent) || pg_catalog.jsonb_build_object('of', scope);
  end if;
  pending := greatest((lost ->> 'pending')::int, 1, (lost ->> 'most')::int - recent);
  -- More than this many alive make no difference.
  select count(*) into live from (select from frontrow.documents where collection = c.name and deleted_at is null
    limit greatest(3, pending + 1, pg_catalog.ceil((pending + recent) / nullif(share, 0)) - recent)) as counted;
  if cause is null and not frontrow.valve_trips(live + recent, pending, recent, live - pending,
    share, (c.policies #>> '{valve,atLeast}')::int)
  then
    perform pg_catalog.set_config('frontrow.lost', (lost || pg_catalog.jsonb_build_object('pending',
      greatest((lost ->> 'pending')::int - signal.is_counted::int, 0)))::text, true);
    return true;
  end if;
  select count(*) into live from frontrow.documents where collection = c.name and deleted_at is null;
  cause := coalesce(cause, case when live > pending then 'many'
    when (lost ->> 'rows')::int >= live then 'table-empty' when (lost ->> 'files')::int >= live then 'bucket-empty'
    else 'all' end);
  perform frontrow.hold(c.name, 'deletions', document_path, missing_in, frontrow.deletion_reason(c, cause, pending, live),
    pg_catalog.jsonb_build_object('cause', cause, 'live', live, 'pending', pending, 'recent', recent,
      'files_gone', lost -> 'files', 'rows_gone', lost -> 'rows', 'sentinel', c.policies #> '{valve,sentinel}',
      'paths', (select pg_catalog.jsonb_agg(p.path order by p.path) from (
        select document_path as path union
        select d.path from frontrow.dirty as d where d.collection = c.name and d.gone order by 1 limit 20) as p)), versions);
  return false;
end;
$$;
comment on function frontrow.may_delete(frontrow.collections, text, text, jsonb) is 'The valve''s answer for one deletion; a refusal is recorded in a halt.';

create or replace function frontrow.deletion_reason(c frontrow.collections, cause text, pending int, live int) returns text
language sql immutable set search_path = '' as $$
  select case cause
    when 'hidden-by-row-security' then pg_catalog.format('row level security hides parts of %s or of the bucket from Frontrow',
      frontrow.qualified_table(c))
    when 'bucket-missing' then pg_catalog.format('the bucket "%s" is not there', c.bucket)
    when 'sentinel-deleted' then pg_catalog.format('the sentinel %s is to be deleted', c.policies #>> '{valve,sentinel}')
    when 'sentinel-missing' then pg_catalog.format('the sentinel %s is not on both sides', c.policies #>> '{valve,sentinel}')
    else pg_catalog.format('%s of %s documents of "%s" are gone from one side', pending, live, c.name) end
    || ': nothing is deleted until a person confirms'
$$;
comment on function frontrow.deletion_reason(frontrow.collections, text, int, int) is 'What a halt of kind deletions says.';

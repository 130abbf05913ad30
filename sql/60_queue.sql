-- The queue: claim dirty keys under a lease with a fencing token, complete exactly what was seen, fail with back-off.

-- Keys that may be claimed now, oldest signal first. A patient worker leaves a document that is being written again and
-- again until that pauses for 50 ms, or for 1.8 s: one write on the other side then stands for all of them.
create or replace function frontrow.claimable(names text[], most int, is_alone boolean, is_patient boolean)
returns table (collection text, path text)
language plpgsql volatile set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  select d.collection, d.path from (
    select d.id, d.collection, d.path, d.at from frontrow.dirty as d
    where d.collection = any (names) and d.path <> '' and not exists (
      select from frontrow.leases as l where l.collection = d.collection and l.path = d.path and (
        l.until > pg_catalog.clock_timestamp() or l.not_before > pg_catalog.clock_timestamp()
        or (l.attempts >= 2) <> is_alone) offset 0
    ) and (not is_alone or exists (
      select from frontrow.leases as l where l.collection = d.collection and l.path = d.path offset 0))
    order by d.id limit most * 8 for update of d skip locked
  ) as d
  group by d.collection, d.path
  having not is_patient or count(*) < 3 or max(d.at) < pg_catalog.clock_timestamp() - interval '50 milliseconds'
    or min(d.at) < pg_catalog.clock_timestamp() - interval '1.8 seconds'
  order by min(d.id) limit most;
end;
$$;
comment on function frontrow.claimable(text[], int, boolean, boolean) is 'Due keys; alone: those that failed twice and are tried by themselves.';

-- Leases the wanted keys and answers those that were got. A lease that ran out while its holder is in the middle of
-- completing it is locked: it is left alone, as waiting for it with its signals locked would be half of a deadlock.
create or replace function frontrow.take_leases(worker_name text, lease interval, wanted jsonb)
returns table (collection text, path text, token bigint, attempts int, seen bigint[])
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  with w as materialized (
    select * from pg_catalog.jsonb_to_recordset(wanted) as k (collection text, path text)
  ), untouched as materialized (
    select h.collection, h.path from w cross join lateral (
      select l.collection, l.path from frontrow.leases as l
      where l.collection = w.collection and l.path = w.path for update skip locked) as h
  )
  insert into frontrow.leases as l (collection, path, worker, token, until, attempts, seen)
  select w.collection, w.path, worker_name, pg_catalog.nextval('frontrow.fence'),
    pg_catalog.clock_timestamp() + lease, 1,
    array(select d.id from frontrow.dirty as d where d.collection = w.collection and d.path = w.path)
  from w
  where exists (select from untouched as u where u.collection = w.collection and u.path = w.path)
    or not exists (select from frontrow.leases as h where h.collection = w.collection and h.path = w.path offset 0)
  order by w.collection, w.path
  on conflict (collection, path) do update
    set worker = excluded.worker, token = excluded.token, until = excluded.until, attempts = l.attempts + 1,
      seen = excluded.seen
    where l.until <= pg_catalog.clock_timestamp() and l.not_before <= pg_catalog.clock_timestamp()
  returning l.collection, l.path, l.token, l.attempts, l.seen;
end;
$$;
comment on function frontrow.take_leases(text, interval, jsonb) is 'Takes the leases that are free; attempts are counted here, so that a crash counts.';

-- Collections this worker may touch: registered from the same config, with the table still as it was registered.
-- The worker names both, since it types values by the columns it was told of.
create or replace function frontrow.usable_collections(digests jsonb) returns text[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  usable text[] := '{}'::text[];
begin
  for c in select * from frontrow.collections where digests ->> name = digest || ':' || fingerprint loop
    if frontrow.check_table(c) then
      usable := usable || c.name;
    end if;
  end loop;
  return usable;
end;
$$;
comment on function frontrow.usable_collections(jsonb) is 'The collections whose config and table are what both sides think.';

-- Cuts a claim where the texts and objects it would bring outgrow a worker's memory; the first document always stays.
create or replace function frontrow.within_bytes(wanted jsonb, most bigint) returns jsonb
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return (
  select coalesce(pg_catalog.jsonb_agg(w.key order by w.place), '[]')
  from (
    select k.key, k.place, sum(
      coalesce(pg_catalog.octet_length(d.text), 0) + coalesce((o.metadata ->> 'size')::bigint, 0)
    ) over (order by k.place) as bytes
    from pg_catalog.jsonb_array_elements(wanted) with ordinality as k (key, place)
    left join frontrow.collections as c on c.name = k.key ->> 'collection'
    left join lateral (
      select x.text from frontrow.documents as x where x.collection = c.name and x.path = k.key ->> 'path' offset 0
    ) as d on true
    left join lateral (
      select x.metadata from storage.objects as x where x.bucket_id = c.bucket and x.name = k.key ->> 'path' offset 0
    ) as o on true
  ) as w
  where w.place = 1 or w.bytes <= most or most is null
  );
end;
$$;
comment on function frontrow.within_bytes(jsonb, bigint) is 'As many of the wanted keys, in order, as fit into so many bytes; at least one.';

-- A worker that has run out of work waits here for more, rather than ask again and again: it sees a signal within
-- milliseconds of its commit, for a handful of requests. Before anything is written, so that nobody waits for this
-- transaction. A server that is a single process (PGlite) would serve nobody meanwhile.
create or replace function frontrow.await_work(names text[], most interval) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  deadline timestamptz := pg_catalog.clock_timestamp() + most;
begin
  if (select count(*) from pg_catalog.pg_stat_activity) = 1 then
    return;
  end if;
  while not frontrow.has_work(names) and pg_catalog.clock_timestamp() < deadline loop
    perform pg_catalog.pg_sleep(0.002);
  end loop;
end;
$$;
comment on function frontrow.await_work(text[], interval) is 'Returns when a key of these collections could be claimed, or after `most`.';
revoke execute on function frontrow.await_work(text[], interval) from public, anon, authenticated;

create or replace function frontrow.claim(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  worker_name text := request ->> 'worker';
  lease interval := pg_catalog.make_interval(secs => (request ->> 'leaseSeconds')::double precision);
  most int := (request ->> 'limit')::int;
  names text[];
  wanted jsonb;
  held record;
  held_items jsonb := '[]'::jsonb;
  collection_name text;
  documents jsonb;
  items jsonb := '[]'::jsonb;
  stranger text;
  is_patient boolean := coalesce((request ->> 'patient')::boolean, false);
begin
  perform frontrow.check_protocol(request);
  stranger := frontrow.refuse_stranger(request);
  if stranger is not null then
    return pg_catalog.jsonb_build_object('items', items, 'stranger', stranger);
  end if;
  if request ? 'wait' then
    perform frontrow.await_work(array(select pg_catalog.jsonb_object_keys(request -> 'digests')),
      least(pg_catalog.make_interval(secs => (request ->> 'wait')::double precision / 1000), interval '1 second'));
  end if;
  perform frontrow.beat((request ->> 'run')::uuid, worker_name, request ->> 'cause');
  if request ? 'paths' then
    names := frontrow.usable_collections(request -> 'digests');
    select coalesce(pg_catalog.jsonb_agg(w), '[]') into wanted from pg_catalog.jsonb_array_elements(request -> 'paths') as w
    where w ->> 'collection' = any (names);
  elsif exists (select from frontrow.dirty) then
    names := frontrow.usable_collections(request -> 'digests');
    perform frontrow.expand_collection_events(names);
    -- A key that failed twice is claimed alone, so that a crash names its culprit.
    select pg_catalog.jsonb_agg(pg_catalog.to_jsonb(k)) into wanted from frontrow.claimable(names, most, false, is_patient) as k;
    if wanted is null or pg_catalog.random() < 0.1 then
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(k)), wanted) into wanted
      from frontrow.claimable(names, 1, true, is_patient) as k;
    end if;
  end if;
  if wanted is null then
    return pg_catalog.jsonb_build_object('items', '[]'::jsonb);
  end if;
  wanted := frontrow.within_bytes(wanted, (request ->> 'maxBytes')::bigint);
  for held in select * from frontrow.take_leases(worker_name, lease, wanted) loop
    if held.attempts > 5 then
      perform frontrow.park(held.collection, held.path, held.token);
    else
      held_items := held_items || pg_catalog.to_jsonb(held);
    end if;
  end loop;
  for collection_name in
    select distinct h ->> 'collection' from pg_catalog.jsonb_array_elements(held_items) as h
  loop
    perform frontrow.settle(collection_name, array(
      select h ->> 'path' from pg_catalog.jsonb_array_elements(held_items) as h
      where h ->> 'collection' = collection_name));
    documents := frontrow.read_documents(collection_name, array(
      select h ->> 'path' from pg_catalog.jsonb_array_elements(held_items) as h
      where h ->> 'collection' = collection_name));
    select items || coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', collection_name,
      'path', h ->> 'path', 'token', h ->> 'token', 'attempts', h -> 'attempts') || (documents -> (h ->> 'path'))), '[]')
    into items from pg_catalog.jsonb_array_elements(held_items) as h
    where h ->> 'collection' = collection_name;
  end loop;
  return pg_catalog.jsonb_build_object('items', items);
end;
$$;
comment on function frontrow.claim(jsonb) is 'Leases due (or named) documents and reads them. {worker, run, cause, limit, maxBytes?, leaseSeconds, digests, paths?, wait?, patient?} → {items}.';

-- Five claims and never an answer: the document is set aside until something about it changes.
create or replace function frontrow.park(collection_name text, document_path text, held bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  last text;
begin
  select coalesce(last_error, 'the worker never came back') into last from frontrow.leases
  where collection = collection_name and path = document_path;
  insert into frontrow.quarantine (collection, path, store, version, code, rule, message, hint)
  select collection_name, document_path, 'bucket', coalesce((
      select o.version from frontrow.collections as c, frontrow.live_objects(c.bucket, array[document_path]) as o
      where c.name = collection_name), ''),
    'POISON', 'five-attempts', 'five attempts failed: ' || last,
    'change the file or the row, or see the worker''s log'
  on conflict (collection, path) do update set store = excluded.store, version = excluded.version, code = excluded.code,
    rule = excluded.rule, message = excluded.message, hint = excluded.hint, created_at = pg_catalog.now();
  perform frontrow.complete(collection_name, document_path, held);
end;
$$;
comment on function frontrow.park(text, text, bigint) is 'Quarantines a key that failed five times.';

-- Deletes exactly the dirty ids that were seen; what arrived meanwhile stays and causes one more pass.
create or replace function frontrow.complete(collection_name text, document_path text, held bigint) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  ids bigint[];
begin
  delete from frontrow.leases where collection = collection_name and path = document_path and token = held
    returning seen into ids;
  if not found then
    return false;
  end if;
  delete from frontrow.dirty where id = any (ids);
  return true;
end;
$$;
comment on function frontrow.complete(text, text, bigint) is 'Ends a lease that is still held and forgets the signals it saw.';

create or replace function frontrow.backoff(failures int) returns interval
language sql volatile set search_path = '' as $$
  select least(interval '5 seconds' * (2 ^ least(failures, 12)), interval '1 hour') * (0.5 + pg_catalog.random())
$$;
comment on function frontrow.backoff(int) is '5 s doubled per failure, at most 1 h, jittered by half.';

create or replace function frontrow.fail(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  item record;
begin
  perform frontrow.check_protocol(request);
  for item in select * from pg_catalog.jsonb_to_recordset(request -> 'items')
    as i (collection text, path text, token bigint, class text, code text, message text)
  loop
    -- Transient failures and lost races never count towards quarantine. A transient failure while somebody was putting
    -- another object there is a lost race: the bytes of the version that was looked for are gone.
    update frontrow.leases as l set until = pg_catalog.clock_timestamp(),
      attempts = case when item.class = 'error' then l.attempts else greatest(l.attempts - 1, 0) end,
      transient_failures = case when item.class = 'error' or r.is_lost then 0 else l.transient_failures + 1 end,
      not_before = pg_catalog.clock_timestamp() + case
        when r.is_lost then interval '20 milliseconds'
        when item.class = 'stale' then
          least(interval '20 milliseconds' * (2 ^ least(l.transient_failures, 12)), interval '1 minute')
        when item.class = 'transient' then frontrow.backoff(l.transient_failures)
        else frontrow.backoff(l.attempts - 1) end,
      last_error = pg_catalog.left(item.code || ': ' || item.message, 500)
    from (
      select h.collection, h.path, item.class <> 'error' and exists (
        select from frontrow.dirty as d
        where d.collection = h.collection and d.path = h.path and d.store = 'bucket' and d.id <> all (h.seen)) as is_lost
      from frontrow.leases as h
      where h.collection = item.collection and h.path = item.path and h.token = item.token
    ) as r
    where l.collection = r.collection and l.path = r.path and l.token = item.token;
    perform frontrow.log_items((request ->> 'run')::uuid, item.collection, pg_catalog.jsonb_build_array(
      pg_catalog.jsonb_build_object('path', item.path, 'code', item.code, 'message', item.message,
        'outcome', case item.class when 'error' then 'failed' else 'deferred' end)));
  end loop;
  return '{}'::jsonb;
end;
$$;
comment on function frontrow.fail(jsonb) is 'Gives leases back undone. {run, items: [{collection, path, token, class: error|transient|stale, code, message}]}.';

-- Runs: one per execution, with a heartbeat and what became of each document.

-- A run exists from its first claim and beats while it claims; at most one write a second.
create or replace function frontrow.beat(run_id uuid, worker_name text, run_cause text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into frontrow.runs (id, worker, cause) values (run_id, worker_name, run_cause)
  on conflict (id) do update set heartbeat_at = pg_catalog.clock_timestamp()
  where runs.heartbeat_at < pg_catalog.clock_timestamp() - interval '1 second';
end;
$$;
comment on function frontrow.beat(uuid, text, text) is 'Starts a run or renews its heartbeat.';

-- In plpgsql, which keeps its plans: it runs for every document.
create or replace function frontrow.log_items(run_id uuid, collection_name text, entries jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update frontrow.runs as r set counts = r.counts || (
    select coalesce(pg_catalog.jsonb_object_agg(n.outcome, coalesce((r.counts ->> n.outcome)::int, 0) + n.times), '{}')
    from (select e ->> 'outcome' as outcome, count(*) as times
      from pg_catalog.jsonb_array_elements(entries) as e group by 1) as n)
  where r.id = run_id;
  insert into frontrow.run_items (run, collection, path, outcome, code, message)
  select run_id, collection_name, e ->> 'path', e ->> 'outcome', e ->> 'code', e ->> 'message'
  from pg_catalog.jsonb_array_elements(entries) as e where e ->> 'outcome' <> 'unchanged';
end;
$$;
comment on function frontrow.log_items(uuid, text, jsonb) is 'Counts outcomes in their run and logs them unless nothing happened. Entries: {path, outcome, code?, message?}.';

create or replace function frontrow.warning_entries(item jsonb) returns setof jsonb
language plpgsql immutable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select pg_catalog.jsonb_build_object('path', item -> 'path', 'outcome', 'warning', 'code', w -> 'rule',
    'message', pg_catalog.format('line %s: %s', w ->> 'line', w ->> 'message'))
  from pg_catalog.jsonb_array_elements(item -> 'warnings') as w;
end;
$$;
comment on function frontrow.warning_entries(jsonb) is 'What a reader should know of a document that was taken as it is, as entries of the log.';

create or replace function frontrow.has_work(names text[] default null) returns boolean
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return (
  select exists (
    select from frontrow.dirty as d where (names is null or d.collection = any (names)) and not exists (
      select from frontrow.leases as l where l.collection = d.collection and l.path = d.path
        and (l.until > pg_catalog.clock_timestamp() or l.not_before > pg_catalog.clock_timestamp()) offset 0))
  );
end;
$$;
comment on function frontrow.has_work(text[]) is 'Whether a key (of these collections) could be claimed now.';

create or replace function frontrow.finish(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  more boolean;
begin
  perform frontrow.check_protocol(request);
  update frontrow.runs set finished_at = pg_catalog.clock_timestamp(), error = request ->> 'error'
  where id = (request ->> 'run')::uuid and finished_at is null;
  -- Only what the caller could have claimed: a worker of another config would be woken for nothing, again and again.
  more := frontrow.has_work(case when request ? 'digests' then frontrow.usable_collections(request -> 'digests') end);
  -- The budget is spent, or something came after the last claim, while the heartbeat kept the doorbell still: the next
  -- worker is woken by this transaction.
  if more and (request ->> 'ring')::boolean then
    perform frontrow.ring();
  end if;
  return pg_catalog.jsonb_build_object('more', more);
end;
$$;
comment on function frontrow.finish(jsonb) is 'Ends a run; rings the doorbell when asked to and work is left. {run, ring, digests?, error?} → {more}.';

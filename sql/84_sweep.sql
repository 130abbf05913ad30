-- The sweep: pg_cron's only job.

-- Some steps of the backfill of one collection, from where the last sweep stopped. Counted, not timed: a small collection is
-- always walked to its end, in two.
create or replace function frontrow.sweep_differences(steps int) returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  place jsonb;
  step jsonb;
  marked int := 0;
begin
  select value into place from frontrow.settings where name = 'backfill';
  select * into c from frontrow.collections where name >= coalesce(place ->> 'collection', '') order by name limit 1;
  if c.name is null then
    select * into c from frontrow.collections order by name limit 1;
  end if;
  if c.name is null then
    return 0;
  end if;
  place := case when place ->> 'collection' = c.name then place end;
  for i in 1 .. steps loop
    step := frontrow.walk(c, place, 1000);
    marked := marked + (step ->> 'marked')::int;
    place := nullif(step -> 'next', 'null');
    exit when place is null;
  end loop;
  insert into frontrow.settings (name, value)
  select 'backfill', coalesce(place, '{}') || pg_catalog.jsonb_build_object('collection',
    case when place is not null then c.name else coalesce((select min(name) from frontrow.collections where name > c.name), '') end)
  on conflict (name) do update set value = excluded.value;
  return marked;
end;
$$;
comment on function frontrow.sweep_differences(int) is 'Goes on with the backfill of one collection for so many steps; answers how many documents it marked.';

-- Every 30 s: cheap, alone, idempotent. Lost signals cost latency, not changes.
create or replace function frontrow.sweep() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
  repaired int;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(470212, 2) then
    return '{"skipped": true}'::jsonb;
  end if;
  repaired := frontrow.repair_triggers();
  perform frontrow.check_table(k) from frontrow.collections as k;
  insert into frontrow.dirty (collection, path, store)
  select q.collection, q.path, 'table' from frontrow.quarantine as q where q.retry_at <= pg_catalog.now()
    and not exists (select from frontrow.dirty as d where d.collection = q.collection and d.path = q.path);
  perform frontrow.mark_copies();
  marked := frontrow.sweep_differences(8);
  perform frontrow.finish_purges();
  perform frontrow.sweep_history();
  perform frontrow.prune();
  insert into frontrow.settings (name, value) values ('sweep', pg_catalog.to_jsonb(pg_catalog.clock_timestamp()))
  on conflict (name) do update set value = excluded.value;
  if frontrow.has_work() then
    perform frontrow.ring();
  end if;
  return pg_catalog.jsonb_build_object('marked', marked, 'repaired', repaired);
end;
$$;
comment on function frontrow.sweep() is 'The recurring check by pg_cron: triggers, retries, a part of the backfill, the doorbell, pruning.';

-- Restores, branches and dumps lose triggers on storage.objects; anybody may disable one.
create or replace function frontrow.repair_triggers() returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  repaired int := 0;
begin
  if exists (select from frontrow.collections) and (
    select count(*) from pg_catalog.pg_trigger
    where tgrelid = 'storage.objects'::regclass and tgname like 'frontrow\_%' and tgenabled <> 'D') < 6
  then
    perform frontrow.guard_objects();
    perform frontrow.retry_fence();
    repaired := repaired + 1;
  end if;
  for c in select k.* from frontrow.collections as k
    where pg_catalog.to_regclass(frontrow.qualified_table(k)) = k.table_id and (
      select count(*) from pg_catalog.pg_trigger
      where tgrelid = k.table_id and tgname like 'frontrow\_capture\_%' and tgenabled <> 'D') < 4
  loop
    perform frontrow.guard_table(c);
    repaired := repaired + 1;
  end loop;
  return repaired;
exception when others then
  raise warning 'frontrow: a trigger is missing and could not be made again: %', sqlerrm;
  return repaired;
end;
$$;
comment on function frontrow.repair_triggers() is 'Makes missing or disabled capture triggers again.';

create or replace function frontrow.prune() returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  lost_run uuid;
begin
  delete from frontrow.run_items where at < pg_catalog.now() - interval '7 days';
  delete from frontrow.runs where started_at < pg_catalog.now() - interval '7 days';
  delete from frontrow.runs where finished_at < pg_catalog.now() - interval '1 hour' and counts = '{}';
  for lost_run in
    update frontrow.runs set finished_at = heartbeat_at, error = 'no heartbeat'
    where finished_at is null and heartbeat_at < pg_catalog.now() - interval '5 minutes' returning id
  loop
    perform frontrow.audit_run(lost_run);
  end loop;
  perform frontrow.prune_audit();
  delete from frontrow.intents where state in ('confirmed', 'cancelled') and settled_at < pg_catalog.now() - interval '1 day';
  delete from frontrow.flows where at < pg_catalog.now() - interval '1 day';
  delete from frontrow.deliveries where at < pg_catalog.now() - interval '3 days';
  delete from frontrow.leases as l where l.until < pg_catalog.now() - interval '1 day' and not exists (
    select from frontrow.dirty as d where d.collection = l.collection and d.path = l.path);
  begin
    execute $sql$
      delete from cron.job_run_details where end_time < pg_catalog.now() - interval '1 day'
        and jobid in (select jobid from cron.job where jobname like 'frontrow-%')$sql$;
  exception when others then
    null;
  end;
end;
$$;
comment on function frontrow.prune() is 'Forgets old runs, settled intents, old audit entries and our own cron history.';

-- The seconds form needs pg_cron 1.5; older ones get the shortest period they know. Safe to repeat.
create or replace function frontrow.schedule() returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  installed text;
  period text;
begin
  select extversion into installed from pg_catalog.pg_extension where extname = 'pg_cron';
  if installed is null and pg_catalog.to_regprocedure('cron.frontrow_standin_version()') is not null then
    execute pg_catalog.format('select cron.%I()', 'frontrow_standin_version') into installed;
  end if;
  if installed is null then
    return 'none';
  end if;
  -- Debian says "1.4-1".
  period := case when pg_catalog.regexp_match(installed, '^(\d+)\.(\d+)')::int[] >= array[1, 5] then '30 seconds' else '* * * * *' end;
  execute 'select cron.unschedule(jobid) from cron.job where jobname = $1' using 'frontrow-sweep';
  execute 'select cron.schedule($1, $2, $3)' using 'frontrow-sweep', period,
    'set statement_timeout = ''25s''; select frontrow.sweep();';
  return period;
exception when others then
  raise warning 'frontrow: the sweep could not be scheduled: %', sqlerrm;
  return 'none';
end;
$$;
comment on function frontrow.schedule() is 'Schedules the sweep with pg_cron, if it is there; answers the period.';

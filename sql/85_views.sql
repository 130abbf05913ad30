-- What people read.

create or replace view frontrow.status with (security_invoker = true) as
select c.name as collection,
  (select count(*) from frontrow.documents as d where d.collection = c.name and d.deleted_at is null) as documents,
  (select count(distinct d.path) from frontrow.dirty as d where d.collection = c.name) as pending,
  (select min(d.at) from frontrow.dirty as d where d.collection = c.name) as oldest_pending_at,
  (select count(distinct q.path) from frontrow.quarantine as q where q.collection = c.name) as quarantined,
  (select count(*) from frontrow.conflicts as k where k.collection = c.name and k.state = 'open') as conflicts,
  (select count(*) from frontrow.halts as h where h.collection in (c.name, '') and h.state = 'open') as halts,
  (select count(*) from frontrow.intents as i where i.collection = c.name and i.state in ('open', 'landed')) as in_flight
from frontrow.collections as c;
comment on view frontrow.status is 'One line per collection: how many documents, and what is not in sync and why.';

create or replace view frontrow.sync_logs with (security_invoker = true) as
select i.id, i.at as created_at, i.collection || ':' || i.outcome as event_type,
  case when i.outcome in ('quarantined', 'failed') then 'error'
    when i.outcome in ('conflict', 'halted', 'deferred', 'warning') then 'attention' else 'success' end as status,
  coalesce(i.message, i.outcome || ' ' || i.path) as message,
  pg_catalog.jsonb_build_object('run', i.run, 'path', i.path, 'code', i.code) as details
from frontrow.run_items as i;
comment on view frontrow.sync_logs is 'What became of each document, newest last: {event_type, status, message, details}.';

create or replace view frontrow.sync_state with (security_invoker = true) as
select s.name as key, s.value from frontrow.settings as s where s.name not like 'scope %'
union all
select 'last_run', pg_catalog.jsonb_build_object('started_at', r.started_at, 'finished_at', r.finished_at,
  'cause', r.cause, 'counts', r.counts, 'error', r.error)
from (select * from frontrow.runs where counts <> '{}' order by started_at desc limit 1) as r;
comment on view frontrow.sync_state is 'Where the engine is: the backfill''s place, the last sweep, the last run that did something.';

create or replace function frontrow.report(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  wanted text := request ->> 'collection';
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object(
    'collections', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(s) || pg_catalog.jsonb_build_object(
      'rows', frontrow.count_rows(c, false), 'unnamed', frontrow.count_rows(c, true), 'objects', o.objects, 'ignored', o.ignored) order by s.collection), '[]')
      from frontrow.status as s join frontrow.collections as c on c.name = s.collection
      cross join lateral (
        select frontrow.plain_pattern(c) as plain, '^' || frontrow.ignored_names() as ignored,
          frontrow.ignored_likes() as likes offset 0) as p
      cross join lateral (
        select count(*) filter (where x.is_ours) as objects,
          count(*) filter (where not x.is_ours and not exists (select from frontrow.collections as k
            where k.bucket = c.bucket and k.name <> c.name and x.name ~ k.pattern)) as ignored
        from (
          -- The pattern in its three parts: without look-aheads it costs a third, and two of them hardly need be asked.
          select y.name, case when p.plain is null then y.name ~ c.pattern
            else y.name ~ p.plain and not (y.name like '%.conflict%' and y.name ~ '\.conflict(?:\.[^./]*)?$')
              and not (y.name like any (p.likes) and y.name ~ p.ignored) end as is_ours
          from storage.objects as y where y.bucket_id = c.bucket offset 0) as x) as o
      where wanted is null or s.collection = wanted),
    'quarantine', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(q) order by q.collection, q.path), '[]')
      from (select * from frontrow.quarantine where wanted is null or collection = wanted limit 1000) as q),
    'conflicts', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', k.collection,
      'path', k.path, 'overlapping', k.overlapping, 'since', k.created_at) order by k.id), '[]')
      from (select * from frontrow.conflicts where state = 'open' and (wanted is null or collection = wanted) limit 1000) as k),
    'halts', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', h.id, 'collection', h.collection,
      'kind', h.kind, 'reason', h.reason, 'evidence', h.evidence, 'since', h.created_at,
      'seen', pg_catalog.pg_current_snapshot()::text,
      'documents', (select count(*) from frontrow.halt_items as i where i.halt = h.id and not i.confirmed)) order by h.id), '[]')
      from frontrow.halts as h where h.state = 'open' and (wanted is null or h.collection in (wanted, ''))),
    'doorbell', case
      when frontrow.secret('frontrow_functions_url') is null or frontrow.secret('frontrow_hook_token') is null then 'no secret'
      when pg_catalog.to_regnamespace('net') is null then 'no pg_net'
      else 'ready' end,
    'state', (select coalesce(pg_catalog.jsonb_object_agg(t.key, t.value), '{}') from frontrow.sync_state as t),
    'last24Hours', (select pg_catalog.jsonb_build_object('runs', count(*),
        'failed', count(*) filter (where error is not null or counts ? 'failed'))
      from frontrow.runs where started_at > pg_catalog.now() - interval '24 hours' and counts <> '{}'),
    'running', exists (select from frontrow.runs
      where finished_at is null and heartbeat_at > pg_catalog.clock_timestamp() - interval '5 seconds'));
end;
$$;
comment on function frontrow.report(jsonb) is 'The whole state for people and programs. {collection?} → {collections, quarantine, conflicts, halts, doorbell, state, …}.';

create or replace function frontrow.count_rows(c frontrow.collections, is_unnamed boolean) returns bigint
language plpgsql stable security definer set search_path = '' as $$
declare
  result bigint;
  -- The path in plain letters: spelling every row's path as Storage has it would cost seconds.
  plain text := (select pg_catalog.string_agg(case pg_catalog.jsonb_typeof(t.token) when 'string'
    then pg_catalog.quote_literal(t.token #>> '{}') else pg_catalog.format('r.%I::text', t.token ->> 'param') end, ' || '
    order by t.place) from pg_catalog.jsonb_array_elements(c.tokens) with ordinality as t (token, place));
  ignored text := '^' || pg_catalog.replace(pg_catalog.replace(frontrow.ignored_names(), '=23', '#'), '=7E', '~');
begin
  if pg_catalog.to_regclass(frontrow.qualified_table(c)) is null then
    return null;
  end if;
  execute pg_catalog.format('select count(*) from %s as r where %s and (not %L or %s)', frontrow.qualified_table(c),
    frontrow.live_condition(c), is_unnamed, (
      select pg_catalog.string_agg(pg_catalog.format('coalesce(r.%1$I::text, '''') = '''' or pg_catalog.octet_length(r.%1$I::text) > 255', k), ' or ')
      from pg_catalog.unnest(c.key_columns) as k) || pg_catalog.format(' or (%1$s) collate "C" like any (%2$L::text[]) and (%1$s) collate "C" ~ %3$L', plain,
      frontrow.ignored_likes(), ignored)) into result;
  return result;
end;
$$;
comment on function frontrow.count_rows(frontrow.collections, boolean) is 'Live rows of a collection''s table; unnamed: only those whose key is null, empty or too long for a file name, or makes an ignored one.';

-- The newest outcomes after an id, for a live log.
create or replace function frontrow.log(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('items', (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(i) order by i.id), '[]') from (
      select id, collection, path, outcome, code, message, at from frontrow.run_items
      where id > (request ->> 'after')::bigint order by id limit 500) as i));
end;
$$;
comment on function frontrow.log(jsonb) is 'Outcomes after a given id, oldest first, for showing only. {after} → {items}.';

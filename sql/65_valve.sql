-- The valve: the brake on mass deletion. The rule itself is also in shared/reconcile/valve.ts; both pass the same vectors.

create or replace function frontrow.valve_trips(
  live int, deleting int, recent int, remaining int, share numeric, at_least int
) returns boolean
language sql immutable parallel safe set search_path = '' as $$
  select deleting > 0 and (deleting + recent > greatest(at_least, share * live) or (remaining <= 0 and live >= 3))
$$;
comment on function frontrow.valve_trips(int, int, int, int, numeric, int) is 'Whether so many deletions need a person. live: alive before any of those counted; remaining: after them.';

-- Whether the engine may carry out a deletion of this document now. If not, the document is noted in an open halt.
create or replace function frontrow.may_delete(c frontrow.collections, document_path text, missing_in text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  live int;
  pending int;
  recent int;
  blocking bigint;
begin
  if exists (
    select from frontrow.halts as h join frontrow.halt_items as i on i.halt = h.id
    where h.collection = c.name and h.state = 'apply' and i.path = document_path
  ) then
    return true;
  end if;
  select id into blocking from frontrow.halts where collection = c.name and state = 'open' and kind <> 'schema-changed'
  order by id limit 1;
  if blocking is null then
    -- One count at a time per collection, so that two workers cannot each stay under the limit.
    perform pg_catalog.pg_advisory_xact_lock(470212, pg_catalog.hashtext(c.name));
    select count(*) into live from frontrow.documents where collection = c.name and deleted_at is null;
    select count(distinct d.path) into pending from frontrow.dirty as d
    join frontrow.documents as o on o.collection = d.collection and o.path = d.path and o.deleted_at is null
    where d.collection = c.name and d.gone;
    select count(*) into recent from frontrow.documents
    where collection = c.name and deleted_at > greatest(pg_catalog.now() - interval '10 minutes', (
      -- What a person confirmed does not count against what comes after.
      select max(closed_at) from frontrow.halts where collection = c.name and kind = 'deletions'));
    if not frontrow.valve_trips(live + recent, greatest(pending, 1), recent, live - greatest(pending, 1),
      (c.policies #>> '{valve,share}')::numeric, (c.policies #>> '{valve,atLeast}')::int)
    then
      return true;
    end if;
    insert into frontrow.halts (collection, kind, reason, evidence)
    values (c.name, 'deletions',
      pg_catalog.format('%s of %s documents of "%s" are gone from one side: nothing is deleted until a person confirms',
        greatest(pending, 1), live, c.name),
      pg_catalog.jsonb_build_object('live', live, 'pending', greatest(pending, 1), 'recent', recent))
    on conflict (collection, kind) where state <> 'closed' do update set state = 'open'
    returning id into blocking;
  end if;
  insert into frontrow.halt_items (halt, path, store) values (blocking, document_path, missing_in)
  on conflict (halt, path) do update set store = excluded.store;
  return false;
end;
$$;
comment on function frontrow.may_delete(frontrow.collections, text, text) is 'The valve''s answer for one deletion; a refusal is recorded in a halt.';

-- A document whose replicas agree again needs no decision any more.
create or replace function frontrow.forget_halt(collection_name text, document_path text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from frontrow.halt_items as i using frontrow.halts as h
  where h.id = i.halt and h.collection = collection_name and h.state <> 'closed' and i.path = document_path;
  if found then
    update frontrow.halts as h set state = 'closed', closed_at = pg_catalog.now()
    where h.collection = collection_name and (h.kind = 'deletions' or h.state = 'apply') and h.state <> 'closed'
      and not exists (select from frontrow.halt_items as i where i.halt = h.id);
  end if;
end;
$$;
comment on function frontrow.forget_halt(text, text) is 'Takes a document out of its halt and closes the halt when it was the last.';

-- A person decided. apply: carry out exactly the held deletions. restore: give the missing replicas back.
create or replace function frontrow.resume(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  h frontrow.halts;
  decision text := request ->> 'decision';
  held text[];
begin
  perform frontrow.check_protocol(request);
  select * into h from frontrow.halts where id = (request ->> 'halt')::bigint and state = 'open' for update;
  if h.id is null then
    raise exception 'frontrow: there is no open halt %', request ->> 'halt' using errcode = 'FR404';
  end if;
  -- Deciding before all of it was looked at would decide about documents nobody has seen.
  if h.kind = 'scope-changed' then
    perform frontrow.mark_differences(c, 0, 1) from frontrow.collections as c where c.name = h.collection;
    if exists (select from frontrow.dirty where collection = h.collection) then
      raise exception 'frontrow: halt % is still being looked into: run a sync, then decide', h.id using errcode = 'FR400';
    end if;
  end if;
  held := array(select path from frontrow.halt_items where halt = h.id);
  if decision = 'restore' then
    delete from frontrow.bases as b using frontrow.halt_items as i
    where i.halt = h.id and b.collection = h.collection and b.path = i.path and b.store = i.store;
  elsif decision is distinct from 'apply' then
    raise exception 'frontrow: decision must be apply or restore' using errcode = '22023';
  end if;
  if decision = 'apply' and pg_catalog.cardinality(held) > 0 then
    update frontrow.halts set state = 'apply' where id = h.id;
  else
    delete from frontrow.halt_items where halt = h.id;
    update frontrow.halts set state = 'closed', closed_at = pg_catalog.now() where id = h.id;
  end if;
  perform frontrow.mark(h.collection, 'table', held, false);
  perform frontrow.ring();
  return pg_catalog.jsonb_build_object('halt', h.id, 'decision', decision, 'documents', pg_catalog.cardinality(held));
end;
$$;
comment on function frontrow.resume(jsonb) is 'Carries out a person''s decision on a halt. {halt, decision: apply|restore}.';

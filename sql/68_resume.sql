-- What a person does about a halt: look at the exact set, and decide about what they saw.

-- The exact set a halt holds. `seen` names this moment: resume takes it, so that what was added later is not decided too.
create or replace function frontrow.held(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  h frontrow.halts;
begin
  perform frontrow.check_protocol(request);
  select * into h from frontrow.halts where id = (request ->> 'halt')::bigint;
  if h.id is null then
    raise exception 'frontrow: there is no halt %', request ->> 'halt' using errcode = 'FR404';
  end if;
  return (select pg_catalog.jsonb_build_object('id', h.id, 'collection', h.collection, 'kind', h.kind, 'state', h.state,
    'reason', h.reason, 'evidence', h.evidence, 'since', h.created_at, 'closed', h.closed_at,
    'seen', pg_catalog.pg_current_snapshot()::text,
    'items', coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', i.path, 'store', i.store,
      'confirmed', i.confirmed, 'evidence', i.evidence) order by i.path), '[]'))
    from frontrow.halt_items as i where i.halt = h.id);
end;
$$;
comment on function frontrow.held(jsonb) is 'One halt with the documents it holds. {halt} → {id, kind, state, reason, evidence, seen, items: [{path, store, confirmed, evidence}]}.';

-- The halt, locked, when this decision can be made about it. Raises FR404 or FR400 with what to do instead.
create or replace function frontrow.decidable(halt_id bigint, decision text) returns frontrow.halts
language plpgsql volatile security definer set search_path = '' as $$
declare
  h frontrow.halts;
begin
  select * into h from frontrow.halts where id = halt_id for update;
  if h.id is null then
    raise exception 'frontrow: there is no halt %', halt_id using errcode = 'FR404';
  elsif h.state <> 'open' then
    raise exception 'frontrow: halt % is not open: %', halt_id, case h.state
      when 'apply' then 'it was decided and is being carried out'
      else pg_catalog.format('it was closed at %s', pg_catalog.date_trunc('second', h.closed_at)) end using errcode = 'FR404';
  elsif decision is null or decision not in ('apply', 'restore') then
    raise exception 'frontrow: decision must be apply or restore' using errcode = '22023';
  elsif h.kind = 'schema-changed' then
    raise exception 'frontrow: halt % ends by itself when the table is again as it was registered, or when the collection is registered again',
      halt_id using errcode = 'FR400';
  elsif decision = 'restore' and h.kind in ('oscillation', 'fence') then
    raise exception 'frontrow: halt % holds nothing to give back: it can only be let go on', halt_id using errcode = 'FR400';
  elsif h.kind = 'scope-changed' then
    -- Deciding before all of it was looked at would decide about documents nobody has seen.
    perform frontrow.mark_differences(c) from frontrow.collections as c where c.name = h.collection;
    if exists (select from frontrow.dirty where collection = h.collection) then
      raise exception 'frontrow: halt % is still being looked into: run a sync, then decide', halt_id using errcode = 'FR400';
    end if;
  end if;
  return h;
end;
$$;
comment on function frontrow.decidable(bigint, text) is 'An open halt about which this can be decided.';

-- The documents a decision is about: those that were held when the person looked; a rewriting peer changes its documents
-- all the time, so those that are parked go on all together.
create or replace function frontrow.decided(h frontrow.halts, seen text) returns text[]
language plpgsql volatile security definer set search_path = '' as $$
begin
  if seen !~ '^[0-9]{1,19}:[0-9]{1,19}:[0-9,]*$' then
    raise exception 'frontrow: seen must be what held or report answered' using errcode = '22023';
  end if;
  return array(select i.path from frontrow.halt_items as i where i.halt = h.id
    and (seen is null or h.kind = 'oscillation' or pg_catalog.pg_visible_in_snapshot(i.noted, seen::pg_catalog.pg_snapshot))
    order by i.path);
end;
$$;
comment on function frontrow.decided(frontrow.halts, text) is 'The paths of a halt that were held at the moment called seen; all of them when it is null.';

-- A person decided. apply: carry out exactly the held deletions, or let what was stopped go on. restore: give the missing
-- replicas back, or keep the project's identity as it was.
create or replace function frontrow.resume(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  h frontrow.halts;
  decision text := request ->> 'decision';
  paths text[];
  remaining int;
begin
  perform frontrow.check_protocol(request);
  h := frontrow.decidable((request ->> 'halt')::bigint, decision);
  paths := frontrow.decided(h, request ->> 'seen');
  select count(*) into remaining from frontrow.halt_items as i
  where i.halt = h.id and not i.confirmed and not i.path = any (paths);
  if not coalesce((request ->> 'dryRun')::boolean, false) then
    if h.kind = 'identity' and decision = 'apply' then
      perform frontrow.set_identity(h.evidence ->> 'seen');
    elsif h.kind = 'fence' then
      perform frontrow.retry_fence();
    elsif h.kind = 'oscillation' then
      delete from frontrow.flows where collection = h.collection and path = any (paths);
    elsif decision = 'restore' then
      delete from frontrow.bases as b using frontrow.halt_items as i
      where i.halt = h.id and i.path = any (paths) and b.collection = h.collection and b.path = i.path
        -- What is gone from both sides is given back to both.
        and (b.store = i.store or i.evidence -> b.store = 'null');
    end if;
    if decision = 'apply' and h.kind in ('deletions', 'scope-changed') then
      update frontrow.halt_items set confirmed = true where halt = h.id and path = any (paths);
    else
      delete from frontrow.halt_items where halt = h.id and path = any (paths);
    end if;
    update frontrow.halts set
      state = case when remaining > 0 then 'open'
        when exists (select from frontrow.halt_items where halt = h.id) then 'apply' else 'closed' end,
      closed_at = case when remaining = 0 and not exists (select from frontrow.halt_items where halt = h.id)
        then pg_catalog.now() end
    where id = h.id;
    perform frontrow.mark(h.collection, 'table', paths, false);
    perform frontrow.ring();
  end if;
  return pg_catalog.jsonb_build_object('halt', h.id, 'kind', h.kind, 'decision', decision,
    'documents', pg_catalog.cardinality(paths), 'left', remaining, 'paths', pg_catalog.to_jsonb(paths[1:20]));
end;
$$;
comment on function frontrow.resume(jsonb) is 'Carries out a person''s decision on a halt. {halt, decision: apply|restore, seen?, dryRun?} → {halt, kind, decision, documents, left, paths}.';

-- Pushes: what a peer brings is applied like any plan, and in the same transaction it is written down that it was. A peer
-- that never saw the answer asks again under the same id, and nothing is done twice.

create table frontrow.pushes (
  request uuid not null,
  reader text not null,
  collection text not null,
  path text not null,
  revision bigint,
  at timestamptz not null default now(),
  primary key (request, reader, collection, path)
);
comment on table frontrow.pushes is 'What was accepted of the pushes of the last three days. Never content.';
comment on column frontrow.pushes.reader is 'Digest of whose push it is, so that nobody''s id means anything to anybody else.';
comment on column frontrow.pushes.revision is 'The document''s revision that came of it; null: it was deleted.';
create index pushes_at_idx on frontrow.pushes (at);
alter table frontrow.pushes enable row level security;
revoke all on frontrow.pushes from public, anon, authenticated;

create or replace function frontrow.pushed(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('items', (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'collection', p.collection, 'path', p.path, 'revision', p.revision)), '[]')
    from frontrow.pushes as p
    where p.request = (pushed.request ->> 'push')::uuid and p.reader = pg_catalog.md5(coalesce(pushed.request ->> 'reader', ''))));
end;
$$;
comment on function frontrow.pushed(jsonb) is 'What was accepted of a push before. {push, reader?} → {items: [{collection, path, revision}]}.';

-- `pushed` names the items that carry what was pushed, and what must come of each: anything else was not accepted.
create or replace function frontrow.push(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  answer jsonb := frontrow.apply(request);
begin
  delete from frontrow.pushes as p where p.ctid = any (array(
    select o.ctid from frontrow.pushes as o where o.at < pg_catalog.now() - interval '3 days' limit 1000));
  insert into frontrow.pushes (request, reader, collection, path, revision)
  select (push.request ->> 'push')::uuid, pg_catalog.md5(coalesce(push.request ->> 'reader', '')), a.collection, a.path,
    case when a.outcome <> 'deleted' then a.revision end
  from pg_catalog.jsonb_to_recordset(answer -> 'items') as a (collection text, path text, outcome text, revision bigint)
  join pg_catalog.jsonb_to_recordset(request -> 'pushed') as w (collection text, path text, outcomes jsonb)
    using (collection, path)
  where w.outcomes ? a.outcome
  on conflict do nothing;
  -- Nobody else has signalled this document: if its object is never written, a signal is what brings it to a worker. The
  -- lease counts it as seen, so that it goes when the write is confirmed.
  with noted as (
    insert into frontrow.dirty (collection, path, store)
    select a.collection, a.path, 'table'
    from pg_catalog.jsonb_to_recordset(answer -> 'items') as a (collection text, path text, intent uuid)
    where a.intent is not null
    returning id, collection, path
  )
  update frontrow.leases as l set seen = l.seen || n.id from noted as n
  where l.collection = n.collection and l.path = n.path;
  return answer;
end;
$$;
comment on function frontrow.push(jsonb) is 'apply, and in the same transaction the memory of what was accepted. {push, reader?, pushed: [{collection, path, outcomes}], …as apply} → as apply.';

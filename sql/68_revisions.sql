-- History for people: what there was, one text of it, and an old one made the newest.

create or replace function frontrow.stamp(moment timestamptz) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function frontrow.stamp(timestamptz) is 'A moment as text, to the microsecond, so that it can come back as a place in a list.';

create or replace view frontrow.history_entries with (security_invoker = true) as
select r.collection, r.path, r.revision, r.parents,
  array(select p from pg_catalog.unnest(r.parents) as p where not exists (
    select from frontrow.revisions as o where o.collection = r.collection and o.path = r.path and o.revision = p)) as trimmed,
  r.store, r.author, r.message, r.created_at, r.digest, r.deleted, r.purge is not null as purged,
  r.revision = d.revision as current
from frontrow.revisions as r
join frontrow.documents as d on d.collection = r.collection and d.path = r.path;
comment on view frontrow.history_entries is 'Every revision, without its text: who, where, when, from which; `trimmed` are parents that are not kept any more.';

create or replace function frontrow.history_item(e frontrow.history_entries) returns jsonb
language sql stable set search_path = '' as $$
  select pg_catalog.to_jsonb(e) - 'created_at' || pg_catalog.jsonb_build_object('at', frontrow.stamp(e.created_at))
$$;
comment on function frontrow.history_item(frontrow.history_entries) is 'A revision as it crosses the wire.';

-- Keyset pages: `after` is the `next` of the page before.
create or replace function frontrow.history(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  most int := least(greatest(coalesce((request ->> 'limit')::int, 50), 1), 500);
  names text[] := case when request ->> 'collection' is not null then array[request ->> 'collection']
    else array(select name from frontrow.collections) end;
  place jsonb := nullif(request -> 'after', 'null');
  items jsonb;
begin
  perform frontrow.check_protocol(request);
  select coalesce(pg_catalog.jsonb_agg(frontrow.history_item(e)
    order by e.created_at desc, e.collection desc, e.path desc, e.revision desc), '[]') into items
  from (
    select * from frontrow.history_entries as e
    where e.collection = any (names) and (request ->> 'path' is null or e.path = request ->> 'path')
      and (request ->> 'author' is null or e.author = request ->> 'author')
      and (request ->> 'since' is null or e.created_at >= (request ->> 'since')::timestamptz)
      and (place is null or (e.created_at, e.collection, e.path, e.revision) <
        ((place ->> 'at')::timestamptz, place ->> 'collection', place ->> 'path', (place ->> 'revision')::bigint))
    order by e.created_at desc, e.collection desc, e.path desc, e.revision desc limit most
  ) as e;
  return pg_catalog.jsonb_build_object('items', items, 'next', case when pg_catalog.jsonb_array_length(items) = most then
    pg_catalog.jsonb_build_object('at', items -> -1 -> 'at', 'collection', items -> -1 -> 'collection',
      'path', items -> -1 -> 'path', 'revision', items -> -1 -> 'revision') end);
end;
$$;
comment on function frontrow.history(jsonb) is 'Revisions, newest first. {collection?, path?, author?, since?, limit?, after?} → {items, next}.';

-- Without a number: the newest one.
create or replace function frontrow.revision(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  e frontrow.history_entries;
begin
  perform frontrow.check_protocol(request);
  select * into e from frontrow.history_entries
  where collection = request ->> 'collection' and path = request ->> 'path'
    and case when request ->> 'revision' is null then current else revision = (request ->> 'revision')::bigint end;
  if e.revision is null then
    raise exception 'frontrow: % has no revision %: it never had, or it is not kept any more', request ->> 'path',
      coalesce(request ->> 'revision', 'at all') using errcode = 'FR404';
  end if;
  return frontrow.history_item(e)
    || pg_catalog.jsonb_build_object('text', frontrow.revision_text(e.collection, e.path, e.revision));
end;
$$;
comment on function frontrow.revision(jsonb) is 'One revision and its text (null: a deletion, or purged). {collection, path, revision?}. Raises FR404.';

-- The hub's news, as if a third store had changed the document: the next pass brings it to both sides, and merges it
-- with what somebody may have changed there meanwhile.
create or replace function frontrow.restore(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  d frontrow.documents;
  wanted frontrow.revisions;
  said text;
  latest bigint;
begin
  perform frontrow.check_protocol(request);
  select * into c from frontrow.collections where name = request ->> 'collection';
  select * into d from frontrow.documents where collection = c.name and path = request ->> 'path' for update;
  select * into wanted from frontrow.revisions
  where collection = c.name and path = d.path and revision = (request ->> 'revision')::bigint;
  if wanted.revision is null then
    raise exception 'frontrow: % has no revision %: it never had, or it is not kept any more', request ->> 'path',
      request ->> 'revision' using errcode = 'FR404';
  end if;
  said := frontrow.revision_text(c.name, d.path, wanted.revision);
  if wanted.purge is not null or wanted.deleted or said is null then
    raise exception 'frontrow: revision % of % has no text to restore: it is %', wanted.revision, d.path,
      case when wanted.deleted then 'a deletion; take the one before it' else 'purged' end using errcode = 'FR404';
  end if;
  if c.policies ->> 'direction' = 'rows-to-files' then
    raise exception 'frontrow: % cannot be restored, as rows lead in "%": change the row', d.path, c.name using errcode = 'FR423';
  end if;
  if exists (select from frontrow.conflicts where collection = c.name and path = d.path and state = 'open') then
    raise exception 'frontrow: % cannot be restored while it is in conflict: resolve the conflict first', d.path
      using errcode = 'FR423';
  end if;
  if exists (select from frontrow.quarantine where collection = c.name and path = d.path) then
    raise exception 'frontrow: % cannot be restored while it is quarantined: mend or remove what is there first', d.path
      using errcode = 'FR423';
  end if;
  if d.revision is distinct from (request ->> 'expect')::bigint then
    raise exception 'frontrow: % is at revision % by now, not at %: look at it again, then restore', d.path, d.revision,
      request ->> 'expect' using errcode = 'FR409';
  end if;
  if said = d.text and d.deleted_at is null then
    return pg_catalog.jsonb_build_object('revision', d.revision, 'restored', wanted.revision, 'changed', false);
  end if;
  latest := frontrow.append_revisions(c, d.path, d.revision, pg_catalog.jsonb_build_object('editor', 'restore',
      'message', coalesce(nullif(request ->> 'message', ''), pg_catalog.format('restored revision %s', wanted.revision)),
      'revisions', pg_catalog.jsonb_build_array(
        pg_catalog.jsonb_build_object('store', 'restore', 'text', said, 'digest', wanted.digest))),
    pg_catalog.jsonb_build_object('restore', coalesce(nullif(request ->> 'caller', ''), frontrow.person(nullif(frontrow.actor(), '')))));
  update frontrow.revisions set parents = array[d.revision, wanted.revision]
  where collection = c.name and path = d.path and revision = latest;
  perform frontrow.trim_history(c, d.path, latest);
  perform frontrow.mark(c.name, 'table', array[d.path], false);
  perform frontrow.ring();
  return pg_catalog.jsonb_build_object('revision', latest, 'restored', wanted.revision, 'changed', true);
end;
$$;
comment on function frontrow.restore(jsonb) is 'Appends an old revision''s text as a new revision. {collection, path, revision, expect, message?} → {revision, restored, changed}. Raises FR404, FR409 (it moved on), FR423 (something is in the way).';

-- A slice of the documents whose history is limited: age comes without a write, and a policy may have changed.
create or replace function frontrow.sweep_history() returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  place jsonb;
  walked frontrow.documents;
  trimmed int := 0;
  seen int := 0;
begin
  if not exists (select from frontrow.collections where policies ->> 'history' <> 'all') then
    return 0;
  end if;
  select value into place from frontrow.settings where name = 'history';
  for walked in
    select d.* from frontrow.documents as d
    where (d.collection, d.path) > (coalesce(place ->> 'collection', ''), coalesce(place ->> 'path', ''))
      and d.collection in (select name from frontrow.collections where policies ->> 'history' <> 'all')
    order by d.collection, d.path limit 500
  loop
    seen := seen + 1;
    trimmed := trimmed + (select frontrow.trim_history(c, walked.path, walked.revision)
      from frontrow.collections as c where c.name = walked.collection);
  end loop;
  insert into frontrow.settings (name, value) values ('history', case when seen < 500 then '{}'
    else pg_catalog.jsonb_build_object('collection', walked.collection, 'path', walked.path) end)
  on conflict (name) do update set value = excluded.value where settings.value <> excluded.value;
  return trimmed;
end;
$$;
comment on function frontrow.sweep_history() is 'Trims the next 500 documents whose collection limits its history; answers how many revisions went.';

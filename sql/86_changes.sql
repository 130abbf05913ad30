-- The change feed: every document that changed since a cursor, once, at its newest revision, in the order of the
-- transactions that changed it. A transaction's number is given when it begins to write and not when it commits, so the
-- feed ends before the oldest one that still runs: what commits later always comes after every cursor that was given out.

create or replace function frontrow.tg_keep_changed() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  new.changed := pg_catalog.pg_current_xact_id();
  return new;
end;
$$;
comment on function frontrow.tg_keep_changed() is 'Puts a document with a new revision at the feed''s end.';
create trigger frontrow_keep_changed before update on frontrow.documents
  for each row when (new.revision is distinct from old.revision) execute function frontrow.tg_keep_changed();
comment on trigger frontrow_keep_changed on frontrow.documents is 'A new revision is a change, whoever writes it.';

-- Transactions are numbered by one server since its last restore: another server's numbers, or those of a future that a
-- restore took back, order nothing here. A physical copy keeps the identifier and gets another timeline.
create or replace function frontrow.server() returns text
language plpgsql stable set search_path = '' as $$
begin
  return (select s.system_identifier || '/' || k.timeline_id
    from pg_catalog.pg_control_system() as s, pg_catalog.pg_control_checkpoint() as k);
exception when others then
  return 'unknown';
end;
$$;
comment on function frontrow.server() is 'Which server''s transaction numbers these are; unknown where that may not be asked.';

-- After a dump was loaded elsewhere, its documents may be numbered ahead of this server: nobody would be shown them.
create or replace function frontrow.renumber_changes() returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  here jsonb := pg_catalog.to_jsonb(frontrow.server());
begin
  if (select value from frontrow.settings where name = 'changes') is not distinct from here then
    return;
  end if;
  update frontrow.documents set changed = pg_catalog.pg_current_xact_id()
  where changed > pg_catalog.pg_current_xact_id();
  insert into frontrow.settings (name, value) values ('changes', here)
  on conflict (name) do update set value = excluded.value;
end;
$$;
comment on function frontrow.renumber_changes() is 'Brings documents that another server numbered into this server''s order, once.';

-- A cursor is a place in one feed: of this server, these collections and this reader. In another it would skip documents.
create or replace function frontrow.feed_name(names text[], reader text) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.left(pg_catalog.md5(pg_catalog.jsonb_build_array(frontrow.server(), names, reader)::text), 16)
$$;
comment on function frontrow.feed_name(text[], text) is 'The feed that a cursor belongs to.';

-- A document as it crosses the wire to a peer.
create or replace function frontrow.document_item(d frontrow.documents, has_text boolean) returns jsonb
language sql stable security definer set search_path = '' as $$
  select pg_catalog.jsonb_build_object('collection', d.collection, 'path', d.path, 'revision', d.revision,
    'digest', d.digest, 'deleted', d.deleted_at is not null, 'at', frontrow.stamp(d.updated_at), 'author', (
      select r.author from frontrow.revisions as r
      where r.collection = d.collection and r.path = d.path and r.revision = d.revision))
    || case when has_text and d.deleted_at is null then pg_catalog.jsonb_build_object('text', d.text) else '{}' end
$$;
comment on function frontrow.document_item(frontrow.documents, boolean) is 'A document at its newest revision: {collection, path, revision, digest, deleted, at, author, text?}.';

create or replace function frontrow.changes(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  most int := least(greatest(coalesce((request ->> 'limit')::int, 200), 1), 1000);
  most_bytes bigint := coalesce((request ->> 'maxBytes')::bigint, 4000000);
  has_texts boolean := coalesce((request ->> 'texts')::boolean, true);
  names text[];
  feed text;
  place text[];
  is_reset boolean;
  horizon xid8;
  items jsonb;
  last text;
  found_more boolean;
begin
  perform frontrow.check_protocol(request);
  perform frontrow.renumber_changes();
  select coalesce(pg_catalog.array_agg(name order by name), '{}') into names from frontrow.collections
  where request ->> 'collection' is null or name = request ->> 'collection';
  if request ->> 'collection' is not null and names = '{}' then
    raise exception 'frontrow: there is no collection "%"', request ->> 'collection' using errcode = 'FR404';
  end if;
  if request ->> 'since' is not null then
    place := pg_catalog.regexp_match(request ->> 'since', '^([0-9a-f]{16}):([0-9]{1,20}):([a-z0-9_]*):(.*)$');
    if place is null then
      raise exception 'frontrow: since must be a cursor as it was given' using errcode = 'FR422';
    end if;
  end if;
  feed := frontrow.feed_name(names, request ->> 'reader');
  -- A number that was never given out: the server's disk was put back to an earlier day.
  is_reset := place[1] is distinct from feed
    or place[2]::numeric > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric;
  if is_reset then
    place := array[feed, '0', '', ''];
  end if;
  -- Taken before the documents are read: one that ends in between is shown next time.
  horizon := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot());
  with page as (
    select f.d, row_number() over w as n, sum(case when has_texts and (f.d).deleted_at is null
      then coalesce(pg_catalog.octet_length((f.d).text), 0) else 0 end) over w as bytes
    from (
      select d, d.changed, d.collection, d.path from frontrow.documents as d
      where (d.changed, d.collection, d.path) > (place[2]::xid8, place[3], place[4]) and d.changed < horizon
        and d.collection = any (names)
      order by d.changed, d.collection, d.path limit most + 1
    ) as f
    window w as (order by f.changed, f.collection, f.path)
  ), kept as (
    select * from page where n <= most and (n = 1 or bytes <= most_bytes)
  )
  select coalesce(pg_catalog.jsonb_agg(frontrow.document_item(k.d, has_texts) order by k.n), '[]'),
    (pg_catalog.array_agg(pg_catalog.concat_ws(':', feed, (k.d).changed, (k.d).collection, (k.d).path) order by k.n desc))[1],
    (select count(*) from page) > count(*)
  into items, last, found_more from kept as k;
  return pg_catalog.jsonb_build_object('items', items, 'more', found_more, 'reset', is_reset, 'next',
    case when found_more then last else pg_catalog.format('%s:%s::', feed, greatest(place[2]::xid8, horizon)) end);
end;
$$;
comment on function frontrow.changes(jsonb) is 'Documents changed since a cursor, each once at its newest revision. {since?, collection?, reader?, limit?, maxBytes?, texts?} → {items, next, more, reset}; reset: this is the whole state, from its beginning. Raises FR404, FR422.';

-- What is not there is left out of the answer.
create or replace function frontrow.documents(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('items', (
    select coalesce(pg_catalog.jsonb_agg(frontrow.document_item(d, coalesce((request ->> 'texts')::boolean, true))
      order by d.collection, d.path), '[]')
    from pg_catalog.jsonb_to_recordset(request -> 'items') as i (collection text, path text)
    join frontrow.collections as c on c.name = i.collection
    join frontrow.documents as d on d.collection = i.collection and d.path = i.path));
end;
$$;
comment on function frontrow.documents(jsonb) is 'These documents at their newest revision. {items: [{collection, path}], texts?} → {items}.';

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
  last jsonb;
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
    select d.*, row_number() over w as n, sum(
      case when has_texts and d.deleted_at is null then coalesce(pg_catalog.octet_length(d.text), 0) else 0 end) over w as bytes
    from (
      select * from frontrow.documents as d
      where (d.changed, d.collection, d.path) > (place[2]::xid8, place[3], place[4]) and d.changed < horizon
        and d.collection = any (names)
      order by d.changed, d.collection, d.path limit most + 1
    ) as d
    window w as (order by d.changed, d.collection, d.path)
  )
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', p.collection, 'path', p.path,
      'revision', p.revision, 'digest', p.digest, 'deleted', p.deleted_at is not null, 'author', r.author,
      'at', frontrow.stamp(p.updated_at), 'changed', p.changed::text)
    || case when has_texts and p.deleted_at is null then pg_catalog.jsonb_build_object('text', p.text) else '{}' end
    order by p.n) filter (where p.n <= most and (p.n = 1 or p.bytes <= most_bytes)), '[]'),
    coalesce(pg_catalog.bool_or(p.n > most or (p.n > 1 and p.bytes > most_bytes)), false)
  into items, found_more
  from page as p
  left join frontrow.revisions as r on r.collection = p.collection and r.path = p.path and r.revision = p.revision;
  last := items -> -1;
  return pg_catalog.jsonb_build_object(
    'items', (select coalesce(pg_catalog.jsonb_agg(i.item - 'changed' order by i.n), '[]')
      from pg_catalog.jsonb_array_elements(items) with ordinality as i (item, n)),
    'next', pg_catalog.format('%s:%s:%s:%s', feed,
      case when found_more then last ->> 'changed' else greatest(place[2]::xid8, horizon)::text end,
      case when found_more then last ->> 'collection' end, case when found_more then last ->> 'path' end),
    'more', found_more, 'reset', is_reset);
end;
$$;
comment on function frontrow.changes(jsonb) is 'Documents changed since a cursor, each once at its newest revision. {since?, collection?, reader?, limit?, maxBytes?, texts?} → {items, next, more, reset}; reset: this is the whole state, from its beginning. Raises FR404, FR422.';

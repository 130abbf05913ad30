-- Ids: each collection that has them counts its documents in one row, and whoever needs ids gets a block of numbers that
-- is nobody else's. A number is given once, also where its document was never made, or is deleted.

create table frontrow.id_sequences (
  collection text not null,
  format text not null,
  last bigint not null default 0,
  looked text,
  looked_at xid8 not null default '0',
  primary key (collection, format)
);
comment on table frontrow.id_sequences is 'How far each collection is numbered.';
comment on column frontrow.id_sequences.last is 'The highest number that was handed out, or found in use.';
comment on column frontrow.id_sequences.looked is 'Digest of the server, the path and the table in which numbers were looked for; another one is looked through whole.';
comment on column frontrow.id_sequences.looked_at is 'Documents that changed from this transaction on were not looked at yet.';
alter table frontrow.id_sequences enable row level security;
revoke all on frontrow.id_sequences from public, anon, authenticated;

create table frontrow.id_blocks (
  request uuid not null,
  reader text not null,
  collection text not null,
  format text not null,
  first bigint not null,
  last bigint not null,
  at timestamptz not null default now(),
  primary key (request, reader, collection),
  check (first <= last)
);
comment on table frontrow.id_blocks is 'The ids handed out in the last three days.';
comment on column frontrow.id_blocks.reader is 'Digest of whose request it is, so that nobody''s id means anything to anybody else.';
create index id_blocks_at_idx on frontrow.id_blocks (at);
alter table frontrow.id_blocks enable row level security;
revoke all on frontrow.id_blocks from public, anon, authenticated;

-- What people made by hand: documents that changed since, and files and rows that no worker has made documents of yet.
create or replace function frontrow.highest_id_since(c frontrow.collections, since xid8) returns bigint
language sql stable security definer set search_path = '' as $$
  select coalesce(max((pg_catalog.regexp_match(p.path collate "C", c.ids ->> 'inPath'))[1]::bigint), 0) from (
    select d.path from frontrow.documents as d where d.changed >= since and d.collection = c.name
    union all select s.path from frontrow.dirty as s where s.collection = c.name
    union all select q.path from frontrow.quarantine as q where q.collection = c.name) as p
$$;
comment on function frontrow.highest_id_since(frontrow.collections, xid8) is 'The highest number among the documents that changed since a transaction, and those that wait for a worker.';

-- Rows and files that were there before anybody signalled them.
create or replace function frontrow.highest_id(c frontrow.collections) returns bigint
language plpgsql stable security definer set search_path = '' as $$
declare
  in_rows bigint;
begin
  execute pg_catalog.format('select max((pg_catalog.regexp_match(r.%I::text collate "C", $1))[1]::bigint) from %s as r',
    c.ids ->> 'key', frontrow.qualified_table(c)) into in_rows using c.ids ->> 'inKey';
  return greatest(coalesce(in_rows, 0), frontrow.highest_id_since(c, '0'), (
    select coalesce(max((pg_catalog.regexp_match(o.name collate "C", c.ids ->> 'inPath'))[1]::bigint), 0) from storage.objects as o
    where o.bucket_id = c.bucket));
end;
$$;
comment on function frontrow.highest_id(frontrow.collections) is 'The highest number among all documents, rows and files.';

create or replace function frontrow.ids(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  asked_for uuid := (request ->> 'request')::uuid;
  asker text := pg_catalog.md5(coalesce(request ->> 'reader', ''));
  wanted int := coalesce((request ->> 'count')::int, 1);
  place text;
  horizon xid8;
  c frontrow.collections;
  s frontrow.id_sequences;
  b frontrow.id_blocks;
begin
  perform frontrow.check_protocol(request);
  if asked_for is null or wanted not between 1 and 1000 then
    raise exception 'frontrow: ids takes a request id, and a count from 1 to 1000' using errcode = 'FR422';
  end if;
  select * into c from frontrow.collections where name = request ->> 'collection';
  if c.name is null then
    raise exception 'frontrow: there is no collection "%"', coalesce(request ->> 'collection', '') using errcode = 'FR404';
  elsif c.ids is null then
    raise exception 'frontrow: the collection "%" has no ids: its config must say ids: { key, format }', c.name
      using errcode = 'FR422';
  end if;
  insert into frontrow.id_sequences (collection, format) values (c.name, c.ids ->> 'format') on conflict do nothing;
  -- From here on one after the other: who comes next sees what this one did.
  select * into s from frontrow.id_sequences where collection = c.name and format = c.ids ->> 'format' for update;
  select * into b from frontrow.id_blocks
  where id_blocks.request = asked_for and reader = asker and collection = c.name;
  if b.request is null then
    delete from frontrow.id_blocks as o where o.ctid = any (array(
      select e.ctid from frontrow.id_blocks as e where e.at < pg_catalog.now() - interval '3 days' limit 1000));
    place := pg_catalog.md5(pg_catalog.jsonb_build_array(frontrow.server(), c.scope, c.ids)::text);
    -- Taken before the documents are read: one that ends in between is looked at next time.
    horizon := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot());
    s.last := greatest(s.last, case when s.looked is distinct from place then frontrow.highest_id(c)
      else frontrow.highest_id_since(c, s.looked_at) end);
    if s.last + wanted > 9007199254740991 then
      raise exception 'frontrow: the collection "%" has no numbers left', c.name using errcode = 'FR422';
    end if;
    insert into frontrow.id_blocks (request, reader, collection, format, first, last)
    values (asked_for, asker, c.name, s.format, s.last + 1, s.last + wanted) returning * into b;
    update frontrow.id_sequences set last = b.last, looked = place, looked_at = horizon
    where collection = s.collection and format = s.format;
  end if;
  return pg_catalog.jsonb_build_object('format', b.format, 'first', b.first, 'last', b.last);
end;
$$;
comment on function frontrow.ids(jsonb) is 'Hands out numbers that nobody has. {request, reader?, collection, count?} → {format, first, last}; the same request is answered the same, for three days. Raises FR404, FR422.';

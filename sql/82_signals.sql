-- What comes from outside: signals, and a person's decisions. Halts are resumed in 68_resume.sql.

-- Signals from outside: webhooks, connectors, a person. Names that belong to no collection are ignored and counted.
create or replace function frontrow.signal(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
  asked int := pg_catalog.jsonb_array_length(request -> 'keys');
begin
  perform frontrow.check_protocol(request);
  insert into frontrow.dirty (collection, path, store)
  select distinct c.name, k.path, 'bucket'
  from pg_catalog.jsonb_to_recordset(request -> 'keys') as k (bucket text, collection text, path text)
  join frontrow.collections as c on (c.bucket = k.bucket or c.name = k.collection) and k.path ~ c.pattern;
  get diagnostics marked = row_count;
  if marked > 0 then
    perform frontrow.ring();
  end if;
  return pg_catalog.jsonb_build_object('marked', marked, 'ignored', greatest(asked - marked, 0));
end;
$$;
comment on function frontrow.signal(jsonb) is 'Marks documents dirty by bucket or collection and path. {keys} → {marked, ignored}.';

-- A person chose a side of an open conflict.
create or replace function frontrow.resolve(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  found_id bigint;
begin
  perform frontrow.check_protocol(request);
  update frontrow.conflicts set keep = request ->> 'keep'
  where collection = request ->> 'collection' and path = request ->> 'path' and state = 'open'
  returning id into found_id;
  if found_id is null then
    raise exception 'frontrow: % has no open conflict', request ->> 'path' using errcode = 'FR404';
  end if;
  perform frontrow.mark(request ->> 'collection', 'table', array[request ->> 'path'], false);
  perform frontrow.ring();
  return pg_catalog.jsonb_build_object('conflict', found_id);
end;
$$;
comment on function frontrow.resolve(jsonb) is 'Decides an open conflict for one side; the next pass carries it out. {collection, path, keep: file|row}.';

-- What comes from outside: signals. Halts are resumed in 68_resume.sql, conflicts resolved in 67_conflicts.sql.

-- Signals from outside: webhooks, connectors, a person. Names that belong to no collection are ignored and counted.
create or replace function frontrow.signal(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
  asked int := pg_catalog.jsonb_array_length(request -> 'keys');
begin
  perform frontrow.check_protocol(request);
  if request ->> 'delivery' is not null then
    insert into frontrow.deliveries (digest)
    values (pg_catalog.sha256(pg_catalog.convert_to(request ->> 'delivery', 'UTF8'))) on conflict do nothing;
    if not found then
      return pg_catalog.jsonb_build_object('marked', 0, 'ignored', 0, 'repeated', true);
    end if;
  end if;
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
comment on function frontrow.signal(jsonb) is 'Marks documents dirty by bucket or collection and path, once for each delivery. {keys, delivery?} → {marked, ignored, repeated?}.';

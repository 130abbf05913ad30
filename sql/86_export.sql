-- The documents as the hub holds them now, for whoever takes a copy of them: page by page, in the order of their paths.

create or replace function frontrow.export(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  most int := least(greatest(coalesce((request ->> 'limit')::int, 1000), 1), 1000);
  weight bigint := coalesce((request ->> 'maxBytes')::bigint, 8388608);
  with_texts boolean := coalesce((request ->> 'texts')::boolean, true);
  place text := coalesce(request ->> 'after', '');
  wanted text[];
  result jsonb;
begin
  perform frontrow.check_protocol(request);
  if not exists (select from frontrow.collections where name = request ->> 'collection') then
    raise exception 'frontrow: collection % is not registered', coalesce(request ->> 'collection', '(none)') using errcode = 'FR404';
  end if;
  if pg_catalog.jsonb_typeof(request -> 'paths') = 'array' then
    wanted := array(select distinct pg_catalog.jsonb_array_elements_text(request -> 'paths'));
  end if;
  -- One more than the page shows whether another follows. The weight is known without reading a long text.
  with named as (
    (select d.* from frontrow.documents as d
    where wanted is null and d.collection = request ->> 'collection' and d.path > place
      and d.deleted_at is null and d.text is not null
    order by d.path limit most + 1)
    union all
    select d.* from pg_catalog.unnest(wanted) as w (path)
    join frontrow.documents as d on d.collection = request ->> 'collection' and d.path = w.path
    where d.path > place and d.deleted_at is null and d.text is not null
  ), found as (
    select n.path, n.revision, n.digest, n.text, pg_catalog.octet_length(n.text) as bytes
    from named as n order by n.path limit most + 1
  ), placed as (
    select f.*, pg_catalog.row_number() over (order by f.path) as nth, sum(f.bytes) over (order by f.path) as upto from found as f
  ), page as (
    select * from placed as p where p.nth = 1 or (p.nth <= most and (not with_texts or p.upto <= weight))
  )
  select pg_catalog.jsonb_build_object(
    'items', coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', p.path, 'revision', p.revision,
      'digest', p.digest, 'bytes', p.bytes, 'text', case when with_texts then p.text end) order by p.path), '[]'),
    'next', case when (select count(*) from found) > count(*) then max(p.path) end) into result
  from page as p;
  return result;
end;
$$;
comment on function frontrow.export(jsonb) is 'Documents that are not deleted, by path. {collection, after?, limit?, maxBytes?, paths?, texts?} → {items: [{path, revision, digest, bytes, text}], next}. Raises FR404.';

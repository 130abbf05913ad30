-- Which of many files a person brings in the hub does not hold as they are.

-- A file is in when the hub's text is the file's, byte for byte, and nothing about the document is lost, undecided or on
-- its way back: then bringing it in again would change nothing. `fresh` are those the hub has no document of.
create or replace function frontrow.compare(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  answer jsonb;
begin
  perform frontrow.check_protocol(request);
  select * into c from frontrow.collections where name = request ->> 'collection';
  -- As arrays, whose lengths the planner sees: few files are looked up one by one, many are joined.
  execute pg_catalog.format($sql$
    with files as materialized (
      select f.place - 1 as place, f.path, f.digest
      from rows from (pg_catalog.unnest($2), pg_catalog.unnest($3)) with ordinality as f (path, digest, place)
    ), in_question as materialized (
      select f.path from files as f join frontrow.dirty as s on s.collection = $1.name and s.path = f.path
      where s.gone or s.store <> 'bucket'
      union
      select f.path from files as f join frontrow.halt_items as i on i.path = f.path join frontrow.halts as h on h.id = i.halt
      where h.collection = $1.name and h.state <> 'closed'
      union
      select f.path from files as f join frontrow.quarantine as q on q.collection = $1.name and q.path = f.path
      union
      select f.path from files as f join frontrow.conflicts as k on k.collection = $1.name and k.path = f.path
      where k.state = 'open'
    ), looked_at as (
      select f.place, d.path is null as is_fresh, d.path is not null and d.deleted_at is null
        and d.bytes_digest = pg_catalog.decode(f.digest, 'hex')
        -- An object that is gone or another is news; one that was never written is on its way.
        and bb.version is not distinct from case when o.name is not null then coalesce(o.version, '') end
        and bt.path is not null and q.path is null as is_in
      from files as f
      left join frontrow.documents as d on d.collection = $1.name and d.path = f.path
      left join frontrow.bases as bb on bb.collection = $1.name and bb.path = f.path and bb.store = 'bucket'
      left join frontrow.bases as bt on bt.collection = $1.name and bt.path = f.path and bt.store = 'table'
      left join in_question as q on q.path = f.path
      left join storage.objects as o on o.bucket_id = $1.bucket and o.name = f.path%s
    )
    select pg_catalog.jsonb_build_object(
      'fresh', coalesce(pg_catalog.jsonb_agg(place order by place) filter (where is_fresh), '[]'),
      'changed', coalesce(pg_catalog.jsonb_agg(place order by place) filter (where not is_fresh and not is_in), '[]'))
    from looked_at$sql$, frontrow.live_object_condition('o')) into answer
  using c, array(select pg_catalog.jsonb_array_elements_text(request -> 'paths')),
    array(select pg_catalog.jsonb_array_elements_text(request -> 'digests'));
  -- Nothing to do: the caller's next question would be how things stand.
  if (request ->> 'report')::boolean and answer = '{"fresh": [], "changed": []}' then
    return answer || pg_catalog.jsonb_build_object('report', frontrow.report(request - 'collection'
      || coalesce(pg_catalog.jsonb_build_object('collection', request ->> 'reportOf'), '{}')));
  end if;
  return answer;
end;
$$;
comment on function frontrow.compare(jsonb) is 'Which files the hub does not hold as they are, by their places. {collection, paths, digests, report?, reportOf?} → {fresh, changed, report?}; digests: SHA-256 of the bytes, hex.';

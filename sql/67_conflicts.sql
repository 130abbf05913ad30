-- Conflicts: both sides changed the same thing. A record keeps base, both texts and the merged attempt; a person decides
-- about exactly the versions they saw, and the next pass carries the decision out.

-- The name under which an overlap is decided: `column`, or `column.key` inside a JSON object.
create or replace function frontrow.overlap_label(overlap jsonb) returns text
language sql immutable set search_path = '' as $$
  select (overlap ->> 'column') || coalesce('.' || (overlap ->> 'key'), '')
$$;
comment on function frontrow.overlap_label(jsonb) is 'How a decision names one overlap: column, or column.key.';

create or replace function frontrow.signalled_at(collection_name text, document_path text, store_name text)
returns timestamptz
language sql stable security definer set search_path = '' as $$
  select max(d.at) from frontrow.dirty as d
  where d.collection = collection_name and d.path = document_path and d.store = store_name
$$;
comment on function frontrow.signalled_at(text, text, text) is 'When a store last signalled a change that is not done yet.';

-- Part of apply. A plan without a conflict ends an open one: the sides agree again, or one of them is gone.
create or replace function frontrow.record_conflict(
  c frontrow.collections, item jsonb, current bigint, authors jsonb
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  note jsonb := nullif(item -> 'conflict', 'null');
  document_path text := item ->> 'path';
  is_held boolean := coalesce((note ->> 'held')::boolean, false);
  was_open boolean;
begin
  if not is_held then
    update frontrow.conflicts set state = 'resolved', resolved_at = pg_catalog.now(),
      decided_by = coalesce(note ->> 'decidedBy', 'agreement')
    where collection = c.name and path = document_path and state = 'open';
    was_open := found;
    if was_open then
      perform frontrow.mark_copy(c, document_path);
    end if;
    -- What a person decided about is the open record itself: it has these very texts.
    if note is null or (was_open and note ->> 'decidedBy' = 'person') then
      return;
    end if;
  end if;
  insert into frontrow.conflicts as k (collection, path, state, overlapping, decided_by, base_text, file_text, row_text,
    merged_text, bucket_version, table_version, revision, file_author, row_author, file_at, row_at, resolved_at)
  values (c.name, document_path, case when is_held then 'open' else 'resolved' end, note -> 'overlaps',
    note ->> 'decidedBy', note ->> 'base', note ->> 'file', note ->> 'row', note ->> 'merged',
    item #>> '{expect,bucket}', item #>> '{expect,table}', current, authors ->> 'bucket', authors ->> 'table',
    frontrow.signalled_at(c.name, document_path, 'bucket'), frontrow.signalled_at(c.name, document_path, 'table'),
    case when not is_held then pg_catalog.now() end)
  on conflict (collection, path) where state = 'open' do update set overlapping = excluded.overlapping,
    decided_by = excluded.decided_by, base_text = excluded.base_text, file_text = excluded.file_text,
    row_text = excluded.row_text, merged_text = excluded.merged_text, bucket_version = excluded.bucket_version,
    table_version = excluded.table_version, revision = excluded.revision, file_author = excluded.file_author,
    row_author = excluded.row_author, file_at = coalesce(excluded.file_at, k.file_at), row_at = coalesce(excluded.row_at, k.row_at),
    -- An answer given since this pass read the document stays; one about other texts, or one that came to nothing, goes.
    decision = case when (k.bucket_version, k.table_version, k.revision)
        is not distinct from (excluded.bucket_version, excluded.table_version, excluded.revision)
      and k.decision is distinct from nullif(note -> 'decision', 'null') then k.decision end;
  if is_held then
    perform frontrow.mark_copy(c, document_path);
  end if;
end;
$$;
comment on function frontrow.record_conflict(frontrow.collections, jsonb, bigint, jsonb) is 'Keeps both texts of a conflict, or closes the open one when the sides agree.';

-- The decision in a request, as it is kept. Refuses what is none.
create or replace function frontrow.decision_of(request jsonb, overlapping jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  decision jsonb := pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'keep', request -> 'keep', 'fields', request -> 'fields', 'text', request -> 'text'));
  unknown text;
  remaining text;
begin
  if (select count(*) from pg_catalog.jsonb_object_keys(decision)) <> 1
    or pg_catalog.jsonb_typeof(decision -> 'text') <> 'string'
    or decision ->> 'keep' not in ('file', 'row')
    or pg_catalog.jsonb_typeof(decision -> 'fields') <> 'object'
  then
    raise exception 'frontrow: a decision must be one of keep (file or row), fields, or text' using errcode = 'FR422';
  end if;
  if decision ? 'fields' then
    if exists (select from pg_catalog.jsonb_each_text(decision -> 'fields') as f where f.value not in ('file', 'row')) then
      raise exception 'frontrow: every field must be decided for "file" or "row"' using errcode = 'FR422';
    end if;
    select pg_catalog.string_agg(f.key, ', ') into unknown from pg_catalog.jsonb_each_text(decision -> 'fields') as f
    where not exists (select from pg_catalog.jsonb_array_elements(overlapping) as o
      where f.key in (frontrow.overlap_label(o), o ->> 'column'));
    if unknown is not null then
      raise exception 'frontrow: nothing is to be decided about %', unknown using errcode = 'FR422';
    end if;
    select pg_catalog.string_agg(distinct frontrow.overlap_label(o), ', ') into remaining
    from pg_catalog.jsonb_array_elements(overlapping) as o
    where not (decision -> 'fields') ?| array[frontrow.overlap_label(o), o ->> 'column'];
    if remaining is not null then
      raise exception 'frontrow: not decided yet: %', remaining using errcode = 'FR422';
    end if;
  end if;
  return decision;
end;
$$;
comment on function frontrow.decision_of(jsonb, jsonb) is 'Checks a person''s decision against what overlaps.';

-- Whether a record speaks of the versions and the revision somebody saw.
create or replace function frontrow.is_as_seen(k frontrow.conflicts, seen jsonb) returns boolean
language sql immutable set search_path = '' as $$
  select k.bucket_version is not distinct from seen ->> 'bucket_version'
    and k.table_version is not distinct from seen ->> 'table_version'
    and k.revision is not distinct from (seen ->> 'revision')::bigint
$$;
comment on function frontrow.is_as_seen(frontrow.conflicts, jsonb) is 'Whether a conflict is still about what a person saw.';

-- Whether both replicas and the hub still are what a record speaks of.
create or replace function frontrow.is_as_recorded(c frontrow.collections, k frontrow.conflicts) returns boolean
language sql volatile security definer set search_path = '' as $$
  select k.bucket_version is not distinct from
      (select o.version from frontrow.live_objects(c.bucket, array[k.path]) as o)
    and k.table_version is not distinct from (select r.version from frontrow.read_rows(c, array[k.path]) as r)
    and k.revision = coalesce((select d.revision from frontrow.documents as d
      where d.collection = k.collection and d.path = k.path), 0)
$$;
comment on function frontrow.is_as_recorded(frontrow.collections, frontrow.conflicts) is 'Whether nothing has moved since a conflict was recorded.';

-- A person's answer to an open conflict. The same answer twice is one answer, before and after it was carried out.
create or replace function frontrow.resolve(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  k frontrow.conflicts;
  answer jsonb;
begin
  perform frontrow.check_protocol(request);
  select * into c from frontrow.collections where name = request ->> 'collection';
  select * into k from frontrow.conflicts
  where collection = request ->> 'collection' and path = request ->> 'path' and state = 'open' for update;
  if k.id is null then
    select * into k from frontrow.conflicts
    where collection = request ->> 'collection' and path = request ->> 'path' order by id desc limit 1;
    if k.decided_by = 'person' and frontrow.is_as_seen(k, request -> 'seen')
      and k.decision = frontrow.decision_of(request, k.overlapping)
    then
      return pg_catalog.jsonb_build_object('conflict', k.id, 'state', k.state);
    end if;
    raise exception 'frontrow: % has no open conflict', request ->> 'path' using errcode = 'FR404';
  end if;
  if not frontrow.is_as_seen(k, request -> 'seen') or not frontrow.is_as_recorded(c, k) then
    raise exception 'frontrow: % has changed since you looked at its conflict: nothing was decided; look again', k.path
      using errcode = 'FR409';
  end if;
  answer := frontrow.decision_of(request, k.overlapping);
  update frontrow.conflicts set decision = answer, decider = request ->> 'caller', decided_at = pg_catalog.clock_timestamp()
  where id = k.id and decision is distinct from answer;
  -- A person has looked at it: what comes of that is no loop.
  delete from frontrow.flows where collection = k.collection and path = k.path;
  perform frontrow.mark(k.collection, 'table', array[k.path], false);
  perform frontrow.ring();
  return pg_catalog.jsonb_build_object('conflict', k.id, 'state', k.state);
end;
$$;
comment on function frontrow.resolve(jsonb) is 'Answers an open conflict; the next pass carries it out. {collection, path, seen: {bucket_version, table_version, revision}, caller?, keep: file|row | fields: {label: file|row} | text} → {conflict, state}.';

-- An overlap with the name people know it by: the front matter field, and inside the catch-all just its key.
create or replace function frontrow.named_overlaps(c frontrow.collections, overlapping jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(pg_catalog.jsonb_agg(o.overlap || pg_catalog.jsonb_build_object(
    'label', frontrow.overlap_label(o.overlap),
    'name', case
      when o.overlap ->> 'column' = c.extra_column and o.overlap ? 'key' then o.overlap ->> 'key'
      else coalesce((select f ->> 'field' from pg_catalog.jsonb_array_elements(c.fields) as f
          where f ->> 'column' = o.overlap ->> 'column' limit 1), o.overlap ->> 'column')
        || coalesce('.' || (o.overlap ->> 'key'), '') end) order by o.place), '[]')
  from pg_catalog.jsonb_array_elements(overlapping) with ordinality as o (overlap, place)
$$;
comment on function frontrow.named_overlaps(frontrow.collections, jsonb) is 'Overlaps with their label, for decisions, and their name, for people.';

-- The list is without texts; one document's records are whole. Newest first, so that a document's open one comes first.
create or replace function frontrow.conflicts(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('items', (
    select coalesce(pg_catalog.jsonb_agg(
      (case when request ->> 'path' is null
        then pg_catalog.to_jsonb(k) - array['base_text', 'file_text', 'row_text', 'merged_text', 'decision']
        else pg_catalog.to_jsonb(k) end)
      || pg_catalog.jsonb_build_object('overlapping', frontrow.named_overlaps(c, k.overlapping),
        'copy', frontrow.copy_state(c, k))
      order by k.id desc), '[]')
    from (
      select * from frontrow.conflicts
      where (request ->> 'collection' is null or collection = request ->> 'collection')
        and (request ->> 'path' is null or path = request ->> 'path')
        and (state = 'open' or request ->> 'state' = 'all')
      order by id desc limit least(coalesce((request ->> 'limit')::int, 1000), 1000)
    ) as k
    left join frontrow.collections as c on c.name = k.collection));
end;
$$;
comment on function frontrow.conflicts(jsonb) is 'Conflicts, newest first; with a path the whole records. {collection?, path?, state?: open|all, limit?} → {items}.';

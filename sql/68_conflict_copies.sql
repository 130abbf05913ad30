-- Conflict copies: where the policy says so, a file beside the document shows an open conflict to people who look into
-- the bucket. A copy's name is a dirty key of its own, so lease, fence, intent and base protect it like any write of the
-- engine's; its base, under that name, says which version is the engine's. What is not at that version is somebody's.

create or replace function frontrow.copy_name(document_path text) returns text
language sql immutable set search_path = '' as $$
  select case when pg_catalog.octet_length(name) <= 1024
    and pg_catalog.octet_length(pg_catalog.regexp_replace(name, '^.*/', '')) <= 255 then name end
  from pg_catalog.regexp_replace(document_path, '(\.[^./]+)?$', '.conflict\1') as name
$$;
comment on function frontrow.copy_name(text) is 'The name of a document''s conflict copy: x.conflict.md for x.md. Null where it would be too long.';

-- Part of record_conflict: whatever happened to the record, its copy is looked at next.
create or replace function frontrow.mark_copy(c frontrow.collections, document_path text) returns void
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.dirty (collection, path, store)
  select c.name, n.name, 'bucket' from frontrow.copy_name(document_path) as n (name)
  where n.name is not null and ((c.policies ->> 'conflictCopy')::boolean or exists (
    select from frontrow.bases as b where b.collection = c.name and b.path = n.name))
$$;
comment on function frontrow.mark_copy(frontrow.collections, text) is 'Marks a document''s conflict copy dirty where there is, or should be, one.';

create or replace function frontrow.wanted_copy(c frontrow.collections, copy text) returns jsonb
language sql stable security definer set search_path = '' as $$
  select pg_catalog.jsonb_build_object('base', k.base_text, 'file', k.file_text, 'row', k.row_text)
  from frontrow.conflicts as k
  where k.collection = c.name and k.state = 'open' and frontrow.copy_name(k.path) = copy
    and (c.policies ->> 'conflictCopy')::boolean
    and k.path = pg_catalog.regexp_replace(copy, '\.conflict(\.[^./]*)?$', '\1')
$$;
comment on function frontrow.wanted_copy(frontrow.collections, text) is 'The three texts that a conflict copy is to show; null: there must be none.';

-- Part of the sweep: what a change of the policy, or somebody's clearing up, left without a mark.
create or replace function frontrow.mark_copies() returns void
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.dirty (collection, path, store)
  select w.collection, w.name, 'bucket' from (
    select k.collection, n.name from frontrow.conflicts as k
    join frontrow.collections as c on c.name = k.collection
    cross join lateral frontrow.copy_name(k.path) as n (name)
    where k.state = 'open' and (c.policies ->> 'conflictCopy')::boolean and n.name is not null
      and not exists (select from frontrow.live_objects(c.bucket, array[n.name]))
    union
    select b.collection, b.path from frontrow.bases as b
    join frontrow.collections as c on c.name = b.collection
    where b.path ~ '\.conflict(?:\.[^./]*)?$' and frontrow.wanted_copy(c, b.path) is null
  ) as w
  where not exists (select from frontrow.dirty as d where d.collection = w.collection and d.path = w.name)
$$;
comment on function frontrow.mark_copies() is 'Marks conflict copies dirty that are missing, or that nothing wants any more.';

create or replace function frontrow.copy_state(c frontrow.collections, k frontrow.conflicts) returns jsonb
language sql stable security definer set search_path = '' as $$
  select pg_catalog.jsonb_build_object('name', n.name, 'state', case
    when o.name is null then 'pending' when o.version = b.version then 'there' else 'taken' end)
  from frontrow.copy_name(k.path) as n (name)
  left join lateral frontrow.live_objects(c.bucket, array[n.name]) as o on true
  left join frontrow.bases as b on b.collection = c.name and b.path = n.name and b.store = 'bucket'
  where k.state = 'open' and (c.policies ->> 'conflictCopy')::boolean and n.name is not null
$$;
comment on function frontrow.copy_state(frontrow.collections, frontrow.conflicts) is 'Where an open conflict''s copy is: {name, state: there|pending|taken}; taken: a file of that name is somebody''s own.';

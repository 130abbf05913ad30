-- What a worker is shown of a document.

create or replace function frontrow.revision_text(collection_name text, document_path text, wanted bigint) returns text
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select coalesce(r.text, case when not r.deleted and r.purge is distinct from 'done' then d.text end)
  from frontrow.revisions as r
  join frontrow.documents as d on d.collection = r.collection and d.path = r.path
  where r.collection = collection_name and r.path = document_path and r.revision = wanted
  );
end;
$$;
comment on function frontrow.revision_text(text, text, bigint) is 'The text of one revision, null where there is none; the newest one''s is in documents.';

-- A revision that a base stands on keeps its text (trim_history, finish_purges).
create or replace function frontrow.base_body(base frontrow.bases) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  bytes bytea;
begin
  if base.body_size is null then
    return base.body;
  end if;
  bytes := pg_catalog.convert_to(frontrow.revision_text(base.collection, base.path, base.revision), 'UTF8');
  if bytes is null then
    raise exception 'frontrow: revision % of % has no text, and a base stands on it', base.revision, base.path;
  end if;
  return pg_catalog.convert_from(pg_catalog.substring(bytes, pg_catalog.length(bytes) - base.body_size + 1), 'UTF8');
end;
$$;
comment on function frontrow.base_body(frontrow.bases) is 'The body that hub and table last agreed on.';

-- Both replicas, the hub's document and both bases of each document, read after the lease was taken.
create or replace function frontrow.read_documents(collection_name text, paths text[]) returns jsonb
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  c frontrow.collections;
  result jsonb;
begin
  select * into c from frontrow.collections where name = collection_name;
  with objects as materialized (select * from frontrow.live_objects(c.bucket, paths)),
  replicas as materialized (select * from frontrow.read_rows(c, paths)),
  signals as (
    select s.path, pg_catalog.jsonb_object_agg(s.store, s.at) as at from (
      select p.path, d.store, max(d.at) as at from pg_catalog.unnest(paths) as p (path) cross join lateral (
        select x.store, x.at from frontrow.dirty as x where x.collection = collection_name and x.path = p.path offset 0
      ) as d
      group by p.path, d.store) as s
    group by s.path
  )
  select coalesce(pg_catalog.jsonb_object_agg(p.path, pg_catalog.jsonb_build_object(
    'hub', case when d.path is not null then pg_catalog.jsonb_build_object(
      'revision', d.revision, 'text', d.text, 'deleted', d.deleted_at is not null) end,
    'bases', pg_catalog.jsonb_build_object(
      'bucket', case when bb.path is not null then pg_catalog.jsonb_build_object('version', bb.version,
        'revision', bb.revision, 'text', case when bb.revision is distinct from d.revision
          then frontrow.revision_text(d.collection, d.path, bb.revision) end) end,
      'table', case when bt.path is not null then pg_catalog.jsonb_build_object('version', bt.version,
        'revision', bt.revision, 'fields', bt.fields, 'body', frontrow.base_body(bt), 'text',
        case when bt.revision is distinct from d.revision
          then frontrow.revision_text(d.collection, d.path, bt.revision) end) end),
    'bucket', case when o.name is not null then pg_catalog.jsonb_build_object('version', o.version, 'size', o.size,
      'etag', o.etag, 'contentType', o.content_type, 'cacheControl', o.cache_control,
      'userMetadata', o.user_metadata) end,
    'table', case when r.path is not null then pg_catalog.jsonb_build_object('version', r.version,
      'fields', r.fields, 'body', r.body) end,
    'isKey', r.path is not null or frontrow.path_keys(c, p.path) is not null,
    -- A decision is about the versions the person saw; after another edit the question is asked again.
    'resolution', case when k.bucket_version is not distinct from o.version
      and k.table_version is not distinct from r.version and k.revision = coalesce(d.revision, 0) then k.decision end,
    'dirtyAt', signals.at
  ) || case when p.path ~ '\.conflict(?:\.[^./]*)?$'
    then pg_catalog.jsonb_build_object('copy', frontrow.wanted_copy(c, p.path)) else '{}' end), '{}') into result
  from pg_catalog.unnest(paths) as p (path)
  left join lateral (
    select x.* from frontrow.documents as x where x.collection = c.name and x.path = p.path offset 0) as d on true
  left join lateral (select x.* from frontrow.bases as x
    where x.collection = c.name and x.path = p.path and x.store = 'bucket' offset 0) as bb on true
  left join lateral (select x.* from frontrow.bases as x
    where x.collection = c.name and x.path = p.path and x.store = 'table' offset 0) as bt on true
  left join lateral (select x.* from frontrow.conflicts as x
    where x.collection = c.name and x.path = p.path and x.state = 'open' offset 0) as k on true
  left join objects as o on o.name = p.path
  left join replicas as r on r.path = p.path
  left join signals on signals.path = p.path;
  return result;
end;
$$;
comment on function frontrow.read_documents(text, text[]) is 'Everything reconcile needs to know of these documents, but the objects'' bytes.';

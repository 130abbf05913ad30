-- Apply, many at once: what apply_item does for one item, for all plain ones of a collection in a few statements.

-- The revisions, and the documents they make. Before the bases move, which say what each store had seen.
create or replace function frontrow.append_plain(c frontrow.collections, work frontrow.plain_item[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  known text[] := array(select w.path from pg_catalog.unnest(work) as w where w.current > 0);
begin
  update frontrow.revisions as r set text = d.text from frontrow.documents as d
  where r.collection = c.name and r.path = any (known) and d.collection = c.name and d.path = r.path
    and r.text is null and not r.deleted and r.purge is distinct from 'done';
  insert into frontrow.revisions (collection, path, revision, parents, store, author, message, digest)
  select c.name, w.path, w.current + 1, case when b.path is null or w.current = 0 then '{}' else array[b.revision] end,
    e.store, w.author, coalesce(w.item ->> 'message', w.item ->> 'outcome'), w.item #>> '{revisions,0,digest}'
  from pg_catalog.unnest(work) as w
  cross join lateral (select w.item #>> '{revisions,0,store}' as store) as e
  left join lateral (select x.path, x.revision from frontrow.bases as x where x.collection = c.name and x.path = w.path
    and x.store = case e.store when 'directory' then 'bucket' else e.store end offset 0) as b on true
  order by w.place;
  insert into frontrow.documents (collection, path, text, digest, revision, updated_by)
  select c.name, w.path, w.item #>> '{revisions,0,text}', w.item #>> '{revisions,0,digest}', w.current + 1,
    coalesce(w.item ->> 'editor', 'merge')
  from pg_catalog.unnest(work) as w
  on conflict (collection, path) do update set text = coalesce(excluded.text, documents.text),
    digest = coalesce(excluded.digest, documents.digest), revision = excluded.revision, updated_by = excluded.updated_by,
    updated_at = pg_catalog.now(), deleted_at = null;
  insert into frontrow.bases (collection, path, store, version, revision)
  select c.name, w.path, 'bucket', b.base ->> 'version', w.current + (b.base ->> 'revision')::bigint
  from pg_catalog.unnest(work) as w cross join lateral (select w.item #> '{bases,bucket}' as base) as b
  where b.base is not null
  on conflict (collection, path, store) do update set version = excluded.version, revision = excluded.revision,
    fields = null, body = null, body_size = null, agreed_at = pg_catalog.now();
  -- A row's base follows what is read back from it.
  insert into frontrow.bases (collection, path, store, version, revision, fields, body)
  select c.name, w.path, 'table', b.base ->> 'version', w.current + (b.base ->> 'revision')::bigint, b.base -> 'fields',
    b.base ->> 'body'
  from pg_catalog.unnest(work) as w cross join lateral (select w.item #> '{bases,table}' as base) as b
  where w.kind = 'file'
  on conflict (collection, path, store) do update set version = excluded.version, revision = excluded.revision,
    fields = excluded.fields, body = excluded.body, body_size = null, agreed_at = pg_catalog.now();
end;
$$;
comment on function frontrow.append_plain(frontrow.collections, frontrow.plain_item[]) is 'Appends one revision to each plain item''s document, and moves the bases that are known before a row is written.';

-- Nothing of a plain item is contested: the side it flows to is where its base is.
create or replace function frontrow.plain_flows(work frontrow.plain_item[]) returns frontrow.flow[]
language plpgsql immutable set search_path = '' as $$
begin
  return array(
    select row(w.path, n.name, case w.kind when 'row' then 'table' else 'bucket' end, false)::frontrow.flow
    from pg_catalog.unnest(work) as w
    cross join lateral (
      select n.name from (
        select pg_catalog.jsonb_object_keys(w.fields) union select pg_catalog.unnest(w.cleared)
        union select '(body)' where w.body is not null) as n (name) where w.kind = 'row'
      union all
      select pg_catalog.unnest(coalesce(nullif(case when w.before_fields is not null then frontrow.news_of(
          w.before_fields, w.before_body, w.item #> '{bases,table,fields}', w.item #>> '{bases,table,body}') end, '{}'),
          array['(file)'])) where w.kind = 'file'
      union all select '(any)') as n (name)
    where w.current > 0);
end;
$$;
comment on function frontrow.plain_flows(frontrow.plain_item[]) is 'What flows_of says of each plain item.';

-- The leases end, but for those of files, which are still to be written; exactly the signals that were seen are forgotten.
create or replace function frontrow.complete_plain(
  c frontrow.collections, run_id uuid, work frontrow.plain_item[], again int[]
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  with done as (
    delete from frontrow.leases as l using pg_catalog.unnest(work) as w
    where w.kind = 'row' and l.collection = c.name and l.path = w.path and l.token = w.token returning l.seen
  )
  delete from frontrow.dirty where id = any (array(select pg_catalog.unnest(d.seen) from done as d));
  if pg_catalog.cardinality(again) > 0 then
    perform frontrow.mark(c.name, 'table', array(
      select w.path from pg_catalog.unnest(work) as w where w.place = any (again)), false);
    perform frontrow.ring();
  end if;
  perform frontrow.log_items(run_id, c.name, (
    select pg_catalog.jsonb_agg(e.entry order by w.place, e.line)
    from pg_catalog.unnest(work) as w
    cross join lateral (
      select 0 as line, pg_catalog.jsonb_build_object('path', w.path, 'outcome', w.item -> 'outcome') as entry
      union all
      select x.line, x.entry from frontrow.warning_entries(w.item) with ordinality as x (entry, line)) as e));
end;
$$;
comment on function frontrow.complete_plain(frontrow.collections, uuid, frontrow.plain_item[], int[]) is 'Completes plain items and logs them; those in `again` are marked for another pass.';

-- Raises when anything is out of the ordinary: the caller undoes it all and takes each item by itself.
create or replace function frontrow.apply_together(c frontrow.collections, run_id uuid, items jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  work frontrow.plain_item[] := frontrow.plain_items(c, items);
  paths text[] := array(select w.path from pg_catalog.unnest(work) as w);
  in_rows frontrow.plain_item[] := array(select w from pg_catalog.unnest(work) as w where w.kind = 'row');
  before bigint;
  again int[];
  read_back int;
  intents jsonb;
  opened int;
begin
  if pg_catalog.cardinality(work) = 0 then
    return '{}'::jsonb;
  end if;
  if exists (select from frontrow.note_flows(c, frontrow.plain_flows(work))) then
    raise exception 'frontrow: the breaker has something to say' using errcode = 'FR002';
  end if;
  perform frontrow.append_plain(c, work);
  select last_value into before from frontrow.dirty_id_seq;
  perform frontrow.put_rows(c, in_rows);
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  set constraints all immediate;
  -- A user's trigger wrote to a row of this batch: whether that was before or after our own write of it matters.
  if exists (select from frontrow.dirty as d
    where d.collection = c.name and d.path = any (paths) and d.store = 'table' and d.id > before)
  then
    raise exception 'frontrow: a trigger of % writes to its own table', frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
  select coalesce(pg_catalog.array_agg(a.place) filter (where a.again), '{}'), count(*) into again, read_back
  from frontrow.agree_on_rows(c, in_rows) as a;
  if read_back <> pg_catalog.cardinality(in_rows) then
    raise exception 'frontrow: a row was gone again after it was written' using errcode = 'FR002';
  end if;
  if c.policies ->> 'history' <> 'all' then
    perform frontrow.trim_history(c, w.path, w.current + 1) from pg_catalog.unnest(work) as w;
  end if;
  delete from frontrow.quarantine where collection = c.name and path = any (paths);
  with made as (
    insert into frontrow.intents (collection, path, bucket, operation, base_version, revision, token)
    select c.name, w.path, c.bucket, 'put', w.item #>> '{expect,bucket}', w.current + 1, w.token
    from pg_catalog.unnest(work) as w where w.kind = 'file' order by w.place
    on conflict do nothing returning id, path
  )
  select coalesce(pg_catalog.jsonb_object_agg(m.path, m.id), '{}'), count(*) into intents, opened from made as m;
  if opened <> pg_catalog.cardinality(work) - pg_catalog.cardinality(in_rows) then
    raise exception 'frontrow: a write of the object is under way' using errcode = 'FR002';
  end if;
  perform frontrow.complete_plain(c, run_id, work, again);
  return (select pg_catalog.jsonb_object_agg(w.path, pg_catalog.jsonb_build_object('outcome', w.item -> 'outcome',
      'intent', intents -> w.path, 'again', w.place = any (again), 'revision', w.current + 1))
    from pg_catalog.unnest(work) as w);
end;
$$;
comment on function frontrow.apply_together(frontrow.collections, uuid, jsonb) is 'Carries out the plain items of a collection and answers their outcomes by path; raises when one of them cannot be.';

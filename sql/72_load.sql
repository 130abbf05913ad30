-- Bulk: files that a person brings in, many at a time. `compare` tells which of them the hub does not hold as they are;
-- `load` makes documents and rows of those it has never seen, by set operations. Whatever is not that simple is left to
-- claim and apply, which can do everything, one document after the other.

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
  execute pg_catalog.format($sql$
    with files as (
      select f.place - 1 as place, f.path, f.digest
      from rows from (pg_catalog.jsonb_array_elements_text($2 -> 'paths'),
        pg_catalog.jsonb_array_elements_text($2 -> 'digests')) with ordinality as f (path, digest, place)
    ), looked_at as (
      select f.place, d.path is null as is_fresh, d.path is not null and d.deleted_at is null
        and d.bytes_digest = pg_catalog.decode(f.digest, 'hex')
        -- An object that is gone or another is news; one that was never written is on its way.
        and bb.version is not distinct from case when o.name is not null then coalesce(o.version, '') end
        and bt.path is not null and q.path is null and k.path is null
        and not exists (select from frontrow.dirty as s where s.collection = $1.name and s.path = f.path
          and (s.gone or s.store <> 'bucket'))
        and not exists (select from frontrow.halt_items as i join frontrow.halts as h on h.id = i.halt
          where h.collection = $1.name and h.state <> 'closed' and i.path = f.path) as is_in
      from files as f
      left join frontrow.documents as d on d.collection = $1.name and d.path = f.path
      left join frontrow.bases as bb on bb.collection = $1.name and bb.path = f.path and bb.store = 'bucket'
      left join frontrow.bases as bt on bt.collection = $1.name and bt.path = f.path and bt.store = 'table'
      left join frontrow.quarantine as q on q.collection = $1.name and q.path = f.path
      left join frontrow.conflicts as k on k.collection = $1.name and k.path = f.path and k.state = 'open'
      left join storage.objects as o on o.bucket_id = $1.bucket and o.name = f.path%s
    )
    select pg_catalog.jsonb_build_object(
      'fresh', coalesce(pg_catalog.jsonb_agg(place order by place) filter (where is_fresh), '[]'),
      'changed', coalesce(pg_catalog.jsonb_agg(place order by place) filter (where not is_fresh and not is_in), '[]'))
    from looked_at$sql$, frontrow.live_object_condition('o')) into answer using c, request;
  -- Nothing to do: the caller's next question would be how things stand.
  if (request ->> 'report')::boolean and answer = '{"fresh": [], "changed": []}' then
    return answer || pg_catalog.jsonb_build_object('report', frontrow.report(request - 'collection'
      || coalesce(pg_catalog.jsonb_build_object('collection', request ->> 'reportOf'), '{}')));
  end if;
  return answer;
end;
$$;
comment on function frontrow.compare(jsonb) is 'Which files the hub does not hold as they are, by their places. {collection, paths, digests, report?, reportOf?} → {fresh, changed, report?}; digests: SHA-256 of the bytes, hex.';

create type frontrow.new_document as (path text, keys text[], head text, body text, digest text, "set" jsonb);
comment on type frontrow.new_document is 'A file that is to become a document: its text is head and body, its row keys, set and body.';

-- The caller has read the keys from the path. What they spell must be the path, and each must be a value of its column:
-- the same as asking frontrow.path_keys, for a third of the time.
create or replace function frontrow.keys_condition(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.format('i.path collate "C" = frontrow.build_path(%L::jsonb, i.keys)', c.tokens)
    || coalesce(pg_catalog.string_agg(pg_catalog.format(' and frontrow.key_text(i.keys[%s], %L) is not null', k.place,
      t.type), '') filter (where t.type <> 'text'), '')
  from pg_catalog.unnest(c.key_columns) with ordinality as k (name, place)
  cross join lateral (
    select e ->> 'type' as type from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'column' = k.name) as t
$$;
comment on function frontrow.keys_condition(frontrow.collections) is 'SQL that is true when the keys of item i are those of its path.';

-- Of these files, those that nobody knows anything of: no document, object, row, signal, lease or problem. They are
-- leased until the transaction ends, so that a worker that finds one of them meanwhile waits for what it becomes.
create or replace function frontrow.lease_unknown(c frontrow.collections, items jsonb) returns frontrow.new_document[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  unknown frontrow.new_document[];
begin
  execute pg_catalog.format($sql$
    with w as materialized (
      select i.* from pg_catalog.jsonb_to_recordset($2)
        as i (path text, keys text[], head text, body text, digest text, "set" jsonb)
      where %s
        and not exists (select from frontrow.documents as d where d.collection = $1.name and d.path = i.path)
        and not exists (select from storage.objects as o where o.bucket_id = $1.bucket and o.name = i.path)
        and not exists (select from frontrow.dirty as s where s.collection = $1.name and s.path = i.path)
        and not exists (select from frontrow.quarantine as q where q.collection = $1.name and q.path = i.path)
        and not exists (select from frontrow.bases as b where b.collection = $1.name and b.path = i.path)
    ), free as (
      insert into frontrow.leases (collection, path, worker, token, until, attempts, seen)
      select $1.name, w.path, 'load', pg_catalog.nextval('frontrow.fence'),
        pg_catalog.clock_timestamp() + interval '5 minutes', 1, '{}'
      from w where not exists (select from %s as r where %s)
      order by w.path on conflict do nothing returning path
    )
    select pg_catalog.array_agg(row(w.path, w.keys, w.head, w.body, w.digest, w."set")::frontrow.new_document
      order by w.path) from w join free using (path)$sql$,
    frontrow.keys_condition(c), frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'))
  into unknown using c, items;
  return unknown;
end;
$$;
comment on function frontrow.lease_unknown(frontrow.collections, jsonb) is 'Leases those of the files that are new to both sides and the hub, and answers them in order; null for none.';

-- A file's fields in the form jsonb_populate_record takes: as frontrow.as_record, as an expression over `i."set"`.
create or replace function frontrow.record_expression(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select 'i."set"' || coalesce(pg_catalog.string_agg(pg_catalog.format(
    $sql$ || case when pg_catalog.jsonb_typeof(i."set" -> %1$L) = 'string'
      then pg_catalog.jsonb_build_object(%1$L, (i."set" ->> %1$L)::jsonb) else '{}' end$sql$, e ->> 'column'), ''), '')
  from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'type' = 'jsonb'
$$;
comment on function frontrow.record_expression(frontrow.collections) is 'SQL for the column texts of item i as a record''s JSON.';

-- One INSERT per set of columns that take their default: what a file does not mention is left to the table.
create or replace function frontrow.insert_rows(c frontrow.collections, items frontrow.new_document[]) returns int
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  columns text[] := array(select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
    where (e ->> 'mapped')::boolean and not (e ->> 'column') = any (c.key_columns));
  defaulted text[] := array(select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
    where (e ->> 'has_default')::boolean and (e ->> 'column') = any (columns));
  absent text[];
  names text;
  sources text;
  touched int;
  total int := 0;
begin
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  for absent in
    select distinct array(select d from pg_catalog.unnest(defaulted) as d where not i."set" ? d)
    from pg_catalog.unnest(items) as i
  loop
    select pg_catalog.string_agg(pg_catalog.quote_ident(n.name), ', ' order by n.place),
      pg_catalog.string_agg(n.source, ', ' order by n.place) into names, sources
    from (
      select k.place, k.name, pg_catalog.format('i.keys[%s]::%s', k.place, frontrow.sql_type(c, k.name)) as source
      from pg_catalog.unnest(c.key_columns) with ordinality as k (name, place)
      union all
      select 100 + n.place, n.name, 'r.' || pg_catalog.quote_ident(n.name)
      from pg_catalog.unnest(columns) with ordinality as n (name, place) where not n.name = any (absent)
      union all
      select 10000, c.body_column, 'i.body' where c.body_column is not null
    ) as n;
    execute pg_catalog.format($sql$
      insert into %1$s (%2$s) select %3$s
      from pg_catalog.unnest($1) as i cross join lateral pg_catalog.jsonb_populate_record(null::%1$s, %4$s) as r
      where array(select d from pg_catalog.unnest($2) as d where not i."set" ? d) = $3$sql$,
      frontrow.qualified_table(c), names, sources, frontrow.record_expression(c))
      using items, defaulted, absent;
    get diagnostics touched = row_count;
    total := total + touched;
  end loop;
  set constraints all immediate;
  return total;
end;
$$;
comment on function frontrow.insert_rows(frontrow.collections, frontrow.new_document[]) is 'Inserts the rows of new documents through the table''s own triggers; answers how many there are.';

-- What apply_item writes for a document that a file made, for many: row, document, first revision, the table's base.
-- Raises when any of them cannot be made. Answers their paths.
create or replace function frontrow.load_items(c frontrow.collections, items jsonb, note text) returns text[]
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  author text := nullif(pg_catalog.current_setting('frontrow.caller', true), '');
  unknown frontrow.new_document[] := frontrow.lease_unknown(c, items);
  made text[];
begin
  if unknown is null then
    return '{}'::text[];
  end if;
  if frontrow.insert_rows(c, unknown) <> pg_catalog.cardinality(unknown) then
    raise exception 'frontrow: a trigger of % swallowed a row', frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
  -- Read back, as a trigger may have made something else of a row: then the base is what we meant (see write_row).
  execute pg_catalog.format($sql$
    with agreed as materialized (
      select i.path, i.head, i.body, i.digest, a.fields, a.body as row_body,
        frontrow.row_version(a.fields, a.body) as version, (a.fields, a.body) is distinct from (b.fields, b.body) as again
      from pg_catalog.unnest($2) as i
      cross join lateral (
        select coalesce(pg_catalog.jsonb_object_agg(e.key, e.value), '{}') as fields
        from pg_catalog.jsonb_populate_record(null::%2$s, %3$s) as r
        cross join lateral pg_catalog.jsonb_each(%1$s) as e where i."set" ? e.key) as meant
      join %2$s as r on %4$s
      cross join lateral (select %1$s as fields, %5$s as body) as b
      cross join lateral (select b.fields || meant.fields as fields, case when $4 then i.body end as body) as a
      where %6$s
    ), documents as (
      insert into frontrow.documents (collection, path, text, digest, revision, updated_by)
      select $1.name, path, head || body, digest, 1, 'directory' from agreed
    ), revisions as (
      insert into frontrow.revisions (collection, path, revision, store, author, message, digest)
      select $1.name, path, 1, 'directory', $3, $5, digest from agreed
    ), bases as (
      insert into frontrow.bases (collection, path, store, version, revision, fields, body)
      select $1.name, path, 'table', version, 1, fields, row_body from agreed
    ), dirty as (
      -- The file is not in the bucket yet; and what a trigger changed is news of the row.
      insert into frontrow.dirty (collection, path, store)
      select $1.name, path, 'bucket' from agreed union all select $1.name, path, 'table' from agreed where again
    ) select pg_catalog.array_agg(path) from agreed$sql$,
    frontrow.fields_expression(c), frontrow.qualified_table(c), frontrow.record_expression(c),
    frontrow.key_condition(c, 'i.keys'), frontrow.body_expression(c), frontrow.live_condition(c))
  into made using c, unknown, author, c.body_column is not null, note;
  if pg_catalog.cardinality(made) is distinct from pg_catalog.cardinality(unknown) then
    raise exception 'frontrow: a row of % was gone again after it was written', frontrow.qualified_table(c)
      using errcode = 'FR002';
  end if;
  delete from frontrow.leases where collection = c.name and path = any (made);
  return made;
end;
$$;
comment on function frontrow.load_items(frontrow.collections, jsonb, text) is 'Makes documents and rows of new files; answers the paths of those it made.';

create or replace function frontrow.load(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  run_id uuid := (request ->> 'run')::uuid;
  patience text := pg_catalog.current_setting('lock_timeout');
  stranger text;
  made text[] := '{}'::text[];
  failure text;
begin
  perform frontrow.check_protocol(request);
  stranger := frontrow.refuse_stranger(request);
  if stranger is not null then
    return pg_catalog.jsonb_build_object('left', '[]'::jsonb, 'stranger', stranger);
  end if;
  select * into c from frontrow.collections where name = request ->> 'collection';
  if c.name = any (frontrow.usable_collections(pg_catalog.jsonb_build_object(c.name, request -> 'digest')))
    and c.policies ->> 'direction' <> 'rows-to-files'
    and not exists (select from frontrow.halts where collection in (c.name, '') and state <> 'closed')
  then
    insert into frontrow.runs (id, worker, cause) values (run_id, 'load', request ->> 'cause') on conflict do nothing;
    perform pg_catalog.set_config('frontrow.origin', 'frontrow', true);
    perform pg_catalog.set_config('frontrow.caller', coalesce(request ->> 'caller', ''), true);
    -- Shorter than deadlock_timeout: a user who waits for one of these rows while holding another is never the one that
    -- is cancelled.
    perform pg_catalog.set_config('lock_timeout', '100ms', true);
    begin
      made := frontrow.load_items(c, request -> 'items', coalesce(request ->> 'message', 'created'));
    exception when others then
      failure := sqlstate;
    end;
    perform pg_catalog.set_config('lock_timeout', patience, true);
    perform pg_catalog.set_config('frontrow.origin', '', true);
    perform frontrow.log_items(run_id, c.name, (
      select pg_catalog.jsonb_agg(e.entry) from (
        select pg_catalog.jsonb_build_object('path', p, 'outcome', 'created') as entry from pg_catalog.unnest(made) as p
        union all
        select w from pg_catalog.jsonb_array_elements(request -> 'warned') as i cross join lateral frontrow.warning_entries(i) as w
        where i ->> 'path' = any (made)) as e));
    update frontrow.runs set heartbeat_at = pg_catalog.clock_timestamp() where id = run_id;
  end if;
  -- Not asked where nothing is left: it takes every text apart once more.
  return pg_catalog.jsonb_build_object('failure', failure, 'left', case
    when pg_catalog.cardinality(made) = pg_catalog.jsonb_array_length(request -> 'items') then '[]'::jsonb
    else (select coalesce(pg_catalog.jsonb_agg(i -> 'path'), '[]') from pg_catalog.jsonb_array_elements(request -> 'items') as i
      where not i ->> 'path' = any (made)) end);
end;
$$;
comment on function frontrow.load(jsonb) is 'Makes documents and rows of new files, all of a request or none. {run, cause, collection, digest, message?, items: [{path, keys, head, body, digest, set}], warned?: [{path, warnings}]} → {left, failure}; the text is head and body.';

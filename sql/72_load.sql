-- Bulk: makes documents and rows of files the hub has never seen, many at a time, by set operations. Whatever is not that
-- simple is left to claim and apply, which can do everything, one document after the other.

-- The texts of a request are one text: nothing but memory is copied where each would have to be unescaped by itself.
create type frontrow.new_document as (
  path text, keys text[], start int, head int, size int, digest text, "set" jsonb
);
comment on type frontrow.new_document is 'A file that is to become a document: its text is size bytes of the request''s texts after the first start, its row keys, set and the body, which is the text after its first head bytes.';

-- The caller has read the keys from the path. What they spell must be the path, and each must be a value of its column:
-- the same as asking frontrow.path_keys, for a third of the time.
create or replace function frontrow.keys_condition(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.format('pg_catalog.cardinality(i.keys) = %s and i.path collate "C" = (%s)', pg_catalog.cardinality(c.key_columns),
    frontrow.path_sql(c.tokens, pg_catalog.array_agg(pg_catalog.format('i.keys[%s]', k.place) order by k.place),
      pg_catalog.array_agg(true)))
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
      select i.* from pg_catalog.jsonb_populate_recordset(null::frontrow.new_document, $2) as i
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
    select pg_catalog.array_agg(w::frontrow.new_document order by w.path) from w
    where w.path = any (array(select path from free))$sql$,
    frontrow.keys_condition(c), frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'))
  into unknown using c, items;
  return unknown;
end;
$$;
comment on function frontrow.lease_unknown(frontrow.collections, jsonb) is 'Leases those of the files that are new to both sides and the hub, and answers them in order; null for none.';

-- What apply_item writes for a document that a file made, for many: row, document, first revision, the table's base.
-- Raises when any of them cannot be made. Answers their paths.
create or replace function frontrow.load_items(c frontrow.collections, items jsonb, texts bytea, note text) returns text[]
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  author text := nullif(pg_catalog.current_setting('frontrow.caller', true), '');
  unknown frontrow.new_document[] := frontrow.lease_unknown(c, items);
  inserts text[];
  rows_of text := frontrow.qualified_table(c);
  first_steps text := '';
  meant text := '''{}''::jsonb';
  compression text := pg_catalog.current_setting('default_toast_compression', true);
  made text[];
begin
  if unknown is null then
    return '{}'::text[];
  end if;
  if pg_catalog.length(texts) is distinct from (
    select max((i ->> 'start')::int + (i ->> 'size')::int) from pg_catalog.jsonb_array_elements(items) as i)
  then
    raise exception 'frontrow: the texts must be as long as their sizes say' using errcode = 'FR422';
  end if;
  inserts := frontrow.row_inserts(c, unknown);
  perform pg_catalog.set_config('default_toast_compression', f, true) from frontrow.fast_compression() as f where f is not null;
  if frontrow.keeps_inserts(c) then
    perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
    -- What was written need not be looked for again, nor compared.
    rows_of := 'back';
    select pg_catalog.string_agg(pg_catalog.format('back_%s as (%s returning r.*), ', n, i), '' order by n)
      || 'back as (' || pg_catalog.string_agg(pg_catalog.format('select * from back_%s', n), ' union all ') || '), '
    into first_steps from pg_catalog.unnest(inserts) with ordinality as u (i, n);
  else
    perform frontrow.insert_rows(c, inserts, unknown, texts);
    meant := frontrow.meant_expression(c);
  end if;
  -- Read back, as a trigger may have made something else of a row: then the base is what we meant (see write_row). The
  -- base's body is the end of the document's text: it is not kept twice. `offset 0`: once for each row.
  execute pg_catalog.format($sql$
    with %10$s, %1$s agreed as materialized (
      select i.path, i.start, i.head, i.size, i.digest, a.fields, frontrow.row_version(a.fields, i.body) as version,
        (a.fields, i.body) is distinct from (b.fields, b.body) as again
      from (select i.*, case when $5 then %2$s end as body from items as i offset 0) as i
      join %3$s as r on %4$s
      cross join lateral (select %5$s as fields, %6$s as body offset 0) as b
      cross join lateral (select b.fields || %7$s as fields offset 0) as a
      where %8$s
    ), documents as (
      insert into frontrow.documents (collection, path, text, digest, revision, updated_by)
      select $3.name, i.path, %9$s, i.digest, 1, 'directory' from agreed as i
    ), revisions as (
      insert into frontrow.revisions (collection, path, revision, store, author, message, digest)
      select $3.name, path, 1, 'directory', $4, $6, digest from agreed
    ), bases as (
      insert into frontrow.bases (collection, path, store, version, revision, fields, body_size)
      select $3.name, path, 'table', version, 1, fields, case when $5 then size - head end from agreed
    ), dirty as (
      -- The file is not in the bucket yet; and what a trigger changed is news of the row.
      insert into frontrow.dirty (collection, path, store)
      select $3.name, path, 'bucket' from agreed union all select $3.name, path, 'table' from agreed where again
    ) select pg_catalog.array_agg(path) from agreed$sql$,
    first_steps, frontrow.loaded_body(), rows_of, frontrow.key_condition(c, 'i.keys'), frontrow.fields_expression(c),
    frontrow.body_expression(c), meant, frontrow.live_condition(c),
    frontrow.loaded_text('i.start', 'i.size'), frontrow.loaded_items())
  into made using unknown, texts, c, author, c.body_column is not null, note;
  if pg_catalog.cardinality(made) is distinct from pg_catalog.cardinality(unknown) then
    raise exception 'frontrow: a row of % was gone again after it was written', frontrow.qualified_table(c)
      using errcode = 'FR002';
  end if;
  set constraints all immediate;
  perform pg_catalog.set_config('default_toast_compression', compression, true) where compression is not null;
  delete from frontrow.leases where collection = c.name and path = any (made);
  return made;
end;
$$;
comment on function frontrow.load_items(frontrow.collections, jsonb, bytea, text) is 'Makes documents and rows of new files; answers the paths of those it made.';

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
      made := frontrow.load_items(c, request -> 'items', (
          select pg_catalog.string_agg(pg_catalog.convert_to(t, 'UTF8'), '' order by n)
          from pg_catalog.jsonb_array_elements_text(request -> 'texts') with ordinality as e (t, n)),
        coalesce(request ->> 'message', 'created'));
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
  return pg_catalog.jsonb_build_object('failure', failure, 'left', case
    when pg_catalog.cardinality(made) = pg_catalog.jsonb_array_length(request -> 'items') then '[]'::jsonb
    else (select coalesce(pg_catalog.jsonb_agg(i -> 'path'), '[]') from pg_catalog.jsonb_array_elements(request -> 'items') as i
      where not i ->> 'path' = any (made)) end);
end;
$$;
comment on function frontrow.load(jsonb) is 'Makes documents and rows of new files, all of a request or none. {run, cause, collection, digest, message?, items: [{path, keys, start, head, size, digest, set}], texts, warned?: [{path, warnings}]} → {left, failure}; an item''s text is size bytes of the texts (any number of parts of one text) after the first start, its body what follows their first head.';

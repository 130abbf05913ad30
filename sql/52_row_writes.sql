-- The table store, writing: one row at a time, each under a precondition, through the user's own triggers.

-- Texts as the column types take them: a jsonb column gets the JSON itself, everything else its text.
create or replace function frontrow.as_record(c frontrow.collections, fields jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  json_columns text[] := array(
    select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'type' = 'jsonb');
begin
  return coalesce((
    select pg_catalog.jsonb_object_agg(f.key, case when f.key = any (json_columns) and pg_catalog.jsonb_typeof(f.value) = 'string'
      then (f.value #>> '{}')::jsonb else f.value end)
    from pg_catalog.jsonb_each(fields) as f), '{}');
end;
$$;
comment on function frontrow.as_record(frontrow.collections, jsonb) is 'Column texts in the form jsonb_populate_record takes.';

-- What these texts become in this table: the row as it would read back with no user trigger in between.
create or replace function frontrow.normalized(c frontrow.collections, fields jsonb) returns jsonb
language plpgsql stable security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  result jsonb;
begin
  execute pg_catalog.format('select %s from pg_catalog.jsonb_populate_record(null::%s, $1) as r',
    frontrow.fields_expression(c), frontrow.qualified_table(c)) into result using frontrow.as_record(c, fields);
  return (select coalesce(pg_catalog.jsonb_object_agg(e.key, e.value), '{}')
    from pg_catalog.jsonb_each(result) as e where fields ? e.key);
end;
$$;
comment on function frontrow.normalized(frontrow.collections, jsonb) is 'Column texts after a trip through their types.';
revoke execute on function frontrow.normalized(frontrow.collections, jsonb) from public, anon, authenticated;

-- A user's triggers may name their tables without a schema: they get the path an API request would have. Everything of
-- ours is qualified, and the setting ends with the function that makes it.
create or replace function frontrow.api_path(c frontrow.collections) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return pg_catalog.format('%I, public, extensions', c.table_schema);
end;
$$;
comment on function frontrow.api_path(frontrow.collections) is 'The search_path under which a user''s triggers run.';

-- Writes one row under a precondition. Answers false when the row is not at `expected` (null: no live row).
-- The caller's transaction carries frontrow.origin, so the table's own trigger skips the echo.
create or replace function frontrow.put_row(
  c frontrow.collections, path text, expected text, fields jsonb, cleared text[], body text
) returns boolean
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  keys text[] := frontrow.path_keys(c, path);
  found_version text;
  is_live boolean;
  written jsonb := frontrow.as_record(c, fields);
  names text;
  sources text;
  touched int;
begin
  if keys is null then
    raise exception 'frontrow: % names no possible row of %', path, frontrow.qualified_table(c) using errcode = '22023';
  end if;
  if c.body_column is not null and body is not null then
    written := written || pg_catalog.jsonb_build_object(c.body_column, body);
  end if;
  execute pg_catalog.format(
    'select frontrow.row_version(%s, %s), %s from %s as r where %s for update',
    frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.live_condition(c),
    frontrow.qualified_table(c), frontrow.key_condition(c, '$1'))
    into found_version, is_live using keys;
  if (case when is_live then found_version end) is distinct from expected then
    return false;
  end if;
  if found_version is not null and not is_live then
    -- A softly deleted row comes back; what the file does not mention returns to its default.
    cleared := array(
      select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
      where (e ->> 'mapped')::boolean and not written ? (e ->> 'column')
        and not (e ->> 'column') = any (c.key_columns));
  end if;
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  if found_version is not null then
    select pg_catalog.string_agg(s, ', ') into names from (
      select pg_catalog.format('%I = v.%I', k, k) as s from pg_catalog.jsonb_object_keys(written) as k
        where not k = any (c.key_columns)
      union all
      select pg_catalog.format('%I = default', k) from pg_catalog.unnest(cleared) as k
      union all
      select 'deleted_at = null' where not is_live
    ) as assignments;
    if names is null then
      return true;
    end if;
    execute pg_catalog.format(
      'update %s as r set %s from pg_catalog.jsonb_populate_record(null::%s, $2) as v where %s',
      frontrow.qualified_table(c), names, frontrow.qualified_table(c), frontrow.key_condition(c, '$1'))
      using keys, written;
  else
    select written || pg_catalog.jsonb_object_agg(k.name, keys[k.i]) into written
    from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i);
    select pg_catalog.string_agg(pg_catalog.quote_ident(k), ', '), pg_catalog.string_agg('v.' || pg_catalog.quote_ident(k), ', ')
    into names, sources from pg_catalog.jsonb_object_keys(written) as k;
    execute pg_catalog.format(
      'insert into %s (%s) select %s from pg_catalog.jsonb_populate_record(null::%s, $1) as v',
      frontrow.qualified_table(c), names, sources, frontrow.qualified_table(c)) using written;
  end if;
  get diagnostics touched = row_count;
  if touched = 0 then
    raise exception 'frontrow: the write of % changed no row: a trigger of % swallowed it', path,
      frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
  return true;
end;
$$;
comment on function frontrow.put_row(frontrow.collections, text, text, jsonb, text[], text) is 'Inserts or updates a document''s row if it is still at the expected version.';
revoke execute on function frontrow.put_row(frontrow.collections, text, text, jsonb, text[], text) from public, anon, authenticated;

create or replace function frontrow.delete_row(c frontrow.collections, path text, expected text) returns boolean
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  keys text[] := frontrow.path_keys(c, path);
  found_version text;
  touched int;
begin
  execute pg_catalog.format(
    'select frontrow.row_version(%s, %s) from %s as r where %s and %s for update',
    frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.qualified_table(c),
    frontrow.key_condition(c, '$1'), frontrow.live_condition(c)) into found_version using keys;
  if found_version is distinct from expected then
    return false;
  end if;
  if found_version is null then
    return true;
  end if;
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  execute pg_catalog.format(
    case when c.row_delete = 'soft' then 'update %s as r set deleted_at = pg_catalog.now() where %s'
      else 'delete from %s as r where %s' end,
    frontrow.qualified_table(c), frontrow.key_condition(c, '$1')) using keys;
  get diagnostics touched = row_count;
  if touched = 0 then
    raise exception 'frontrow: the delete of % changed no row: a trigger of % swallowed it', path,
      frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
  return true;
end;
$$;
comment on function frontrow.delete_row(frontrow.collections, text, text) is 'Deletes a document''s row, softly where the collection says so, if it is still at the expected version.';
revoke execute on function frontrow.delete_row(frontrow.collections, text, text) from public, anon, authenticated;

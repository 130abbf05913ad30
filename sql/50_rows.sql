-- The table store, reading: how a row of a user's table is found, read and hashed. Columns cross as texts; the row hash is
-- computed here and nowhere else.

-- A key value as the key column would print it, or null when the column cannot hold it.
create or replace function frontrow.key_text(value text, type_name text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  bound numeric;
begin
  case type_name
    when 'int2', 'int4', 'int8' then
      if value !~ '^(0|-?[1-9][0-9]{0,18})$' then
        return null;
      end if;
      bound := case type_name when 'int2' then 32768 when 'int4' then 2147483648 else 9223372036854775808 end;
      return case when value::numeric >= -bound and value::numeric < bound then value end;
    when 'uuid' then
      return case when value ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then value end;
    when 'date' then
      return case when value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and value::date::text = value then value end;
    else
      return value;
  end case;
exception when others then
  return null;
end;
$$;
comment on function frontrow.key_text(text, text) is 'The value if it is the canonical text of that key type, else null.';
revoke execute on function frontrow.key_text(text, text) from public, anon, authenticated;

-- The key values in a path, checked against the key columns' types; null when the path cannot be a row's.
create or replace function frontrow.path_keys(c frontrow.collections, path text) returns text[]
language plpgsql stable set search_path = '' as $$
declare
  keys text[] := frontrow.path_values(c.pattern, path);
  types text[];
begin
  if keys is null then
    return null;
  end if;
  types := array(
    select (select e ->> 'type' from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'column' = k.name)
    from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i) order by k.i);
  for i in 1 .. pg_catalog.cardinality(keys) loop
    keys[i] := frontrow.key_text(keys[i], types[i]);
    if keys[i] is null then
      return null;
    end if;
  end loop;
  return keys;
end;
$$;
comment on function frontrow.path_keys(frontrow.collections, text) is 'The key values a path names, or null.';

create or replace function frontrow.qualified_table(c frontrow.collections) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return pg_catalog.format('%I.%I', c.table_schema, c.table_name);
end;
$$;
comment on function frontrow.qualified_table(frontrow.collections) is 'The user''s table, quoted.';

create or replace function frontrow.sql_type(c frontrow.collections, column_name text) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select coalesce(
    (select e ->> 'sql_type' from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'column' = column_name),
    'text')
  );
end;
$$;
comment on function frontrow.sql_type(frontrow.collections, text) is 'The type of a mapped column, as SQL writes it.';

-- `r.k1 = $1[1]::int4 and …` for the keys in the array expression given.
create or replace function frontrow.key_condition(c frontrow.collections, keys text) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select pg_catalog.string_agg(
    pg_catalog.format('r.%I = (%s)[%s]::%s', k.name, keys, k.i, frontrow.sql_type(c, k.name)), ' and ' order by k.i)
  from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i)
  );
end;
$$;
comment on function frontrow.key_condition(frontrow.collections, text) is 'SQL that finds the row r by an array of key texts.';

-- jsonb_build_object('name', r.name::text, …) over every mapped column but the body.
create or replace function frontrow.fields_expression(c frontrow.collections) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select coalesce(pg_catalog.string_agg(part, ' || ' order by chunk), '''{}''::jsonb')
  from (
    select e.i / 40 as chunk, 'pg_catalog.jsonb_build_object(' || pg_catalog.string_agg(
      pg_catalog.format(case when e.col ->> 'type' = 'text[]' then '%L, pg_catalog.to_jsonb(r.%I)' else '%L, r.%I::text' end,
        e.col ->> 'column', e.col ->> 'column'), ', ' order by e.i) || ')' as part
    from pg_catalog.jsonb_array_elements(c.columns) with ordinality as e (col, i)
    where (e.col ->> 'mapped')::boolean
    group by 1
  ) as chunks
  );
end;
$$;
comment on function frontrow.fields_expression(frontrow.collections) is 'SQL for the mapped columns of row r as one jsonb of texts.';

create or replace function frontrow.body_expression(c frontrow.collections) returns text
language plpgsql stable set search_path = '' as $$
begin
  return case when c.body_column is null then 'null::text' else pg_catalog.format('r.%I::text', c.body_column) end;
end;
$$;
comment on function frontrow.body_expression(frontrow.collections) is 'SQL for the body of row r.';

-- The one row hash. Length-free but injective: the fields are one JSON text, and the body's absence is marked.
create or replace function frontrow.row_version(fields jsonb, body text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
    fields::text || case when body is null then '-' else '+' || body end, 'UTF8')), 'hex');
end;
$$;
comment on function frontrow.row_version(jsonb, text) is 'The table store''s version: SHA-256 over every mapped column and the body.';

create or replace function frontrow.live_condition(c frontrow.collections) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return case when c.soft_delete then 'r.deleted_at is null' else 'true' end;
end;
$$;
comment on function frontrow.live_condition(frontrow.collections) is 'SQL that is true for rows that are not softly deleted.';

-- SQL for the path of row r; null where a key is null or empty.
create or replace function frontrow.path_expression(c frontrow.collections, alias text) returns text
language sql stable set search_path = '' as $$
  select frontrow.path_sql(c.tokens,
    pg_catalog.array_agg(pg_catalog.format('%s.%I::text', alias, k.name) order by k.i),
    pg_catalog.array_agg(frontrow.sql_type(c, k.name) not in ('smallint', 'integer', 'bigint', 'uuid', 'date') order by k.i))
  from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i)
$$;
comment on function frontrow.path_expression(frontrow.collections, text) is 'SQL for the document path of a row.';

create type frontrow.row_replica as (path text, version text, fields jsonb, body text);
comment on type frontrow.row_replica is 'A row as the engine reads it: its document''s path, its version, its columns as texts.';

-- The rows of the named documents, as they are now. The settings make the texts the same on every server.
create or replace function frontrow.read_rows(c frontrow.collections, paths text[])
returns setof frontrow.row_replica
language plpgsql stable security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
begin
  return query execute pg_catalog.format(
    'select w.path, frontrow.row_version(f.fields, f.body), f.fields, f.body
     from (select p as path, frontrow.path_keys($1, p) as keys from pg_catalog.unnest($2) as p offset 0) as w
     -- One look-up per path: before the first ANALYZE the planner would rather read the whole table for each.
     cross join lateral (select %s as fields, %s as body from %s as r where %s and %s offset 0) as f',
    frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.qualified_table(c),
    frontrow.key_condition(c, 'w.keys'), frontrow.live_condition(c)) using c, paths;
end;
$$;
comment on function frontrow.read_rows(frontrow.collections, text[]) is 'The live rows of these paths: version, fields as texts, body.';
revoke execute on function frontrow.read_rows(frontrow.collections, text[]) from public, anon, authenticated;

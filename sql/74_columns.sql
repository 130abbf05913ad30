-- What a table must be like, and whether it still is.

create or replace function frontrow.refuse(message text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'frontrow: %', message using errcode = 'FR400';
end;
$$;
comment on function frontrow.refuse(text) is 'Raises FR400: the configuration cannot work.';

-- The column types that round-trip, by their type's name; null for every other.
create or replace function frontrow.known_type(type_id oid, modifier int) returns text
language sql stable set search_path = '' as $$
  select case
    when t.typtype = 'e' then 'enum'
    when t.typnamespace <> 'pg_catalog'::regnamespace then null
    when t.typname in ('text', 'varchar') then 'text'
    when t.typname in ('bool', 'int2', 'int4', 'int8', 'numeric', 'float8', 'date', 'timestamptz', 'uuid', 'jsonb') then t.typname::text
    when t.typname in ('_text', '_varchar') then 'text[]'
  end
  from pg_catalog.pg_type as t where t.oid = type_id
$$;
comment on function frontrow.known_type(oid, int) is 'Frontrow''s name for a supported column type, else null.';

-- Digest of the definitions the engine relies on; a change halts the collection until it is registered again.
create or replace function frontrow.table_fingerprint(table_id oid, columns jsonb, body_column text) returns text
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
  select coalesce(pg_catalog.md5(pg_catalog.string_agg(
    pg_catalog.format('%s:%s:%s:%s', a.attname, a.atttypid, a.attgenerated, a.attidentity), ',' order by a.attname)), '')
  from pg_catalog.pg_attribute as a
  where a.attrelid = table_id and a.attnum > 0 and not a.attisdropped and (
    a.attname = body_column or a.attname = 'deleted_at'
    or a.attname in (select e ->> 'column' from pg_catalog.jsonb_array_elements(columns) as e))
  );
end;
$$;
comment on function frontrow.table_fingerprint(oid, jsonb, text) is 'Digest of the mapped columns'' definitions as they are now.';

create or replace function frontrow.is_key(table_id oid, key_columns text[]) returns boolean
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
  select exists (
    select from pg_catalog.pg_index as i
    where i.indrelid = table_id and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
      and i.indnkeyatts = pg_catalog.cardinality(key_columns)
      and (select pg_catalog.array_agg(a.attname::text order by a.attname) from pg_catalog.pg_attribute as a
           where a.attrelid = table_id and a.attnum = any (i.indkey))
        = (select pg_catalog.array_agg(k order by k) from pg_catalog.unnest(key_columns) as k))
  );
end;
$$;
comment on function frontrow.is_key(oid, text[]) is 'Whether a unique constraint or index is over exactly these columns.';

-- A collection whose table was renamed, dropped or changed must stop alone: every other would fail with it.
create or replace function frontrow.is_as_registered(c frontrow.collections) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return coalesce(pg_catalog.to_regclass(frontrow.qualified_table(c)) = c.table_id
    and frontrow.table_fingerprint(c.table_id, c.columns, c.body_column) = c.fingerprint
    and frontrow.is_key(c.table_id, c.key_columns), false);
end;
$$;
comment on function frontrow.is_as_registered(frontrow.collections) is 'Whether the collection''s table is still the one that was registered.';

-- Halts a collection whose table has changed, and ends that halt when the table is as it was again: what was signalled
-- meanwhile is still in the log.
create or replace function frontrow.check_table(c frontrow.collections) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  halted bigint;
begin
  select id into halted from frontrow.halts
  where collection = c.name and kind = 'schema-changed' and state <> 'closed';
  if not frontrow.is_as_registered(c) then
    if halted is null then
      perform frontrow.hold(c.name, 'schema-changed', null, null, pg_catalog.format(
        '%s is not the table it was at registration: mend it, or register the collection again', frontrow.qualified_table(c)),
        pg_catalog.jsonb_build_object('registered', c.fingerprint, 'changed', frontrow.changed_columns(c)), '{}');
    end if;
    return false;
  end if;
  if halted is not null then
    update frontrow.halts set state = 'closed', closed_at = pg_catalog.now() where id = halted;
  end if;
  return true;
end;
$$;
comment on function frontrow.check_table(frontrow.collections) is 'Whether the table is as registered; opens and closes the halt of kind schema-changed.';

-- Names only, for the halt's evidence.
create or replace function frontrow.changed_columns(c frontrow.collections) returns text[]
language sql stable set search_path = '' as $$
  select array(
    select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
    where not exists (select from pg_catalog.pg_attribute as a
      where a.attrelid = c.table_id and a.attname = e ->> 'column' and a.attnum > 0 and not a.attisdropped
        and pg_catalog.format_type(a.atttypid, null) = e ->> 'sql_type')
    order by 1)
$$;
comment on function frontrow.changed_columns(frontrow.collections) is 'Mapped columns that are gone or have another type now.';

create or replace function frontrow.describe_column(table_id oid, table_label text, column_name text, is_mapped boolean)
returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  a pg_catalog.pg_attribute;
  kind text;
begin
  select * into a from pg_catalog.pg_attribute
  where attrelid = table_id and attname = column_name and attnum > 0 and not attisdropped;
  if a.attname is null then
    perform frontrow.refuse(pg_catalog.format('table %s has no column "%s"', table_label, column_name));
  end if;
  kind := frontrow.known_type(a.atttypid, a.atttypmod);
  if kind is null then
    perform frontrow.refuse(pg_catalog.format('column "%s" of %s has the type %s, which cannot be kept in front matter;'
      || ' use text, an enum, boolean, smallint, integer, bigint, numeric, double precision, date, timestamptz, uuid,'
      || ' text[] or jsonb', column_name, table_label, pg_catalog.format_type(a.atttypid, a.atttypmod)));
  end if;
  if is_mapped and (a.attgenerated <> '' or a.attidentity = 'a') then
    perform frontrow.refuse(pg_catalog.format('column "%s" of %s is generated by the database and cannot be a field',
      column_name, table_label));
  end if;
  return pg_catalog.jsonb_build_object('column', column_name, 'type', kind, 'mapped', is_mapped,
    'sql_type', pg_catalog.format_type(a.atttypid, null), 'not_null', a.attnotnull, 'has_default', a.atthasdef,
    'labels', (select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder)
      from pg_catalog.pg_enum as e where e.enumtypid = a.atttypid));
end;
$$;
comment on function frontrow.describe_column(oid, text, text, boolean) is 'One mapped column: type, labels, constraints. Raises FR400 for what cannot be mapped.';

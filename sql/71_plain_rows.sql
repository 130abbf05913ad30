-- The rows of plain items: as put_row and write_row do it for one, in a handful of statements.

create or replace function frontrow.lock_rows(c frontrow.collections, work frontrow.plain_item[]) returns int[]
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  places int[];
begin
  if pg_catalog.cardinality(work) = 0 then
    return '{}'::int[];
  end if;
  execute pg_catalog.format(
    'select pg_catalog.array_agg(w.place) from pg_catalog.unnest($1) as w left join lateral (
       select frontrow.row_version(%s, %s) as version, %s as is_live from %s as r where %s for update skip locked
     ) as r on true
     where case when w.expected is null then r.version is null else r.is_live and r.version = w.expected end',
    frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.live_condition(c),
    frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys')) into places using work;
  return places;
end;
$$;
comment on function frontrow.lock_rows(frontrow.collections, frontrow.plain_item[]) is 'Locks the rows that nobody holds; answers the places of those at the expected version, or not there when new.';

-- One statement for all that set the same columns: what a file does not mention must get its default.
create or replace function frontrow.put_rows(c frontrow.collections, work frontrow.plain_item[]) returns void
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  shape record;
  touched int;
begin
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  for shape in
    select n.is_new, n.names, n.cleared, pg_catalog.array_agg(n.w order by (n.w).place) as work
    from (
      select w, w.expected is null as is_new, w.cleared, array(
        select k from pg_catalog.jsonb_object_keys(w.written) as k
        where w.expected is null or not k = any (c.key_columns) order by 1) as names
      from pg_catalog.unnest(work) as w
    ) as n
    where n.is_new or pg_catalog.cardinality(n.names) + pg_catalog.cardinality(n.cleared) > 0
    group by n.is_new, n.names, n.cleared
  loop
    execute case when shape.is_new then pg_catalog.format(
      'insert into %1$s (%2$s) select %3$s from pg_catalog.unnest($1::frontrow.plain_item[]) as w
       cross join lateral pg_catalog.jsonb_populate_record(null::%1$s, w.written) as v',
      frontrow.qualified_table(c),
      (select pg_catalog.string_agg(pg_catalog.quote_ident(k), ', ') from pg_catalog.unnest(shape.names) as k),
      (select pg_catalog.string_agg('v.' || pg_catalog.quote_ident(k), ', ') from pg_catalog.unnest(shape.names) as k))
    else pg_catalog.format(
      'update %1$s as r set %2$s from pg_catalog.unnest($1::frontrow.plain_item[]) as w
       cross join lateral pg_catalog.jsonb_populate_record(null::%1$s, w.written) as v where %3$s',
      frontrow.qualified_table(c), (
        select pg_catalog.string_agg(s, ', ') from (
          select pg_catalog.format('%1$I = v.%1$I', k) as s from pg_catalog.unnest(shape.names) as k
          union all select pg_catalog.format('%I = default', k) from pg_catalog.unnest(shape.cleared) as k) as assignments),
      frontrow.key_condition(c, 'w.keys')) end using shape.work;
    get diagnostics touched = row_count;
    if touched <> pg_catalog.cardinality(shape.work) then
      raise exception 'frontrow: a trigger of % swallowed a write', frontrow.qualified_table(c) using errcode = 'FR002';
    end if;
  end loop;
end;
$$;
comment on function frontrow.put_rows(frontrow.collections, frontrow.plain_item[]) is 'Inserts and updates the rows of plain items, which are locked.';

create type frontrow.row_agreement as (place int, again boolean);
comment on type frontrow.row_agreement is 'A plain item whose row was read back; again: it is not what was meant.';

-- The table's bases from what the rows read back as; `again`: a trigger made something else of what was written.
create or replace function frontrow.agree_on_rows(c frontrow.collections, work frontrow.plain_item[])
returns setof frontrow.row_agreement
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
begin
  if pg_catalog.cardinality(work) = 0 then
    return;
  end if;
  return query execute pg_catalog.format(
    'with back as materialized (
       select w.place, w.path, w.current, r.fields, r.body, coalesce(w.before_fields - w.cleared, ''{}'') as before, w.before_body,
         w.body as meant_body, (select coalesce(pg_catalog.jsonb_object_agg(e.key, e.value), ''{}'')
           from pg_catalog.jsonb_each(m.fields) as e where w.fields ? e.key) as meant
       from pg_catalog.unnest($1) as w
       cross join lateral (select %3$s as fields, %4$s as body from %1$s as r where %2$s and %5$s offset 0) as r
       cross join lateral (select %3$s as fields from pg_catalog.jsonb_populate_record(null::%1$s, w.meant) as r offset 0) as m
     ), agreed as materialized (
       select b.place, b.path, b.current, b.fields || b.before || b.meant as fields,
         case when $3 then coalesce(b.meant_body, b.before_body, b.body) end as body, b.fields as back_fields, b.body as back_body
       from back as b
     ), kept as (
       insert into frontrow.bases (collection, path, store, version, revision, fields, body)
       select $2, a.path, ''table'', frontrow.row_version(a.fields, a.body), a.current + 1, a.fields, a.body from agreed as a
       on conflict (collection, path, store) do update set version = excluded.version, revision = excluded.revision,
         fields = excluded.fields, body = excluded.body, body_size = null, agreed_at = pg_catalog.now()
     )
     select a.place, a.fields is distinct from a.back_fields or a.body is distinct from a.back_body from agreed as a',
    frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'), frontrow.fields_expression(c),
    frontrow.body_expression(c), frontrow.live_condition(c)) using work, c.name, c.body_column is not null;
end;
$$;
comment on function frontrow.agree_on_rows(frontrow.collections, frontrow.plain_item[]) is 'Records what the table agreed on for plain items, once they are written.';

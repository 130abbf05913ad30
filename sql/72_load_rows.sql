-- Bulk: the rows of new documents.

-- A file's fields in the form jsonb_populate_record takes: as frontrow.as_record, as an expression over `i."set"`.
create or replace function frontrow.record_expression(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select 'i."set"' || coalesce(pg_catalog.string_agg(pg_catalog.format(
    $sql$ || case when pg_catalog.jsonb_typeof(i."set" -> %1$L) = 'string'
      then pg_catalog.jsonb_build_object(%1$L, (i."set" ->> %1$L)::jsonb) else '{}' end$sql$, e ->> 'column'), ''), '')
  from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'type' = 'jsonb'
$$;
comment on function frontrow.record_expression(frontrow.collections) is 'SQL for the column texts of item i as a record''s JSON.';

-- As frontrow.normalized.
create or replace function frontrow.meant_expression(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.format('(select coalesce(pg_catalog.jsonb_object_agg(e.key, e.value), ''{}'')
    from pg_catalog.jsonb_populate_record(null::%s, %s) as r
    cross join lateral pg_catalog.jsonb_each(%s) as e where i."set" ? e.key)',
    frontrow.qualified_table(c), frontrow.record_expression(c), frontrow.fields_expression(c))
$$;
comment on function frontrow.meant_expression(frontrow.collections) is 'SQL for the column texts of item i after a trip through their types.';

-- Writing long texts with the server's first default takes most of the time that a row takes. A value says itself how it is
-- compressed, so readers see no difference. A column's own setting counts more, and so does a default that somebody chose.
create or replace function frontrow.fast_compression() returns text
language sql stable set search_path = '' as $$
  select 'lz4' from pg_catalog.pg_settings
  where name = 'default_toast_compression' and source = 'default' and 'lz4' = any (enumvals)
$$;
comment on function frontrow.fast_compression() is 'lz4 where the server has it and nobody chose a default, else null.';

-- Each mention of a parameter is a copy for the planner, several times over: so each is mentioned once.
create or replace function frontrow.loaded_items() returns text
language sql immutable set search_path = '' as $$
  select 'items as materialized (select * from pg_catalog.unnest($1)), texts as materialized (select $2 as bytes)'
$$;
comment on function frontrow.loaded_items() is 'SQL for the new documents ($1) and their texts ($2), as common table expressions.';

create or replace function frontrow.loaded_text(start text, size text) returns text
language sql immutable set search_path = '' as $$
  select pg_catalog.format('pg_catalog.convert_from(pg_catalog.substring((select bytes from texts), %s + 1, %s), ''UTF8'')',
    start, size)
$$;
comment on function frontrow.loaded_text(text, text) is 'SQL for a part of the texts.';

create or replace function frontrow.loaded_body() returns text
language sql immutable set search_path = '' as $$
  select frontrow.loaded_text('i.start + i.head', 'i.size - i.head')
$$;
comment on function frontrow.loaded_body() is 'SQL for the body of item i.';

-- One INSERT per set of columns that take their default: what a file does not mention is left to the table.
create or replace function frontrow.row_inserts(c frontrow.collections, items frontrow.new_document[]) returns text[]
language plpgsql stable set search_path = '' as $$
declare
  columns text[] := array(select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
    where (e ->> 'mapped')::boolean and not (e ->> 'column') = any (c.key_columns));
  defaulted text[] := array(select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
    where (e ->> 'has_default')::boolean and (e ->> 'column') = any (columns));
  in_json text[] := array(
    select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'type' = 'jsonb');
  absent text[];
  inserts text[] := '{}'::text[];
begin
  for absent in
    select distinct array(select d from pg_catalog.unnest(defaulted) as d where not i."set" ? d)
    from pg_catalog.unnest(items) as i
  loop
    inserts := inserts || (
      select pg_catalog.format($sql$insert into %1$s as r (%2$s) select %3$s
        from items as i cross join lateral pg_catalog.jsonb_populate_record(null::%1$s, i."set") as v
        where array(select d from pg_catalog.unnest(%4$L::text[]) as d where not i."set" ? d) = %5$L::text[]$sql$,
        frontrow.qualified_table(c), pg_catalog.string_agg(pg_catalog.quote_ident(n.name), ', ' order by n.place),
        pg_catalog.string_agg(n.source, ', ' order by n.place), defaulted, absent)
      from (
        select k.place, k.name, pg_catalog.format('i.keys[%s]::%s', k.place, frontrow.sql_type(c, k.name)) as source
        from pg_catalog.unnest(c.key_columns) with ordinality as k (name, place)
        union all
        -- JSON itself; as a part of the record it would be taken apart and put together again.
        select 100 + n.place, n.name, pg_catalog.format(
          case when n.name = any (in_json) then '(i."set" ->> %1$L)::jsonb' else 'v.%1$I' end, n.name)
        from pg_catalog.unnest(columns) with ordinality as n (name, place) where not n.name = any (absent)
        union all
        select 10000, c.body_column, frontrow.loaded_body() where c.body_column is not null
      ) as n);
  end loop;
  return inserts;
end;
$$;
comment on function frontrow.row_inserts(frontrow.collections, frontrow.new_document[]) is 'Statements that insert the rows of new documents; to be put after loaded_items.';

-- Whether a row that was inserted is what was inserted. Ours is the only trigger then: it changes nothing.
create or replace function frontrow.keeps_inserts(c frontrow.collections) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from pg_catalog.pg_class as t
    where t.oid = pg_catalog.to_regclass(frontrow.qualified_table(c)) and t.relkind = 'r' and not t.relispartition
      and not t.relhasrules and not exists (
        select from pg_catalog.pg_trigger as g
        -- 4: fires on INSERT.
        where g.tgrelid = t.oid and not g.tgisinternal and g.tgtype & 4 <> 0 and g.tgname <> 'frontrow_capture_insert'))
$$;
comment on function frontrow.keeps_inserts(frontrow.collections) is 'Whether nothing of the table''s own can make something else of a row that is inserted: no trigger, no rule.';

create or replace function frontrow.insert_rows(
  c frontrow.collections, inserts text[], items frontrow.new_document[], texts bytea
) returns void
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  statement text;
  touched int;
  total int := 0;
begin
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  foreach statement in array inserts loop
    execute pg_catalog.format('with %s %s', frontrow.loaded_items(), statement) using items, texts;
    get diagnostics touched = row_count;
    total := total + touched;
  end loop;
  set constraints all immediate;
  if total <> pg_catalog.cardinality(items) then
    raise exception 'frontrow: a trigger of % swallowed a row', frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
end;
$$;
comment on function frontrow.insert_rows(frontrow.collections, text[], frontrow.new_document[], bytea) is 'Carries the statements out through the table''s own triggers; raises when one of the rows is not written.';

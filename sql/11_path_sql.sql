-- Paths of many rows. Asking frontrow.build_path costs 40 µs a row; nearly every row has keys of plain characters, and its
-- path is then the template's texts and the keys as they are. The rest is still build_path's to say.

-- The dot is left out: without it a value is no ".." and cannot end a path as an ignored or a reserved name ends, as long as
-- the texts around the last key hold no other. That is looked at here, once. A bar parts the keys, and is not plain.
create or replace function frontrow.path_sql(tokens jsonb, keys text[], texts boolean[]) returns text
language plpgsql stable set search_path = '' as $$
declare
  plain constant text := '[A-Za-z0-9_!*''() &$@;:+,?-]+';
  built constant text := pg_catalog.format('frontrow.build_path(%L::jsonb, array[%s])', tokens,
    pg_catalog.array_to_string(keys, ', '));
  joined text;
  last_name text;
  checked text;
  pattern text;
  used bigint;
begin
  select max(t.key),
    pg_catalog.string_agg(case when t.key is null then pg_catalog.format('%L', t.token #>> '{}') else keys[t.key] end,
      ' || ' order by t.place),
    pg_catalog.regexp_replace(pg_catalog.string_agg(case when t.key is null then t.token #>> '{}' else 'x' end,
      '' order by t.place), '^.*/', ''),
    pg_catalog.string_agg(keys[t.key], ' || ''|'' || ' order by t.place) filter (where texts[t.key]),
    '^' || pg_catalog.string_agg(
      case when (t.token ->> 'many')::boolean then pg_catalog.format('%1$s(?:/%1$s)*', plain) else plain end,
      '\|' order by t.place) filter (where texts[t.key]) || '$'
  into used, joined, last_name, checked, pattern
  from (
    select token, place, case when pg_catalog.jsonb_typeof(token) = 'object' then
      count(*) filter (where pg_catalog.jsonb_typeof(token) = 'object') over (order by place) end as key
    from pg_catalog.jsonb_array_elements(tokens) with ordinality as e (token, place)
  ) as t;
  if used is distinct from pg_catalog.cardinality(keys)
    or last_name collate "C" !~ '^[A-Za-z0-9_-]+(?:\.(?:md|mdx|markdown|txt))?$'
  then
    return built;
  end if;
  return pg_catalog.format('case when pg_catalog.octet_length(%1$s) <= 255%2$s then %1$s else %3$s end', joined,
    case when checked is null then '' else pg_catalog.format(' and (%s) collate "C" ~ %L', checked, pattern) end, built);
end;
$$;
comment on function frontrow.path_sql(jsonb, text[], boolean[]) is
  'SQL that answers what frontrow.build_path does for these key expressions, fast where they are plain. texts: which of them may hold anything; the others only ever [0-9a-z -].';
revoke execute on function frontrow.path_sql(jsonb, text[], boolean[]) from public, anon, authenticated;

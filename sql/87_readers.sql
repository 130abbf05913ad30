-- What a person may see, by the policies of their own table: each question is asked of the table itself, as that person.
--
-- Only a function that runs as its caller may take on another role, and such a function cannot reach this schema: so the
-- statements are written here, by a definer, and run there. Both are for service_role alone; the token was verified by
-- the Data API, whose answer to frontrow_claims says whose it is.

create or replace function public.frontrow_claims() returns jsonb
language sql stable set search_path = '' as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;
comment on function public.frontrow_claims() is 'Frontrow: the caller''s own token, verified: whoever can call this is signed in.';
revoke execute on function public.frontrow_claims() from public, anon;
grant execute on function public.frontrow_claims() to authenticated, service_role;

-- Every column that a document shows is named, where it costs nothing: a column that may not be read hides the document.
create or replace function frontrow.columns_named(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.string_agg(pg_catalog.format('r.%I is null', n.name), ' or ')
  from (
    select e ->> 'column' as name from pg_catalog.jsonb_array_elements(c.columns) as e
    union select c.body_column where c.body_column is not null
    union select pg_catalog.unnest(c.key_columns)
  ) as n
$$;
comment on function frontrow.columns_named(frontrow.collections) is 'SQL that names every column of a document''s row r.';

-- Takes [{path, keys}], answers the paths whose rows are there.
create or replace function frontrow.see_statement(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.format(
    'select pg_catalog.jsonb_agg(w.path) from (select k.value -> ''path'' as path,
       array(select pg_catalog.jsonb_array_elements_text(k.value -> ''keys'')) as keys
       from pg_catalog.jsonb_array_elements($1) as k) as w
     join %s as r on %s where %s and (true or %s)',
    frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'), frontrow.live_condition(c), frontrow.columns_named(c))
$$;
comment on function frontrow.see_statement(frontrow.collections) is 'The statement that asks a table which of these rows its reader can see.';

-- A plan's write of a row, as the person would have to make it: policies and grants are asked by trying. A softly
-- deleted row may be what a policy hides, so that whoever may remove the row may delete the document as well.
create or replace function frontrow.try_statements(c frontrow.collections, item jsonb) returns text[]
language sql stable set search_path = '' as $$
  with said as (
    select frontrow.qualified_table(c) as "table", frontrow.key_condition(c,
        'array(select pg_catalog.jsonb_array_elements_text($1 -> ''keys''))') as found,
      pg_catalog.format('pg_catalog.jsonb_populate_record(null::%s, $1 -> ''record'') as v', frontrow.qualified_table(c)) as source,
      array(select k from pg_catalog.jsonb_object_keys(item -> 'record') as k) as names,
      array(select pg_catalog.jsonb_array_elements_text(item -> 'clear')) as cleared
  )
  select array(select pg_catalog.format('with w as (%s) select pg_catalog.jsonb_agg($1 -> ''path'') from w', t)
    from pg_catalog.unnest(case item ->> 'op'
      when 'insert' then array[pg_catalog.format('insert into %s (%s) select %s from %s returning 1', s."table",
        (select pg_catalog.string_agg(pg_catalog.quote_ident(n), ', ' order by n) from pg_catalog.unnest(s.names) as n),
        (select pg_catalog.string_agg('v.' || pg_catalog.quote_ident(n), ', ' order by n) from pg_catalog.unnest(s.names) as n),
        s.source)]
      when 'update' then array[pg_catalog.format('update %s as r set %s from %s where %s returning 1', s."table", (
        select pg_catalog.string_agg(a, ', ') from (
          select pg_catalog.format('%I = v.%I', n, n) as a from pg_catalog.unnest(s.names) as n
          union all select pg_catalog.format('%I = default', n) from pg_catalog.unnest(s.cleared) as n
          union all select 'deleted_at = null' where (item ->> 'revives')::boolean) as assignments), s.source, s.found)]
      when 'delete' then array[pg_catalog.format('delete from %s as r where %s returning 1', s."table", s.found)]
        || case when c.row_delete = 'soft' then array[pg_catalog.format(
          'update %s as r set deleted_at = pg_catalog.now() where %s returning 1', s."table", s.found)] else '{}'::text[] end
      else array[pg_catalog.format('select 1 from %s as r where %s for no key update', s."table", s.found)] end) as t)
  from said as s
$$;
comment on function frontrow.try_statements(frontrow.collections, jsonb) is 'The statements of which one must succeed as the person: {path, keys, op: insert|update|delete|touch, record, clear, revives}.';

-- What a plan's row becomes in try_statements. A text that leaves the row alone must still be the person's to change.
create or replace function frontrow.try_item(c frontrow.collections, item jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  keys text[] := frontrow.path_keys(c, item ->> 'path');
  change jsonb := item -> 'row';
  record jsonb := frontrow.as_record(c, coalesce(nullif(change -> 'set', 'null'), '{}'));
  is_live boolean;
  op text;
begin
  execute pg_catalog.format('select %s from %s as r where %s', frontrow.live_condition(c), frontrow.qualified_table(c),
    frontrow.key_condition(c, '$1')) into is_live using keys;
  if c.body_column is not null and change ->> 'body' is not null then
    record := record || pg_catalog.jsonb_build_object(c.body_column, change -> 'body');
  end if;
  op := case when change ->> 'op' = 'delete' then 'delete' when change ->> 'op' is distinct from 'put' then 'touch'
    when is_live is null then 'insert' else 'update' end;
  if op = 'insert' then
    select record || pg_catalog.jsonb_object_agg(k.name, keys[k.i]) into record
    from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i);
  elsif op = 'update' then
    record := record - c.key_columns;
    if is_live and record = '{}' and coalesce(change -> 'clear', '[]') = '[]' then
      op := 'touch';
    end if;
  end if;
  return pg_catalog.jsonb_build_object('path', item -> 'path', 'keys', pg_catalog.to_jsonb(keys), 'op', op, 'record', record,
    'clear', coalesce(change -> 'clear', '[]'), 'revives', not coalesce(is_live, true));
end;
$$;
comment on function frontrow.try_item(frontrow.collections, jsonb) is 'A plan''s write of a row, ready to be tried.';

create or replace function public.frontrow_questions(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', c.name, 'argument', q.argument,
      'statement', q.statement, 'path', frontrow.api_path(c))), '[]')
    from (
      select i.collection, frontrow.see_statement(k) as statement, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'path', i.path, 'keys', pg_catalog.to_jsonb(frontrow.path_keys(k, i.path)))) as argument
      from pg_catalog.jsonb_to_recordset(request -> 'items') as i (collection text, path text)
      join frontrow.collections as k on k.name = i.collection
      where frontrow.path_keys(k, i.path) is not null
      group by i.collection, k
      union all
      select w.item ->> 'collection', t.statement, t.argument
      from pg_catalog.jsonb_array_elements(request -> 'writes') as w (item)
      join frontrow.collections as k on k.name = w.item ->> 'collection'
      cross join lateral (select frontrow.try_item(k, w.item) as argument) as i
      cross join lateral (select i.argument, s as statement from pg_catalog.unnest(frontrow.try_statements(k, i.argument)) as s) as t
      where frontrow.path_keys(k, w.item ->> 'path') is not null
    ) as q
    join frontrow.collections as c on c.name = q.collection and frontrow.is_as_registered(c));
end;
$$;
comment on function public.frontrow_questions(jsonb) is 'Frontrow: the statements by which a table is asked what a person may see and write.';

-- `failed` are writes that would fail for another reason than who asks: a constraint, a trigger, a lock.
create or replace function public.frontrow_visible(request jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  question record;
  claims jsonb := request -> 'claims';
  seen jsonb;
  items jsonb := '[]'::jsonb;
  failed jsonb := '[]'::jsonb;
begin
  if claims ->> 'role' is distinct from 'authenticated' then
    raise exception 'frontrow: visible takes the claims of somebody who is signed in' using errcode = 'FR422';
  end if;
  for question in select * from pg_catalog.jsonb_to_recordset(public.frontrow_questions(request))
    as q (collection text, statement text, argument jsonb, path text)
  loop
    seen := null;
    begin
      perform pg_catalog.set_config(s.name, s.value, true) from (values
        ('request.jwt.claims', claims::text), ('request.jwt.claim.sub', claims ->> 'sub'),
        ('request.jwt.claim.role', claims ->> 'role'), ('request.jwt.claim.email', claims ->> 'email'),
        ('search_path', question.path), ('frontrow.origin', 'frontrow'), ('lock_timeout', '700ms'),
        ('role', 'authenticated')) as s (name, value);
      execute question.statement into seen using question.argument;
      -- Everything of that person ends here, their role first of all, and what was tried is undone.
      raise exception 'asked' using errcode = 'FR000';
    exception
      when sqlstate 'FR000' or insufficient_privilege then
        items := items || (select coalesce(pg_catalog.jsonb_agg(
          pg_catalog.jsonb_build_object('collection', question.collection, 'path', p.value)), '[]')
          from pg_catalog.jsonb_array_elements(seen) as p);
      when others then
        if request ? 'items' then
          raise;
        end if;
        failed := failed || pg_catalog.jsonb_build_object('collection', question.collection,
          'path', question.argument -> 'path', 'state', sqlstate);
    end;
  end loop;
  return pg_catalog.jsonb_build_object('items', items, 'failed', failed);
end;
$$;
comment on function public.frontrow_visible(jsonb) is 'Frontrow: the documents among these that a signed-in person can see (items), or whose rows they could write so (writes). {claims, items: [{collection, path}] | writes: [{collection, path, row}]} → {items, failed}.';

revoke execute on function public.frontrow_questions(jsonb), public.frontrow_visible(jsonb) from public, anon, authenticated;
grant execute on function public.frontrow_questions(jsonb), public.frontrow_visible(jsonb) to service_role;

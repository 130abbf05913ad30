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

create or replace function public.frontrow_questions(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', q.name, 'argument', q.asked,
      'statement', frontrow.see_statement(c))), '[]')
    from (
      select i.collection as name, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', i.path, 'keys',
        pg_catalog.to_jsonb(frontrow.path_keys(k, i.path)))) as asked
      from pg_catalog.jsonb_to_recordset(request -> 'items') as i (collection text, path text)
      join frontrow.collections as k on k.name = i.collection
      where frontrow.path_keys(k, i.path) is not null
      group by i.collection
    ) as q
    join frontrow.collections as c on c.name = q.name and frontrow.is_as_registered(c));
end;
$$;
comment on function public.frontrow_questions(jsonb) is 'Frontrow: the statements by which a table is asked what a person may see.';

create or replace function public.frontrow_visible(request jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  question record;
  claims jsonb := request -> 'claims';
  seen jsonb;
  items jsonb := '[]'::jsonb;
begin
  if claims ->> 'role' is distinct from 'authenticated' then
    raise exception 'frontrow: visible takes the claims of somebody who is signed in' using errcode = 'FR422';
  end if;
  for question in select * from pg_catalog.jsonb_to_recordset(public.frontrow_questions(request))
    as q (collection text, statement text, argument jsonb)
  loop
    seen := null;
    begin
      perform pg_catalog.set_config(s.name, s.value, true) from (values
        ('request.jwt.claims', claims::text), ('request.jwt.claim.sub', claims ->> 'sub'),
        ('request.jwt.claim.role', claims ->> 'role'), ('request.jwt.claim.email', claims ->> 'email'),
        ('role', 'authenticated')) as s (name, value);
      execute question.statement into seen using question.argument;
      -- Everything of that person ends here, their role first of all.
      raise exception 'asked' using errcode = 'FR000';
    exception
      when sqlstate 'FR000' or insufficient_privilege then
        items := items || (select coalesce(pg_catalog.jsonb_agg(
          pg_catalog.jsonb_build_object('collection', question.collection, 'path', p.value)), '[]')
          from pg_catalog.jsonb_array_elements(seen) as p);
    end;
  end loop;
  return pg_catalog.jsonb_build_object('items', items);
end;
$$;
comment on function public.frontrow_visible(jsonb) is 'Frontrow: the documents among these whose rows a signed-in person can see. {claims, items: [{collection, path}]} → {items}.';

revoke execute on function public.frontrow_questions(jsonb), public.frontrow_visible(jsonb) from public, anon, authenticated;
grant execute on function public.frontrow_questions(jsonb), public.frontrow_visible(jsonb) to service_role;

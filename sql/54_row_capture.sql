-- The table store, watching: the capture triggers of a collection's table. Made by register.

-- SQL for whether the rows o and n differ in a mapped column, one of them missing included. To the byte where a type takes
-- for equal what its texts tell apart (1.0 and 1.00): the row's version is made of the texts. Those columns are compared as
-- one record, as each record costs. The body comes last, as it may have to be unpacked.
create or replace function frontrow.differs_expression(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.string_agg(g.differs, ' or ' order by g.place, g.differs)
  from (
    select m.place, case m.place
      when 2 then pg_catalog.format('row(%s)::record operator(pg_catalog.*<>) row(%s)::record',
        pg_catalog.string_agg(pg_catalog.format('o.%I', m.name), ', ' order by m.name),
        pg_catalog.string_agg(pg_catalog.format('n.%I', m.name), ', ' order by m.name))
      else pg_catalog.string_agg(pg_catalog.format(case when m.type = 'text'
        then 'o.%1$I collate "C" is distinct from n.%1$I collate "C"' else 'o.%1$I is distinct from n.%1$I' end, m.name),
        ' or ' order by m.name) end as differs
    from (
      select e ->> 'column' as name, e ->> 'type' as type, case when e ->> 'column' = c.body_column then 3
        when e ->> 'type' = any ('{numeric,float8,jsonb,text[]}') then 2 else 1 end as place
      from pg_catalog.jsonb_array_elements(c.columns) as e
      union select 'deleted_at', 'timestamptz', 1 where c.soft_delete
      union select c.body_column, 'text', 3 where c.body_column is not null
    ) as m
    group by m.place
  ) as g
$$;
comment on function frontrow.differs_expression(frontrow.collections) is 'SQL that is true where the rows o and n differ in what a file would hold.';
revoke execute on function frontrow.differs_expression(frontrow.collections) from public, anon, authenticated;

-- Makes the capture function and triggers of one collection's table. Statement level with transition tables: one insert and
-- one subtransaction per statement, whatever the number of rows; `offset 0` keeps the planner from building each path twice.
-- Rows before and after are joined by key, so an update of a column that is not mapped says nothing, and one of a key names
-- both paths. A kept plan, whatever it seems to cost: after one statement over many rows a session would plan for every one
-- over one row again. A full join is never done by loops.
create or replace function frontrow.guard_table(c frontrow.collections) returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '3s' as $$
declare
  function_name text := pg_catalog.format('frontrow.%I', 'tg_capture_' || c.name);
  same_key text;
  either_key text;
  settings text;
begin
  -- Keys are compared to the byte, as paths are, and a date is spelled as the engine spells it, whatever the session says.
  select
    pg_catalog.string_agg(pg_catalog.format(case when k.type in ('text', 'character varying')
      then 'o.%1$I collate "C" = n.%1$I collate "C"' else 'o.%1$I = n.%1$I' end, k.name), ' and ' order by k.i),
    pg_catalog.string_agg(pg_catalog.format('coalesce(n.%1$I, o.%1$I) as %1$I', k.name), ', ' order by k.i),
    case when pg_catalog.bool_or(k.type = 'date') then ' set datestyle = ''ISO, MDY''' else '' end
  into same_key, either_key, settings
  from (
    select name, i, frontrow.sql_type(c, name) as type from pg_catalog.unnest(c.key_columns) with ordinality as u (name, i)
  ) as k;
  execute pg_catalog.format($body$
create or replace function %1$s() returns trigger
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan%2$s as $fn$
declare
  actor text := '';
begin
  -- Our own write, one level deep: an echo. What a user's trigger does in its wake is not.
  if pg_catalog.current_setting('frontrow.origin', true) = 'frontrow' and pg_catalog.pg_trigger_depth() = 1 then
    return null;
  end if;
  if pg_catalog.current_setting('request.jwt.claims', true) <> '' then
    actor := frontrow.actor();
  end if;
  if tg_op = 'UPDATE' then
    insert into frontrow.dirty (collection, path, store, gone, actor)
    select %3$L, p.path, 'table', p.gone, actor from (
      select %4$s as path, r.gone from (
        select %5$s, n.%6$I is null%7$s as gone from old_rows as o full join new_rows as n on %8$s where %9$s
      ) as r offset 0
    ) as p where p.path is not null;
  elsif tg_op = 'INSERT' then
    insert into frontrow.dirty (collection, path, store, actor)
    select %3$L, p.path, 'table', actor from (select %4$s as path from new_rows as r offset 0) as p where p.path is not null;
  elsif tg_op = 'DELETE' then
    insert into frontrow.dirty (collection, path, store, gone, actor)
    select %3$L, p.path, 'table', true, actor from (select %4$s as path from old_rows as r offset 0) as p where p.path is not null;
  else
    -- TRUNCATE is one event for the collection, never a deletion per document.
    insert into frontrow.dirty (collection, path, store) values (%3$L, '', 'table');
  end if;
  -- As ring() would see; a call costs more than the look.
  if found and not exists (
    select from frontrow.runs
    where finished_at is null and heartbeat_at > pg_catalog.clock_timestamp() - interval '5 seconds'
  ) then
    perform frontrow.ring();
  end if;
  return null;
exception when others then
  raise warning 'frontrow: a change of %% was not captured, the backfill will find it: %%', %10$L, sqlerrm;
  return null;
end;
$fn$ $body$,
    function_name, settings, c.name, frontrow.path_expression(c, 'r'), either_key, c.key_columns[1],
    case when c.soft_delete then ' or n.deleted_at is not null' else '' end, same_key, frontrow.differs_expression(c),
    frontrow.qualified_table(c));
  execute pg_catalog.format('comment on function %s() is %L', function_name,
    'Marks the documents of changed rows dirty. Made by frontrow_register. Never raises.');
  execute pg_catalog.format('revoke execute on function %s() from public, anon, authenticated', function_name);
  execute pg_catalog.format('create or replace trigger frontrow_capture_insert after insert on %s
    referencing new table as new_rows for each statement execute function %s()', frontrow.qualified_table(c), function_name);
  execute pg_catalog.format('create or replace trigger frontrow_capture_update after update on %s
    referencing old table as old_rows new table as new_rows for each statement execute function %s()',
    frontrow.qualified_table(c), function_name);
  execute pg_catalog.format('create or replace trigger frontrow_capture_delete after delete on %s
    referencing old table as old_rows for each statement execute function %s()', frontrow.qualified_table(c), function_name);
  execute pg_catalog.format('create or replace trigger frontrow_capture_truncate after truncate on %s
    for each statement execute function %s()', frontrow.qualified_table(c), function_name);
end;
$$;
comment on function frontrow.guard_table(frontrow.collections) is 'Makes the capture function and triggers of a collection''s table.';
revoke execute on function frontrow.guard_table(frontrow.collections) from public, anon, authenticated;

create or replace function frontrow.unguard_table(c frontrow.collections) returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '3s' as $$
declare
  event text;
begin
  foreach event in array array['insert', 'update', 'delete', 'truncate'] loop
    -- Only what is there: on hosted Supabase a drop "if exists" locks the platform's tables too.
    if exists (select from pg_catalog.pg_trigger where tgrelid = pg_catalog.to_regclass(frontrow.qualified_table(c))
      and tgname = 'frontrow_capture_' || event)
    then
      execute pg_catalog.format('drop trigger %I on %s', 'frontrow_capture_' || event, frontrow.qualified_table(c));
    end if;
  end loop;
end;
$$;
comment on function frontrow.unguard_table(frontrow.collections) is 'Removes the capture triggers of a table that is no collection''s any more.';

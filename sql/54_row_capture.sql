-- The table store, watching: the capture triggers of a collection's table. Made by register.

-- Makes the capture function and triggers of one collection's table. Statement level with transition tables: one
-- insert per statement, whatever the number of rows; `offset 0` keeps the planner from building each path twice. EXCEPT
-- compares whole mapped rows, so an update of a column that is not mapped says nothing, and one of a key names both paths.
create or replace function frontrow.guard_table(c frontrow.collections) returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '3s' as $$
declare
  function_name text := pg_catalog.format('frontrow.%I', 'tg_capture_' || c.name);
  mapped text;
  keys text;
begin
  select pg_catalog.string_agg(pg_catalog.format('r.%I', k), ', ') into keys from pg_catalog.unnest(c.key_columns) as k;
  select pg_catalog.string_agg(pg_catalog.quote_ident(name), ', ') into mapped from (
    select distinct name from (
      select e ->> 'column' as name from pg_catalog.jsonb_array_elements(c.columns) as e
      union all select c.body_column where c.body_column is not null
      union all select 'deleted_at' where c.soft_delete
    ) as all_names
  ) as names;
  execute pg_catalog.format($body$
create or replace function %1$s() returns trigger
language plpgsql volatile security definer set search_path = '' as $fn$
declare
  actor text;
begin
  -- Our own write, one level deep: an echo. What a user's trigger does in its wake is not.
  if pg_catalog.current_setting('frontrow.origin', true) = 'frontrow' and pg_catalog.pg_trigger_depth() = 1 then
    return null;
  end if;
  actor := frontrow.actor();
  if tg_op = 'TRUNCATE' then
    -- One event for the collection, never a deletion per document.
    insert into frontrow.dirty (collection, path, store) values (%2$L, '', 'table');
  elsif tg_op = 'INSERT' then
    insert into frontrow.dirty (collection, path, store, actor)
    select %2$L, p.path, 'table', actor from (select %3$s as path from new_rows as r offset 0) as p where p.path is not null;
  elsif tg_op = 'DELETE' then
    insert into frontrow.dirty (collection, path, store, gone, actor)
    select %2$L, p.path, 'table', true, actor from (select %3$s as path from old_rows as r offset 0) as p where p.path is not null;
  else
    insert into frontrow.dirty (collection, path, store, gone, actor)
    select %2$L, p.path, 'table', p.gone, actor from (
      select %3$s as path, pg_catalog.bool_and(r.gone) as gone from (
        select m.*, true as gone from (select %4$s from old_rows except select %4$s from new_rows) as m
        union all
        select m.*, %5$s from (select %4$s from new_rows except select %4$s from old_rows) as m
      ) as r group by %7$s offset 0
    ) as p where p.path is not null;
  end if;
  if found then
    perform frontrow.ring();
  end if;
  return null;
exception when others then
  raise warning 'frontrow: a change of %% was not captured, the backfill will find it: %%', %6$L, sqlerrm;
  return null;
end;
$fn$ $body$,
    function_name, c.name, frontrow.path_expression(c, 'r'), mapped,
    case when c.soft_delete then 'm.deleted_at is not null' else 'false' end, frontrow.qualified_table(c), keys);
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

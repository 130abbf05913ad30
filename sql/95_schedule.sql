-- The extensions may be missing (a small server, a test): everything works without them, later.
do $$
declare
  wanted record;
begin
  for wanted in select * from (values ('pg_net', 'extensions'), ('pg_cron', 'pg_catalog')) as w (name, target) loop
    begin
      if exists (select from pg_available_extensions where name = wanted.name) then
        execute format('create extension if not exists %I with schema %I', wanted.name, wanted.target);
      end if;
    exception when others then
      raise notice 'frontrow: % could not be created: %', wanted.name, sqlerrm;
    end;
  end loop;
end;
$$;

select frontrow.schedule();

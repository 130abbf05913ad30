-- The doors: one jsonb in, one jsonb out, for service_role alone. The schema behind them is exposed to nobody.
-- The Data API takes over a function's statement_timeout; its own for service_role, 8 s, is too short for a backfill.

do $$
declare
  verb record;
begin
  for verb in
    select * from (values
      ('register', 'Installs the collections of a config.'),
      ('registered', 'The collections as registered.'),
      ('claim', 'Leases due documents and reads them.'),
      ('apply', 'Carries out plans in one transaction.'),
      ('confirm', 'Makes landed writes the new base.'),
      ('fail', 'Gives leases back undone.'),
      ('finish', 'Ends a run.'),
      ('backfill', 'Marks everything that differs dirty.'),
      ('preview', 'What a backfill would look at.'),
      ('signal', 'Marks named documents dirty.'),
      ('resume', 'Carries out a person''s decision on a halt.'),
      ('conflicts', 'The conflicts, open or all.'),
      ('resolve', 'Decides an open conflict.'),
      ('report', 'The state, for people and programs.'),
      ('log', 'The newest outcomes.')
    ) as v (name, about)
  loop
    execute format('create or replace function public.%I(request jsonb) returns jsonb
      language sql volatile security definer set search_path = '''' set statement_timeout = ''55s''
      as ''select frontrow.%I(request)''',
      'frontrow_' || verb.name, verb.name);
    execute format('comment on function public.%I(jsonb) is %L', 'frontrow_' || verb.name, 'Frontrow: ' || verb.about);
    execute format('revoke execute on function public.%I(jsonb) from public, anon, authenticated', 'frontrow_' || verb.name);
    execute format('grant execute on function public.%I(jsonb) to service_role', 'frontrow_' || verb.name);
  end loop;
end;
$$;

-- Postgres lets everybody execute a new function: not these.
revoke execute on all functions in schema frontrow from public, anon, authenticated;

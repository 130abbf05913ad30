-- The doors: one jsonb in, one jsonb out, for service_role alone. The schema behind them is exposed to nobody.
-- The Data API takes over a function's statement_timeout; its own for service_role, 8 s, is too short for a backfill.

do $$
declare
  verb record;
begin
  for verb in
    select v.*, v.name in ('register', 'finish', 'backfill', 'resume', 'resolve', 'restore', 'purge_author') as is_audited
    from (values
      ('register', 'Installs the collections of a config.'),
      ('registered', 'The collections as registered.'),
      ('claim', 'Leases due documents and reads them.'),
      ('apply', 'Carries out plans in one transaction.'),
      ('confirm', 'Makes landed writes the new base.'),
      ('fail', 'Gives leases back undone.'),
      ('finish', 'Ends a run.'),
      ('backfill', 'Marks everything that differs dirty.'),
      ('preview', 'What a backfill would look at.'),
      ('compare', 'Which files the hub does not hold as they are.'),
      ('load', 'Makes documents and rows of new files.'),
      ('signal', 'Marks named documents dirty.'),
      ('held', 'What a halt holds.'),
      ('resume', 'Carries out a person''s decision on a halt.'),
      ('conflicts', 'The conflicts, open or all.'),
      ('resolve', 'Decides an open conflict.'),
      ('report', 'The state, for people and programs.'),
      ('log', 'The newest outcomes.'),
      ('export', 'The documents as they are now, page by page.'),
      ('history', 'Revisions, newest first.'),
      ('revision', 'One revision with its text.'),
      ('restore', 'Makes an old revision the newest.'),
      ('changes', 'The documents that changed since a cursor.'),
      ('documents', 'Documents at their newest revision.'),
      ('push', 'Carries out plans with what a peer pushed, and remembers that.'),
      ('pushed', 'What was accepted of a push before.'),
      ('ids', 'Hands out a block of ids.'),
      ('purge_author', 'Forgets what one person wrote, and their name.'),
      ('audit', 'Who decided what, and what every run did.')
    ) as v (name, about)
  loop
    execute format('create or replace function public.%I(request jsonb) returns jsonb
      language sql volatile security definer set search_path = '''' set statement_timeout = ''55s''
      as %L',
      'frontrow_' || verb.name, 'select ' || format(case when verb.is_audited then 'frontrow.audited(%2$L, request, frontrow.%1$I(request))'
        else 'frontrow.%1$I(request)' end, verb.name, verb.name));
    execute format('comment on function public.%I(jsonb) is %L', 'frontrow_' || verb.name, 'Frontrow: ' || verb.about);
    execute format('revoke execute on function public.%I(jsonb) from public, anon, authenticated', 'frontrow_' || verb.name);
    execute format('grant execute on function public.%I(jsonb) to service_role', 'frontrow_' || verb.name);
  end loop;
end;
$$;

-- Postgres lets everybody execute a new function: not these.
revoke execute on all functions in schema frontrow from public, anon, authenticated;

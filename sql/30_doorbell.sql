-- The doorbell wakes the worker. Best effort: it can be lost, late or doubled, and it can never fail a user's statement.

create or replace function frontrow.ring() returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  functions_url text;
  token text;
begin
  -- Once per transaction, whatever the number of statements in it.
  if current_setting('frontrow.rung', true) = pg_catalog.pg_current_xact_id()::text then
    return;
  end if;
  perform pg_catalog.set_config('frontrow.rung', pg_catalog.pg_current_xact_id()::text, true);
  -- A worker that beats is polling already. Losing this race costs one sweep period.
  if exists (
    select from frontrow.runs
    where finished_at is null and heartbeat_at > pg_catalog.clock_timestamp() - interval '5 seconds'
  ) then
    return;
  end if;
  begin
    -- Both at once, as it may be a user's transaction.
    select nullif(max(s.decrypted_secret) filter (where s.name = 'frontrow_functions_url'), ''),
      nullif(max(s.decrypted_secret) filter (where s.name = 'frontrow_hook_token'), '')
    into functions_url, token from vault.decrypted_secrets as s
    where s.name in ('frontrow_functions_url', 'frontrow_hook_token');
  exception when others then
    functions_url := null; -- no vault is no secret
  end;
  if functions_url is null or token is null then
    raise debug 'frontrow: no doorbell: the vault secret frontrow_functions_url or frontrow_hook_token is missing';
    return;
  end if;
  perform net.http_post(url => functions_url || '/frontrow-sync', body => '{}'::jsonb,
    headers => pg_catalog.jsonb_build_object('content-type', 'application/json', 'x-frontrow-token', token),
    timeout_milliseconds => 5000);
exception when others then
  raise warning 'frontrow: the doorbell failed, the sweep will catch up: %', sqlerrm;
end;
$$;
comment on function frontrow.ring() is 'Wakes the sync function through pg_net, once per transaction, unless a worker is awake. Never raises.';
revoke execute on function frontrow.ring() from public, anon, authenticated;

-- Marks documents dirty. Never raises: a signal lost here is found by the backfill.
create or replace function frontrow.mark(collection_name text, store_name text, paths text[], is_gone boolean)
returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
begin
  insert into frontrow.dirty (collection, path, store, gone)
  select collection_name, p, store_name, is_gone from pg_catalog.unnest(paths) as p where p is not null;
  get diagnostics marked = row_count;
  return marked;
end;
$$;
comment on function frontrow.mark(text, text, text[], boolean) is 'Appends one dirty key per path.';
revoke execute on function frontrow.mark(text, text, text[], boolean) from public, anon, authenticated;

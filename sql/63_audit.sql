-- The audit: every decision of a person and every run that did something. Written by the doors (90_api.sql), in the same
-- transaction as the deed: what was refused changed nothing and leaves no entry.

-- Guards against accidents; the tables' owner could take the trigger away.
create or replace function frontrow.tg_keep_audit() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if current_setting('frontrow.audit', true) is distinct from 'open' then
    raise exception 'frontrow: the audit is append-only: only the retention and purge_author may change it'
      using errcode = '42501';
  end if;
  return case when tg_op = 'UPDATE' then new else old end;
end;
$$;
comment on function frontrow.tg_keep_audit() is 'Refuses to change or delete what the audit says.';
create trigger frontrow_keep_audit before update or delete on frontrow.audit
  for each row execute function frontrow.tg_keep_audit();
comment on trigger frontrow_keep_audit on frontrow.audit is 'The audit is append-only.';
create trigger frontrow_keep_audit_whole before truncate on frontrow.audit
  for each statement execute function frontrow.tg_keep_audit();
comment on trigger frontrow_keep_audit_whole on frontrow.audit is 'The audit is append-only.';

create or replace function frontrow.request_role() returns text
language plpgsql stable set search_path = '' as $$
begin
  return coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role', session_user::text);
exception when others then
  return session_user::text;
end;
$$;
comment on function frontrow.request_role() is 'The role of this request''s token; outside the Data API the session''s user.';

-- Only what is named here is kept of a request and its answer: numbers and names of things, never a text.
create or replace function frontrow.audit_details(request jsonb, answer jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(pg_catalog.jsonb_object_agg(said.key, said.value), '{}') || case
    when answer ? 'collections' then pg_catalog.jsonb_build_object('collections', (
      select coalesce(pg_catalog.jsonb_agg(k -> 'name'), '[]') from pg_catalog.jsonb_array_elements(answer -> 'collections') as k))
    else '{}' end
  from pg_catalog.jsonb_each(request || answer) as said
  where said.value <> 'null' and said.key in ('keep', 'halt', 'conflict', 'decision', 'documents', 'revision', 'restored',
    'full', 'hours', 'marked', 'prune', 'revisions', 'pending', 'signals', 'entries', 'conflicts', 'messages')
    and pg_catalog.jsonb_typeof(said.value) in ('number', 'boolean', 'string')
$$;
comment on function frontrow.audit_details(jsonb, jsonb) is 'What the audit keeps of a request and its answer.';

-- A run that found nothing to do is not worth an entry.
create or replace function frontrow.audit_run(run_id uuid, caller text default null) returns bigint
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.audit (action, who, role, outcome, details)
  select case r.cause when 'import' then 'import' else 'run' end, caller, frontrow.request_role(),
    coalesce(r.error, 'done'), pg_catalog.jsonb_build_object('run', r.id, 'cause', r.cause, 'counts', r.counts)
  from frontrow.runs as r where r.id = run_id and (r.counts - 'unchanged' <> '{}' or r.error is not null)
  returning id
$$;
comment on function frontrow.audit_run(uuid, text) is 'Notes the end of a run.';

-- Called by a door after its verb, whose answer it hands on.
create or replace function frontrow.audited(verb text, request jsonb, answer jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  who text := coalesce(nullif(request ->> 'caller', ''), frontrow.person(nullif(frontrow.actor(), '')));
begin
  if verb = 'finish' then
    perform frontrow.audit_run((request ->> 'run')::uuid, who);
  -- A plain backfill that marked nothing is no decision, and writes nothing.
  elsif (answer ->> 'dryRun')::boolean is distinct from true
    and (verb <> 'backfill' or answer ->> 'marked' <> '0' or request ?| array['full', 'hours'])
  then
    insert into frontrow.audit (action, who, role, collection, path, outcome, details)
    values (verb, case when verb <> 'purge_author' then who end, frontrow.request_role(),
      request ->> 'collection', request ->> 'path', 'done', frontrow.audit_details(request, answer));
  end if;
  return answer;
end;
$$;
comment on function frontrow.audited(text, jsonb, jsonb) is 'Notes a decision in the audit and answers what the verb answered.';

-- The oldest come first by their id, so that one look at a few of them suffices.
create or replace function frontrow.prune_audit() returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_catalog.set_config('frontrow.audit', 'open', true);
  delete from frontrow.audit
  where id <= (select max(o.id) from (select id from frontrow.audit order by id limit 500) as o)
    and at < pg_catalog.now() - interval '1 year';
  perform pg_catalog.set_config('frontrow.audit', '', true);
end;
$$;
comment on function frontrow.prune_audit() is 'Forgets audit entries older than a year.';

create or replace view frontrow.audit_log with (security_invoker = true) as
select a.at, coalesce(a.who, a.role) as who, a.action, coalesce(a.path, a.collection) as subject, a.outcome, a.details
from frontrow.audit as a;
comment on view frontrow.audit_log is 'Who decided what, and what every run did; a role where no person is known.';

-- {who?, since?, limit?, after?} → {items, next}: newest first; `after` is the `next` of the page before.
create or replace function frontrow.audit(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  most int := least(greatest(coalesce((request ->> 'limit')::int, 50), 1), 500);
  items jsonb;
begin
  perform frontrow.check_protocol(request);
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(a) order by a.id desc), '[]') into items from (
    select * from frontrow.audit as a
    where (request ->> 'who' is null or a.who = request ->> 'who')
      and (request ->> 'collection' is null or a.collection = request ->> 'collection')
      and (request ->> 'path' is null or a.path = request ->> 'path')
      and (request ->> 'since' is null or a.at >= (request ->> 'since')::timestamptz)
      and (request ->> 'after' is null or a.id < (request ->> 'after')::bigint)
    order by a.id desc limit most) as a;
  return pg_catalog.jsonb_build_object('items', items,
    'next', case when pg_catalog.jsonb_array_length(items) = most then items -> -1 -> 'id' end);
end;
$$;
comment on function frontrow.audit(jsonb) is 'Who decided what, and what every run did, newest first. {who?, collection?, path?, since?, limit?, after?} → {items, next}.';

-- The project's identity: a clone of a database must not write into anything.
--
-- A restored dump brings dirty keys, leases and intents of a project that lives elsewhere. Every caller says which project
-- it is for (`identity`: the ref in its URL, "local", or the host); the first registration is remembered, and a caller of
-- another identity, or of none, gets nothing to do.

create or replace function frontrow.set_identity(project text) returns void
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.settings (name, value) values ('identity', coalesce(pg_catalog.to_jsonb(project), 'null'))
  on conflict (name) do update set value = excluded.value;
  update frontrow.halts set state = 'closed', closed_at = pg_catalog.now() where kind = 'identity' and state <> 'closed';
$$;
comment on function frontrow.set_identity(text) is 'Makes this the project the database belongs to.';

-- Null for the project's own callers and before the first registration.
create or replace function frontrow.stranger_reason(request jsonb) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select pg_catalog.format('this database belongs to the project "%s", and the caller is for "%s": nothing is written'
    || ' until a person says which one is right', registered.value #>> '{}', coalesce(request ->> 'identity', 'none'))
  from frontrow.settings as registered
  where registered.name = 'identity' and registered.value #>> '{}' is distinct from request ->> 'identity'
  );
end;
$$;
comment on function frontrow.stranger_reason(jsonb) is 'What a caller for another project is told; null for the project''s own.';

-- The first stranger leaves a halt, which its transaction must not roll back.
create or replace function frontrow.refuse_stranger(request jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  reason text := frontrow.stranger_reason(request);
begin
  if reason is not null and not exists (select from frontrow.halts where kind = 'identity' and state <> 'closed') then
    perform frontrow.hold('', 'identity', null, null, reason, pg_catalog.jsonb_build_object('registered',
      (select value from frontrow.settings where name = 'identity'), 'seen', request -> 'identity'), '{}');
  end if;
  return reason;
end;
$$;
comment on function frontrow.refuse_stranger(jsonb) is 'Null, or why a caller for another project gets nothing to do; opens the halt of kind identity.';

-- The first registration says whose database this is; a stranger's is refused unless it adopts it.
create or replace function frontrow.adopt_identity(request jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  reason text := frontrow.stranger_reason(request);
begin
  if coalesce((request ->> 'adopt')::boolean, false)
      or not exists (select from frontrow.settings where name = 'identity') then
    perform frontrow.set_identity(request ->> 'identity');
  elsif reason is not null then
    raise exception 'frontrow: %', reason using errcode = 'FR003';
  end if;
end;
$$;
comment on function frontrow.adopt_identity(jsonb) is 'Remembers the project at the first registration. Raises FR003 for another project''s.';

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

create or replace function frontrow.stranger_reason(registered text, seen text) returns text
language sql immutable set search_path = '' as $$
  select pg_catalog.format('this database belongs to the project "%s", and the caller is for "%s": nothing is written'
    || ' until a person says which one is right', registered, coalesce(seen, 'none'))
$$;
comment on function frontrow.stranger_reason(text, text) is 'What a caller for another project is told.';

-- Null for the project's own callers and before the first registration; for a stranger, what to tell it. The first one
-- leaves a halt, which the caller's transaction must not roll back.
create or replace function frontrow.refuse_stranger(request jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  registered jsonb;
begin
  select value into registered from frontrow.settings where name = 'identity';
  if registered is null or registered #>> '{}' is not distinct from request ->> 'identity' then
    return null;
  end if;
  if not exists (select from frontrow.halts where kind = 'identity' and state <> 'closed') then
    perform frontrow.hold('', 'identity', null, null, frontrow.stranger_reason(registered #>> '{}', request ->> 'identity'),
      pg_catalog.jsonb_build_object('registered', registered, 'seen', request -> 'identity'), '{}');
  end if;
  return frontrow.stranger_reason(registered #>> '{}', request ->> 'identity');
end;
$$;
comment on function frontrow.refuse_stranger(jsonb) is 'Null, or why a caller for another project gets nothing to do; opens the halt of kind identity.';

-- The first registration says whose database this is; a stranger's is refused unless it adopts it.
create or replace function frontrow.adopt_identity(request jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  registered jsonb;
begin
  select value into registered from frontrow.settings where name = 'identity';
  if registered is null or coalesce((request ->> 'adopt')::boolean, false) then
    perform frontrow.set_identity(request ->> 'identity');
  elsif registered #>> '{}' is distinct from request ->> 'identity' then
    raise exception 'frontrow: %', frontrow.stranger_reason(registered #>> '{}', request ->> 'identity')
      using errcode = 'FR003';
  end if;
end;
$$;
comment on function frontrow.adopt_identity(jsonb) is 'Remembers the project at the first registration. Raises FR003 for another project''s.';

-- Who made a change, in the words of the request that made it.

-- Storage writes objects as the service, whoever uploads: the person is then the object's owner, which it took from a
-- token it had verified. Empty when the request names nobody. Never raises: a strange token must not cost anybody the
-- capture of a change.
create or replace function frontrow.actor(owner text default null) returns text
language plpgsql stable set search_path = '' as $$
declare
  said text := current_setting('request.jwt.claims', true);
  claims jsonb;
begin
  if said is null or said = '' then
    return coalesce(owner, '');
  end if;
  begin
    claims := said::jsonb;
    return pg_catalog.left(coalesce(nullif(claims ->> 'sub', ''), nullif(owner, ''),
      -- A program with the project's secret key may say for whom it acts. Nobody else is believed: whoever uploads with a
      -- signed URL needs no key, and is the service to Storage.
      case when claims ->> 'role' = 'service_role'
          and coalesce(current_setting('request.path', true), '') not like '%/sign/%'
        then current_setting('request.headers', true)::jsonb ->> 'x-frontrow-author' end, ''), 320);
  exception when others then
    return '';
  end;
end;
$$;
comment on function frontrow.actor(text) is 'The id of the person this request acts for; empty when it names nobody.';
revoke execute on function frontrow.actor(text) from public, anon, authenticated;

-- Looked up when history is written, not in the user's transaction. Projects with other identities keep the ids.
create or replace function frontrow.person(id text) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  email text;
begin
  if id !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' or pg_catalog.to_regclass('auth.users') is null then
    return id;
  end if;
  -- The name is put in: a database without Supabase Auth has no such table, and linters would look for it.
  execute pg_catalog.format('select email from auth.%I where id = $1::uuid', 'users') into email using id;
  return coalesce(nullif(email, ''), id);
exception when others then
  return id;
end;
$$;
comment on function frontrow.person(text) is 'The e-mail of a user of Supabase Auth by id; anything else as it is.';
revoke execute on function frontrow.person(text) from public, anon, authenticated;

-- The newest word counts, even when it names nobody. Signals that are no change (null) say nothing. In plpgsql, as it runs
-- once per written document and an SQL function would be planned each time.
create or replace function frontrow.newest_actors(collection_name text, document_path text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  actors jsonb := '{}'::jsonb;
  signal record;
begin
  select pg_catalog.jsonb_build_object('bucket', k.file_author, 'table', k.row_author) into actors
  from frontrow.conflicts as k
  where k.collection = collection_name and k.path = document_path and k.state = 'open';
  actors := coalesce(actors, '{}');
  for signal in
    select d.store, d.actor from frontrow.dirty as d
    where d.collection = collection_name and d.path = document_path and d.actor is not null order by d.id
  loop
    actors := actors || pg_catalog.jsonb_build_object(signal.store, nullif(signal.actor, ''));
  end loop;
  return coalesce((
    select pg_catalog.jsonb_object_agg(a.key, frontrow.person(a.value)) from pg_catalog.jsonb_each_text(actors) as a
    where a.value is not null), '{}');
end;
$$;
comment on function frontrow.newest_actors(text, text) is 'Who last changed the document in each store, by store: signals now, and those an open conflict remembers.';
revoke execute on function frontrow.newest_actors(text, text) from public, anon, authenticated;

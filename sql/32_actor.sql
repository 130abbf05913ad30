-- Who made a change, in the words of the request that made it.

-- Empty when the request names nobody. Never raises: a strange token must not cost anybody the capture of a change.
create or replace function frontrow.actor() returns text
language plpgsql stable set search_path = '' as $$
declare
  said text := current_setting('request.jwt.claims', true);
  claims jsonb;
begin
  if said is null or said = '' then
    return '';
  end if;
  begin
    claims := said::jsonb;
    return pg_catalog.left(coalesce(nullif(claims ->> 'email', ''), nullif(claims ->> 'sub', ''),
      -- A program of the project's own may say for whom it acts; nobody else is believed.
      case when claims ->> 'role' = 'service_role'
        then current_setting('request.headers', true)::jsonb ->> 'x-frontrow-author' end, ''), 320);
  exception when others then
    return '';
  end;
end;
$$;
comment on function frontrow.actor() is 'The person this request acts for: e-mail, else id, from its token; empty when it names nobody.';
revoke execute on function frontrow.actor() from public, anon, authenticated;

-- The newest word counts, even when it names nobody. Signals that are no change (null) say nothing.
create or replace function frontrow.newest_actors(collection_name text, document_path text) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce((select k.authors from frontrow.conflicts as k
      where k.collection = collection_name and k.path = document_path and k.state = 'open'), '{}')
    || coalesce(pg_catalog.jsonb_object_agg(a.store, nullif(a.actor, '')), '{}')
  from (
    select distinct on (d.store) d.store, d.actor from frontrow.dirty as d
    where d.collection = collection_name and d.path = document_path and d.actor is not null
    order by d.store, d.id desc
  ) as a
$$;
comment on function frontrow.newest_actors(text, text) is 'Who last changed the document in each store, by store: signals now, and those an open conflict remembers.';
revoke execute on function frontrow.newest_actors(text, text) from public, anon, authenticated;

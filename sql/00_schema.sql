-- The hub lives in a schema of its own that no API exposes. Its doors are the public.frontrow_<verb> functions.
create schema if not exists frontrow;
comment on schema frontrow is 'Frontrow''s hub: the only place where all stores of a document meet.';

revoke all on schema frontrow from public;

-- The number both sides of the wire must name. It changes when a request or an answer changes its meaning.
create or replace function frontrow.protocol() returns int
language sql immutable parallel safe set search_path = '' as $$ select 1 $$;
comment on function frontrow.protocol() is 'The protocol spoken by the public.frontrow_* functions.';

-- Refuses a caller built for another protocol before it can do harm.
create or replace function frontrow.check_protocol(request jsonb) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if (request ->> 'protocol')::int is distinct from frontrow.protocol() then
    raise exception 'frontrow: the caller speaks protocol %, the database %: deploy both from the same version',
      coalesce(request ->> 'protocol', 'none'), frontrow.protocol() using errcode = 'FR001';
  end if;
end;
$$;
comment on function frontrow.check_protocol(jsonb) is 'Raises FR001 unless the request names this protocol.';

-- Vault may be missing, and a secret may be missing: both are null, never an error.
create or replace function frontrow.secret(secret_name text) returns text
language plpgsql stable set search_path = '' as $$
declare
  found_secret text;
begin
  select s.decrypted_secret into found_secret from vault.decrypted_secrets as s where s.name = secret_name;
  return nullif(found_secret, '');
exception when others then
  return null;
end;
$$;
comment on function frontrow.secret(text) is 'A secret from vault, or null when vault or the secret is missing.';

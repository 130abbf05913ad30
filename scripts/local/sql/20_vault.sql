-- Stand-in for the extension supabase_vault 0.3: the same names and signatures, no encryption
-- (`secret` is base64, so that nothing mistakes it for the value). Safe to repeat.
create schema if not exists vault;

create table if not exists vault.secrets (
  id uuid not null default gen_random_uuid() primary key,
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea,
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index if not exists secrets_name_idx on vault.secrets (name) where name is not null;

create or replace view vault.decrypted_secrets as
  select id, name, description, secret, convert_from(decode(secret, 'base64'), 'UTF8') as decrypted_secret,
    key_id, nonce, created_at, updated_at
  from vault.secrets;

create or replace function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language sql volatile security definer set search_path = '' as $$
  insert into vault.secrets (secret, name, description, key_id)
  values (encode(convert_to(new_secret, 'UTF8'), 'base64'), new_name, coalesce(new_description, ''), new_key_id)
  returning id
$$;

create or replace function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void language sql volatile security definer set search_path = '' as $$
  update vault.secrets as s
  set secret = coalesce(encode(convert_to(new_secret, 'UTF8'), 'base64'), s.secret),
    name = coalesce(new_name, s.name),
    description = coalesce(new_description, s.description),
    key_id = coalesce(new_key_id, s.key_id),
    updated_at = clock_timestamp()
  where s.id = secret_id
$$;

revoke all on function vault.create_secret(text, text, text, uuid) from public;
revoke all on function vault.update_secret(uuid, text, text, text, uuid) from public;
grant usage on schema vault to service_role;
grant usage on schema vault to hosted_postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant select, delete on vault.secrets, vault.decrypted_secrets to hosted_postgres with grant option;
grant execute on function vault.create_secret(text, text, text, uuid) to service_role;
grant execute on function vault.update_secret(uuid, text, text, text, uuid) to service_role;
grant execute on function vault.create_secret(text, text, text, uuid) to hosted_postgres with grant option;
grant execute on function vault.update_secret(uuid, text, text, text, uuid) to hosted_postgres with grant option;

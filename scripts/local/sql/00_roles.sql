-- The roles and schemas a Supabase project is born with, on any plain Postgres. Safe to repeat.
-- `hosted_postgres` is what `postgres` is on hosted Supabase: it installs, but it is no superuser and does not
-- own the storage schema. Migrations run as it, so a privilege that is missing there is missing here.
do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('authenticator', 'nologin noinherit'),
      ('supabase_admin', 'nologin superuser createrole createdb replication bypassrls'),
      ('supabase_storage_admin', 'nologin noinherit createrole'),
      ('hosted_postgres', 'login createrole createdb bypassrls') -- the real pg_cron logs in as a job's owner
    ) as role (name, attributes)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.attributes);
    end if;
  end loop;
  execute format('grant create, connect, temporary on database %I to hosted_postgres', current_database());
end;
$$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to hosted_postgres;
grant service_role to supabase_storage_admin;
grant anon, authenticated to supabase_storage_admin;
grant pg_monitor to hosted_postgres;

create schema if not exists extensions;
create schema if not exists supabase_migrations authorization hosted_postgres;
grant usage on schema extensions to public;
grant all on schema extensions, supabase_migrations to hosted_postgres;

-- `auto_expose_new_tables = false`, the default since 2026-10-30: a new object in `public` reaches nobody
-- through the Data API until it is granted.
revoke create on schema public from public;
grant usage on schema public to anon, authenticated, service_role;
grant all on schema public to hosted_postgres with grant option;
alter default privileges for role hosted_postgres revoke execute on functions from public;

create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key,
  statements text[],
  name text
);
alter table supabase_migrations.schema_migrations owner to hosted_postgres;
comment on table supabase_migrations.schema_migrations is 'The migrations applied, as the supabase CLI records them.';

-- What policies and defaults use to ask who is calling.
create schema if not exists auth;
grant usage on schema auth to anon, authenticated, service_role, hosted_postgres;
create or replace function auth.jwt() returns jsonb language sql stable set search_path = '' as $$
  select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb
$$;
create or replace function auth.uid() returns uuid language sql stable set search_path = '' as $$
  select (auth.jwt() ->> 'sub')::uuid
$$;
create or replace function auth.role() returns text language sql stable set search_path = '' as $$
  select auth.jwt() ->> 'role'
$$;

-- Stand-in for the extension pg_cron 1.6: the same tables, signatures and errors. The runner is
-- scripts/local/cron.ts. Used only where the real one cannot be created. Safe to repeat.
create schema if not exists cron;
create sequence if not exists cron.jobid_seq;
create sequence if not exists cron.runid_seq;

create table if not exists cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport integer not null default coalesce(inet_server_port(), 5432),
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
create table if not exists cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);

-- Lets our SQL tell the version where pg_extension cannot.
create or replace function cron.frontrow_standin_version() returns text language sql immutable as $$ select '1.6' $$;

create or replace function cron._check_schedule(schedule text) returns void language plpgsql immutable as $$
begin
  if schedule ~* '^\s*([1-9]|[1-5][0-9])\s+seconds?\s*$' then return; end if;
  if schedule ~ '^\s*([0-9*,/-]+\s+){2}([0-9*,/$-]+)\s+([0-9a-zA-Z*,/-]+)\s+([0-9a-zA-Z*,/-]+)\s*$' then return; end if;
  raise exception 'invalid schedule: %', schedule using errcode = '22023',
    hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
end;
$$;

create or replace function cron.schedule(job_name text, schedule text, command text) returns bigint
language plpgsql volatile as $$
declare
  id bigint;
begin
  perform cron._check_schedule(schedule);
  insert into cron.job as j (jobname, schedule, command) values ($1, $2, $3)
  on conflict on constraint jobname_username_uniq
  do update set schedule = excluded.schedule, command = excluded.command, active = true
  returning j.jobid into id;
  return id;
end;
$$;

create or replace function cron.schedule(schedule text, command text) returns bigint language plpgsql volatile as $$
declare
  id bigint;
begin
  perform cron._check_schedule(schedule);
  insert into cron.job as j (schedule, command) values ($1, $2) returning j.jobid into id;
  return id;
end;
$$;

create or replace function cron.unschedule(job_id bigint) returns boolean language plpgsql volatile as $$
begin
  delete from cron.job as j where j.jobid = job_id;
  if not found then raise exception 'could not find valid entry for job ''%''', job_id; end if;
  return true;
end;
$$;

create or replace function cron.unschedule(job_name text) returns boolean language plpgsql volatile as $$
begin
  delete from cron.job as j where j.jobname = job_name and j.username = current_user;
  if not found then raise exception 'could not find valid entry for job ''%''', job_name; end if;
  return true;
end;
$$;

create or replace function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null,
  username text default null, active boolean default null
) returns void language plpgsql volatile as $$
begin
  if schedule is not null then perform cron._check_schedule(schedule); end if;
  update cron.job as j
  set schedule = coalesce($2, j.schedule), command = coalesce($3, j.command), database = coalesce($4, j.database),
    username = coalesce($5, j.username), active = coalesce($6, j.active)
  where j.jobid = job_id;
  if not found then raise exception 'Job % does not exist or you don''t own it', job_id; end if;
end;
$$;

alter table cron.job enable row level security;
alter table cron.job_run_details enable row level security;
drop policy if exists cron_job_policy on cron.job;
create policy cron_job_policy on cron.job using (username = current_user);
drop policy if exists cron_job_run_details_policy on cron.job_run_details;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);
revoke all on all functions in schema cron from public;
grant usage on schema cron to hosted_postgres with grant option;
grant all on all functions in schema cron to hosted_postgres with grant option;
grant all on all sequences in schema cron to hosted_postgres with grant option;
grant all on all tables in schema cron to hosted_postgres with grant option;

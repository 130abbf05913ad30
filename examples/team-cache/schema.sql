-- The team's tables. Ordinary Supabase tables: whoever is a member of a team reads and writes what is its. Run once.

create table public.team_members (
  team text not null check (team <> ''),
  user_id uuid not null,
  primary key (team, user_id)
);
comment on table public.team_members is 'Who belongs to which team. Only the service role writes it.';
alter table public.team_members enable row level security;
create policy "people see their own memberships" on public.team_members for select to authenticated
  using (user_id = (select auth.uid()));
revoke all on public.team_members from anon, authenticated;
grant select on public.team_members to authenticated;
grant all on public.team_members to service_role;

create function public.is_member(of_team text) returns boolean
language sql stable set search_path = '' as $$
  select exists (select from public.team_members where team = of_team and user_id = (select auth.uid()))
$$;
comment on function public.is_member(text) is 'Whether the caller belongs to the team.';
revoke execute on function public.is_member(text) from public, anon;
grant execute on function public.is_member(text) to authenticated, service_role;

create table public.plans (
  id text primary key check (id <> ''),
  title text not null check (char_length(title) between 1 and 200),
  team text not null check (team <> ''),
  status text not null default 'DRAFT' check (status in ('DRAFT', 'APPROVED', 'DONE', 'DROPPED')),
  author text,
  created date,
  tags text[],
  body text not null default '',
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
comment on table public.plans is 'What the team means to do. Files: plans/<id>.md.';
comment on column public.plans.status is 'In the file it is a line of the body: Status: APPROVED.';
comment on column public.plans.body is 'The markdown under the header, with its line Status: and without the value.';

create table public.stories (
  id text primary key check (id <> ''),
  title text not null check (char_length(title) between 1 and 200),
  team text not null check (team <> ''),
  status text not null default 'open' check (status in ('open', 'started', 'done', 'dropped')),
  plan text,
  points numeric check (points >= 0),
  author text,
  created date,
  tags text[],
  body text not null default '',
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
comment on table public.stories is 'One piece of work each. Files: stories/<id>.md.';
comment on column public.stories.plan is 'The id of the plan it belongs to. No foreign key: files may come in any order.';

create table public.runbooks (
  id text primary key check (id <> ''),
  title text not null check (char_length(title) between 1 and 200),
  team text not null check (team <> ''),
  status text not null default 'draft' check (status in ('draft', 'approved', 'retired')),
  rehearsed date,
  author text,
  created date,
  tags text[],
  body text not null default '',
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
comment on table public.runbooks is 'What to do when something happens. Files: runbooks/<id>.md.';
comment on column public.runbooks.rehearsed is 'When somebody last did what it says.';

create function public.artifact_touch() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := pg_catalog.now();
  return new;
end;
$$;
comment on function public.artifact_touch() is 'Keeps updated_at.';
revoke execute on function public.artifact_touch() from public, anon, authenticated;

do $$
declare
  name text;
begin
  foreach name in array array['plans', 'stories', 'runbooks'] loop
    execute format('create trigger %1$s_touch before update on public.%1$I for each row execute function public.artifact_touch()', name);
    execute format('alter table public.%I enable row level security', name);
    execute format('create policy "members read" on public.%I for select to authenticated using (public.is_member(team) and deleted_at is null)', name);
    execute format('create policy "members add" on public.%I for insert to authenticated with check (public.is_member(team))', name);
    execute format('create policy "members change" on public.%I for update to authenticated using (public.is_member(team)) with check (public.is_member(team))', name);
    execute format('create policy "members remove" on public.%I for delete to authenticated using (public.is_member(team))', name);
    execute format('revoke all on public.%I from anon, authenticated', name);
    execute format('grant select, insert, update, delete on public.%I to authenticated', name);
    execute format('grant all on public.%I to service_role', name);
  end loop;
end;
$$;

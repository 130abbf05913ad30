-- The garden's table. An ordinary Supabase table: nothing in it is there for Frontrow's sake, but for the unique key that
-- lets a path name one row. Run once.

create type public.part_status as enum ('emerging', 'active', 'resting', 'retired');
comment on type public.part_status is 'Where a part is in its life.';

create table public.parts (
  id uuid primary key default gen_random_uuid(),
  user_id text not null check (user_id <> ''),
  slug text not null check (slug <> ''),
  name text not null check (char_length(name) between 1 and 80),
  status public.part_status not null default 'emerging',
  category text check (category in ('manager', 'firefighter', 'exile', 'guide')),
  tags text[],
  charge numeric check (charge between -1 and 1),
  last_active timestamptz,
  notes jsonb,
  body text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  unique (user_id, slug)
);
comment on table public.parts is 'The parts of each person. Files: users/<user_id>/parts/<slug>.md.';
comment on column public.parts.user_id is 'Whose part it is: auth.uid() as text. Text rather than uuid so that the demo''s folders have names people can read.';
comment on column public.parts.slug is 'The file''s name without .md.';
comment on column public.parts.charge is 'How strongly it is felt: -1 drained, 0 calm, 1 overwhelming.';
comment on column public.parts.body is 'The markdown under the header.';
comment on column public.parts.deleted_at is 'Set instead of deleting the row.';

create function public.parts_touch() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := pg_catalog.now();
  return new;
end;
$$;
comment on function public.parts_touch() is 'Keeps updated_at.';
revoke execute on function public.parts_touch() from public, anon, authenticated;
create trigger parts_touch before update on public.parts for each row execute function public.parts_touch();

-- Everyone tends their own garden.
alter table public.parts enable row level security;

create policy "owners read their parts" on public.parts for select to authenticated
  using (user_id = (select auth.uid())::text and deleted_at is null);
create policy "owners plant parts" on public.parts for insert to authenticated
  with check (user_id = (select auth.uid())::text);
create policy "owners tend their parts" on public.parts for update to authenticated
  using (user_id = (select auth.uid())::text) with check (user_id = (select auth.uid())::text);
create policy "owners remove their parts" on public.parts for delete to authenticated
  using (user_id = (select auth.uid())::text);

revoke all on public.parts from anon, authenticated;
grant select, insert, update, delete on public.parts to authenticated;
grant all on public.parts to service_role;

-- Rows that come from files reach open pages at once, where the project has Realtime.
do $$
begin
  if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    alter publication supabase_realtime add table public.parts;
  end if;
end;
$$;

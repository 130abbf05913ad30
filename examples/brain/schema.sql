-- The brain's tables. Ordinary Supabase tables: nothing in them is there for Frontrow's sake.

create table public.notes (
  slug text primary key check (slug <> ''),
  title text not null check (char_length(title) between 1 and 200),
  status text not null default 'seed' check (status in ('seed', 'growing', 'evergreen')),
  tags text[],
  created date,
  more jsonb not null default '{}',
  body text not null default '',
  deleted_at timestamptz
);
comment on table public.notes is 'Thoughts. Files: notes/<slug>.md.';
comment on column public.notes.slug is 'The file''s name without .md.';
comment on column public.notes.status is 'How far it has grown.';
comment on column public.notes.more is 'Front matter keys that have no column of their own.';
comment on column public.notes.deleted_at is 'Set instead of deleting the row.';

create table public.links (
  slug text primary key check (slug <> ''),
  title text not null check (char_length(title) between 1 and 200),
  url text not null,
  tags text[],
  created date,
  body text not null default '',
  deleted_at timestamptz
);
comment on table public.links is 'Pages worth coming back to. Files: links/<slug>.md.';
comment on column public.links.slug is 'The file''s name without .md.';
comment on column public.links.deleted_at is 'Set instead of deleting the row.';

alter table public.notes enable row level security;
alter table public.links enable row level security;
revoke all on public.notes, public.links from anon;
create policy "whoever is signed in" on public.notes to authenticated using (true) with check (true);
create policy "whoever is signed in" on public.links to authenticated using (true) with check (true);

-- Notes: the measured table, and one like it that nobody watches, for those that load without Frontrow.

create table public.notes (
  path text primary key,
  data jsonb not null default '{}',
  body text not null default ''
);
comment on table public.notes is 'Files: <path>.md. All front matter is in data.';

create table public.plain_notes (like public.notes including all);
comment on table public.plain_notes is 'The same without triggers: what other programs write to.';

grant all on public.notes, public.plain_notes to service_role;

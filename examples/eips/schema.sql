-- Ethereum Improvement Proposals, one row each. The types are those the 332 real files hold. Run once.

create type public.eip_status as enum (
  'Idea', 'Draft', 'Review', 'Last Call', 'Final', 'Stagnant', 'Withdrawn', 'Living', 'Moved'
);
comment on type public.eip_status is 'EIP-1''s states, and Moved: what is left of a proposal that went to the ERCs repository.';

create table public.eips (
  eip integer primary key check (eip > 0),
  title text,
  description text,
  author text,
  discussions_to text,
  status public.eip_status not null,
  type text check (type in ('Standards Track', 'Meta', 'Informational')),
  category text check (category in ('Core', 'Networking', 'Interface', 'ERC')),
  created date,
  requires text check (requires ~ '^[0-9]+(, ?[0-9]+)*$'),
  last_call_deadline date,
  withdrawal_reason text,
  body text not null default '',
  extra jsonb,
  deleted_at timestamptz
);
comment on table public.eips is 'Proposals. Files: EIPS/eip-<eip>.md.';
comment on column public.eips.eip is 'The proposal''s number: in the path and in the header, which must agree.';
comment on column public.eips.title is 'Null for proposals that moved away.';
comment on column public.eips.requires is 'Numbers, as authors write them: 155, 1559.';
comment on column public.eips.extra is 'Header keys that no column knows.';
comment on column public.eips.deleted_at is 'Set instead of deleting the row.';

-- Everyone may read them; only the files change them.
alter table public.eips enable row level security;
create policy "everyone reads proposals" on public.eips for select to anon, authenticated using (deleted_at is null);

revoke all on public.eips from anon, authenticated;
grant select on public.eips to anon, authenticated;
grant all on public.eips to service_role;

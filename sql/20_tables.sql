-- What the hub remembers. A document is named by (collection, path) everywhere; path is the Storage object name.

create table frontrow.collections (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
  table_schema text not null,
  table_name text not null,
  table_id oid not null,
  bucket text not null,
  template text not null,
  tokens jsonb not null,
  pattern text not null,
  key_columns text[] not null,
  fields jsonb not null,
  body_column text,
  extra_column text,
  columns jsonb not null,
  soft_delete boolean not null,
  row_delete text not null check (row_delete in ('soft', 'hard')),
  policies jsonb not null,
  ids jsonb,
  scope text not null,
  digest text not null,
  fingerprint text not null,
  registered_at timestamptz not null default now()
);
comment on table frontrow.collections is 'One row per collection: table, path template, columns and policies as registered.';
comment on column frontrow.collections.columns is 'Every mapped column: {column, type, labels, not_null, has_default}.';
comment on column frontrow.collections.ids is 'How its documents are numbered: {key, format, inPath, inKey}; null: they are not.';
comment on column frontrow.collections.scope is 'Digest of what decides which documents exist; a change disables deletions until confirmed.';
comment on column frontrow.collections.fingerprint is 'Digest of the mapped columns'' definitions when registered.';

create or replace function frontrow.bytes_digest(content text) returns bytea
-- Not in SQL: setting up such a function takes longer than the digest of a page.
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return pg_catalog.sha256(pg_catalog.convert_to(content, 'UTF8'));
end;
$$;
comment on function frontrow.bytes_digest(text) is 'SHA-256 of a text''s UTF-8 bytes: that of the file it came from.';

create table frontrow.documents (
  collection text not null,
  path text not null,
  text text,
  digest text,
  bytes_digest bytea generated always as (frontrow.bytes_digest(text)) stored,
  revision bigint not null,
  updated_by text not null,
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  changed xid8 not null default pg_catalog.pg_current_xact_id(),
  primary key (collection, path)
);
comment on table frontrow.documents is 'The hub''s current text of every document; a tombstone keeps the last text and has deleted_at.';
comment on column frontrow.documents.bytes_digest is 'By it a file is known to be in already without being read as a document.';
comment on column frontrow.documents.changed is 'The transaction that made the newest revision: the change feed''s order, which a trigger keeps (86_changes.sql).';
create index documents_changed_idx on frontrow.documents (changed, collection, path);
create index documents_deleted_at_idx on frontrow.documents (collection, deleted_at) where deleted_at is not null;

create table frontrow.bases (
  collection text not null,
  path text not null,
  store text not null check (store in ('bucket', 'table')),
  version text not null,
  revision bigint not null,
  fields jsonb,
  body text,
  body_size int,
  agreed_at timestamptz not null default now(),
  primary key (collection, path, store)
);
comment on table frontrow.bases is 'What the hub and one store last agreed on: the store''s version and the hub revision.';
-- The copies of conflicts that lie in the bucket; the rest of the table is not in here.
create index bases_copies_idx on frontrow.bases (collection, path) where path ~ '\.conflict(?:\.[^./]*)?$';
comment on column frontrow.bases.body_size is 'Where the body is the end of the revision''s text: its bytes; it is not kept here again. Read with frontrow.base_body.';
comment on column frontrow.bases.fields is 'For the table: the mapped columns as texts, as the row was then.';

create table frontrow.revisions (
  collection text not null,
  path text not null,
  revision bigint not null,
  parents bigint[] not null default '{}',
  store text not null,
  author text,
  message text,
  digest text,
  text text,
  deleted boolean not null default false,
  purge text check (purge in ('pending', 'done')),
  created_at timestamptz not null default clock_timestamp(),
  primary key (collection, path, revision)
);
comment on table frontrow.revisions is 'The document''s history, append only. The newest one''s text is kept in documents, once.';
comment on column frontrow.revisions.parents is 'The revisions it was made from, as its maker had seen them: two where versions were put together. May name trimmed ones.';
comment on column frontrow.revisions.store is 'Where it was made: bucket, table, directory (an import), merge (by the engine), restore.';
comment on column frontrow.revisions.author is 'The person: e-mail (of a user of Supabase Auth), id from the request''s token, or as the CLI was told; null when unknown.';
comment on column frontrow.revisions.purge is 'pending: its author was purged, the text goes as soon as nothing stands on it. done: the text is gone.';
create index revisions_created_at_idx on frontrow.revisions (created_at);
create index revisions_purge_idx on frontrow.revisions (collection, path) where purge = 'pending';

create table frontrow.dirty (
  id bigint generated always as identity primary key,
  collection text not null,
  path text not null,
  store text not null,
  gone boolean not null default false,
  actor text,
  at timestamptz not null default clock_timestamp()
);
comment on table frontrow.dirty is 'Append-only log: this document may differ in this store. Never content, never unique: an upsert could deadlock users.';
comment on column frontrow.dirty.gone is 'A hint for the valve: the signal was a deletion.';
comment on column frontrow.dirty.actor is 'Who made the change, by id; empty: its request named nobody; null: the signal is no change that was seen.';
create index dirty_key_idx on frontrow.dirty (collection, path);
create index dirty_gone_idx on frontrow.dirty (collection) where gone;
alter table frontrow.dirty set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

create sequence frontrow.fence;
comment on sequence frontrow.fence is 'Fencing tokens: every lease gets a larger one.';

create table frontrow.leases (
  collection text not null,
  path text not null,
  worker text not null,
  token bigint not null,
  until timestamptz not null,
  not_before timestamptz not null default '-infinity',
  attempts int not null default 0,
  transient_failures int not null default 0,
  seen bigint[] not null,
  last_error text,
  primary key (collection, path)
);
comment on table frontrow.leases is 'Who works on which document, until when; between claims it remembers attempts and back-off.';

create table frontrow.intents (
  id uuid primary key default gen_random_uuid(),
  collection text not null,
  path text not null,
  bucket text not null,
  operation text not null check (operation in ('put', 'delete')),
  base_version text,
  revision bigint,
  token bigint not null,
  state text not null default 'open' check (state in ('open', 'landed', 'cancelled', 'confirmed')),
  landed_version text,
  created_at timestamptz not null default now(),
  settled_at timestamptz
);
comment on table frontrow.intents is 'What the engine is about to do to an object; the fence on storage.objects lets it happen once, on that base only.';
comment on column frontrow.intents.base_version is 'The version the object must still have; null: it must not exist.';
create unique index intents_one_open_idx on frontrow.intents (bucket, path) where state = 'open';
create index intents_unsettled_idx on frontrow.intents (collection, path) where state in ('open', 'landed');
create index intents_settled_idx on frontrow.intents (settled_at) where state in ('confirmed', 'cancelled');

create table frontrow.quarantine (
  collection text not null,
  path text not null,
  store text not null,
  version text not null,
  code text not null,
  rule text,
  message text not null,
  line int,
  "column" int,
  hint text,
  retry_at timestamptz,
  retries int not null default 0,
  created_at timestamptz not null default now(),
  primary key (collection, path)
);
comment on table frontrow.quarantine is 'Replicas that cannot be read or written as a document. Nothing is written because of them; gone when a good version arrives.';

create table frontrow.conflicts (
  id bigint generated always as identity primary key,
  collection text not null,
  path text not null,
  state text not null default 'open' check (state in ('open', 'resolved')),
  overlapping jsonb not null,
  decided_by text not null,
  base_text text,
  file_text text,
  row_text text,
  merged_text text,
  bucket_version text,
  table_version text,
  revision bigint,
  file_author text,
  row_author text,
  file_at timestamptz,
  row_at timestamptz,
  decision jsonb,
  decider text,
  decided_at timestamptz,
  purge boolean not null default false,
  created_at timestamptz not null default now(),
  resolved_at timestamptz
);
comment on table frontrow.conflicts is 'Both sides changed the same thing: both texts are kept here, whatever the policy decided.';
comment on column frontrow.conflicts.purge is 'Its texts go as soon as it is resolved: one of their authors was purged.';
create index conflicts_purge_idx on frontrow.conflicts (id) where purge;
comment on column frontrow.conflicts.overlapping is 'What both sides changed: [{column, key?, section?}]; the column may be (body) or (document).';
comment on column frontrow.conflicts.decided_by is 'While open the policy that left it to a person; afterwards what ended it: a policy, person, or agreement.';
comment on column frontrow.conflicts.merged_text is 'The merged attempt: what does not overlap from both sides, and of the overlaps the preferred side.';
comment on column frontrow.conflicts.file_author is 'Who changed the file, where known; empty: somebody who was purged.';
comment on column frontrow.conflicts.row_author is 'Who changed the row, where known; empty: somebody who was purged.';
comment on column frontrow.conflicts.file_at is 'When the file''s last change was signalled.';
comment on column frontrow.conflicts.row_at is 'When the row''s last change was signalled.';
comment on column frontrow.conflicts.decision is 'A person''s answer: {keep}, {fields} or {text}. It is about these versions and this revision only.';
comment on column frontrow.conflicts.decider is 'Who decided, as the caller said.';
create unique index conflicts_one_open_idx on frontrow.conflicts (collection, path) where state = 'open';
create index conflicts_path_idx on frontrow.conflicts (collection, path, id);

create table frontrow.halts (
  id bigint generated always as identity primary key,
  collection text not null,
  kind text not null check (kind in (
    'deletions', 'scope-changed', 'schema-changed', 'oscillation', 'identity', 'fence')),
  state text not null default 'open' check (state in ('open', 'apply', 'closed')),
  reason text not null,
  evidence jsonb not null default '{}',
  created_at timestamptz not null default now(),
  closed_at timestamptz
);
comment on table frontrow.halts is 'The valve and its like: what the engine will not do until a person has looked.';
comment on column frontrow.halts.collection is 'Empty for what halts the whole project: identity, fence.';
comment on column frontrow.halts.state is 'apply: a person confirmed all that is held, and it is being carried out.';
create unique index halts_one_open_idx on frontrow.halts (collection, kind) where state <> 'closed';

create table frontrow.halt_items (
  halt bigint not null,
  path text not null,
  store text not null,
  evidence jsonb not null default '{}',
  confirmed boolean not null default false,
  noted xid8 not null default pg_catalog.pg_current_xact_id(),
  primary key (halt, path)
);
comment on table frontrow.halt_items is 'The documents a halt holds back, and the store where each is missing (or would have been written).';
comment on column frontrow.halt_items.evidence is 'The replicas'' versions, and why; another version is another question.';
comment on column frontrow.halt_items.confirmed is 'A person said yes to this one.';
comment on column frontrow.halt_items.noted is 'The transaction that asked: who looked before it ended has not seen this one.';

create table frontrow.flows (
  collection text not null,
  path text not null,
  name text not null,
  side text not null check (side in ('bucket', 'table', 'both')),
  contested boolean not null,
  at timestamptz not null,
  turned timestamptz[] not null default '{}',
  primary key (collection, path, name)
);
comment on table frontrow.flows is 'The breaker''s memory: where the engine last wrote each column of a document, and when that turned round.';
create index flows_at_idx on frontrow.flows (at);

create table frontrow.runs (
  id uuid primary key,
  worker text not null,
  cause text not null,
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  counts jsonb not null default '{}',
  error text
);
comment on table frontrow.runs is 'One row per execution, with counts per outcome and a heartbeat; the doorbell is not rung while one beats.';
create index runs_beating_idx on frontrow.runs (heartbeat_at) where finished_at is null;
create index runs_started_idx on frontrow.runs (started_at);

create table frontrow.run_items (
  id bigint generated always as identity primary key,
  run uuid,
  collection text not null,
  path text not null,
  outcome text not null,
  code text,
  message text,
  at timestamptz not null default clock_timestamp()
);
comment on table frontrow.run_items is 'What became of each document in each run; unchanged ones are only counted.';
create index run_items_at_idx on frontrow.run_items (at);

create table frontrow.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  action text not null,
  who text,
  role text not null,
  collection text,
  path text,
  outcome text not null,
  details jsonb not null default '{}'
);
comment on table frontrow.audit is 'Append only: every decision of a person and every run that did something; who, what, when, outcome. Kept for a year.';
comment on column frontrow.audit.who is 'The person, from the request''s token or as the CLI was told; null when unknown, or purged.';

create table frontrow.deliveries (
  digest bytea primary key,
  at timestamptz not null default now()
);
comment on table frontrow.deliveries is 'Signed events of the last three days, by the digest of their id: a replay marks nothing.';
create index deliveries_at_idx on frontrow.deliveries (at);

create table frontrow.settings (
  name text primary key,
  value jsonb not null
);
comment on table frontrow.settings is 'Small facts of the hub: the backfill''s place, the last sweep.';

do $$
declare
  entry record;
begin
  -- lz4 writes long texts 2.3 times as fast as the default; older or smaller builds do without.
  for entry in
    select * from (values ('documents', 'text'), ('revisions', 'text'), ('bases', 'fields'), ('bases', 'body')) as t (name, field)
  loop
    begin
      execute format('alter table frontrow.%I alter column %I set compression lz4', entry.name, entry.field);
    exception when others then
      raise debug 'frontrow: no lz4 here: %', sqlerrm;
    end;
  end loop;
  -- Nobody but the definer functions of this schema reads or writes these tables.
  for entry in select c.oid::regclass::text as name from pg_catalog.pg_class as c
    where c.relnamespace = 'frontrow'::regnamespace and c.relkind = 'r'
  loop
    execute format('alter table %s enable row level security', entry.name);
    execute format('revoke all on %s from public, anon, authenticated', entry.name);
  end loop;
end;
$$;

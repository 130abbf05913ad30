-- Frontrow 20261120000000: the hub. Produced from sql/ by `npm run migrations`; change it there.

-- -------------------- sql/00_schema.sql --------------------

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

-- -------------------- sql/10_paths.sql --------------------

-- The path codec: how a row's key columns become the object name of its file, and back. The same rules as
-- shared/document/path.ts; both pass shared/document/path-vectors.json.
--
-- Of a value, the characters A-Z a-z 0-9 _ ! . * ' ( ) space & $ @ ; : + , ? - stand for themselves, as does "/" where a
-- param spans slashes. Everything else becomes its UTF-8 bytes as =XX: café is caf=C3=A9.
-- SQL never refuses a value that is not in Unicode normal form C: it spells what is there, and TypeScript refuses it.
-- Comparisons use the collation "C", so that no collation of a column changes what a range in a regular expression means.

-- Names that end in ".conflict" or ".conflict.<extension>" are kept for conflict copies: never a document, and no value
-- is spelled so. The same rules as shared/document/conflict-copy.ts.
create or replace function frontrow.is_reserved_name(name text) returns boolean
language sql immutable parallel safe set search_path = '' as $$
  select name collate "C" ~ '\.conflict(?:\.[^./]*)?$'
$$;
comment on function frontrow.is_reserved_name(text) is 'Whether an object name is kept for a conflict copy.';
revoke execute on function frontrow.is_reserved_name(text) from public, anon, authenticated;

create or replace function frontrow.unreserved(encoded text) returns text
language sql immutable parallel safe set search_path = '' as $$
  select pg_catalog.regexp_replace(encoded collate "C", '\.(?=conflict(?:\.[^./]*)?$)', '=2E', 'g')
$$;
comment on function frontrow.unreserved(text) is 'An encoded value, spelled so that no name ends as a conflict copy''s does.';
revoke execute on function frontrow.unreserved(text) from public, anon, authenticated;

-- Plain values, nearly all of them, cost one regular expression. Others are spelled character by character.
create or replace function frontrow.encode_value(value text, many boolean) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  encoded text;
begin
  if value is null or many is null or value = '' collate "C" then return null; end if;
  if value collate "C" ~ '^[A-Za-z0-9_!.*''() &$@;:+,?-]+$' then
    return case when value collate "C" in ('.', '..') then '=2E' || pg_catalog.substr(value, 2)
      when pg_catalog.strpos(value collate "C", '.conflict') = 0 then value else frontrow.unreserved(value) end;
  end if;
  if many and value collate "C" ~ '^/|//|/$' then return null; end if;

  if many and value collate "C" ~ '^[A-Za-z0-9_!.*''() &$@;:+,?/-]+$' then
    encoded := value;
  else
    select pg_catalog.string_agg(
      case
        when c.glyph collate "C" ~ '[A-Za-z0-9_!.*''() &$@;:+,?-]' or (many and c.glyph = '/' collate "C") then c.glyph
        else pg_catalog.regexp_replace(
          pg_catalog.upper(pg_catalog.encode(pg_catalog.convert_to(c.glyph, 'UTF8'), 'hex')), '..', '=\&', 'g')
      end, '' order by c.place)
    into encoded
    from pg_catalog.string_to_table(value, null) with ordinality as c (glyph, place);
  end if;

  if not many then return frontrow.unreserved(encoded); end if;
  return frontrow.unreserved(pg_catalog.regexp_replace(encoded collate "C", '(^|/)\.(?=\.?(/|$))', '\1=2E', 'g'));
end;
$$;
comment on function frontrow.encode_value(text, boolean) is
  'One key value as it stands in a path; many: "/" separates segments. Null when the value is null, empty or has an empty segment.';
revoke execute on function frontrow.encode_value(text, boolean) from public, anon, authenticated;

create or replace function frontrow.decode_value(encoded text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  decoded text;
begin
  if encoded is null or encoded = '' collate "C" then return null; end if;
  if encoded collate "C" ~ '^[A-Za-z0-9_!.*''() &$@;:+,?-]+$' then
    return case when encoded collate "C" in ('.', '..') or (pg_catalog.strpos(encoded collate "C", '.conflict') > 0
      and frontrow.is_reserved_name(encoded)) then null else encoded end;
  end if;
  -- Plain characters, "/", and escapes that are UTF-8 without NUL, by length. Checked before they are decoded: a block
  -- that catches the error instead cannot run in a parallel query before PostgreSQL 17.
  if encoded collate "C" !~ ('^([A-Za-z0-9_!.*''() &$@;:+,?/-]'
    || '|=(0[1-9A-F]|[1-7][0-9A-F])'
    || '|=(C[2-9A-F]|D[0-9A-F])=[89AB][0-9A-F]'
    || '|=(E0=[AB]|E[1-9A-CEF]=[89AB]|ED=[89])[0-9A-F]=[89AB][0-9A-F]'
    || '|=(F0=[9AB]|F[1-3]=[89AB]|F4=8)[0-9A-F]=[89AB][0-9A-F]=[89AB][0-9A-F])+$')
  then return null; end if;

  -- Cut at each "=": but for the first piece, two hex digits and then plain characters.
  select pg_catalog.convert_from(
    pg_catalog.string_agg(
      case
        when p.place = 1 then pg_catalog.convert_to(p.piece, 'UTF8')
        else pg_catalog.decode(pg_catalog.substr(p.piece, 1, 2), 'hex')
          || pg_catalog.convert_to(pg_catalog.substr(p.piece, 3), 'UTF8')
      end, ''::bytea order by p.place), 'UTF8')
  into decoded
  from pg_catalog.string_to_table(encoded collate "C", '=') with ordinality as p (piece, place);

  -- A value has one spelling: any other is not a path of ours.
  if frontrow.encode_value(decoded, pg_catalog.strpos(encoded collate "C", '/') > 0) is distinct from encoded collate "C" then
    return null;
  end if;
  return decoded;
end;
$$;
comment on function frontrow.decode_value(text) is
  'The key value behind its spelling in a path. Null when that is not the spelling frontrow.encode_value gives.';
revoke execute on function frontrow.decode_value(text) from public, anon, authenticated;

-- The same text as IGNORED_NAMES in shared/document/path.ts, and part of every pattern.
create or replace function frontrow.ignored_names() returns text
language sql immutable parallel safe set search_path = '' as $$
  select '(?:.*/)?(?:\.emptyFolderPlaceholder|\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|\.=23[^/]*|=7E\$[^/]*|[^/]*(?:=7E|\.sw[px]|\.tmp))$'
$$;
comment on function frontrow.ignored_names() is 'Which paths are never documents: files that programs leave behind.';
revoke execute on function frontrow.ignored_names() from public, anon, authenticated;

-- Looking for these takes a sixth of what the regular expression takes, and hardly any name is like one of them.
create or replace function frontrow.ignored_likes() returns text[]
language sql immutable parallel safe set search_path = '' as $$
  select array['.%', '%/.%', '%Thumbs.db', '%desktop.ini', '~$%', '%/~$%', '=7E$%', '%/=7E$%', '%~', '%=7E', '%.sw_', '%.tmp']
$$;
comment on function frontrow.ignored_likes() is 'Every ignored name, as Storage has it or in plain letters, is like one of these; others may be.';
revoke execute on function frontrow.ignored_likes() from public, anon, authenticated;

create or replace function frontrow.build_path(tokens jsonb, key_values text[]) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  path text := '';
  token jsonb;
  used integer := 0;
begin
  if tokens is null or key_values is null then return null; end if;
  for place in 0 .. pg_catalog.jsonb_array_length(tokens) - 1 loop
    token := tokens -> place;
    if pg_catalog.jsonb_typeof(token) = 'string' then
      path := path || (tokens ->> place);
    else
      used := used + 1;
      path := path || frontrow.encode_value(key_values[used], (token ->> 'many')::boolean);
    end if;
  end loop;

  if path is null or used <> pg_catalog.cardinality(key_values) then return null; end if;
  if pg_catalog.strpos(path collate "C", '.conflict') > 0 and frontrow.is_reserved_name(path) then return null; end if;
  if pg_catalog.octet_length(path) > 255 and (pg_catalog.octet_length(path) > 1024 or exists (
    select from pg_catalog.string_to_table(path collate "C", '/') as segment where pg_catalog.octet_length(segment) > 255
  )) then return null; end if;
  if path collate "C" ~ ('^' || frontrow.ignored_names()) then return null; end if;
  return path;
end;
$$;
comment on function frontrow.build_path(jsonb, text[]) is
  'The path of the document with these key values, in template order. Null when a value cannot be spelled, the path is over 1024 bytes or a segment over 255, or its name is an ignored one.';
revoke execute on function frontrow.build_path(jsonb, text[]) from public, anon, authenticated;

create or replace function frontrow.path_values(pattern text, path text) returns text[]
language plpgsql immutable parallel safe set search_path = '' as $$
declare
  captured text[];
  decoded text[] := '{}'::text[];
  kinds text[];
  value text;
begin
  captured := pg_catalog.regexp_match(path collate "C", pattern collate "C");
  if captured is null then return null; end if;
  if pg_catalog.octet_length(path) > 255 and (pg_catalog.octet_length(path) > 1024 or exists (
    select from pg_catalog.string_to_table(path collate "C", '/') as segment where pg_catalog.octet_length(segment) > 255
  )) then return null; end if;

  for place in 1 .. pg_catalog.cardinality(captured) loop
    value := frontrow.decode_value(captured[place]);
    if value is null then return null; end if;
    -- A param that spans slashes never holds an escaped one; the pattern says which param does.
    if pg_catalog.strpos(captured[place] collate "C", '=2F') > 0 then
      kinds := coalesce(kinds, array(
        select kind[1] from pg_catalog.regexp_matches(pattern collate "C", '(\(\[\^/\]\+(?:\(\?:/\[\^/\]\+\)\*)?\))', 'g') as kind
      ));
      if kinds[place] <> '([^/]+)' collate "C" then return null; end if;
    end if;
    decoded := decoded || value;
  end loop;
  return decoded;
end;
$$;
comment on function frontrow.path_values(text, text) is
  'The key values in a path, in template order. Null when the path is not of the pattern, or is not spelled as frontrow.build_path spells it.';
revoke execute on function frontrow.path_values(text, text) from public, anon, authenticated;

-- -------------------- sql/11_path_sql.sql --------------------

-- Paths of many rows. Asking frontrow.build_path costs 40 µs a row; nearly every row has keys of plain characters, and its
-- path is then the template's texts and the keys as they are. The rest is still build_path's to say.

-- The dot is left out: without it a value is no ".." and cannot end a path as an ignored or a reserved name ends, as long as
-- the texts around the last key hold no other. That is looked at here, once. A bar parts the keys, and is not plain.
create or replace function frontrow.path_sql(tokens jsonb, keys text[], texts boolean[]) returns text
language plpgsql stable set search_path = '' as $$
declare
  plain constant text := '[A-Za-z0-9_!*''() &$@;:+,?-]+';
  built constant text := pg_catalog.format('frontrow.build_path(%L::jsonb, array[%s])', tokens,
    pg_catalog.array_to_string(keys, ', '));
  joined text;
  last_name text;
  checked text;
  pattern text;
  used bigint;
begin
  select max(t.key),
    pg_catalog.string_agg(case when t.key is null then pg_catalog.format('%L', t.token #>> '{}') else keys[t.key] end,
      ' || ' order by t.place),
    pg_catalog.regexp_replace(pg_catalog.string_agg(case when t.key is null then t.token #>> '{}' else 'x' end,
      '' order by t.place), '^.*/', ''),
    pg_catalog.string_agg(keys[t.key], ' || ''|'' || ' order by t.place) filter (where texts[t.key]),
    '^' || pg_catalog.string_agg(
      case when (t.token ->> 'many')::boolean then pg_catalog.format('%1$s(?:/%1$s)*', plain) else plain end,
      '\|' order by t.place) filter (where texts[t.key]) || '$'
  into used, joined, last_name, checked, pattern
  from (
    select token, place, case when pg_catalog.jsonb_typeof(token) = 'object' then
      count(*) filter (where pg_catalog.jsonb_typeof(token) = 'object') over (order by place) end as key
    from pg_catalog.jsonb_array_elements(tokens) with ordinality as e (token, place)
  ) as t;
  if used is distinct from pg_catalog.cardinality(keys)
    or last_name collate "C" !~ '^[A-Za-z0-9_-]+(?:\.(?:md|mdx|markdown|txt))?$'
  then
    return built;
  end if;
  return pg_catalog.format('case when pg_catalog.octet_length(%1$s) <= 255%2$s then %1$s else %3$s end', joined,
    case when checked is null then '' else pg_catalog.format(' and (%s) collate "C" ~ %L', checked, pattern) end, built);
end;
$$;
comment on function frontrow.path_sql(jsonb, text[], boolean[]) is
  'SQL that answers what frontrow.build_path does for these key expressions, fast where they are plain. texts: which of them may hold anything; the others only ever [0-9a-z -].';
revoke execute on function frontrow.path_sql(jsonb, text[], boolean[]) from public, anon, authenticated;

-- -------------------- sql/20_tables.sql --------------------

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

-- -------------------- sql/30_doorbell.sql --------------------

-- The doorbell wakes the worker. Best effort: it can be lost, late or doubled, and it can never fail a user's statement.

create or replace function frontrow.ring() returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  functions_url text;
  token text;
begin
  -- Once per transaction, whatever the number of statements in it.
  if current_setting('frontrow.rung', true) = pg_catalog.pg_current_xact_id()::text then
    return;
  end if;
  perform pg_catalog.set_config('frontrow.rung', pg_catalog.pg_current_xact_id()::text, true);
  -- A worker that beats is polling already. Losing this race costs one sweep period.
  if exists (
    select from frontrow.runs
    where finished_at is null and heartbeat_at > pg_catalog.clock_timestamp() - interval '5 seconds'
  ) then
    return;
  end if;
  begin
    -- Both at once, as it may be a user's transaction.
    select nullif(max(s.decrypted_secret) filter (where s.name = 'frontrow_functions_url'), ''),
      nullif(max(s.decrypted_secret) filter (where s.name = 'frontrow_hook_token'), '')
    into functions_url, token from vault.decrypted_secrets as s
    where s.name in ('frontrow_functions_url', 'frontrow_hook_token');
  exception when others then
    functions_url := null; -- no vault is no secret
  end;
  if functions_url is null or token is null then
    raise debug 'frontrow: no doorbell: the vault secret frontrow_functions_url or frontrow_hook_token is missing';
    return;
  end if;
  perform net.http_post(url => functions_url || '/frontrow-sync', body => '{}'::jsonb,
    headers => pg_catalog.jsonb_build_object('content-type', 'application/json', 'x-frontrow-token', token),
    timeout_milliseconds => 5000);
exception when others then
  raise warning 'frontrow: the doorbell failed, the sweep will catch up: %', sqlerrm;
end;
$$;
comment on function frontrow.ring() is 'Wakes the sync function through pg_net, once per transaction, unless a worker is awake. Never raises.';
revoke execute on function frontrow.ring() from public, anon, authenticated;

-- Marks documents dirty. Never raises: a signal lost here is found by the backfill.
create or replace function frontrow.mark(collection_name text, store_name text, paths text[], is_gone boolean)
returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
begin
  insert into frontrow.dirty (collection, path, store, gone)
  select collection_name, p, store_name, is_gone from pg_catalog.unnest(paths) as p where p is not null;
  get diagnostics marked = row_count;
  return marked;
end;
$$;
comment on function frontrow.mark(text, text, text[], boolean) is 'Appends one dirty key per path.';
revoke execute on function frontrow.mark(text, text, text[], boolean) from public, anon, authenticated;

-- -------------------- sql/32_actor.sql --------------------

-- Who made a change, in the words of the request that made it.

-- Storage writes objects as the service, whoever uploads: the person is then the object's owner, which it took from a
-- token it had verified. Empty when the request names nobody. Never raises: a strange token must not cost anybody the
-- capture of a change.
create or replace function frontrow.actor(owner text default null) returns text
language plpgsql stable set search_path = '' as $$
declare
  said text := current_setting('request.jwt.claims', true);
  claims jsonb;
begin
  if said is null or said = '' then
    return coalesce(owner, '');
  end if;
  begin
    claims := said::jsonb;
    return pg_catalog.left(coalesce(nullif(claims ->> 'sub', ''), nullif(owner, ''),
      -- A program with the project's secret key may say for whom it acts. Nobody else is believed: whoever uploads with a
      -- signed URL needs no key, and is the service to Storage.
      case when claims ->> 'role' = 'service_role'
          and coalesce(current_setting('request.path', true), '') not like '%/sign/%'
        then current_setting('request.headers', true)::jsonb ->> 'x-frontrow-author' end, ''), 320);
  exception when others then
    return '';
  end;
end;
$$;
comment on function frontrow.actor(text) is 'The id of the person this request acts for; empty when it names nobody.';
revoke execute on function frontrow.actor(text) from public, anon, authenticated;

-- Looked up when history is written, not in the user's transaction. Projects with other identities keep the ids.
create or replace function frontrow.person(id text) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  email text;
begin
  if id !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' or pg_catalog.to_regclass('auth.users') is null then
    return id;
  end if;
  -- The name is put in: a database without Supabase Auth has no such table, and linters would look for it.
  execute pg_catalog.format('select email from auth.%I where id = $1::uuid', 'users') into email using id;
  return coalesce(nullif(email, ''), id);
exception when others then
  return id;
end;
$$;
comment on function frontrow.person(text) is 'The e-mail of a user of Supabase Auth by id; anything else as it is.';
revoke execute on function frontrow.person(text) from public, anon, authenticated;

-- The newest word counts, even when it names nobody. Signals that are no change (null) say nothing. In plpgsql, as it runs
-- once per written document and an SQL function would be planned each time.
create or replace function frontrow.newest_actors(collection_name text, document_path text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  actors jsonb := '{}'::jsonb;
  signal record;
begin
  select pg_catalog.jsonb_build_object('bucket', k.file_author, 'table', k.row_author) into actors
  from frontrow.conflicts as k
  where k.collection = collection_name and k.path = document_path and k.state = 'open';
  actors := coalesce(actors, '{}');
  for signal in
    select d.store, d.actor from frontrow.dirty as d
    where d.collection = collection_name and d.path = document_path and d.actor is not null order by d.id
  loop
    actors := actors || pg_catalog.jsonb_build_object(signal.store, nullif(signal.actor, ''));
  end loop;
  return coalesce((
    select pg_catalog.jsonb_object_agg(a.key, frontrow.person(a.value)) from pg_catalog.jsonb_each_text(actors) as a
    where a.value is not null), '{}');
end;
$$;
comment on function frontrow.newest_actors(text, text) is 'Who last changed the document in each store, by store: signals now, and those an open conflict remembers.';
revoke execute on function frontrow.newest_actors(text, text) from public, anon, authenticated;

-- -------------------- sql/40_objects.sql --------------------

-- storage.objects: the fence (compare-and-swap for the engine's own writes) and the capture of everybody's.
-- The triggers themselves are made by register, for the configured buckets only.

-- Live objects only: a versioned bucket keeps archived rows and delete markers beside them. The columns are read
-- through to_jsonb because older Storage versions do not have all of them. Those also left objects without a version:
-- here it is ''.
-- The settings, here and in the queue: the plan is kept, and was perhaps made while the tables were small. It must look up
-- by key all the same.
create or replace function frontrow.live_objects(bucket_name text, names text[])
returns table (name text, version text, size bigint, etag text, content_type text, cache_control text, user_metadata jsonb)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  select o.name, coalesce(o.version, ''), (o.metadata ->> 'size')::bigint, o.metadata ->> 'eTag', o.metadata ->> 'mimetype',
    o.metadata ->> 'cacheControl', pg_catalog.to_jsonb(o) -> 'user_metadata'
  from pg_catalog.unnest(names) as wanted (name)
  -- One look-up per name: before the first ANALYZE the planner would rather read the whole bucket each time.
  cross join lateral (
    select x.* from storage.objects as x where x.bucket_id = bucket_name and x.name = wanted.name offset 0
  ) as o
  where pg_catalog.to_jsonb(o) ->> 'archived_at' is null
    and coalesce((pg_catalog.to_jsonb(o) ->> 'is_delete_marker')::boolean, false) = false;
end;
$$;
comment on function frontrow.live_objects(text, text[]) is 'Version, size and headers of the named objects that exist now.';
revoke execute on function frontrow.live_objects(text, text[]) from public, anon, authenticated;

-- The intent a Storage request carries in the header x-frontrow-intent; null for everybody else's requests.
create or replace function frontrow.request_intent() returns uuid
language plpgsql stable set search_path = '' as $$
begin
  return (current_setting('request.headers', true)::jsonb ->> 'x-frontrow-intent')::uuid;
exception when others then
  return null;
end;
$$;
comment on function frontrow.request_intent() is 'The intent id in this request''s headers, or null.';
revoke execute on function frontrow.request_intent() from public, anon, authenticated;

-- AFTER, because only there OLD is the version that was really locked and replaced. SQLSTATE 42501 is the one that
-- Storage passes on to its caller together with the text.
create or replace function frontrow.tg_fence_put() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  intent_id uuid := frontrow.request_intent();
  intent frontrow.intents%rowtype;
  replaced text := case when tg_op = 'UPDATE' then coalesce(old.version, '') end;
begin
  if intent_id is null then
    return null;
  end if;
  select * into intent from frontrow.intents where id = intent_id for update;
  if intent.id is null or intent.operation <> 'put' or intent.bucket <> new.bucket_id or intent.path <> new.name
    or intent.state <> 'open' or intent.base_version is distinct from replaced
  then
    raise exception 'frontrow_precondition: % is not at the version this write was meant for', new.name
      using errcode = '42501';
  end if;
  update frontrow.intents set state = 'landed', landed_version = new.version, settled_at = pg_catalog.clock_timestamp()
  where id = intent_id;
  perform pg_catalog.set_config('frontrow.landed', coalesce(new.version, ''), true);
  return null;
end;
$$;
comment on function frontrow.tg_fence_put() is 'Refuses an engine write whose base is not the version replaced; records the landing in the same transaction.';
revoke execute on function frontrow.tg_fence_put() from public, anon, authenticated;

create or replace function frontrow.tg_fence_delete() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  intent_id uuid := frontrow.request_intent();
  intent frontrow.intents%rowtype;
begin
  if intent_id is null then
    return old;
  end if;
  select * into intent from frontrow.intents where id = intent_id for update;
  if intent.id is null or intent.operation <> 'delete' or intent.bucket <> old.bucket_id or intent.path <> old.name
    or intent.state <> 'open' or intent.base_version is distinct from coalesce(old.version, '')
  then
    -- Storage will say "done": the refusal must be known from here.
    update frontrow.intents set state = 'cancelled', settled_at = pg_catalog.clock_timestamp()
    where id = intent_id and state = 'open';
    return null;
  end if;
  update frontrow.intents set state = 'landed', settled_at = pg_catalog.clock_timestamp() where id = intent_id;
  perform pg_catalog.set_config('frontrow.landed', coalesce(old.version, ''), true);
  return old;
end;
$$;
comment on function frontrow.tg_fence_delete() is 'Skips an engine delete whose base is not the version there; Storage then reports it as not deleted.';
revoke execute on function frontrow.tg_fence_delete() from public, anon, authenticated;

create or replace function frontrow.tg_capture_object() returns trigger
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan as $$
declare
  landed text := nullif(current_setting('frontrow.landed', true), '');
  actor text;
begin
  -- The fence has just recorded this write as the engine's own.
  if landed = (case when tg_op = 'DELETE' then old.version else new.version end) then
    return null;
  end if;
  -- Older Storage versions have no owner_id.
  actor := frontrow.actor(case when tg_op <> 'DELETE' then pg_catalog.to_jsonb(new) ->> 'owner_id' end);
  insert into frontrow.dirty (collection, path, store, gone, actor)
  select c.name, o.name, 'bucket', o.gone, actor
  from (values (old.bucket_id, old.name, true), (new.bucket_id, new.name, false)) as o (bucket, name, gone)
  join frontrow.collections as c on c.bucket = o.bucket and o.name ~ c.pattern
  -- An object overwritten where it is, is not gone. What there is no old or new one of is null, and in no bucket.
  where not o.gone or (old.bucket_id, old.name) is distinct from (new.bucket_id, new.name);
  -- As ring() would see; a call costs more than the look.
  if found and not exists (
    select from frontrow.runs
    where finished_at is null and heartbeat_at > pg_catalog.clock_timestamp() - interval '5 seconds'
  ) then
    perform frontrow.ring();
  end if;
  return null;
exception when others then
  raise warning 'frontrow: a change of % was not captured, the backfill will find it: %',
    case when tg_op = 'DELETE' then old.name else new.name end, sqlerrm;
  return null;
end;
$$;
comment on function frontrow.tg_capture_object() is 'Marks the document of a changed object dirty. Never raises.';
revoke execute on function frontrow.tg_capture_object() from public, anon, authenticated;

-- (Re)creates the triggers for exactly the buckets in use, so that other buckets never enter our code.
create or replace function frontrow.guard_objects() returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '3s' as $$
declare
  buckets text;
  -- Nearly nobody's request carries one: the fence is entered where it may.
  intended constant text := 'pg_catalog.current_setting(''request.headers'', true) like ''%x-frontrow-intent%''';
  moved text := 'old.version is distinct from new.version or old.name is distinct from new.name'
    || ' or old.bucket_id is distinct from new.bucket_id';
begin
  select coalesce(pg_catalog.string_agg(distinct pg_catalog.quote_literal(bucket), ', '), 'null')
  into buckets from frontrow.collections;
  -- Versioned buckets say "deleted" and "restored" with these.
  if exists (select from pg_catalog.pg_attribute where attrelid = 'storage.objects'::regclass
      and attname = 'archived_at' and not attisdropped) then
    moved := moved || ' or old.archived_at is distinct from new.archived_at';
  end if;
  if exists (select from pg_catalog.pg_attribute where attrelid = 'storage.objects'::regclass
      and attname = 'is_delete_marker' and not attisdropped) then
    moved := moved || ' or old.is_delete_marker is distinct from new.is_delete_marker';
  end if;
  execute pg_catalog.format(
    'create or replace trigger frontrow_1_fence_insert after insert on storage.objects for each row
     when (new.bucket_id in (%1$s) and %2$s) execute function frontrow.tg_fence_put()', buckets, intended);
  execute pg_catalog.format(
    'create or replace trigger frontrow_1_fence_update after update on storage.objects for each row
     when (new.bucket_id in (%1$s) and %2$s and old.version is distinct from new.version)
     execute function frontrow.tg_fence_put()', buckets, intended);
  execute pg_catalog.format(
    'create or replace trigger frontrow_1_fence_delete before delete on storage.objects for each row
     when (old.bucket_id in (%1$s) and %2$s) execute function frontrow.tg_fence_delete()', buckets, intended);
  execute pg_catalog.format(
    'create or replace trigger frontrow_2_capture_insert after insert on storage.objects for each row
     when (new.bucket_id in (%1$s)) execute function frontrow.tg_capture_object()', buckets);
  execute pg_catalog.format(
    'create or replace trigger frontrow_2_capture_update after update on storage.objects for each row
     when ((new.bucket_id in (%1$s) or old.bucket_id in (%1$s)) and (%2$s))
     execute function frontrow.tg_capture_object()', buckets, moved);
  execute pg_catalog.format(
    'create or replace trigger frontrow_2_capture_delete after delete on storage.objects for each row
     when (old.bucket_id in (%1$s)) execute function frontrow.tg_capture_object()', buckets);
end;
$$;
comment on function frontrow.guard_objects() is 'Makes the fence and capture triggers on storage.objects for the buckets in use.';
revoke execute on function frontrow.guard_objects() from public, anon, authenticated;

-- -------------------- sql/50_rows.sql --------------------

-- The table store, reading: how a row of a user's table is found, read and hashed. Columns cross as texts; the row hash is
-- computed here and nowhere else.

-- A key value as the key column would print it, or null when the column cannot hold it.
create or replace function frontrow.key_text(value text, type_name text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  bound numeric;
begin
  case type_name
    when 'int2', 'int4', 'int8' then
      if value !~ '^(0|-?[1-9][0-9]{0,18})$' then
        return null;
      end if;
      bound := case type_name when 'int2' then 32768 when 'int4' then 2147483648 else 9223372036854775808 end;
      return case when value::numeric >= -bound and value::numeric < bound then value end;
    when 'uuid' then
      return case when value ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then value end;
    when 'date' then
      return case when value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' and value::date::text = value then value end;
    else
      return value;
  end case;
exception when others then
  return null;
end;
$$;
comment on function frontrow.key_text(text, text) is 'The value if it is the canonical text of that key type, else null.';
revoke execute on function frontrow.key_text(text, text) from public, anon, authenticated;

-- The key values in a path, checked against the key columns' types; null when the path cannot be a row's.
create or replace function frontrow.path_keys(c frontrow.collections, path text) returns text[]
language plpgsql stable set search_path = '' as $$
declare
  keys text[] := frontrow.path_values(c.pattern, path);
  types text[];
begin
  if keys is null then
    return null;
  end if;
  types := array(
    select (select e ->> 'type' from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'column' = k.name)
    from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i) order by k.i);
  for i in 1 .. pg_catalog.cardinality(keys) loop
    keys[i] := frontrow.key_text(keys[i], types[i]);
    if keys[i] is null then
      return null;
    end if;
  end loop;
  return keys;
end;
$$;
comment on function frontrow.path_keys(frontrow.collections, text) is 'The key values a path names, or null.';

create or replace function frontrow.qualified_table(c frontrow.collections) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return pg_catalog.format('%I.%I', c.table_schema, c.table_name);
end;
$$;
comment on function frontrow.qualified_table(frontrow.collections) is 'The user''s table, quoted.';

create or replace function frontrow.sql_type(c frontrow.collections, column_name text) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select coalesce(
    (select e ->> 'sql_type' from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'column' = column_name),
    'text')
  );
end;
$$;
comment on function frontrow.sql_type(frontrow.collections, text) is 'The type of a mapped column, as SQL writes it.';

-- `r.k1 = $1[1]::int4 and …` for the keys in the array expression given.
create or replace function frontrow.key_condition(c frontrow.collections, keys text) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select pg_catalog.string_agg(
    pg_catalog.format('r.%I = (%s)[%s]::%s', k.name, keys, k.i, frontrow.sql_type(c, k.name)), ' and ' order by k.i)
  from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i)
  );
end;
$$;
comment on function frontrow.key_condition(frontrow.collections, text) is 'SQL that finds the row r by an array of key texts.';

-- jsonb_build_object('name', r.name::text, …) over every mapped column but the body.
create or replace function frontrow.fields_expression(c frontrow.collections) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select coalesce(pg_catalog.string_agg(part, ' || ' order by chunk), '''{}''::jsonb')
  from (
    select e.i / 40 as chunk, 'pg_catalog.jsonb_build_object(' || pg_catalog.string_agg(
      pg_catalog.format(case when e.col ->> 'type' = 'text[]' then '%L, pg_catalog.to_jsonb(r.%I)' else '%L, r.%I::text' end,
        e.col ->> 'column', e.col ->> 'column'), ', ' order by e.i) || ')' as part
    from pg_catalog.jsonb_array_elements(c.columns) with ordinality as e (col, i)
    where (e.col ->> 'mapped')::boolean
    group by 1
  ) as chunks
  );
end;
$$;
comment on function frontrow.fields_expression(frontrow.collections) is 'SQL for the mapped columns of row r as one jsonb of texts.';

create or replace function frontrow.body_expression(c frontrow.collections) returns text
language plpgsql stable set search_path = '' as $$
begin
  return case when c.body_column is null then 'null::text' else pg_catalog.format('r.%I::text', c.body_column) end;
end;
$$;
comment on function frontrow.body_expression(frontrow.collections) is 'SQL for the body of row r.';

-- The one row hash. Length-free but injective: the fields are one JSON text, and the body's absence is marked.
create or replace function frontrow.row_version(fields jsonb, body text) returns text
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
    fields::text || case when body is null then '-' else '+' || body end, 'UTF8')), 'hex');
end;
$$;
comment on function frontrow.row_version(jsonb, text) is 'The table store''s version: SHA-256 over every mapped column and the body.';

create or replace function frontrow.live_condition(c frontrow.collections) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return case when c.soft_delete then 'r.deleted_at is null' else 'true' end;
end;
$$;
comment on function frontrow.live_condition(frontrow.collections) is 'SQL that is true for rows that are not softly deleted.';

-- SQL for the path of row r; null where a key is null or empty.
create or replace function frontrow.path_expression(c frontrow.collections, alias text) returns text
language sql stable set search_path = '' as $$
  select frontrow.path_sql(c.tokens,
    pg_catalog.array_agg(pg_catalog.format('%s.%I::text', alias, k.name) order by k.i),
    pg_catalog.array_agg(frontrow.sql_type(c, k.name) not in ('smallint', 'integer', 'bigint', 'uuid', 'date') order by k.i))
  from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i)
$$;
comment on function frontrow.path_expression(frontrow.collections, text) is 'SQL for the document path of a row.';

create type frontrow.row_replica as (path text, version text, fields jsonb, body text);
comment on type frontrow.row_replica is 'A row as the engine reads it: its document''s path, its version, its columns as texts.';

-- The rows of the named documents, as they are now. The settings make the texts the same on every server.
create or replace function frontrow.read_rows(c frontrow.collections, paths text[])
returns setof frontrow.row_replica
language plpgsql stable security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
begin
  return query execute pg_catalog.format(
    'select w.path, frontrow.row_version(f.fields, f.body), f.fields, f.body
     from (select p as path, frontrow.path_keys($1, p) as keys from pg_catalog.unnest($2) as p offset 0) as w
     -- One look-up per path: before the first ANALYZE the planner would rather read the whole table for each.
     cross join lateral (select %s as fields, %s as body from %s as r where %s and %s offset 0) as f',
    frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.qualified_table(c),
    frontrow.key_condition(c, 'w.keys'), frontrow.live_condition(c)) using c, paths;
end;
$$;
comment on function frontrow.read_rows(frontrow.collections, text[]) is 'The live rows of these paths: version, fields as texts, body.';
revoke execute on function frontrow.read_rows(frontrow.collections, text[]) from public, anon, authenticated;

-- -------------------- sql/52_row_writes.sql --------------------

-- The table store, writing: one row at a time, each under a precondition, through the user's own triggers.

-- Texts as the column types take them: a jsonb column gets the JSON itself, everything else its text.
create or replace function frontrow.as_record(c frontrow.collections, fields jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  json_columns text[] := array(
    select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'type' = 'jsonb');
begin
  return coalesce((
    select pg_catalog.jsonb_object_agg(f.key, case when f.key = any (json_columns) and pg_catalog.jsonb_typeof(f.value) = 'string'
      then (f.value #>> '{}')::jsonb else f.value end)
    from pg_catalog.jsonb_each(fields) as f), '{}');
end;
$$;
comment on function frontrow.as_record(frontrow.collections, jsonb) is 'Column texts in the form jsonb_populate_record takes.';

-- What these texts become in this table: the row as it would read back with no user trigger in between.
create or replace function frontrow.normalized(c frontrow.collections, fields jsonb) returns jsonb
language plpgsql stable security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  result jsonb;
begin
  execute pg_catalog.format('select %s from pg_catalog.jsonb_populate_record(null::%s, $1) as r',
    frontrow.fields_expression(c), frontrow.qualified_table(c)) into result using frontrow.as_record(c, fields);
  return (select coalesce(pg_catalog.jsonb_object_agg(e.key, e.value), '{}')
    from pg_catalog.jsonb_each(result) as e where fields ? e.key);
end;
$$;
comment on function frontrow.normalized(frontrow.collections, jsonb) is 'Column texts after a trip through their types.';
revoke execute on function frontrow.normalized(frontrow.collections, jsonb) from public, anon, authenticated;

-- A user's triggers may name their tables without a schema: they get the path an API request would have. Everything of
-- ours is qualified, and the setting ends with the function that makes it.
create or replace function frontrow.api_path(c frontrow.collections) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return pg_catalog.format('%I, public, extensions', c.table_schema);
end;
$$;
comment on function frontrow.api_path(frontrow.collections) is 'The search_path under which a user''s triggers run.';

-- Writes one row under a precondition. Answers false when the row is not at `expected` (null: no live row).
-- The caller's transaction carries frontrow.origin, so the table's own trigger skips the echo.
create or replace function frontrow.put_row(
  c frontrow.collections, path text, expected text, fields jsonb, cleared text[], body text
) returns boolean
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  keys text[] := frontrow.path_keys(c, path);
  found_version text;
  is_live boolean;
  written jsonb := frontrow.as_record(c, fields);
  names text;
  sources text;
  touched int;
begin
  if keys is null then
    raise exception 'frontrow: % names no possible row of %', path, frontrow.qualified_table(c) using errcode = '22023';
  end if;
  if c.body_column is not null and body is not null then
    written := written || pg_catalog.jsonb_build_object(c.body_column, body);
  end if;
  execute pg_catalog.format(
    'select frontrow.row_version(%s, %s), %s from %s as r where %s for update',
    frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.live_condition(c),
    frontrow.qualified_table(c), frontrow.key_condition(c, '$1'))
    into found_version, is_live using keys;
  if (case when is_live then found_version end) is distinct from expected then
    return false;
  end if;
  if found_version is not null and not is_live then
    -- A softly deleted row comes back; what the file does not mention returns to its default.
    cleared := array(
      select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
      where (e ->> 'mapped')::boolean and not written ? (e ->> 'column')
        and not (e ->> 'column') = any (c.key_columns));
  end if;
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  if found_version is not null then
    select pg_catalog.string_agg(s, ', ') into names from (
      select pg_catalog.format('%I = v.%I', k, k) as s from pg_catalog.jsonb_object_keys(written) as k
        where not k = any (c.key_columns)
      union all
      select pg_catalog.format('%I = default', k) from pg_catalog.unnest(cleared) as k
      union all
      select 'deleted_at = null' where not is_live
    ) as assignments;
    if names is null then
      return true;
    end if;
    execute pg_catalog.format(
      'update %s as r set %s from pg_catalog.jsonb_populate_record(null::%s, $2) as v where %s',
      frontrow.qualified_table(c), names, frontrow.qualified_table(c), frontrow.key_condition(c, '$1'))
      using keys, written;
  else
    select written || pg_catalog.jsonb_object_agg(k.name, keys[k.i]) into written
    from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i);
    select pg_catalog.string_agg(pg_catalog.quote_ident(k), ', '), pg_catalog.string_agg('v.' || pg_catalog.quote_ident(k), ', ')
    into names, sources from pg_catalog.jsonb_object_keys(written) as k;
    execute pg_catalog.format(
      'insert into %s (%s) select %s from pg_catalog.jsonb_populate_record(null::%s, $1) as v',
      frontrow.qualified_table(c), names, sources, frontrow.qualified_table(c)) using written;
  end if;
  get diagnostics touched = row_count;
  if touched = 0 then
    raise exception 'frontrow: the write of % changed no row: a trigger of % swallowed it', path,
      frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
  return true;
end;
$$;
comment on function frontrow.put_row(frontrow.collections, text, text, jsonb, text[], text) is 'Inserts or updates a document''s row if it is still at the expected version.';
revoke execute on function frontrow.put_row(frontrow.collections, text, text, jsonb, text[], text) from public, anon, authenticated;

create or replace function frontrow.delete_row(c frontrow.collections, path text, expected text) returns boolean
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  keys text[] := frontrow.path_keys(c, path);
  found_version text;
  touched int;
begin
  execute pg_catalog.format(
    'select frontrow.row_version(%s, %s) from %s as r where %s and %s for update',
    frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.qualified_table(c),
    frontrow.key_condition(c, '$1'), frontrow.live_condition(c)) into found_version using keys;
  if found_version is distinct from expected then
    return false;
  end if;
  if found_version is null then
    return true;
  end if;
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  execute pg_catalog.format(
    case when c.row_delete = 'soft' then 'update %s as r set deleted_at = pg_catalog.now() where %s'
      else 'delete from %s as r where %s' end,
    frontrow.qualified_table(c), frontrow.key_condition(c, '$1')) using keys;
  get diagnostics touched = row_count;
  if touched = 0 then
    raise exception 'frontrow: the delete of % changed no row: a trigger of % swallowed it', path,
      frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
  return true;
end;
$$;
comment on function frontrow.delete_row(frontrow.collections, text, text) is 'Deletes a document''s row, softly where the collection says so, if it is still at the expected version.';
revoke execute on function frontrow.delete_row(frontrow.collections, text, text) from public, anon, authenticated;

-- -------------------- sql/54_row_capture.sql --------------------

-- The table store, watching: the capture triggers of a collection's table. Made by register.

-- SQL for whether the rows o and n differ in a mapped column, one of them missing included. To the byte where a type takes
-- for equal what its texts tell apart (1.0 and 1.00): the row's version is made of the texts. Those columns are compared as
-- one record, as each record costs. The body comes last, as it may have to be unpacked.
create or replace function frontrow.differs_expression(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.string_agg(g.differs, ' or ' order by g.place, g.differs)
  from (
    select m.place, case m.place
      when 2 then pg_catalog.format('row(%s)::record operator(pg_catalog.*<>) row(%s)::record',
        pg_catalog.string_agg(pg_catalog.format('o.%I', m.name), ', ' order by m.name),
        pg_catalog.string_agg(pg_catalog.format('n.%I', m.name), ', ' order by m.name))
      else pg_catalog.string_agg(pg_catalog.format(case when m.type = 'text'
        then 'o.%1$I collate "C" is distinct from n.%1$I collate "C"' else 'o.%1$I is distinct from n.%1$I' end, m.name),
        ' or ' order by m.name) end as differs
    from (
      select e ->> 'column' as name, e ->> 'type' as type, case when e ->> 'column' = c.body_column then 3
        when e ->> 'type' = any ('{numeric,float8,jsonb,text[]}') then 2 else 1 end as place
      from pg_catalog.jsonb_array_elements(c.columns) as e
      union select 'deleted_at', 'timestamptz', 1 where c.soft_delete
      union select c.body_column, 'text', 3 where c.body_column is not null
    ) as m
    group by m.place
  ) as g
$$;
comment on function frontrow.differs_expression(frontrow.collections) is 'SQL that is true where the rows o and n differ in what a file would hold.';
revoke execute on function frontrow.differs_expression(frontrow.collections) from public, anon, authenticated;

-- Makes the capture function and triggers of one collection's table. Statement level with transition tables: one insert and
-- one subtransaction per statement, whatever the number of rows; `offset 0` keeps the planner from building each path twice.
-- Rows before and after are joined by key, so an update of a column that is not mapped says nothing, and one of a key names
-- both paths. A kept plan, whatever it seems to cost: after one statement over many rows a session would plan for every one
-- over one row again. A full join is never done by loops.
create or replace function frontrow.guard_table(c frontrow.collections) returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '3s' as $$
declare
  function_name text := pg_catalog.format('frontrow.%I', 'tg_capture_' || c.name);
  same_key text;
  either_key text;
  settings text;
begin
  -- Keys are compared to the byte, as paths are, and a date is spelled as the engine spells it, whatever the session says.
  select
    pg_catalog.string_agg(pg_catalog.format(case when k.type in ('text', 'character varying')
      then 'o.%1$I collate "C" = n.%1$I collate "C"' else 'o.%1$I = n.%1$I' end, k.name), ' and ' order by k.i),
    pg_catalog.string_agg(pg_catalog.format('coalesce(n.%1$I, o.%1$I) as %1$I', k.name), ', ' order by k.i),
    case when pg_catalog.bool_or(k.type = 'date') then ' set datestyle = ''ISO, MDY''' else '' end
  into same_key, either_key, settings
  from (
    select name, i, frontrow.sql_type(c, name) as type from pg_catalog.unnest(c.key_columns) with ordinality as u (name, i)
  ) as k;
  execute pg_catalog.format($body$
create or replace function %1$s() returns trigger
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan%2$s as $fn$
declare
  actor text := '';
begin
  -- Our own write, one level deep: an echo. What a user's trigger does in its wake is not.
  if pg_catalog.current_setting('frontrow.origin', true) = 'frontrow' and pg_catalog.pg_trigger_depth() = 1 then
    return null;
  end if;
  if pg_catalog.current_setting('request.jwt.claims', true) <> '' then
    actor := frontrow.actor();
  end if;
  if tg_op = 'UPDATE' then
    insert into frontrow.dirty (collection, path, store, gone, actor)
    select %3$L, p.path, 'table', p.gone, actor from (
      select %4$s as path, r.gone from (
        select %5$s, n.%6$I is null%7$s as gone from old_rows as o full join new_rows as n on %8$s where %9$s
      ) as r offset 0
    ) as p where p.path is not null;
  elsif tg_op = 'INSERT' then
    insert into frontrow.dirty (collection, path, store, actor)
    select %3$L, p.path, 'table', actor from (select %4$s as path from new_rows as r offset 0) as p where p.path is not null;
  elsif tg_op = 'DELETE' then
    insert into frontrow.dirty (collection, path, store, gone, actor)
    select %3$L, p.path, 'table', true, actor from (select %4$s as path from old_rows as r offset 0) as p where p.path is not null;
  else
    -- TRUNCATE is one event for the collection, never a deletion per document.
    insert into frontrow.dirty (collection, path, store) values (%3$L, '', 'table');
  end if;
  -- As ring() would see; a call costs more than the look.
  if found and not exists (
    select from frontrow.runs
    where finished_at is null and heartbeat_at > pg_catalog.clock_timestamp() - interval '5 seconds'
  ) then
    perform frontrow.ring();
  end if;
  return null;
exception when others then
  raise warning 'frontrow: a change of %% was not captured, the backfill will find it: %%', %10$L, sqlerrm;
  return null;
end;
$fn$ $body$,
    function_name, settings, c.name, frontrow.path_expression(c, 'r'), either_key, c.key_columns[1],
    case when c.soft_delete then ' or n.deleted_at is not null' else '' end, same_key, frontrow.differs_expression(c),
    frontrow.qualified_table(c));
  execute pg_catalog.format('comment on function %s() is %L', function_name,
    'Marks the documents of changed rows dirty. Made by frontrow_register. Never raises.');
  execute pg_catalog.format('revoke execute on function %s() from public, anon, authenticated', function_name);
  execute pg_catalog.format('create or replace trigger frontrow_capture_insert after insert on %s
    referencing new table as new_rows for each statement execute function %s()', frontrow.qualified_table(c), function_name);
  execute pg_catalog.format('create or replace trigger frontrow_capture_update after update on %s
    referencing old table as old_rows new table as new_rows for each statement execute function %s()',
    frontrow.qualified_table(c), function_name);
  execute pg_catalog.format('create or replace trigger frontrow_capture_delete after delete on %s
    referencing old table as old_rows for each statement execute function %s()', frontrow.qualified_table(c), function_name);
  execute pg_catalog.format('create or replace trigger frontrow_capture_truncate after truncate on %s
    for each statement execute function %s()', frontrow.qualified_table(c), function_name);
end;
$$;
comment on function frontrow.guard_table(frontrow.collections) is 'Makes the capture function and triggers of a collection''s table.';
revoke execute on function frontrow.guard_table(frontrow.collections) from public, anon, authenticated;

create or replace function frontrow.unguard_table(c frontrow.collections) returns void
language plpgsql volatile security definer set search_path = '' set lock_timeout = '3s' as $$
declare
  event text;
begin
  foreach event in array array['insert', 'update', 'delete', 'truncate'] loop
    -- Only what is there: on hosted Supabase a drop "if exists" locks the platform's tables too.
    if exists (select from pg_catalog.pg_trigger where tgrelid = pg_catalog.to_regclass(frontrow.qualified_table(c))
      and tgname = 'frontrow_capture_' || event)
    then
      execute pg_catalog.format('drop trigger %I on %s', 'frontrow_capture_' || event, frontrow.qualified_table(c));
    end if;
  end loop;
end;
$$;
comment on function frontrow.unguard_table(frontrow.collections) is 'Removes the capture triggers of a table that is no collection''s any more.';

-- -------------------- sql/58_documents.sql --------------------

-- What a worker is shown of a document.

create or replace function frontrow.revision_text(collection_name text, document_path text, wanted bigint) returns text
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select coalesce(r.text, case when not r.deleted and r.purge is distinct from 'done' then d.text end)
  from frontrow.revisions as r
  join frontrow.documents as d on d.collection = r.collection and d.path = r.path
  where r.collection = collection_name and r.path = document_path and r.revision = wanted
  );
end;
$$;
comment on function frontrow.revision_text(text, text, bigint) is 'The text of one revision, null where there is none; the newest one''s is in documents.';

-- A revision that a base stands on keeps its text (trim_history, finish_purges).
create or replace function frontrow.base_body(base frontrow.bases) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  bytes bytea;
begin
  if base.body_size is null then
    return base.body;
  end if;
  bytes := pg_catalog.convert_to(frontrow.revision_text(base.collection, base.path, base.revision), 'UTF8');
  if bytes is null then
    raise exception 'frontrow: revision % of % has no text, and a base stands on it', base.revision, base.path;
  end if;
  return pg_catalog.convert_from(pg_catalog.substring(bytes, pg_catalog.length(bytes) - base.body_size + 1), 'UTF8');
end;
$$;
comment on function frontrow.base_body(frontrow.bases) is 'The body that hub and table last agreed on.';

-- Both replicas, the hub's document and both bases of each document, read after the lease was taken.
create or replace function frontrow.read_documents(collection_name text, paths text[]) returns jsonb
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  c frontrow.collections;
  result jsonb;
begin
  select * into c from frontrow.collections where name = collection_name;
  with objects as materialized (select * from frontrow.live_objects(c.bucket, paths)),
  replicas as materialized (select * from frontrow.read_rows(c, paths)),
  signals as (
    select s.path, pg_catalog.jsonb_object_agg(s.store, s.at) as at from (
      select p.path, d.store, max(d.at) as at from pg_catalog.unnest(paths) as p (path) cross join lateral (
        select x.store, x.at from frontrow.dirty as x where x.collection = collection_name and x.path = p.path offset 0
      ) as d
      group by p.path, d.store) as s
    group by s.path
  )
  select coalesce(pg_catalog.jsonb_object_agg(p.path, pg_catalog.jsonb_build_object(
    'hub', case when d.path is not null then pg_catalog.jsonb_build_object(
      'revision', d.revision, 'text', d.text, 'deleted', d.deleted_at is not null) end,
    'bases', pg_catalog.jsonb_build_object(
      'bucket', case when bb.path is not null then pg_catalog.jsonb_build_object('version', bb.version,
        'revision', bb.revision, 'text', case when bb.revision is distinct from d.revision
          then frontrow.revision_text(d.collection, d.path, bb.revision) end) end,
      'table', case when bt.path is not null then pg_catalog.jsonb_build_object('version', bt.version,
        'revision', bt.revision, 'fields', bt.fields, 'body', frontrow.base_body(bt), 'text',
        case when bt.revision is distinct from d.revision
          then frontrow.revision_text(d.collection, d.path, bt.revision) end) end),
    'bucket', case when o.name is not null then pg_catalog.jsonb_build_object('version', o.version, 'size', o.size,
      'etag', o.etag, 'contentType', o.content_type, 'cacheControl', o.cache_control,
      'userMetadata', o.user_metadata) end,
    'table', case when r.path is not null then pg_catalog.jsonb_build_object('version', r.version,
      'fields', r.fields, 'body', r.body) end,
    'isKey', r.path is not null or frontrow.path_keys(c, p.path) is not null,
    -- A decision is about the versions the person saw; after another edit the question is asked again.
    'resolution', case when k.bucket_version is not distinct from o.version
      and k.table_version is not distinct from r.version and k.revision = coalesce(d.revision, 0) then k.decision end,
    'dirtyAt', signals.at
  ) || case when p.path ~ '\.conflict(?:\.[^./]*)?$'
    then pg_catalog.jsonb_build_object('copy', frontrow.wanted_copy(c, p.path)) else '{}' end), '{}') into result
  from pg_catalog.unnest(paths) as p (path)
  left join lateral (
    select x.* from frontrow.documents as x where x.collection = c.name and x.path = p.path offset 0) as d on true
  left join lateral (select x.* from frontrow.bases as x
    where x.collection = c.name and x.path = p.path and x.store = 'bucket' offset 0) as bb on true
  left join lateral (select x.* from frontrow.bases as x
    where x.collection = c.name and x.path = p.path and x.store = 'table' offset 0) as bt on true
  left join lateral (select x.* from frontrow.conflicts as x
    where x.collection = c.name and x.path = p.path and x.state = 'open' offset 0) as k on true
  left join objects as o on o.name = p.path
  left join replicas as r on r.path = p.path
  left join signals on signals.path = p.path;
  return result;
end;
$$;
comment on function frontrow.read_documents(text, text[]) is 'Everything reconcile needs to know of these documents, but the objects'' bytes.';

-- -------------------- sql/60_queue.sql --------------------

-- The queue: claim dirty keys under a lease with a fencing token, complete exactly what was seen, fail with back-off.

-- Keys that may be claimed now, oldest signal first. A patient worker leaves a document that is being written again and
-- again until that pauses for 50 ms, or for 1.8 s: one write on the other side then stands for all of them.
create or replace function frontrow.claimable(names text[], most int, is_alone boolean, is_patient boolean)
returns table (collection text, path text)
language plpgsql volatile set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  select d.collection, d.path from (
    select d.id, d.collection, d.path, d.at from frontrow.dirty as d
    where d.collection = any (names) and d.path <> '' and not exists (
      select from frontrow.leases as l where l.collection = d.collection and l.path = d.path and (
        l.until > pg_catalog.clock_timestamp() or l.not_before > pg_catalog.clock_timestamp()
        or (l.attempts >= 2) <> is_alone) offset 0
    ) and (not is_alone or exists (
      select from frontrow.leases as l where l.collection = d.collection and l.path = d.path offset 0))
    order by d.id limit most * 8 for update of d skip locked
  ) as d
  group by d.collection, d.path
  having not is_patient or count(*) < 3 or max(d.at) < pg_catalog.clock_timestamp() - interval '50 milliseconds'
    or min(d.at) < pg_catalog.clock_timestamp() - interval '1.8 seconds'
  order by min(d.id) limit most;
end;
$$;
comment on function frontrow.claimable(text[], int, boolean, boolean) is 'Due keys; alone: those that failed twice and are tried by themselves.';

-- Leases the wanted keys and answers those that were got. A lease that ran out while its holder is in the middle of
-- completing it is locked: it is left alone, as waiting for it with its signals locked would be half of a deadlock.
create or replace function frontrow.take_leases(worker_name text, lease interval, wanted jsonb)
returns table (collection text, path text, token bigint, attempts int, seen bigint[])
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return query
  with w as materialized (
    select * from pg_catalog.jsonb_to_recordset(wanted) as k (collection text, path text)
  ), untouched as materialized (
    select h.collection, h.path from w cross join lateral (
      select l.collection, l.path from frontrow.leases as l
      where l.collection = w.collection and l.path = w.path for update skip locked) as h
  )
  insert into frontrow.leases as l (collection, path, worker, token, until, attempts, seen)
  select w.collection, w.path, worker_name, pg_catalog.nextval('frontrow.fence'),
    pg_catalog.clock_timestamp() + lease, 1,
    array(select d.id from frontrow.dirty as d where d.collection = w.collection and d.path = w.path)
  from w
  where exists (select from untouched as u where u.collection = w.collection and u.path = w.path)
    or not exists (select from frontrow.leases as h where h.collection = w.collection and h.path = w.path offset 0)
  order by w.collection, w.path
  on conflict (collection, path) do update
    set worker = excluded.worker, token = excluded.token, until = excluded.until, attempts = l.attempts + 1,
      seen = excluded.seen
    where l.until <= pg_catalog.clock_timestamp() and l.not_before <= pg_catalog.clock_timestamp()
  returning l.collection, l.path, l.token, l.attempts, l.seen;
end;
$$;
comment on function frontrow.take_leases(text, interval, jsonb) is 'Takes the leases that are free; attempts are counted here, so that a crash counts.';

-- Collections this worker may touch: registered from the same config, with the table still as it was registered.
-- The worker names both, since it types values by the columns it was told of.
create or replace function frontrow.usable_collections(digests jsonb) returns text[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  usable text[] := '{}'::text[];
begin
  for c in select * from frontrow.collections where digests ->> name = digest || ':' || fingerprint loop
    if frontrow.check_table(c) then
      usable := usable || c.name;
    end if;
  end loop;
  return usable;
end;
$$;
comment on function frontrow.usable_collections(jsonb) is 'The collections whose config and table are what both sides think.';

-- Cuts a claim where the texts and objects it would bring outgrow a worker's memory; the first document always stays.
create or replace function frontrow.within_bytes(wanted jsonb, most bigint) returns jsonb
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return (
  select coalesce(pg_catalog.jsonb_agg(w.key order by w.place), '[]')
  from (
    select k.key, k.place, sum(
      coalesce(pg_catalog.octet_length(d.text), 0) + coalesce((o.metadata ->> 'size')::bigint, 0)
    ) over (order by k.place) as bytes
    from pg_catalog.jsonb_array_elements(wanted) with ordinality as k (key, place)
    left join frontrow.collections as c on c.name = k.key ->> 'collection'
    left join lateral (
      select x.text from frontrow.documents as x where x.collection = c.name and x.path = k.key ->> 'path' offset 0
    ) as d on true
    left join lateral (
      select x.metadata from storage.objects as x where x.bucket_id = c.bucket and x.name = k.key ->> 'path' offset 0
    ) as o on true
  ) as w
  where w.place = 1 or w.bytes <= most or most is null
  );
end;
$$;
comment on function frontrow.within_bytes(jsonb, bigint) is 'As many of the wanted keys, in order, as fit into so many bytes; at least one.';

-- A worker that has run out of work waits here for more, rather than ask again and again: it sees a signal within
-- milliseconds of its commit, for a handful of requests. Before anything is written, so that nobody waits for this
-- transaction. A server that is a single process (PGlite) would serve nobody meanwhile.
create or replace function frontrow.await_work(names text[], most interval) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  deadline timestamptz := pg_catalog.clock_timestamp() + most;
begin
  if (select count(*) from pg_catalog.pg_stat_activity) = 1 then
    return;
  end if;
  while not frontrow.has_work(names) and pg_catalog.clock_timestamp() < deadline loop
    perform pg_catalog.pg_sleep(0.002);
  end loop;
end;
$$;
comment on function frontrow.await_work(text[], interval) is 'Returns when a key of these collections could be claimed, or after `most`.';
revoke execute on function frontrow.await_work(text[], interval) from public, anon, authenticated;

create or replace function frontrow.claim(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  worker_name text := request ->> 'worker';
  lease interval := pg_catalog.make_interval(secs => (request ->> 'leaseSeconds')::double precision);
  most int := (request ->> 'limit')::int;
  names text[];
  wanted jsonb;
  held record;
  held_items jsonb := '[]'::jsonb;
  collection_name text;
  documents jsonb;
  items jsonb := '[]'::jsonb;
  stranger text;
  is_patient boolean := coalesce((request ->> 'patient')::boolean, false);
begin
  perform frontrow.check_protocol(request);
  stranger := frontrow.refuse_stranger(request);
  if stranger is not null then
    return pg_catalog.jsonb_build_object('items', items, 'stranger', stranger);
  end if;
  if request ? 'wait' then
    perform frontrow.await_work(array(select pg_catalog.jsonb_object_keys(request -> 'digests')),
      least(pg_catalog.make_interval(secs => (request ->> 'wait')::double precision / 1000), interval '1 second'));
  end if;
  perform frontrow.beat((request ->> 'run')::uuid, worker_name, request ->> 'cause');
  if request ? 'paths' then
    names := frontrow.usable_collections(request -> 'digests');
    select coalesce(pg_catalog.jsonb_agg(w), '[]') into wanted from pg_catalog.jsonb_array_elements(request -> 'paths') as w
    where w ->> 'collection' = any (names);
  elsif exists (select from frontrow.dirty) then
    names := frontrow.usable_collections(request -> 'digests');
    perform frontrow.expand_collection_events(names);
    -- A key that failed twice is claimed alone, so that a crash names its culprit.
    select pg_catalog.jsonb_agg(pg_catalog.to_jsonb(k)) into wanted from frontrow.claimable(names, most, false, is_patient) as k;
    if wanted is null or pg_catalog.random() < 0.1 then
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(k)), wanted) into wanted
      from frontrow.claimable(names, 1, true, is_patient) as k;
    end if;
  end if;
  if wanted is null then
    return pg_catalog.jsonb_build_object('items', '[]'::jsonb);
  end if;
  wanted := frontrow.within_bytes(wanted, (request ->> 'maxBytes')::bigint);
  for held in select * from frontrow.take_leases(worker_name, lease, wanted) loop
    if held.attempts > 5 then
      perform frontrow.park(held.collection, held.path, held.token);
    else
      held_items := held_items || pg_catalog.to_jsonb(held);
    end if;
  end loop;
  for collection_name in
    select distinct h ->> 'collection' from pg_catalog.jsonb_array_elements(held_items) as h
  loop
    perform frontrow.settle(collection_name, array(
      select h ->> 'path' from pg_catalog.jsonb_array_elements(held_items) as h
      where h ->> 'collection' = collection_name));
    documents := frontrow.read_documents(collection_name, array(
      select h ->> 'path' from pg_catalog.jsonb_array_elements(held_items) as h
      where h ->> 'collection' = collection_name));
    select items || coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', collection_name,
      'path', h ->> 'path', 'token', h ->> 'token', 'attempts', h -> 'attempts') || (documents -> (h ->> 'path'))), '[]')
    into items from pg_catalog.jsonb_array_elements(held_items) as h
    where h ->> 'collection' = collection_name;
  end loop;
  return pg_catalog.jsonb_build_object('items', items);
end;
$$;
comment on function frontrow.claim(jsonb) is 'Leases due (or named) documents and reads them. {worker, run, cause, limit, maxBytes?, leaseSeconds, digests, paths?, wait?, patient?} → {items}.';

-- Five claims and never an answer: the document is set aside until something about it changes.
create or replace function frontrow.park(collection_name text, document_path text, held bigint) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  last text;
begin
  select coalesce(last_error, 'the worker never came back') into last from frontrow.leases
  where collection = collection_name and path = document_path;
  insert into frontrow.quarantine (collection, path, store, version, code, rule, message, hint)
  select collection_name, document_path, 'bucket', coalesce((
      select o.version from frontrow.collections as c, frontrow.live_objects(c.bucket, array[document_path]) as o
      where c.name = collection_name), ''),
    'POISON', 'five-attempts', 'five attempts failed: ' || last,
    'change the file or the row, or see the worker''s log'
  on conflict (collection, path) do update set store = excluded.store, version = excluded.version, code = excluded.code,
    rule = excluded.rule, message = excluded.message, hint = excluded.hint, created_at = pg_catalog.now();
  perform frontrow.complete(collection_name, document_path, held);
end;
$$;
comment on function frontrow.park(text, text, bigint) is 'Quarantines a key that failed five times.';

-- Deletes exactly the dirty ids that were seen; what arrived meanwhile stays and causes one more pass.
create or replace function frontrow.complete(collection_name text, document_path text, held bigint) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  ids bigint[];
begin
  delete from frontrow.leases where collection = collection_name and path = document_path and token = held
    returning seen into ids;
  if not found then
    return false;
  end if;
  delete from frontrow.dirty where id = any (ids);
  return true;
end;
$$;
comment on function frontrow.complete(text, text, bigint) is 'Ends a lease that is still held and forgets the signals it saw.';

create or replace function frontrow.backoff(failures int) returns interval
language sql volatile set search_path = '' as $$
  select least(interval '5 seconds' * (2 ^ least(failures, 12)), interval '1 hour') * (0.5 + pg_catalog.random())
$$;
comment on function frontrow.backoff(int) is '5 s doubled per failure, at most 1 h, jittered by half.';

create or replace function frontrow.fail(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  item record;
begin
  perform frontrow.check_protocol(request);
  for item in select * from pg_catalog.jsonb_to_recordset(request -> 'items')
    as i (collection text, path text, token bigint, class text, code text, message text)
  loop
    -- Transient failures and lost races never count towards quarantine. A transient failure while somebody was putting
    -- another object there is a lost race: the bytes of the version that was looked for are gone.
    update frontrow.leases as l set until = pg_catalog.clock_timestamp(),
      attempts = case when item.class = 'error' then l.attempts else greatest(l.attempts - 1, 0) end,
      transient_failures = case when item.class = 'error' or r.is_lost then 0 else l.transient_failures + 1 end,
      not_before = pg_catalog.clock_timestamp() + case
        when r.is_lost then interval '20 milliseconds'
        when item.class = 'stale' then
          least(interval '20 milliseconds' * (2 ^ least(l.transient_failures, 12)), interval '1 minute')
        when item.class = 'transient' then frontrow.backoff(l.transient_failures)
        else frontrow.backoff(l.attempts - 1) end,
      last_error = pg_catalog.left(item.code || ': ' || item.message, 500)
    from (
      select h.collection, h.path, item.class <> 'error' and exists (
        select from frontrow.dirty as d
        where d.collection = h.collection and d.path = h.path and d.store = 'bucket' and d.id <> all (h.seen)) as is_lost
      from frontrow.leases as h
      where h.collection = item.collection and h.path = item.path and h.token = item.token
    ) as r
    where l.collection = r.collection and l.path = r.path and l.token = item.token;
    perform frontrow.log_items((request ->> 'run')::uuid, item.collection, pg_catalog.jsonb_build_array(
      pg_catalog.jsonb_build_object('path', item.path, 'code', item.code, 'message', item.message,
        'outcome', case item.class when 'error' then 'failed' else 'deferred' end)));
  end loop;
  return '{}'::jsonb;
end;
$$;
comment on function frontrow.fail(jsonb) is 'Gives leases back undone. {run, items: [{collection, path, token, class: error|transient|stale, code, message}]}.';

-- -------------------- sql/61_identity.sql --------------------

-- The project's identity: a clone of a database must not write into anything.
--
-- A restored dump brings dirty keys, leases and intents of a project that lives elsewhere. Every caller says which project
-- it is for (`identity`: the ref in its URL, "local", or the host); the first registration is remembered, and a caller of
-- another identity, or of none, gets nothing to do.

create or replace function frontrow.set_identity(project text) returns void
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.settings (name, value) values ('identity', coalesce(pg_catalog.to_jsonb(project), 'null'))
  on conflict (name) do update set value = excluded.value;
  update frontrow.halts set state = 'closed', closed_at = pg_catalog.now() where kind = 'identity' and state <> 'closed';
$$;
comment on function frontrow.set_identity(text) is 'Makes this the project the database belongs to.';

-- Null for the project's own callers and before the first registration.
create or replace function frontrow.stranger_reason(request jsonb) returns text
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
begin
  return (
  select pg_catalog.format('this database belongs to the project "%s", and the caller is for "%s": nothing is written'
    || ' until a person says which one is right', registered.value #>> '{}', coalesce(request ->> 'identity', 'none'))
  from frontrow.settings as registered
  where registered.name = 'identity' and registered.value #>> '{}' is distinct from request ->> 'identity'
  );
end;
$$;
comment on function frontrow.stranger_reason(jsonb) is 'What a caller for another project is told; null for the project''s own.';

-- The first stranger leaves a halt, which its transaction must not roll back.
create or replace function frontrow.refuse_stranger(request jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  reason text := frontrow.stranger_reason(request);
begin
  if reason is not null and not exists (select from frontrow.halts where kind = 'identity' and state <> 'closed') then
    perform frontrow.hold('', 'identity', null, null, reason, pg_catalog.jsonb_build_object('registered',
      (select value from frontrow.settings where name = 'identity'), 'seen', request -> 'identity'), '{}');
  end if;
  return reason;
end;
$$;
comment on function frontrow.refuse_stranger(jsonb) is 'Null, or why a caller for another project gets nothing to do; opens the halt of kind identity.';

-- The first registration says whose database this is; a stranger's is refused unless it adopts it.
create or replace function frontrow.adopt_identity(request jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  reason text := frontrow.stranger_reason(request);
begin
  if coalesce((request ->> 'adopt')::boolean, false)
      or not exists (select from frontrow.settings where name = 'identity') then
    perform frontrow.set_identity(request ->> 'identity');
  elsif reason is not null then
    raise exception 'frontrow: %', reason using errcode = 'FR003';
  end if;
end;
$$;
comment on function frontrow.adopt_identity(jsonb) is 'Remembers the project at the first registration. Raises FR003 for another project''s.';

-- -------------------- sql/62_runs.sql --------------------

-- Runs: one per execution, with a heartbeat and what became of each document.

-- A run exists from its first claim and beats while it claims; at most one write a second.
create or replace function frontrow.beat(run_id uuid, worker_name text, run_cause text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into frontrow.runs (id, worker, cause) values (run_id, worker_name, run_cause)
  on conflict (id) do update set heartbeat_at = pg_catalog.clock_timestamp()
  where runs.heartbeat_at < pg_catalog.clock_timestamp() - interval '1 second';
end;
$$;
comment on function frontrow.beat(uuid, text, text) is 'Starts a run or renews its heartbeat.';

-- In plpgsql, which keeps its plans: it runs for every document.
create or replace function frontrow.log_items(run_id uuid, collection_name text, entries jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update frontrow.runs as r set counts = r.counts || (
    select coalesce(pg_catalog.jsonb_object_agg(n.outcome, coalesce((r.counts ->> n.outcome)::int, 0) + n.times), '{}')
    from (select e ->> 'outcome' as outcome, count(*) as times
      from pg_catalog.jsonb_array_elements(entries) as e group by 1) as n)
  where r.id = run_id;
  insert into frontrow.run_items (run, collection, path, outcome, code, message)
  select run_id, collection_name, e ->> 'path', e ->> 'outcome', e ->> 'code', e ->> 'message'
  from pg_catalog.jsonb_array_elements(entries) as e where e ->> 'outcome' <> 'unchanged';
end;
$$;
comment on function frontrow.log_items(uuid, text, jsonb) is 'Counts outcomes in their run and logs them unless nothing happened. Entries: {path, outcome, code?, message?}.';

create or replace function frontrow.warning_entries(item jsonb) returns setof jsonb
language plpgsql immutable set search_path = '' as $$
#variable_conflict use_column
begin
  return query
  select pg_catalog.jsonb_build_object('path', item -> 'path', 'outcome', 'warning', 'code', w -> 'rule',
    'message', pg_catalog.format('line %s: %s', w ->> 'line', w ->> 'message'))
  from pg_catalog.jsonb_array_elements(item -> 'warnings') as w;
end;
$$;
comment on function frontrow.warning_entries(jsonb) is 'What a reader should know of a document that was taken as it is, as entries of the log.';

create or replace function frontrow.has_work(names text[] default null) returns boolean
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
  return (
  select exists (
    select from frontrow.dirty as d where (names is null or d.collection = any (names)) and not exists (
      select from frontrow.leases as l where l.collection = d.collection and l.path = d.path
        and (l.until > pg_catalog.clock_timestamp() or l.not_before > pg_catalog.clock_timestamp()) offset 0))
  );
end;
$$;
comment on function frontrow.has_work(text[]) is 'Whether a key (of these collections) could be claimed now.';

create or replace function frontrow.finish(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  more boolean;
begin
  perform frontrow.check_protocol(request);
  update frontrow.runs set finished_at = pg_catalog.clock_timestamp(), error = request ->> 'error'
  where id = (request ->> 'run')::uuid and finished_at is null;
  -- Only what the caller could have claimed: a worker of another config would be woken for nothing, again and again.
  more := frontrow.has_work(case when request ? 'digests' then frontrow.usable_collections(request -> 'digests') end);
  -- The budget is spent, or something came after the last claim, while the heartbeat kept the doorbell still: the next
  -- worker is woken by this transaction.
  if more and (request ->> 'ring')::boolean then
    perform frontrow.ring();
  end if;
  return pg_catalog.jsonb_build_object('more', more);
end;
$$;
comment on function frontrow.finish(jsonb) is 'Ends a run; rings the doorbell when asked to and work is left. {run, ring, digests?, error?} → {more}.';

-- -------------------- sql/63_audit.sql --------------------

-- The audit: every decision of a person and every run that did something. Written by the doors (90_api.sql), in the same
-- transaction as the deed: what was refused changed nothing and leaves no entry.

-- Guards against accidents; the tables' owner could take the trigger away.
create or replace function frontrow.tg_keep_audit() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if current_setting('frontrow.audit', true) is distinct from 'open' then
    raise exception 'frontrow: the audit is append-only: only the retention and purge_author may change it'
      using errcode = '42501';
  end if;
  return case when tg_op = 'UPDATE' then new else old end;
end;
$$;
comment on function frontrow.tg_keep_audit() is 'Refuses to change or delete what the audit says.';
create trigger frontrow_keep_audit before update or delete on frontrow.audit
  for each row execute function frontrow.tg_keep_audit();
comment on trigger frontrow_keep_audit on frontrow.audit is 'The audit is append-only.';
create trigger frontrow_keep_audit_whole before truncate on frontrow.audit
  for each statement execute function frontrow.tg_keep_audit();
comment on trigger frontrow_keep_audit_whole on frontrow.audit is 'The audit is append-only.';

create or replace function frontrow.request_role() returns text
language plpgsql stable set search_path = '' as $$
begin
  return coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role', session_user::text);
exception when others then
  return session_user::text;
end;
$$;
comment on function frontrow.request_role() is 'The role of this request''s token; outside the Data API the session''s user.';

-- Only what is named here is kept of a request and its answer: numbers and names of things, never a text.
create or replace function frontrow.audit_details(request jsonb, answer jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(pg_catalog.jsonb_object_agg(said.key, said.value), '{}') || case
    when answer ? 'collections' then pg_catalog.jsonb_build_object('collections', (
      select coalesce(pg_catalog.jsonb_agg(k -> 'name'), '[]') from pg_catalog.jsonb_array_elements(answer -> 'collections') as k))
    else '{}' end
  from pg_catalog.jsonb_each(request || answer) as said
  where said.value <> 'null' and said.key in ('keep', 'halt', 'conflict', 'decision', 'documents', 'revision', 'restored',
    'full', 'hours', 'marked', 'prune', 'revisions', 'pending', 'signals', 'entries', 'conflicts', 'messages')
    and pg_catalog.jsonb_typeof(said.value) in ('number', 'boolean', 'string')
$$;
comment on function frontrow.audit_details(jsonb, jsonb) is 'What the audit keeps of a request and its answer.';

-- A run that found nothing to do is not worth an entry.
create or replace function frontrow.audit_run(run_id uuid, caller text default null) returns bigint
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.audit (action, who, role, outcome, details)
  select case r.cause when 'import' then 'import' else 'run' end, caller, frontrow.request_role(),
    coalesce(r.error, 'done'), pg_catalog.jsonb_build_object('run', r.id, 'cause', r.cause, 'counts', r.counts)
  from frontrow.runs as r where r.id = run_id and (r.counts - 'unchanged' <> '{}' or r.error is not null)
  returning id
$$;
comment on function frontrow.audit_run(uuid, text) is 'Notes the end of a run.';

-- Called by a door after its verb, whose answer it hands on.
create or replace function frontrow.audited(verb text, request jsonb, answer jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  who text := coalesce(nullif(request ->> 'caller', ''), frontrow.person(nullif(frontrow.actor(), '')));
begin
  if verb = 'finish' then
    perform frontrow.audit_run((request ->> 'run')::uuid, who);
  -- A plain backfill that marked nothing is no decision, and writes nothing.
  elsif (answer ->> 'dryRun')::boolean is distinct from true
    and (verb <> 'backfill' or answer ->> 'marked' <> '0' or request ?| array['full', 'hours'])
  then
    insert into frontrow.audit (action, who, role, collection, path, outcome, details)
    values (verb, case when verb <> 'purge_author' then who end, frontrow.request_role(),
      request ->> 'collection', request ->> 'path', 'done', frontrow.audit_details(request, answer));
  end if;
  return answer;
end;
$$;
comment on function frontrow.audited(text, jsonb, jsonb) is 'Notes a decision in the audit and answers what the verb answered.';

-- The oldest come first by their id, so that one look at a few of them suffices.
create or replace function frontrow.prune_audit() returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_catalog.set_config('frontrow.audit', 'open', true);
  delete from frontrow.audit
  where id <= (select max(o.id) from (select id from frontrow.audit order by id limit 500) as o)
    and at < pg_catalog.now() - interval '1 year';
  perform pg_catalog.set_config('frontrow.audit', '', true);
end;
$$;
comment on function frontrow.prune_audit() is 'Forgets audit entries older than a year.';

create or replace view frontrow.audit_log with (security_invoker = true) as
select a.at, coalesce(a.who, a.role) as who, a.action, coalesce(a.path, a.collection) as subject, a.outcome, a.details
from frontrow.audit as a;
comment on view frontrow.audit_log is 'Who decided what, and what every run did; a role where no person is known.';

-- {who?, since?, limit?, after?} → {items, next}: newest first; `after` is the `next` of the page before.
create or replace function frontrow.audit(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  most int := least(greatest(coalesce((request ->> 'limit')::int, 50), 1), 500);
  items jsonb;
begin
  perform frontrow.check_protocol(request);
  select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(a) order by a.id desc), '[]') into items from (
    select * from frontrow.audit as a
    where (request ->> 'who' is null or a.who = request ->> 'who')
      and (request ->> 'collection' is null or a.collection = request ->> 'collection')
      and (request ->> 'path' is null or a.path = request ->> 'path')
      and (request ->> 'since' is null or a.at >= (request ->> 'since')::timestamptz)
      and (request ->> 'after' is null or a.id < (request ->> 'after')::bigint)
    order by a.id desc limit most) as a;
  return pg_catalog.jsonb_build_object('items', items,
    'next', case when pg_catalog.jsonb_array_length(items) = most then items -> -1 -> 'id' end);
end;
$$;
comment on function frontrow.audit(jsonb) is 'Who decided what, and what every run did, newest first. {who?, collection?, path?, since?, limit?, after?} → {items, next}.';

-- -------------------- sql/63_halts.sql --------------------

-- Halts: what was stopped until a person has looked, with the exact set. Who stops: 61, 64, 65, 67, 74, 75; a person: 68.

-- Opens a halt, or adds to the one that is open. A document held already is asked about anew when a replica of it has
-- changed since: a person's yes, and what they have seen, were about the one that was there.
create or replace function frontrow.hold(
  collection_name text, halt_kind text, document_path text, store_name text, why text, halt_evidence jsonb, item_evidence jsonb
) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  halt_id bigint;
begin
  insert into frontrow.halts as h (collection, kind, reason, evidence)
  values (collection_name, halt_kind, why, halt_evidence)
  on conflict (collection, kind) where state <> 'closed' do update set state = 'open',
    reason = case when h.state = 'open' then h.reason else excluded.reason end,
    evidence = case when h.state = 'open' then h.evidence else excluded.evidence end
  returning id into halt_id;
  if document_path is not null then
    insert into frontrow.halt_items as i (halt, path, store, evidence)
    values (halt_id, document_path, store_name, item_evidence)
    on conflict (halt, path) do update set store = excluded.store, evidence = i.evidence || excluded.evidence,
      confirmed = i.confirmed and (i.evidence -> 'bucket', i.evidence -> 'table')
        is not distinct from (excluded.evidence -> 'bucket', excluded.evidence -> 'table'),
      noted = case when (i.evidence -> 'bucket', i.evidence -> 'table')
        is not distinct from (excluded.evidence -> 'bucket', excluded.evidence -> 'table') then i.noted else excluded.noted end;
  end if;
  return halt_id;
end;
$$;
comment on function frontrow.hold(text, text, text, text, text, jsonb, jsonb) is 'Opens a halt or adds a document to it; answers its id.';

-- A document whose replicas agree again needs no decision any more.
create or replace function frontrow.forget_halt(collection_name text, document_path text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from frontrow.halt_items as i using frontrow.halts as h
  where h.id = i.halt and h.collection = collection_name and h.state <> 'closed' and i.path = document_path;
  if found then
    delete from frontrow.flows where collection = collection_name and path = document_path;
    update frontrow.halts as h set closed_at = pg_catalog.now(), state = 'closed'
    where h.collection = collection_name and (h.kind in ('deletions', 'oscillation') or h.state = 'apply')
      and h.state <> 'closed' and not exists (select from frontrow.halt_items as i where i.halt = h.id);
  end if;
end;
$$;
comment on function frontrow.forget_halt(text, text) is 'Takes a document out of its halts and closes a halt when it was the last.';

-- -------------------- sql/64_intents.sql --------------------

-- Intents: what the engine is doing to an object right now. The fence on storage.objects is in 40_objects.sql.

-- A landed intent is what the bucket held at that moment, by the fence's word: it becomes the base.
create or replace function frontrow.confirm_intent(intent frontrow.intents) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if intent.operation = 'put' then
    insert into frontrow.bases (collection, path, store, version, revision)
    values (intent.collection, intent.path, 'bucket', intent.landed_version, intent.revision)
    on conflict (collection, path, store)
      do update set version = excluded.version, revision = excluded.revision, agreed_at = pg_catalog.now();
  else
    delete from frontrow.bases where collection = intent.collection and path = intent.path and store = 'bucket';
  end if;
  update frontrow.intents set state = 'confirmed' where id = intent.id;
end;
$$;
comment on function frontrow.confirm_intent(frontrow.intents) is 'Makes what a landed intent wrote the new base.';

-- Ends whatever an earlier holder may still have under way for these documents. Waits for a Storage request in
-- progress (it holds the intent's row); afterwards every intent has landed, and is the base, or can never land.
create or replace function frontrow.settle(collection_name text, paths text[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  landed frontrow.intents%rowtype;
begin
  -- By bucket: a collection that has another name now must not find its paths taken.
  update frontrow.intents set state = 'cancelled', settled_at = pg_catalog.clock_timestamp()
  where bucket = (select c.bucket from frontrow.collections as c where c.name = collection_name)
    and path = any (paths) and state = 'open';
  for landed in
    select * from frontrow.intents
    where collection = collection_name and path = any (paths) and state = 'landed' order by settled_at for update
  loop
    perform frontrow.confirm_intent(landed);
  end loop;
end;
$$;
comment on function frontrow.settle(text, text[]) is 'Cancels open intents and confirms landed ones.';

create or replace function frontrow.note_fence(fence_state text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into frontrow.settings (name, value) values ('fence', pg_catalog.to_jsonb(fence_state))
  on conflict (name) do update set value = excluded.value where settings.value <> excluded.value;
  if not found then
    return;
  end if;
  if fence_state = 'inactive' then
    perform frontrow.hold('', 'fence', null, null,
      'Storage does not deliver the x-frontrow-intent header: no file is deleted until a write has been seen by the fence',
      '{}', '{}');
  else
    update frontrow.halts set state = 'closed', closed_at = pg_catalog.now() where kind = 'fence' and state <> 'closed';
  end if;
end;
$$;
comment on function frontrow.note_fence(text) is 'Remembers whether Storage delivers the intent header.';

-- Somebody mended what kept the header or the triggers away: whether that helped is seen by the next write.
create or replace function frontrow.retry_fence() returns void
language sql volatile security definer set search_path = '' as $$
  delete from frontrow.settings where name = 'fence';
  update frontrow.halts set state = 'closed', closed_at = pg_catalog.now() where kind = 'fence' and state <> 'closed';
$$;
comment on function frontrow.retry_fence() is 'Takes the fence for untried and ends its halt.';

-- After the bucket answered. An answer of "done" whose intent is still open means that the fence did not see the
-- request: that is reported, never believed.
create or replace function frontrow.confirm(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  item record;
  intent frontrow.intents;
  result text;
  results jsonb := '[]'::jsonb;
begin
  perform frontrow.check_protocol(request);
  for item in select * from pg_catalog.jsonb_to_recordset(request -> 'items')
    as i (collection text, path text, token bigint, intent uuid)
  loop
    perform from frontrow.leases where collection = item.collection and path = item.path and token = item.token
      and until > pg_catalog.clock_timestamp() for update;
    if not found then
      result := 'fenced';
    else
      select * into intent from frontrow.intents where id = item.intent for update;
      -- An object that is gone by another hand leaves the fence nothing to see.
      result := case
        when intent.state = 'landed' then 'confirmed'
        when intent.state = 'open' and (intent.operation = 'put' or exists (
          select from frontrow.live_objects(intent.bucket, array[intent.path]))) then 'fence-inactive'
        else 'stale' end;
      if result = 'confirmed' then
        perform frontrow.confirm_intent(intent);
        perform frontrow.complete(item.collection, item.path, item.token);
        perform frontrow.note_fence('active');
      elsif result = 'fence-inactive' then
        perform frontrow.note_fence('inactive');
      end if;
    end if;
    results := results || pg_catalog.jsonb_build_object('collection', item.collection, 'path', item.path, 'outcome', result);
  end loop;
  return pg_catalog.jsonb_build_object('items', results);
end;
$$;
comment on function frontrow.confirm(jsonb) is 'Makes landed intents the new base and completes their keys. {items: [{collection, path, token, intent}]}.';

-- -------------------- sql/65_valve.sql --------------------

-- The valve: the brake on mass deletion. The rule itself is also in shared/reconcile/valve.ts; both pass the same vectors.

create or replace function frontrow.valve_trips(
  live int, deleting int, recent int, remaining int, share numeric, at_least int
) returns boolean
language sql immutable parallel safe set search_path = '' as $$
  select deleting > 0 and (deleting + recent > greatest(at_least, share * live) or (remaining <= 0 and live >= 3))
$$;
comment on function frontrow.valve_trips(int, int, int, int, numeric, int) is 'Whether so many deletions need a person. live: alive before any of those counted; remaining: after them.';

-- As live_objects says it, but to_jsonb of every object takes longer than all the rest.
create or replace function frontrow.live_object_condition(alias text) returns text
language sql stable set search_path = '' as $$
  select coalesce(pg_catalog.string_agg(pg_catalog.format(
    case a.attname when 'archived_at' then ' and %I.archived_at is null' else ' and %I.is_delete_marker is not true' end, alias), ''), '')
  from pg_catalog.pg_attribute as a where a.attrelid = 'storage.objects'::regclass
    and a.attname in ('archived_at', 'is_delete_marker') and not a.attisdropped
$$;
comment on function frontrow.live_object_condition(text) is 'SQL that goes on after a condition on storage.objects: neither archived nor a delete marker.';

-- What a side lost, whether or not a trigger saw it: documents whose object is gone, and rows fewer than were agreed on.
-- A side whose absences are given back, not followed, loses nothing.
create or replace function frontrow.count_gone(c frontrow.collections)
returns table (files int, "rows" int)
language plpgsql volatile security definer set search_path = '' set enable_nestloop = off set jit = off as $$
begin
  execute pg_catalog.format($sql$
    with known as (
      select bb.path is not null as had_file, bt.path is not null as had_row, o.name is null as has_none
      from frontrow.documents as d
      left join frontrow.bases as bb on bb.collection = $1 and bb.path = d.path and bb.store = 'bucket'
      left join frontrow.bases as bt on bt.collection = $1 and bt.path = d.path and bt.store = 'table'
      left join (select x.name from storage.objects as x where x.bucket_id = $2%3$s) as o on o.name = d.path
      where d.collection = $1 and d.deleted_at is null and ($5 or d.path ~ $3)
        and not exists (select from frontrow.conflicts as k where k.collection = $1 and k.path = d.path and k.state = 'open')
        and not exists (select from frontrow.quarantine as q where q.collection = $1 and q.path = d.path)
        and not exists (select from frontrow.halt_items as i join frontrow.halts as h on h.id = i.halt
          where h.collection = $1 and h.state <> 'closed' and i.path = d.path and i.confirmed)
    )
    select case when $4 = 'rows-to-files' then 0 else count(*) filter (where had_file and has_none) end::int,
      case when $4 = 'files-to-rows' then 0
        else greatest(count(*) filter (where had_row) - (select count(*) from %1$s as r where %2$s), 0) end::int
    from known$sql$, frontrow.qualified_table(c), frontrow.live_condition(c), frontrow.live_object_condition('x'))
  into files, "rows"
  -- Only another scope before leaves paths that are no longer the collection's.
  using c.name, c.bucket, c.pattern, c.policies ->> 'direction',
    not exists (select from frontrow.halts as h where h.collection = c.name and h.kind = 'scope-changed');
  return next;
end;
$$;
comment on function frontrow.count_gone(frontrow.collections) is 'How many documents'' files and rows are gone now, by looking at both sides.';

-- Why nothing may be deleted whatever the numbers are: a side that cannot be seen, or a sentinel that is not on both.
create or replace function frontrow.blind_cause(c frontrow.collections, document_path text) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  sentinel text := c.policies #>> '{valve,sentinel}';
begin
  return case
    when pg_catalog.row_security_active('storage.objects'::regclass) or pg_catalog.row_security_active(c.table_id)
      then 'hidden-by-row-security'
    when not exists (select from storage.buckets as b where b.id = c.bucket) then 'bucket-missing'
    when sentinel = document_path then 'sentinel-deleted'
    when sentinel is not null and not (exists (select from frontrow.live_objects(c.bucket, array[sentinel]))
      and exists (select from frontrow.read_rows(c, array[sentinel]))) then 'sentinel-missing'
  end;
end;
$$;
comment on function frontrow.blind_cause(frontrow.collections, text) is 'Why no deletion can be believed now, or null.';

-- Whether some documents, picked at random, are all where they were agreed to be. False where too few could be picked.
create or replace function frontrow.is_sample_whole(c frontrow.collections) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  pages bigint := greatest(pg_catalog.pg_relation_size('frontrow.documents'::regclass) / 8192, 1);
  sample text[] := array(
    select d.path from frontrow.documents as d tablesample system (least(100, 2000.0 / pages))
    where d.collection = c.name and d.deleted_at is null and not exists (
      select from frontrow.dirty as s where s.collection = c.name and s.path = d.path)
    order by pg_catalog.random() limit 40);
begin
  return pg_catalog.cardinality(sample) >= 30 and not exists (
    select from frontrow.bases as b
    left join frontrow.live_objects(c.bucket, sample) as o on b.store = 'bucket' and o.name = b.path
    left join frontrow.read_rows(c, sample) as r on b.store = 'table' and r.path = b.path
    where b.collection = c.name and b.path = any (sample) and o.name is null and r.path is null);
end;
$$;
comment on function frontrow.is_sample_whole(frontrow.collections) is 'Whether a random sample of a collection has both replicas of each document.';

-- What speaks for a mass deletion. Looking at all of both sides costs a scan: a deletion that a trigger saw is believed
-- where a sample is whole, unless the collection is small. What no trigger saw is never believed without.
create or replace function frontrow.look_for_losses(c frontrow.collections, was_seen boolean, recent int) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  confirmed text[] := array(select i.path from frontrow.halts as h join frontrow.halt_items as i on i.halt = h.id
    where h.collection = c.name and h.state <> 'closed' and i.confirmed);
  pending int;
  result jsonb;
begin
  select count(distinct d.path) into pending from frontrow.dirty as d
  join frontrow.documents as o on o.collection = d.collection and o.path = d.path and o.deleted_at is null
  where d.collection = c.name and d.gone and not d.path = any (confirmed);
  if was_seen and (select count(*) from (select from frontrow.documents where collection = c.name limit 501) as few) > 500
    and frontrow.is_sample_whole(c)
  then
    return pg_catalog.jsonb_build_object('pending', pending, 'is_sampled', true);
  end if;
  select pg_catalog.jsonb_build_object('pending', pending, 'is_sampled', false,
    'files', g.files, 'rows', g.rows, 'most', greatest(g.files, g.rows) + recent) into result from frontrow.count_gone(c) as g;
  return result;
end;
$$;
comment on function frontrow.look_for_losses(frontrow.collections, boolean, int) is 'How many deletions are signalled, and how many documents each side has lost.';

-- Whether the engine may carry out a deletion of this document now. If not, the document is noted in an open halt.
-- `versions`: {bucket, table}, the replicas it was decided on.
create or replace function frontrow.may_delete(c frontrow.collections, document_path text, missing_in text, versions jsonb)
returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  share numeric := (c.policies #>> '{valve,share}')::numeric;
  scope text := pg_catalog.format('%s %s', pg_catalog.pg_current_xact_id(), c.name);
  live int;
  pending int;
  recent int;
  lost jsonb := nullif(pg_catalog.current_setting('frontrow.lost', true), '')::jsonb;
  signal record;
  cause text;
  blocking frontrow.halts;
begin
  if exists (
    select from frontrow.halts as h join frontrow.halt_items as i on i.halt = h.id
    where h.collection = c.name and h.state <> 'closed' and i.path = document_path and i.confirmed
      and i.evidence @> versions
  ) then
    return true;
  end if;
  select * into blocking from frontrow.halts
  where collection = c.name and state = 'open' and kind in ('deletions', 'scope-changed') order by id limit 1;
  if blocking.id is not null then
    perform frontrow.hold(c.name, blocking.kind, document_path, missing_in, blocking.reason, blocking.evidence, versions);
    return false;
  end if;
  -- One count at a time per collection, so that two workers cannot each stay under the limit.
  perform pg_catalog.pg_advisory_xact_lock(470212, pg_catalog.hashtext(c.name));
  cause := frontrow.blind_cause(c, document_path);
  select count(*) into recent from frontrow.documents
  where collection = c.name and deleted_at > greatest(pg_catalog.now() - interval '10 minutes', (
    -- What a person confirmed does not count against what comes after.
    select max(closed_at) from frontrow.halts where collection = c.name and kind = 'deletions'));
  select coalesce(pg_catalog.bool_or(d.gone), false) as is_counted,
    coalesce(pg_catalog.bool_or(d.gone and d.store = missing_in and d.actor is not null), false) as was_seen into signal
  from frontrow.dirty as d where d.collection = c.name and d.path = document_path;
  -- Once per transaction, as each deletion only moves one from pending, or lost, to recent.
  if lost ->> 'of' is distinct from scope or ((lost ->> 'is_sampled')::boolean and not signal.was_seen) then
    lost := frontrow.look_for_losses(c, signal.was_seen, recent) || pg_catalog.jsonb_build_object('of', scope);
  end if;
  pending := greatest((lost ->> 'pending')::int, 1, (lost ->> 'most')::int - recent);
  -- More than this many alive make no difference.
  select count(*) into live from (select from frontrow.documents where collection = c.name and deleted_at is null
    limit greatest(3, pending + 1, pg_catalog.ceil((pending + recent) / nullif(share, 0)) - recent)) as counted;
  if cause is null and not frontrow.valve_trips(live + recent, pending, recent, live - pending,
    share, (c.policies #>> '{valve,atLeast}')::int)
  then
    perform pg_catalog.set_config('frontrow.lost', (lost || pg_catalog.jsonb_build_object('pending',
      greatest((lost ->> 'pending')::int - signal.is_counted::int, 0)))::text, true);
    return true;
  end if;
  select count(*) into live from frontrow.documents where collection = c.name and deleted_at is null;
  cause := coalesce(cause, case when live > pending then 'many'
    when (lost ->> 'rows')::int >= live then 'table-empty' when (lost ->> 'files')::int >= live then 'bucket-empty'
    else 'all' end);
  perform frontrow.hold(c.name, 'deletions', document_path, missing_in, frontrow.deletion_reason(c, cause, pending, live),
    pg_catalog.jsonb_build_object('cause', cause, 'live', live, 'pending', pending, 'recent', recent,
      'files_gone', lost -> 'files', 'rows_gone', lost -> 'rows', 'sentinel', c.policies #> '{valve,sentinel}',
      'paths', (select pg_catalog.jsonb_agg(p.path order by p.path) from (
        select document_path as path union
        select d.path from frontrow.dirty as d where d.collection = c.name and d.gone order by 1 limit 20) as p)), versions);
  return false;
end;
$$;
comment on function frontrow.may_delete(frontrow.collections, text, text, jsonb) is 'The valve''s answer for one deletion; a refusal is recorded in a halt.';

create or replace function frontrow.deletion_reason(c frontrow.collections, cause text, pending int, live int) returns text
language sql immutable set search_path = '' as $$
  select case cause
    when 'hidden-by-row-security' then pg_catalog.format('row level security hides parts of %s or of the bucket from Frontrow',
      frontrow.qualified_table(c))
    when 'bucket-missing' then pg_catalog.format('the bucket "%s" is not there', c.bucket)
    when 'sentinel-deleted' then pg_catalog.format('the sentinel %s is to be deleted', c.policies #>> '{valve,sentinel}')
    when 'sentinel-missing' then pg_catalog.format('the sentinel %s is not on both sides', c.policies #>> '{valve,sentinel}')
    else pg_catalog.format('%s of %s documents of "%s" are gone from one side', pending, live, c.name) end
    || ': nothing is deleted until a person confirms'
$$;
comment on function frontrow.deletion_reason(frontrow.collections, text, int, int) is 'What a halt of kind deletions says.';

-- -------------------- sql/66_history.sql --------------------

-- What apply writes down beside the row: revisions, bases, quarantine. Conflicts are in 67_conflicts.sql.

-- Where no text of its own was written down (a row merged into a text), the merge is that store's author's, if only one is left.
create or replace function frontrow.revision_author(store_name text, entries jsonb, authors jsonb) returns text
language sql immutable set search_path = '' as $$
  select case when store_name <> 'merge' then authors ->> store_name else (
    select case when count(distinct a.value) = 1 then min(a.value) end from pg_catalog.jsonb_each_text(authors) as a
    where not exists (select from pg_catalog.jsonb_array_elements(entries) as e where e ->> 'store' = a.key)) end
$$;
comment on function frontrow.revision_author(text, jsonb, jsonb) is 'Whose a revision is, given who last changed each store; null when unknown or several, empty when purged.';

-- `latest` is the last revision before this one; those after `current` are of the same plan.
create or replace function frontrow.revision_parents(
  collection_name text, document_path text, store_name text, current bigint, latest bigint
) returns bigint[]
language sql stable security definer set search_path = '' as $$
  select case
    when store_name = 'merge' and latest > current + 1 then array[latest - 1, latest]
    when store_name = 'merge' then array(
      select distinct n from pg_catalog.unnest(array[current, latest]) as n where n > 0 order by n)
    -- What this store had seen of the document, not what the hub had by then.
    else array(select b.revision from frontrow.bases as b
      where b.collection = collection_name and b.path = document_path and current > 0
        and b.store = case store_name when 'directory' then 'bucket' else store_name end) end
$$;
comment on function frontrow.revision_parents(text, text, text, bigint, bigint) is 'The revisions a new one was made from; call it before the bases move.';

-- Appends a plan's history. The text of the revision before moves from documents into its own row: long texts are kept once.
create or replace function frontrow.append_revisions(
  c frontrow.collections, document_path text, current bigint, item jsonb, authors jsonb
) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  entries jsonb := item -> 'revisions';
  is_tombstone boolean := coalesce((item ->> 'tombstone')::boolean, false);
  editor text := coalesce(item ->> 'editor', 'merge');
  note text := coalesce(item ->> 'message', item ->> 'outcome');
  entry jsonb;
  whose text;
  latest bigint := current;
  newest jsonb;
begin
  if pg_catalog.jsonb_array_length(entries) = 0 and not is_tombstone then
    return current;
  end if;
  if pg_catalog.jsonb_array_length(entries) > 0 then
    update frontrow.revisions as r set text = d.text from frontrow.documents as d
    where d.collection = c.name and d.path = document_path and r.collection = c.name and r.path = document_path
      and r.text is null and not r.deleted and r.purge is distinct from 'done';
    newest := entries -> -1;
    for entry in select * from pg_catalog.jsonb_array_elements(entries) loop
      whose := frontrow.revision_author(entry ->> 'store', entries, authors);
      insert into frontrow.revisions (collection, path, revision, parents, store, author, message, digest, purge, text)
      values (c.name, document_path, latest + 1,
        frontrow.revision_parents(c.name, document_path, entry ->> 'store', current, latest), entry ->> 'store',
        nullif(whose, ''), note, case when whose is distinct from '' then entry ->> 'digest' end,
        case when whose = '' then 'pending' end,
        case when entry is distinct from newest or latest + 1 < current + pg_catalog.jsonb_array_length(entries)
          then entry ->> 'text' end);
      latest := latest + 1;
    end loop;
  end if;
  if is_tombstone then
    insert into frontrow.revisions (collection, path, revision, parents, store, author, message, deleted)
    values (c.name, document_path, latest + 1, case when latest > 0 then array[latest] else '{}' end, editor,
      nullif(authors ->> editor, ''), note, true);
    latest := latest + 1;
  end if;
  insert into frontrow.documents (collection, path, text, digest, revision, updated_by, deleted_at)
  values (c.name, document_path, newest ->> 'text', newest ->> 'digest', latest, editor,
    case when is_tombstone then pg_catalog.now() end)
  on conflict (collection, path) do update set
    text = coalesce(excluded.text, documents.text), digest = coalesce(excluded.digest, documents.digest),
    revision = excluded.revision, updated_by = excluded.updated_by, updated_at = pg_catalog.now(),
    deleted_at = excluded.deleted_at;
  return latest;
end;
$$;
comment on function frontrow.append_revisions(frontrow.collections, text, bigint, jsonb, jsonb) is 'Appends a plan''s revisions and makes the last one the document; answers its number.';

-- After the bases have moved: a revision that a base stands on is needed for the next merge, one that an open conflict
-- began at is needed by the person who decides it, and the newest text is the document itself.
create or replace function frontrow.trim_history(c frontrow.collections, document_path text, latest bigint) returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  policy jsonb := c.policies -> 'history';
  keep int := case pg_catalog.jsonb_typeof(policy) when 'number' then policy::int when 'object' then (policy ->> 'keep')::int end;
  days int := case pg_catalog.jsonb_typeof(policy) when 'object' then (policy ->> 'days')::int end;
  trimmed int;
begin
  delete from frontrow.revisions as r
  where r.collection = c.name and r.path = document_path and r.revision < latest
    and (r.text is not null or r.deleted or r.purge = 'done')
    and (r.revision < latest - keep or r.created_at < pg_catalog.now() - pg_catalog.make_interval(days => days))
    and not exists (
      select from frontrow.bases as b where b.collection = c.name and b.path = document_path and b.revision = r.revision)
    and not exists (select from frontrow.conflicts as k
      where k.collection = c.name and k.path = document_path and k.state = 'open' and k.revision = r.revision);
  get diagnostics trimmed = row_count;
  return trimmed;
end;
$$;
comment on function frontrow.trim_history(frontrow.collections, text, bigint) is 'Forgets the revisions of a document that its collection does not keep; answers how many.';

create or replace function frontrow.set_base(
  collection_name text, document_path text, store_name text, base jsonb, current bigint
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if base is null then
    return;
  elsif base = '"drop"' then
    delete from frontrow.bases where collection = collection_name and path = document_path and store = store_name;
    return;
  end if;
  insert into frontrow.bases (collection, path, store, version, revision, fields, body)
  values (collection_name, document_path, store_name, base ->> 'version', current + (base ->> 'revision')::bigint,
    base -> 'fields', base ->> 'body')
  on conflict (collection, path, store) do update set version = excluded.version, revision = excluded.revision,
    fields = excluded.fields, body = excluded.body, body_size = null, agreed_at = pg_catalog.now();
end;
$$;
comment on function frontrow.set_base(text, text, text, jsonb, bigint) is 'Records or drops what one store agreed on; revisions count from the current one.';

create or replace function frontrow.set_quarantine(collection_name text, document_path text, q jsonb) returns void
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.quarantine (collection, path, store, version, code, rule, message, line, "column", hint, retry_at)
  values (collection_name, document_path, q ->> 'store', q ->> 'version', q ->> 'code', q ->> 'rule', q ->> 'message',
    (q ->> 'line')::int, (q ->> 'column')::int, q ->> 'hint',
    case when q ->> 'store' = 'table' then pg_catalog.now() + frontrow.backoff(3) end)
  on conflict (collection, path) do update set store = excluded.store, version = excluded.version, code = excluded.code,
    rule = excluded.rule, message = excluded.message, line = excluded.line, "column" = excluded."column",
    hint = excluded.hint, retries = quarantine.retries + 1,
    retry_at = case when excluded.store = 'table' then pg_catalog.now() + frontrow.backoff(quarantine.retries + 4) end
$$;
comment on function frontrow.set_quarantine(text, text, jsonb) is 'Sets a replica aside; a table''s refusal is tried again now and then, since its cause may be elsewhere.';

-- -------------------- sql/67_breaker.sql --------------------

-- The oscillation breaker: ends loops that are made only of successes.
--
-- The rule. The making of a document counts as a flow of everything into `both`, at the time of its first revision. Every
-- later write of the engine makes values *flow* into a side:
--   * into the table, each column it sets or clears, and `(body)`;
--   * into the bucket, each column (and `(body)`) in which the row differs from its base, or `(file)` when there is none;
--   * `(existence)` instead, when it makes or removes the replica;
--   * and always `(any)`, into the side that is written: bucket, table, or both.
-- What one write makes flow into both sides flows into `both`. A flow is *contested* when it overwrites the side's own
-- news: that column of the row differs from its base; for `(file)`, the object is not at its base's version; for
-- `(existence)`, the side has a base and no replica. `(any)` is contested when one of the others is.
-- A flow is a *turn* when the same name flowed before, within `minutes` (for `(any)`: within `seconds`), and it now goes
-- to another side or is contested; a flow into both, being two writes, counts one more. Turns older than `minutes` are
-- forgotten; an `(any)` that is no turn forgets all before it.
-- A write that would bring one name to its `turns`th turn is not made: the document is parked in the collection's halt
-- of kind `oscillation`, and nothing of it is written until a person resumes it, or both sides agree by themselves.
-- So with 6 turns a loop ends after at most 6 writes (7 when a slow one begins with a write of other columns). One side's
-- edits, however many, are no turns; neither are edits of two people in different fields, nor a field that only ever flows
-- one way (`updated_at`), unless within seconds each time.

create or replace function frontrow.news_of(base_fields jsonb, base_body text, fields jsonb, body text) returns text[]
language plpgsql immutable set search_path = '' as $$
begin
  return array(
    select key from pg_catalog.jsonb_each(base_fields) as b (key, value)
    full join pg_catalog.jsonb_each(fields) as r (key, value) using (key)
    where b.value is distinct from r.value)
    || case when base_body is distinct from body then array['(body)'] else '{}' end;
end;
$$;
comment on function frontrow.news_of(jsonb, text, jsonb, text) is 'In which columns, and (body), a row differs from its base.';

-- What a plan makes flow where. Nothing while the document is being made: until the hub knows it, and when its first
-- revision is brought into a bucket that never had it.
create or replace function frontrow.flows_of(c frontrow.collections, item jsonb)
returns table (name text, side text, contested boolean)
language plpgsql volatile security definer set search_path = '' as $$
declare
  row_op text := coalesce(item #>> '{row,op}', 'none');
  object_op text := item #>> '{object,op}';
  base frontrow.bases;
  replica frontrow.row_replica;
  bucket_base text;
  news text[] := '{}'::text[];
  into_row text[] := '{}'::text[];
  into_file text[] := '{}'::text[];
begin
  if item #>> '{expect,revision}' is null or (row_op = 'none' and object_op is null) then
    return;
  end if;
  select * into base from frontrow.bases as b
  where b.collection = c.name and b.path = item ->> 'path' and b.store = 'table';
  select b.version into bucket_base from frontrow.bases as b
  where b.collection = c.name and b.path = item ->> 'path' and b.store = 'bucket';
  if (item #>> '{expect,revision}')::bigint = 1 and item -> 'revisions' = '[]' and row_op = 'none' and object_op = 'put'
    and item #>> '{expect,bucket}' is null and bucket_base is null
  then
    return;
  end if;
  if base.path is not null and item #>> '{expect,table}' is null then
    news := array['(existence)'];
  elsif base.fields is not null and base.version is distinct from item #>> '{expect,table}' then
    select * into replica from frontrow.read_rows(c, array[item ->> 'path']);
    news := frontrow.news_of(base.fields, frontrow.base_body(base), replica.fields, replica.body);
  end if;
  if row_op = 'delete' or (row_op = 'put' and item #>> '{expect,table}' is null) then
    into_row := array['(existence)'];
  elsif row_op = 'put' then
    into_row := array(select pg_catalog.jsonb_object_keys(item #> '{row,set}')
        union select pg_catalog.jsonb_array_elements_text(item #> '{row,clear}'))
      || case when item #>> '{row,body}' is not null then array['(body)'] else '{}' end;
  end if;
  if object_op = 'delete' or (object_op = 'put' and item #>> '{expect,bucket}' is null) then
    into_file := array['(existence)'];
  elsif object_op = 'put' then
    into_file := case when pg_catalog.cardinality(news) > 0 then news else array['(file)'] end;
  end if;
  return query
  with flowing as (
    select n as name, r.n is not null as is_row, f.n is not null as is_file,
      coalesce(r.n is not null and n = any (news)
        or f.n = '(file)' and bucket_base is distinct from item #>> '{expect,bucket}'
        or f.n = '(existence)' and object_op = 'put' and bucket_base is not null, false) as contested
    from pg_catalog.unnest(into_row) as r (n) full join pg_catalog.unnest(into_file) as f (n) using (n)
  )
  select g.name, case when g.is_row and g.is_file then 'both' when g.is_row then 'table' else 'bucket' end, g.contested
  from flowing as g
  union all
  select '(any)', case when row_op = 'none' then 'bucket' when object_op is null then 'table' else 'both' end,
    coalesce((select pg_catalog.bool_or(g.contested) from flowing as g), false);
end;
$$;
comment on function frontrow.flows_of(frontrow.collections, jsonb) is 'The names a plan makes flow, the side each goes to, and whether it overwrites that side''s own news.';

-- A write of both sides is two writes: one more than a turn, and half of the next loop when it is none.
create or replace function frontrow.turns_after(turned timestamptz[], moment timestamptz, side text, is_turn boolean)
returns timestamptz[]
language plpgsql immutable set search_path = '' as $$
begin
  return turned || pg_catalog.array_fill(moment, array[coalesce(is_turn, false)::int + (side = 'both')::int]);
end;
$$;
comment on function frontrow.turns_after(timestamptz[], timestamptz, text, boolean) is 'The turns of a name with those of one more flow.';

create type frontrow.flow as (path text, name text, side text, contested boolean);
comment on type frontrow.flow is 'A name that a write of a document makes flow, and where to.';

-- Counts the flows of writes about to be made. Answers the names that turned too often: those must not be made.
create or replace function frontrow.note_flows(c frontrow.collections, flowing frontrow.flow[])
returns table (path text, name text)
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
  moment timestamptz := pg_catalog.clock_timestamp();
  oldest timestamptz := moment - pg_catalog.make_interval(mins => (c.policies #>> '{breaker,minutes}')::int);
  latest timestamptz := moment - pg_catalog.make_interval(secs => (c.policies #>> '{breaker,seconds}')::int);
begin
  return query
  with counted as (
    insert into frontrow.flows as f (collection, path, name, side, contested, at, turned)
    select c.name, w.path, w.name, w.side, w.contested, moment,
      frontrow.turns_after('{}', moment, w.side,
        made.created_at > (case w.name when '(any)' then latest else oldest end) and (w.side <> 'both' or w.contested))
    from pg_catalog.unnest(flowing) as w
    left join frontrow.revisions as made on made.collection = c.name and made.path = w.path and made.revision = 1
    on conflict (collection, path, name) do update set
      turned = frontrow.turns_after(
        array(select t from pg_catalog.unnest(f.turned) as t where t > oldest
          -- Quick writes count only while they go on.
          and (f.name <> '(any)' or (f.at > latest and (f.side <> excluded.side or excluded.contested)))),
        moment, excluded.side,
        f.at > (case f.name when '(any)' then latest else oldest end) and (f.side <> excluded.side or excluded.contested)),
      side = excluded.side, contested = excluded.contested, at = excluded.at
    returning f.path, f.name, f.turned
  )
  select n.path, n.name from counted as n
  where pg_catalog.cardinality(n.turned) >= (c.policies #>> '{breaker,turns}')::int;
end;
$$;
comment on function frontrow.note_flows(frontrow.collections, frontrow.flow[]) is 'Notes what writes make flow; answers the names whose turns are used up.';

-- Whether the engine may carry out a plan that writes. If not, the document is parked, both sides as they are.
create or replace function frontrow.may_write(c frontrow.collections, item jsonb) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  document_path text := item ->> 'path';
  parked bigint;
  names text[];
begin
  if coalesce(item #>> '{row,op}', 'none') = 'none' and item #>> '{object,op}' is null then
    return true;
  end if;
  select h.id into parked from frontrow.halts as h join frontrow.halt_items as i on i.halt = h.id
  where h.collection = c.name and h.kind = 'oscillation' and h.state <> 'closed' and i.path = document_path;
  if parked is null then
    names := array(select n.name from frontrow.note_flows(c, array(
      select row(document_path, w.name, w.side, w.contested)::frontrow.flow from frontrow.flows_of(c, item) as w)) as n
      order by n.name);
    if pg_catalog.cardinality(names) = 0 then
      return true;
    end if;
  end if;
  perform frontrow.hold(c.name, 'oscillation', document_path,
    case when item #>> '{object,op}' is null then 'table' else 'bucket' end,
    pg_catalog.format('documents of "%s" are rewritten on both sides without end: the engine leaves them alone', c.name),
    '{}', pg_catalog.jsonb_build_object('bucket', item #>> '{expect,bucket}', 'table', item #>> '{expect,table}')
      || case when names is null then '{}' else pg_catalog.jsonb_build_object('names', names,
        'turns', (c.policies #>> '{breaker,turns}')::int,
        'revisions', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('revision', r.revision, 'store', r.store,
          'at', r.created_at) order by r.revision desc) from (
            select revision, store, created_at from frontrow.revisions
            where collection = c.name and path = document_path order by revision desc limit 8) as r)) end);
  return false;
end;
$$;
comment on function frontrow.may_write(frontrow.collections, jsonb) is 'The breaker''s answer for one plan; a refusal parks the document in a halt of kind oscillation.';

-- -------------------- sql/67_conflicts.sql --------------------

-- Conflicts: both sides changed the same thing. A record keeps base, both texts and the merged attempt; a person decides
-- about exactly the versions they saw, and the next pass carries the decision out.

-- The name under which an overlap is decided: `column`, or `column.key` inside a JSON object.
create or replace function frontrow.overlap_label(overlap jsonb) returns text
language sql immutable set search_path = '' as $$
  select (overlap ->> 'column') || coalesce('.' || (overlap ->> 'key'), '')
$$;
comment on function frontrow.overlap_label(jsonb) is 'How a decision names one overlap: column, or column.key.';

create or replace function frontrow.signalled_at(collection_name text, document_path text, store_name text)
returns timestamptz
language sql stable security definer set search_path = '' as $$
  select max(d.at) from frontrow.dirty as d
  where d.collection = collection_name and d.path = document_path and d.store = store_name
$$;
comment on function frontrow.signalled_at(text, text, text) is 'When a store last signalled a change that is not done yet.';

-- Part of apply. A plan without a conflict ends an open one: the sides agree again, or one of them is gone.
create or replace function frontrow.record_conflict(
  c frontrow.collections, item jsonb, current bigint, authors jsonb
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  note jsonb := nullif(item -> 'conflict', 'null');
  document_path text := item ->> 'path';
  is_held boolean := coalesce((note ->> 'held')::boolean, false);
  was_open boolean;
begin
  if not is_held then
    update frontrow.conflicts set state = 'resolved', resolved_at = pg_catalog.now(),
      decided_by = coalesce(note ->> 'decidedBy', 'agreement')
    where collection = c.name and path = document_path and state = 'open';
    was_open := found;
    if was_open then
      perform frontrow.mark_copy(c, document_path);
    end if;
    -- What a person decided about is the open record itself: it has these very texts.
    if note is null or (was_open and note ->> 'decidedBy' = 'person') then
      return;
    end if;
  end if;
  insert into frontrow.conflicts as k (collection, path, state, overlapping, decided_by, base_text, file_text, row_text,
    merged_text, bucket_version, table_version, revision, file_author, row_author, file_at, row_at, resolved_at)
  values (c.name, document_path, case when is_held then 'open' else 'resolved' end, note -> 'overlaps',
    note ->> 'decidedBy', note ->> 'base', note ->> 'file', note ->> 'row', note ->> 'merged',
    item #>> '{expect,bucket}', item #>> '{expect,table}', current, authors ->> 'bucket', authors ->> 'table',
    frontrow.signalled_at(c.name, document_path, 'bucket'), frontrow.signalled_at(c.name, document_path, 'table'),
    case when not is_held then pg_catalog.now() end)
  on conflict (collection, path) where state = 'open' do update set overlapping = excluded.overlapping,
    decided_by = excluded.decided_by, base_text = excluded.base_text, file_text = excluded.file_text,
    row_text = excluded.row_text, merged_text = excluded.merged_text, bucket_version = excluded.bucket_version,
    table_version = excluded.table_version, revision = excluded.revision, file_author = excluded.file_author,
    row_author = excluded.row_author, file_at = coalesce(excluded.file_at, k.file_at), row_at = coalesce(excluded.row_at, k.row_at),
    -- An answer given since this pass read the document stays; one about other texts, or one that came to nothing, goes.
    decision = case when (k.bucket_version, k.table_version, k.revision)
        is not distinct from (excluded.bucket_version, excluded.table_version, excluded.revision)
      and k.decision is distinct from nullif(note -> 'decision', 'null') then k.decision end;
  if is_held then
    perform frontrow.mark_copy(c, document_path);
  end if;
end;
$$;
comment on function frontrow.record_conflict(frontrow.collections, jsonb, bigint, jsonb) is 'Keeps both texts of a conflict, or closes the open one when the sides agree.';

-- The decision in a request, as it is kept. Refuses what is none.
create or replace function frontrow.decision_of(request jsonb, overlapping jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
declare
  decision jsonb := pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'keep', request -> 'keep', 'fields', request -> 'fields', 'text', request -> 'text'));
  unknown text;
  remaining text;
begin
  if (select count(*) from pg_catalog.jsonb_object_keys(decision)) <> 1
    or pg_catalog.jsonb_typeof(decision -> 'text') <> 'string'
    or decision ->> 'keep' not in ('file', 'row')
    or pg_catalog.jsonb_typeof(decision -> 'fields') <> 'object'
  then
    raise exception 'frontrow: a decision must be one of keep (file or row), fields, or text' using errcode = 'FR422';
  end if;
  if decision ? 'fields' then
    if exists (select from pg_catalog.jsonb_each_text(decision -> 'fields') as f where f.value not in ('file', 'row')) then
      raise exception 'frontrow: every field must be decided for "file" or "row"' using errcode = 'FR422';
    end if;
    select pg_catalog.string_agg(f.key, ', ') into unknown from pg_catalog.jsonb_each_text(decision -> 'fields') as f
    where not exists (select from pg_catalog.jsonb_array_elements(overlapping) as o
      where f.key in (frontrow.overlap_label(o), o ->> 'column'));
    if unknown is not null then
      raise exception 'frontrow: nothing is to be decided about %', unknown using errcode = 'FR422';
    end if;
    select pg_catalog.string_agg(distinct frontrow.overlap_label(o), ', ') into remaining
    from pg_catalog.jsonb_array_elements(overlapping) as o
    where not (decision -> 'fields') ?| array[frontrow.overlap_label(o), o ->> 'column'];
    if remaining is not null then
      raise exception 'frontrow: not decided yet: %', remaining using errcode = 'FR422';
    end if;
  end if;
  return decision;
end;
$$;
comment on function frontrow.decision_of(jsonb, jsonb) is 'Checks a person''s decision against what overlaps.';

-- Whether a record speaks of the versions and the revision somebody saw.
create or replace function frontrow.is_as_seen(k frontrow.conflicts, seen jsonb) returns boolean
language sql immutable set search_path = '' as $$
  select k.bucket_version is not distinct from seen ->> 'bucket_version'
    and k.table_version is not distinct from seen ->> 'table_version'
    and k.revision is not distinct from (seen ->> 'revision')::bigint
$$;
comment on function frontrow.is_as_seen(frontrow.conflicts, jsonb) is 'Whether a conflict is still about what a person saw.';

-- Whether both replicas and the hub still are what a record speaks of.
create or replace function frontrow.is_as_recorded(c frontrow.collections, k frontrow.conflicts) returns boolean
language sql volatile security definer set search_path = '' as $$
  select k.bucket_version is not distinct from
      (select o.version from frontrow.live_objects(c.bucket, array[k.path]) as o)
    and k.table_version is not distinct from (select r.version from frontrow.read_rows(c, array[k.path]) as r)
    and k.revision = coalesce((select d.revision from frontrow.documents as d
      where d.collection = k.collection and d.path = k.path), 0)
$$;
comment on function frontrow.is_as_recorded(frontrow.collections, frontrow.conflicts) is 'Whether nothing has moved since a conflict was recorded.';

-- A person's answer to an open conflict. The same answer twice is one answer, before and after it was carried out.
create or replace function frontrow.resolve(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  k frontrow.conflicts;
  answer jsonb;
begin
  perform frontrow.check_protocol(request);
  select * into c from frontrow.collections where name = request ->> 'collection';
  select * into k from frontrow.conflicts
  where collection = request ->> 'collection' and path = request ->> 'path' and state = 'open' for update;
  if k.id is null then
    select * into k from frontrow.conflicts
    where collection = request ->> 'collection' and path = request ->> 'path' order by id desc limit 1;
    if k.decided_by = 'person' and frontrow.is_as_seen(k, request -> 'seen')
      and k.decision = frontrow.decision_of(request, k.overlapping)
    then
      return pg_catalog.jsonb_build_object('conflict', k.id, 'state', k.state);
    end if;
    raise exception 'frontrow: % has no open conflict', request ->> 'path' using errcode = 'FR404';
  end if;
  if not frontrow.is_as_seen(k, request -> 'seen') or not frontrow.is_as_recorded(c, k) then
    raise exception 'frontrow: % has changed since you looked at its conflict: nothing was decided; look again', k.path
      using errcode = 'FR409';
  end if;
  answer := frontrow.decision_of(request, k.overlapping);
  update frontrow.conflicts set decision = answer, decider = request ->> 'caller', decided_at = pg_catalog.clock_timestamp()
  where id = k.id and decision is distinct from answer;
  -- A person has looked at it: what comes of that is no loop.
  delete from frontrow.flows where collection = k.collection and path = k.path;
  perform frontrow.mark(k.collection, 'table', array[k.path], false);
  perform frontrow.ring();
  return pg_catalog.jsonb_build_object('conflict', k.id, 'state', k.state);
end;
$$;
comment on function frontrow.resolve(jsonb) is 'Answers an open conflict; the next pass carries it out. {collection, path, seen: {bucket_version, table_version, revision}, caller?, keep: file|row | fields: {label: file|row} | text} → {conflict, state}.';

-- An overlap with the name people know it by: the front matter field, and inside the catch-all just its key.
create or replace function frontrow.named_overlaps(c frontrow.collections, overlapping jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(pg_catalog.jsonb_agg(o.overlap || pg_catalog.jsonb_build_object(
    'label', frontrow.overlap_label(o.overlap),
    'name', case
      when o.overlap ->> 'column' = c.extra_column and o.overlap ? 'key' then o.overlap ->> 'key'
      else coalesce((select f ->> 'field' from pg_catalog.jsonb_array_elements(c.fields) as f
          where f ->> 'column' = o.overlap ->> 'column' limit 1), o.overlap ->> 'column')
        || coalesce('.' || (o.overlap ->> 'key'), '') end) order by o.place), '[]')
  from pg_catalog.jsonb_array_elements(overlapping) with ordinality as o (overlap, place)
$$;
comment on function frontrow.named_overlaps(frontrow.collections, jsonb) is 'Overlaps with their label, for decisions, and their name, for people.';

-- The list is without texts; one document's records are whole. Newest first, so that a document's open one comes first.
create or replace function frontrow.conflicts(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('items', (
    select coalesce(pg_catalog.jsonb_agg(
      (case when request ->> 'path' is null
        then pg_catalog.to_jsonb(k) - array['base_text', 'file_text', 'row_text', 'merged_text', 'decision']
        else pg_catalog.to_jsonb(k) end)
      || pg_catalog.jsonb_build_object('overlapping', frontrow.named_overlaps(c, k.overlapping),
        'copy', frontrow.copy_state(c, k))
      order by k.id desc), '[]')
    from (
      select * from frontrow.conflicts
      where (request ->> 'collection' is null or collection = request ->> 'collection')
        and (request ->> 'path' is null or path = request ->> 'path')
        and (state = 'open' or request ->> 'state' = 'all')
      order by id desc limit least(coalesce((request ->> 'limit')::int, 1000), 1000)
    ) as k
    left join frontrow.collections as c on c.name = k.collection));
end;
$$;
comment on function frontrow.conflicts(jsonb) is 'Conflicts, newest first; with a path the whole records. {collection?, path?, state?: open|all, limit?} → {items}.';

-- -------------------- sql/68_conflict_copies.sql --------------------

-- Conflict copies: where the policy says so, a file beside the document shows an open conflict to people who look into
-- the bucket. A copy's name is a dirty key of its own, so lease, fence, intent and base protect it like any write of the
-- engine's; its base, under that name, says which version is the engine's. What is not at that version is somebody's.

create or replace function frontrow.copy_name(document_path text) returns text
language sql immutable set search_path = '' as $$
  select case when pg_catalog.octet_length(name) <= 1024
    and pg_catalog.octet_length(pg_catalog.regexp_replace(name, '^.*/', '')) <= 255 then name end
  from pg_catalog.regexp_replace(document_path, '(\.[^./]+)?$', '.conflict\1') as name
$$;
comment on function frontrow.copy_name(text) is 'The name of a document''s conflict copy: x.conflict.md for x.md. Null where it would be too long.';

-- Part of record_conflict: whatever happened to the record, its copy is looked at next.
create or replace function frontrow.mark_copy(c frontrow.collections, document_path text) returns void
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.dirty (collection, path, store)
  select c.name, n.name, 'bucket' from frontrow.copy_name(document_path) as n (name)
  where n.name is not null and ((c.policies ->> 'conflictCopy')::boolean or exists (
    select from frontrow.bases as b where b.collection = c.name and b.path = n.name))
$$;
comment on function frontrow.mark_copy(frontrow.collections, text) is 'Marks a document''s conflict copy dirty where there is, or should be, one.';

create or replace function frontrow.wanted_copy(c frontrow.collections, copy text) returns jsonb
language sql stable security definer set search_path = '' as $$
  select pg_catalog.jsonb_build_object('base', k.base_text, 'file', k.file_text, 'row', k.row_text)
  from frontrow.conflicts as k
  where k.collection = c.name and k.state = 'open' and frontrow.copy_name(k.path) = copy
    and (c.policies ->> 'conflictCopy')::boolean
    and k.path = pg_catalog.regexp_replace(copy, '\.conflict(\.[^./]*)?$', '\1')
$$;
comment on function frontrow.wanted_copy(frontrow.collections, text) is 'The three texts that a conflict copy is to show; null: there must be none.';

-- Part of the sweep: what a change of the policy, or somebody's clearing up, left without a mark.
create or replace function frontrow.mark_copies() returns void
language sql volatile security definer set search_path = '' as $$
  insert into frontrow.dirty (collection, path, store)
  select w.collection, w.name, 'bucket' from (
    select k.collection, n.name from frontrow.conflicts as k
    join frontrow.collections as c on c.name = k.collection
    cross join lateral frontrow.copy_name(k.path) as n (name)
    where k.state = 'open' and (c.policies ->> 'conflictCopy')::boolean and n.name is not null
      and not exists (select from frontrow.live_objects(c.bucket, array[n.name]))
    union
    select b.collection, b.path from frontrow.bases as b
    join frontrow.collections as c on c.name = b.collection
    where b.path ~ '\.conflict(?:\.[^./]*)?$' and frontrow.wanted_copy(c, b.path) is null
  ) as w
  where not exists (select from frontrow.dirty as d where d.collection = w.collection and d.path = w.name)
$$;
comment on function frontrow.mark_copies() is 'Marks conflict copies dirty that are missing, or that nothing wants any more.';

create or replace function frontrow.copy_state(c frontrow.collections, k frontrow.conflicts) returns jsonb
language sql stable security definer set search_path = '' as $$
  select pg_catalog.jsonb_build_object('name', n.name, 'state', case
    when o.name is null then 'pending' when o.version = b.version then 'there' else 'taken' end)
  from frontrow.copy_name(k.path) as n (name)
  left join lateral frontrow.live_objects(c.bucket, array[n.name]) as o on true
  left join frontrow.bases as b on b.collection = c.name and b.path = n.name and b.store = 'bucket'
  where k.state = 'open' and (c.policies ->> 'conflictCopy')::boolean and n.name is not null
$$;
comment on function frontrow.copy_state(frontrow.collections, frontrow.conflicts) is 'Where an open conflict''s copy is: {name, state: there|pending|taken}; taken: a file of that name is somebody''s own.';

-- -------------------- sql/68_resume.sql --------------------

-- What a person does about a halt: look at the exact set, and decide about what they saw.

-- The exact set a halt holds. `seen` names this moment: resume takes it, so that what was added later is not decided too.
create or replace function frontrow.held(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  h frontrow.halts;
begin
  perform frontrow.check_protocol(request);
  select * into h from frontrow.halts where id = (request ->> 'halt')::bigint;
  if h.id is null then
    raise exception 'frontrow: there is no halt %', request ->> 'halt' using errcode = 'FR404';
  end if;
  return (select pg_catalog.jsonb_build_object('id', h.id, 'collection', h.collection, 'kind', h.kind, 'state', h.state,
    'reason', h.reason, 'evidence', h.evidence, 'since', h.created_at, 'closed', h.closed_at,
    'seen', pg_catalog.pg_current_snapshot()::text,
    'items', coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', i.path, 'store', i.store,
      'confirmed', i.confirmed, 'evidence', i.evidence) order by i.path), '[]'))
    from frontrow.halt_items as i where i.halt = h.id);
end;
$$;
comment on function frontrow.held(jsonb) is 'One halt with the documents it holds. {halt} → {id, kind, state, reason, evidence, seen, items: [{path, store, confirmed, evidence}]}.';

-- The halt, locked, when this decision can be made about it. Raises FR404 or FR400 with what to do instead.
create or replace function frontrow.decidable(halt_id bigint, decision text) returns frontrow.halts
language plpgsql volatile security definer set search_path = '' as $$
declare
  h frontrow.halts;
begin
  select * into h from frontrow.halts where id = halt_id for update;
  if h.id is null then
    raise exception 'frontrow: there is no halt %', halt_id using errcode = 'FR404';
  elsif h.state <> 'open' then
    raise exception 'frontrow: halt % is not open: %', halt_id, case h.state
      when 'apply' then 'it was decided and is being carried out'
      else pg_catalog.format('it was closed at %s', pg_catalog.date_trunc('second', h.closed_at)) end using errcode = 'FR404';
  elsif decision is null or decision not in ('apply', 'restore') then
    raise exception 'frontrow: decision must be apply or restore' using errcode = '22023';
  elsif h.kind = 'schema-changed' then
    raise exception 'frontrow: halt % ends by itself when the table is again as it was registered, or when the collection is registered again',
      halt_id using errcode = 'FR400';
  elsif decision = 'restore' and h.kind in ('oscillation', 'fence') then
    raise exception 'frontrow: halt % holds nothing to give back: it can only be let go on', halt_id using errcode = 'FR400';
  elsif h.kind = 'scope-changed' then
    -- Deciding before all of it was looked at would decide about documents nobody has seen.
    perform frontrow.mark_differences(c) from frontrow.collections as c where c.name = h.collection;
    if exists (select from frontrow.dirty where collection = h.collection) then
      raise exception 'frontrow: halt % is still being looked into: run a sync, then decide', halt_id using errcode = 'FR400';
    end if;
  end if;
  return h;
end;
$$;
comment on function frontrow.decidable(bigint, text) is 'An open halt about which this can be decided.';

-- The documents a decision is about: those that were held when the person looked; a rewriting peer changes its documents
-- all the time, so those that are parked go on all together.
create or replace function frontrow.decided(h frontrow.halts, seen text) returns text[]
language plpgsql volatile security definer set search_path = '' as $$
begin
  if seen !~ '^[0-9]{1,19}:[0-9]{1,19}:[0-9,]*$' then
    raise exception 'frontrow: seen must be what held or report answered' using errcode = '22023';
  end if;
  return array(select i.path from frontrow.halt_items as i where i.halt = h.id
    and (seen is null or h.kind = 'oscillation' or pg_catalog.pg_visible_in_snapshot(i.noted, seen::pg_catalog.pg_snapshot))
    order by i.path);
end;
$$;
comment on function frontrow.decided(frontrow.halts, text) is 'The paths of a halt that were held at the moment called seen; all of them when it is null.';

-- A person decided. apply: carry out exactly the held deletions, or let what was stopped go on. restore: give the missing
-- replicas back, or keep the project's identity as it was.
create or replace function frontrow.resume(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  h frontrow.halts;
  decision text := request ->> 'decision';
  paths text[];
  remaining int;
begin
  perform frontrow.check_protocol(request);
  h := frontrow.decidable((request ->> 'halt')::bigint, decision);
  paths := frontrow.decided(h, request ->> 'seen');
  select count(*) into remaining from frontrow.halt_items as i
  where i.halt = h.id and not i.confirmed and not i.path = any (paths);
  if not coalesce((request ->> 'dryRun')::boolean, false) then
    if h.kind = 'identity' and decision = 'apply' then
      perform frontrow.set_identity(h.evidence ->> 'seen');
    elsif h.kind = 'fence' then
      perform frontrow.retry_fence();
    elsif h.kind = 'oscillation' then
      delete from frontrow.flows where collection = h.collection and path = any (paths);
    elsif decision = 'restore' then
      delete from frontrow.bases as b using frontrow.halt_items as i
      where i.halt = h.id and i.path = any (paths) and b.collection = h.collection and b.path = i.path
        -- What is gone from both sides is given back to both.
        and (b.store = i.store or i.evidence -> b.store = 'null');
    end if;
    if decision = 'apply' and h.kind in ('deletions', 'scope-changed') then
      update frontrow.halt_items set confirmed = true where halt = h.id and path = any (paths);
    else
      delete from frontrow.halt_items where halt = h.id and path = any (paths);
    end if;
    update frontrow.halts set
      state = case when remaining > 0 then 'open'
        when exists (select from frontrow.halt_items where halt = h.id) then 'apply' else 'closed' end,
      closed_at = case when remaining = 0 and not exists (select from frontrow.halt_items where halt = h.id)
        then pg_catalog.now() end
    where id = h.id;
    perform frontrow.mark(h.collection, 'table', paths, false);
    perform frontrow.ring();
  end if;
  return pg_catalog.jsonb_build_object('halt', h.id, 'kind', h.kind, 'decision', decision,
    'documents', pg_catalog.cardinality(paths), 'left', remaining, 'paths', pg_catalog.to_jsonb(paths[1:20]));
end;
$$;
comment on function frontrow.resume(jsonb) is 'Carries out a person''s decision on a halt. {halt, decision: apply|restore, seen?, dryRun?} → {halt, kind, decision, documents, left, paths}.';

-- -------------------- sql/68_revisions.sql --------------------

-- History for people: what there was, one text of it, and an old one made the newest.

create or replace function frontrow.stamp(moment timestamptz) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function frontrow.stamp(timestamptz) is 'A moment as text, to the microsecond, so that it can come back as a place in a list.';

create or replace view frontrow.history_entries with (security_invoker = true) as
select r.collection, r.path, r.revision, r.parents,
  array(select p from pg_catalog.unnest(r.parents) as p where not exists (
    select from frontrow.revisions as o where o.collection = r.collection and o.path = r.path and o.revision = p)) as trimmed,
  r.store, r.author, r.message, r.created_at, r.digest, r.deleted, r.purge is not null as purged,
  r.revision = d.revision as current
from frontrow.revisions as r
join frontrow.documents as d on d.collection = r.collection and d.path = r.path;
comment on view frontrow.history_entries is 'Every revision, without its text: who, where, when, from which; `trimmed` are parents that are not kept any more.';

create or replace function frontrow.history_item(e frontrow.history_entries) returns jsonb
language sql stable set search_path = '' as $$
  select pg_catalog.to_jsonb(e) - 'created_at' || pg_catalog.jsonb_build_object('at', frontrow.stamp(e.created_at))
$$;
comment on function frontrow.history_item(frontrow.history_entries) is 'A revision as it crosses the wire.';

-- Keyset pages: `after` is the `next` of the page before.
create or replace function frontrow.history(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  most int := least(greatest(coalesce((request ->> 'limit')::int, 50), 1), 500);
  names text[] := case when request ->> 'collection' is not null then array[request ->> 'collection']
    else array(select name from frontrow.collections) end;
  place jsonb := nullif(request -> 'after', 'null');
  items jsonb;
begin
  perform frontrow.check_protocol(request);
  select coalesce(pg_catalog.jsonb_agg(frontrow.history_item(e)
    order by e.created_at desc, e.collection desc, e.path desc, e.revision desc), '[]') into items
  from (
    select * from frontrow.history_entries as e
    where e.collection = any (names) and (request ->> 'path' is null or e.path = request ->> 'path')
      and (request ->> 'author' is null or e.author = request ->> 'author')
      and (request ->> 'since' is null or e.created_at >= (request ->> 'since')::timestamptz)
      and (place is null or (e.created_at, e.collection, e.path, e.revision) <
        ((place ->> 'at')::timestamptz, place ->> 'collection', place ->> 'path', (place ->> 'revision')::bigint))
    order by e.created_at desc, e.collection desc, e.path desc, e.revision desc limit most
  ) as e;
  return pg_catalog.jsonb_build_object('items', items, 'next', case when pg_catalog.jsonb_array_length(items) = most then
    pg_catalog.jsonb_build_object('at', items -> -1 -> 'at', 'collection', items -> -1 -> 'collection',
      'path', items -> -1 -> 'path', 'revision', items -> -1 -> 'revision') end);
end;
$$;
comment on function frontrow.history(jsonb) is 'Revisions, newest first. {collection?, path?, author?, since?, limit?, after?} → {items, next}.';

-- Without a number: the newest one.
create or replace function frontrow.revision(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  e frontrow.history_entries;
begin
  perform frontrow.check_protocol(request);
  select * into e from frontrow.history_entries
  where collection = request ->> 'collection' and path = request ->> 'path'
    and case when request ->> 'revision' is null then current else revision = (request ->> 'revision')::bigint end;
  if e.revision is null then
    raise exception 'frontrow: % has no revision %: it never had, or it is not kept any more', request ->> 'path',
      coalesce(request ->> 'revision', 'at all') using errcode = 'FR404';
  end if;
  return frontrow.history_item(e)
    || pg_catalog.jsonb_build_object('text', frontrow.revision_text(e.collection, e.path, e.revision));
end;
$$;
comment on function frontrow.revision(jsonb) is 'One revision and its text (null: a deletion, or purged). {collection, path, revision?}. Raises FR404.';

-- The hub's news, as if a third store had changed the document: the next pass brings it to both sides, and merges it
-- with what somebody may have changed there meanwhile.
create or replace function frontrow.restore(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  d frontrow.documents;
  wanted frontrow.revisions;
  said text;
  latest bigint;
begin
  perform frontrow.check_protocol(request);
  select * into c from frontrow.collections where name = request ->> 'collection';
  select * into d from frontrow.documents where collection = c.name and path = request ->> 'path' for update;
  select * into wanted from frontrow.revisions
  where collection = c.name and path = d.path and revision = (request ->> 'revision')::bigint;
  if wanted.revision is null then
    raise exception 'frontrow: % has no revision %: it never had, or it is not kept any more', request ->> 'path',
      request ->> 'revision' using errcode = 'FR404';
  end if;
  said := frontrow.revision_text(c.name, d.path, wanted.revision);
  if wanted.purge is not null or wanted.deleted or said is null then
    raise exception 'frontrow: revision % of % has no text to restore: it is %', wanted.revision, d.path,
      case when wanted.deleted then 'a deletion; take the one before it' else 'purged' end using errcode = 'FR404';
  end if;
  if c.policies ->> 'direction' = 'rows-to-files' then
    raise exception 'frontrow: % cannot be restored, as rows lead in "%": change the row', d.path, c.name using errcode = 'FR423';
  end if;
  if exists (select from frontrow.conflicts where collection = c.name and path = d.path and state = 'open') then
    raise exception 'frontrow: % cannot be restored while it is in conflict: resolve the conflict first', d.path
      using errcode = 'FR423';
  end if;
  if exists (select from frontrow.quarantine where collection = c.name and path = d.path) then
    raise exception 'frontrow: % cannot be restored while it is quarantined: mend or remove what is there first', d.path
      using errcode = 'FR423';
  end if;
  if d.revision is distinct from (request ->> 'expect')::bigint then
    raise exception 'frontrow: % is at revision % by now, not at %: look at it again, then restore', d.path, d.revision,
      request ->> 'expect' using errcode = 'FR409';
  end if;
  if said = d.text and d.deleted_at is null then
    return pg_catalog.jsonb_build_object('revision', d.revision, 'restored', wanted.revision, 'changed', false);
  end if;
  latest := frontrow.append_revisions(c, d.path, d.revision, pg_catalog.jsonb_build_object('editor', 'restore',
      'message', coalesce(nullif(request ->> 'message', ''), pg_catalog.format('restored revision %s', wanted.revision)),
      'revisions', pg_catalog.jsonb_build_array(
        pg_catalog.jsonb_build_object('store', 'restore', 'text', said, 'digest', wanted.digest))),
    pg_catalog.jsonb_build_object('restore', coalesce(nullif(request ->> 'caller', ''), frontrow.person(nullif(frontrow.actor(), '')))));
  update frontrow.revisions set parents = array[d.revision, wanted.revision]
  where collection = c.name and path = d.path and revision = latest;
  perform frontrow.trim_history(c, d.path, latest);
  perform frontrow.mark(c.name, 'table', array[d.path], false);
  perform frontrow.ring();
  return pg_catalog.jsonb_build_object('revision', latest, 'restored', wanted.revision, 'changed', true);
end;
$$;
comment on function frontrow.restore(jsonb) is 'Appends an old revision''s text as a new revision. {collection, path, revision, expect, message?} → {revision, restored, changed}. Raises FR404, FR409 (it moved on), FR423 (something is in the way).';

-- A slice of the documents whose history is limited: age comes without a write, and a policy may have changed.
create or replace function frontrow.sweep_history() returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  place jsonb;
  walked frontrow.documents;
  trimmed int := 0;
  seen int := 0;
begin
  if not exists (select from frontrow.collections where policies ->> 'history' <> 'all') then
    return 0;
  end if;
  select value into place from frontrow.settings where name = 'history';
  for walked in
    select d.* from frontrow.documents as d
    where (d.collection, d.path) > (coalesce(place ->> 'collection', ''), coalesce(place ->> 'path', ''))
      and d.collection in (select name from frontrow.collections where policies ->> 'history' <> 'all')
    order by d.collection, d.path limit 500
  loop
    seen := seen + 1;
    trimmed := trimmed + (select frontrow.trim_history(c, walked.path, walked.revision)
      from frontrow.collections as c where c.name = walked.collection);
  end loop;
  insert into frontrow.settings (name, value) values ('history', case when seen < 500 then '{}'
    else pg_catalog.jsonb_build_object('collection', walked.collection, 'path', walked.path) end)
  on conflict (name) do update set value = excluded.value where settings.value <> excluded.value;
  return trimmed;
end;
$$;
comment on function frontrow.sweep_history() is 'Trims the next 500 documents whose collection limits its history; answers how many revisions went.';

-- -------------------- sql/69_purge.sql --------------------

-- Forgetting a person: the content and the name of what they wrote. Numbers, places and times stay, so that the chain of
-- every document can still be followed; digests of their texts go too, as they are made from personal data.

-- Texts on which something stands (the current document, a base, an open conflict) go here, as soon as nothing does.
create or replace function frontrow.finish_purges() returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  finished int;
begin
  with done as (
    update frontrow.revisions as r set text = null, purge = 'done'
    from frontrow.documents as d
    where r.purge = 'pending' and d.collection = r.collection and d.path = r.path and r.revision < d.revision
      and not exists (select from frontrow.bases as b
        where b.collection = r.collection and b.path = r.path and b.revision = r.revision)
      and not exists (select from frontrow.conflicts as k
        where k.collection = r.collection and k.path = r.path and k.state = 'open' and k.revision = r.revision)
    returning r.collection, r.path, r.revision
  ), emptied as (
    -- A deleted document's last text lies in documents.
    update frontrow.documents as d set text = null, digest = null from done
    where d.collection = done.collection and d.path = done.path and d.deleted_at is not null and done.revision = (
      select max(r.revision) from frontrow.revisions as r where r.collection = d.collection and r.path = d.path and not r.deleted)
  )
  select count(*) into finished from done;
  update frontrow.conflicts set base_text = null, file_text = null, row_text = null, merged_text = null,
    decision = decision - 'text', purge = false
  where purge and state = 'resolved';
  return finished;
end;
$$;
comment on function frontrow.finish_purges() is 'Removes the purged texts that nothing needs any more; answers how many.';

-- Everything is done at once and, for a dry run, undone before it is answered: the counts are the real ones.
create or replace function frontrow.purge_author(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  names text[] := array(select pg_catalog.jsonb_array_elements_text(request -> 'authors'));
  is_dry boolean := coalesce((request ->> 'dryRun')::boolean, false);
  result jsonb;
begin
  perform frontrow.check_protocol(request);
  if pg_catalog.cardinality(names) = 0 or '' = any (names) then
    raise exception 'frontrow: name at least one author, as log shows them' using errcode = 'FR422';
  end if;
  begin
    -- Signals know people by their ids, the history by their e-mails.
    names := names || array(select frontrow.person(n) from pg_catalog.unnest(names) as n) || frontrow.people_named(names);
    result := frontrow.purge_names(names) || pg_catalog.jsonb_build_object('dryRun', is_dry);
    if is_dry then
      raise exception 'rolled back on purpose' using errcode = 'FR000';
    end if;
  exception when sqlstate 'FR000' then
    null;
  end;
  return result;
end;
$$;
comment on function frontrow.purge_author(jsonb) is 'Forgets what these people wrote, and their names; safe to repeat. {authors, dryRun?} → {revisions, pending, signals, entries, conflicts, messages, current, dryRun}.';

create or replace function frontrow.people_named(emails text[]) returns text[]
language plpgsql stable security definer set search_path = '' as $$
declare
  ids text[] := '{}'::text[];
begin
  if pg_catalog.to_regclass('auth.users') is not null then
    execute pg_catalog.format('select array(select id::text from auth.%I where email = any ($1))', 'users')
      into ids using emails;
  end if;
  return ids;
exception when others then
  return '{}'::text[];
end;
$$;
comment on function frontrow.people_named(text[]) is 'The ids of the users of Supabase Auth with these e-mails.';

create or replace function frontrow.purge_names(names text[]) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  result jsonb;
  touched int;
begin
  with recursive theirs as (
    select r.collection, r.path, r.revision from frontrow.revisions as r where r.author = any (names)
    union
    -- A merge holds what was merged, a restored revision what was restored.
    select r.collection, r.path, r.revision from theirs as t
    join frontrow.revisions as r on r.collection = t.collection and r.path = t.path
      and (r.store = 'merge' and t.revision = any (r.parents) or r.store = 'restore' and t.revision = r.parents[2])
  ), forgotten as (
    update frontrow.revisions as r set purge = coalesce(r.purge, 'pending'), digest = null, message = null,
      author = case when r.author = any (names) then null else r.author end
    from theirs as t where r.collection = t.collection and r.path = t.path and r.revision = t.revision
    returning r.collection, r.path, r.revision
  ), held as (
    update frontrow.conflicts as k set purge = true
    where exists (select from theirs as t where t.collection = k.collection and t.path = k.path)
      or k.file_author = any (names) or k.row_author = any (names) or k.decider = any (names)
    returning k.id
  )
  select pg_catalog.jsonb_build_object('revisions', (select count(*) from forgotten), 'conflicts', (select count(*) from held),
    'current', coalesce((select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', d.collection,
        'path', d.path, 'revision', d.revision) order by d.collection, d.path)
      from theirs as t join frontrow.documents as d on d.collection = t.collection and d.path = t.path
        and d.revision = t.revision and d.deleted_at is null), '[]'))
  into result;
  -- An open conflict keeps its texts for the person who decides; the names go now. What comes of it later is known by
  -- the empty name.
  update frontrow.conflicts as k set
    file_author = case when k.file_author = any (names) then '' else k.file_author end,
    row_author = case when k.row_author = any (names) then '' else k.row_author end,
    decider = case when not k.decider = any (names) then k.decider end
  where k.purge;
  update frontrow.dirty set actor = '' where actor = any (names);
  get diagnostics touched = row_count;
  result := result || pg_catalog.jsonb_build_object('signals', touched);
  perform pg_catalog.set_config('frontrow.audit', 'open', true);
  update frontrow.audit set who = null where who = any (names);
  get diagnostics touched = row_count;
  perform pg_catalog.set_config('frontrow.audit', '', true);
  result := result || pg_catalog.jsonb_build_object('entries', touched, 'messages', frontrow.purge_messages(names));
  perform frontrow.finish_purges();
  return result || pg_catalog.jsonb_build_object('pending',
    (select count(*) from frontrow.revisions where purge = 'pending'));
end;
$$;
comment on function frontrow.purge_names(text[]) is 'Carries out purge_author; answers its counts.';

-- Messages hold no content, but a user's constraint or trigger may have put a name into one.
create or replace function frontrow.purge_messages(names text[]) returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  entry record;
  touched int;
  total int := 0;
begin
  for entry in select * from (values ('run_items', 'message'), ('runs', 'error'), ('leases', 'last_error'),
    ('quarantine', 'message'), ('quarantine', 'hint'), ('revisions', 'message'), ('halts', 'reason')) as t (name, field)
  loop
    execute pg_catalog.format('update frontrow.%1$I set %2$I = %3$L where exists (
      select from pg_catalog.unnest($1) as n where pg_catalog.strpos(pg_catalog.lower(%2$I), pg_catalog.lower(n)) > 0)',
      entry.name, entry.field, '(purged)') using names;
    get diagnostics touched = row_count;
    total := total + touched;
  end loop;
  return total;
end;
$$;
comment on function frontrow.purge_messages(text[]) is 'Blanks every message that holds one of these names; answers how many.';

-- -------------------- sql/70_apply.sql --------------------

-- Apply: the only code that changes documents and rows. One transaction per batch, one outcome per item; an item that
-- cannot be carried out leaves nothing behind and stops nobody else.

-- What a database error means for one item, in words without content.
create or replace function frontrow.row_failure(state text, constraint_name text, column_name text) returns jsonb
language sql immutable set search_path = '' as $$
  select case
    when state in ('40001', '40P01', '55P03', '55006', '42P01', '42703') or state like '53%' or state like '08%' then
      pg_catalog.jsonb_build_object('outcome', case when state = '55P03' then 'stale' else 'deferred' end,
        'code', 'STORE_UNAVAILABLE',
        'message', pg_catalog.format('the table was busy (SQLSTATE %s)', state))
    else pg_catalog.jsonb_build_object('outcome', 'quarantined', 'code', 'ROW_CONSTRAINT',
      'rule', coalesce(nullif(constraint_name, ''), nullif(column_name, ''), state),
      'message', pg_catalog.format('the table refuses the row: %s (SQLSTATE %s)',
        case
          when coalesce(constraint_name, '') <> '' then pg_catalog.format('constraint "%s"', constraint_name)
          when coalesce(column_name, '') <> '' then pg_catalog.format('column "%s"', column_name)
          when state = 'P0001' then 'one of its triggers raised an error'
          when state = 'FR002' then 'one of its triggers swallowed the write'
          else 'a value does not fit its column' end, state),
      'hint', 'change the file so that the table accepts it, or change the table; it is tried again by itself')
  end
$$;
comment on function frontrow.row_failure(text, text, text) is 'Quarantine or another try, by SQLSTATE.';

-- Writes the row and takes the table's base from what it reads back. A user's trigger may have changed what we wrote, or
-- what we left alone: then the base keeps what we meant, so that the next pass sees the difference as an edit of the
-- row, once.
-- Answers null when the row was not at the expected version, else whether another pass is needed.
create or replace function frontrow.write_row(
  c frontrow.collections, document_path text, expected text, change jsonb, revision bigint
) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  before frontrow.row_replica;
  back record;
  cleared text[] := array(select pg_catalog.jsonb_array_elements_text(change -> 'clear'));
  meant jsonb := frontrow.normalized(c, change -> 'set');
  agreed jsonb;
  agreed_body text;
begin
  if expected is not null then
    select b.path, b.version, b.fields, frontrow.base_body(b) into before from frontrow.bases as b
    where b.collection = c.name and b.path = document_path and b.store = 'table' and b.version = expected
      and b.fields is not null;
    if before.path is null then
      select * into before from frontrow.read_rows(c, array[document_path]);
    end if;
  end if;
  if not frontrow.put_row(c, document_path, expected, change -> 'set',
    cleared, change ->> 'body')
  then
    return null;
  end if;
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  set constraints all immediate;
  select * into back from frontrow.read_rows(c, array[document_path]);
  if back.path is null then
    raise exception 'frontrow: the row of % was gone again after it was written', document_path using errcode = 'FR002';
  end if;
  -- What a trigger made of a column that was not written is news as well: the base keeps what stood there before.
  agreed := back.fields || case when before.version = expected then before.fields - cleared else '{}' end || meant;
  agreed_body := case when c.body_column is null then null
    else coalesce(change ->> 'body', case when before.version = expected then before.body end, back.body) end;
  insert into frontrow.bases (collection, path, store, version, revision, fields, body)
  values (c.name, document_path, 'table', frontrow.row_version(agreed, agreed_body), revision, agreed, agreed_body)
  on conflict (collection, path, store) do update set version = excluded.version, revision = excluded.revision,
    fields = excluded.fields, body = excluded.body, body_size = null, agreed_at = pg_catalog.now();
  return agreed is distinct from back.fields or agreed_body is distinct from back.body;
end;
$$;
comment on function frontrow.write_row(frontrow.collections, text, text, jsonb, bigint) is 'Writes a document''s row and records what the table agreed on.';

-- One item inside its own subtransaction. Raises FR409 when something moved since it was read.
create or replace function frontrow.apply_item(c frontrow.collections, item jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  document_path text := item ->> 'path';
  current bigint;
  latest bigint;
  again boolean := false;
  object_op text := item #>> '{object,op}';
  row_op text := coalesce(item #>> '{row,op}', 'none');
  intent uuid;
  -- Before the versions are checked: who changes a replica after this moves it, and the item is stale.
  actors jsonb := case when item -> 'revisions' <> '[]' or (item ->> 'tombstone')::boolean or item -> 'conflict' <> 'null'
    then frontrow.newest_actors(c.name, document_path)
      || pg_catalog.jsonb_build_object('directory', nullif(current_setting('frontrow.caller', true), '')) end;
begin
  select revision into current from frontrow.documents
  where collection = c.name and path = document_path for update;
  if current is distinct from (item #>> '{expect,revision}')::bigint then
    raise exception 'the hub moved' using errcode = 'FR409';
  end if;
  -- Existence and version of the object, by SQL, in this transaction: the bytes that were read are still the object's.
  if (item -> 'expect') ? 'bucket' and (item #>> '{expect,bucket}') is distinct from
    (select o.version from frontrow.live_objects(c.bucket, array[document_path]) as o)
  then
    raise exception 'the object moved' using errcode = 'FR409';
  end if;
  if object_op = 'delete' and exists (select from frontrow.settings where name = 'fence' and value = '"inactive"') then
    raise exception 'Storage does not deliver the intent header: nothing is deleted without the fence' using errcode = 'FR503';
  end if;
  -- A conflict copy is no document: the valve does not count it.
  if (coalesce((item ->> 'tombstone')::boolean, false) or row_op = 'delete' or object_op = 'delete')
    and not frontrow.is_reserved_name(document_path)
  then
    if not frontrow.may_delete(c, document_path,
      case when (item #>> '{expect,bucket}') is null then 'bucket' else 'table' end,
      pg_catalog.jsonb_build_object('bucket', item #> '{expect,bucket}', 'table', item #> '{expect,table}'))
    then
      return pg_catalog.jsonb_build_object('outcome', 'halted', 'code', 'HALTED');
    end if;
  end if;
  if not frontrow.may_write(c, item) then
    return pg_catalog.jsonb_build_object('outcome', 'halted', 'code', 'HALTED');
  end if;
  latest := frontrow.append_revisions(c, document_path, coalesce(current, 0), item, actors);
  perform frontrow.set_base(c.name, document_path, 'bucket', item #> '{bases,bucket}', coalesce(current, 0));
  if row_op = 'put' then
    again := frontrow.write_row(c, document_path, item #>> '{expect,table}', item -> 'row', latest);
    if again is null then
      raise exception 'the row moved' using errcode = 'FR409';
    end if;
  else
    if row_op = 'delete' then
      if not frontrow.delete_row(c, document_path, item #>> '{expect,table}') then
        raise exception 'the row moved' using errcode = 'FR409';
      end if;
    end if;
    if row_op = 'none' and (item -> 'bases') ? 'table' and (item #>> '{expect,table}') is distinct from
      (select r.version from frontrow.read_rows(c, array[document_path]) as r)
    then
      raise exception 'the row moved' using errcode = 'FR409';
    end if;
    perform frontrow.set_base(c.name, document_path, 'table', item #> '{bases,table}', coalesce(current, 0));
    perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
    set constraints all immediate;
  end if;
  if c.policies ->> 'history' <> 'all' then
    perform frontrow.trim_history(c, document_path, latest);
  end if;
  perform frontrow.record_conflict(c, item, coalesce(current, 0), actors);
  if not coalesce((item #>> '{conflict,held}')::boolean, false) then
    delete from frontrow.quarantine where collection = c.name and path = document_path;
    perform frontrow.forget_halt(c.name, document_path);
  end if;
  if object_op is not null then
    insert into frontrow.intents (collection, path, bucket, operation, base_version, revision, token)
    values (c.name, document_path, c.bucket, object_op, item #>> '{expect,bucket}', latest, (item ->> 'token')::bigint)
    on conflict do nothing returning id into intent;
    -- The same request, delivered twice: nothing is wrong with the document.
    if intent is null then
      raise exception 'a write of the object is under way' using errcode = 'FR409';
    end if;
  end if;
  return pg_catalog.jsonb_build_object('outcome', item ->> 'outcome', 'intent', intent, 'again', again, 'revision', latest);
end;
$$;
comment on function frontrow.apply_item(frontrow.collections, jsonb) is 'Carries out one plan, all of it or nothing.';

create or replace function frontrow.apply(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  item jsonb;
  c frontrow.collections;
  result jsonb;
  results jsonb := '[]'::jsonb;
  done jsonb := '{}'::jsonb;
  violated text;
  refused_column text;
  run_id uuid := (request ->> 'run')::uuid;
  stranger text;
begin
  perform frontrow.check_protocol(request);
  stranger := frontrow.refuse_stranger(request);
  if stranger is not null then
    return pg_catalog.jsonb_build_object('items', '[]'::jsonb, 'stranger', stranger);
  end if;
  -- Our own row writes are echoes to their table's trigger.
  perform pg_catalog.set_config('frontrow.origin', 'frontrow', true);
  perform pg_catalog.set_config('frontrow.caller', coalesce(request ->> 'caller', ''), true);
  perform from frontrow.leases as l where (l.collection, l.path, l.token) in (
      select i.collection, i.path, i.token
      from pg_catalog.jsonb_to_recordset(request -> 'items') as i (collection text, path text, token bigint))
    order by l.collection, l.path for update;
  -- Who waits for a user's row while holding another can be half of a deadlock, and the half that Postgres cancels may
  -- be the user's. So the first row may be waited for; whoever holds a later one is left in peace until the next pass.
  perform pg_catalog.set_config('lock_timeout', '1ms', true);
  for c in select * from frontrow.collections where name in (
    select i ->> 'collection' from pg_catalog.jsonb_array_elements(request -> 'items') as i)
  loop
    begin
      done := done || pg_catalog.jsonb_build_object(c.name, frontrow.apply_together(c, run_id, request -> 'items'));
    exception when others then
      -- Each by itself then: that says which one it is, and why.
      raise debug 'frontrow: not together: %', sqlerrm;
    end;
  end loop;
  perform pg_catalog.set_config('lock_timeout', case when done @? '$.*.*' then '1ms' else '700ms' end, true);
  for item in select * from pg_catalog.jsonb_array_elements(request -> 'items') loop
    result := done #> array[item ->> 'collection', item ->> 'path'];
    if result is not null then
      results := results || (result || pg_catalog.jsonb_build_object('collection', item -> 'collection', 'path', item -> 'path'));
      continue;
    end if;
    select * into c from frontrow.collections where name = item ->> 'collection';
    perform from frontrow.leases where collection = c.name and path = item ->> 'path'
      and token = (item ->> 'token')::bigint and until > pg_catalog.clock_timestamp() for update;
    if not found then
      result := pg_catalog.jsonb_build_object('outcome', 'fenced', 'code', 'LEASE_LOST');
    elsif (item -> 'quarantine') is not null and (item -> 'quarantine') <> 'null' then
      -- An imported file is nobody's replica yet: its refusal is the import's answer, not a state of the document.
      if item #>> '{quarantine,store}' <> 'directory' then
        perform frontrow.set_quarantine(c.name, item ->> 'path', item -> 'quarantine');
      end if;
      result := (item -> 'quarantine') || '{"outcome": "quarantined"}';
    else
      begin
        result := frontrow.apply_item(c, item);
        if item #>> '{row,op}' is not null then
          perform pg_catalog.set_config('lock_timeout', '1ms', true);
        end if;
      exception
        when sqlstate 'FR409' then
          result := pg_catalog.jsonb_build_object('outcome', 'stale', 'code', 'REPLICA_MOVED', 'message', sqlerrm);
        when sqlstate 'FR503' then
          result := pg_catalog.jsonb_build_object('outcome', 'deferred', 'code', 'FENCE_INACTIVE', 'message', sqlerrm);
        when others then
          get stacked diagnostics violated = constraint_name, refused_column = column_name;
          result := frontrow.row_failure(sqlstate, violated, refused_column);
          if result ->> 'outcome' = 'quarantined' then
            perform frontrow.set_quarantine(c.name, item ->> 'path', result || pg_catalog.jsonb_build_object(
              'store', 'table', 'version', coalesce(item #>> '{expect,bucket}', item #>> '{expect,table}', '')));
          end if;
      end;
    end if;
    if result ->> 'outcome' in ('stale', 'deferred') then
      perform frontrow.fail(pg_catalog.jsonb_build_object('protocol', frontrow.protocol(), 'run', run_id, 'items',
        pg_catalog.jsonb_build_array(result || pg_catalog.jsonb_build_object('collection', c.name,
          'path', item -> 'path', 'token', item -> 'token',
          'class', case result ->> 'outcome' when 'stale' then 'stale' else 'transient' end))));
    elsif result ->> 'outcome' <> 'fenced' then
      if result ->> 'intent' is null then
        perform frontrow.complete(c.name, item ->> 'path', (item ->> 'token')::bigint);
      end if;
      if (result ->> 'again')::boolean then
        perform frontrow.mark(c.name, 'table', array[item ->> 'path'], false);
        perform frontrow.ring();
      end if;
      perform frontrow.log_items(run_id, c.name, pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object(
        'path', item -> 'path', 'outcome', result -> 'outcome', 'code', result -> 'code', 'message', result -> 'message')));
      perform frontrow.log_items(run_id, c.name,
        (select pg_catalog.jsonb_agg(w) from frontrow.warning_entries(item) as w));
    end if;
    results := results || (result || pg_catalog.jsonb_build_object('collection', c.name, 'path', item -> 'path'));
  end loop;
  perform pg_catalog.set_config('frontrow.origin', '', true);
  return pg_catalog.jsonb_build_object('items', results);
end;
$$;
comment on function frontrow.apply(jsonb) is 'Carries out plans in one transaction, with one outcome per item: as planned, stale, fenced, halted, quarantined or deferred.';

-- -------------------- sql/71_plain.sql --------------------

-- Apply, many at once: which items of a batch are plain. A plain item takes one new revision to the other side, which is
-- where its base is: into a `row` (or a new document into a new row), or into a `file`. No conflict, quarantine, tombstone
-- or halt has to do with it. What 70_apply.sql does for each item by itself is done for all plain ones together in
-- 71_together.sql, with the same outcome. Whatever is not surely plain is left to the slow path, which says what is wrong.

create type frontrow.plain_item as (
  place int, kind text, path text, token bigint, keys text[], current bigint, expected text, author text,
  fields jsonb, meant jsonb, written jsonb, cleared text[], body text,
  before_fields jsonb, before_body text, item jsonb
);
comment on type frontrow.plain_item is 'A plain item: its place in the batch, its kind (row, file), what is written, and what the table''s base was (before_*) and the row is (expected), null for a new one.';

create or replace function frontrow.plain_kind(item jsonb) returns text
language plpgsql immutable set search_path = '' as $$
begin
  if coalesce(item -> 'conflict', 'null') <> 'null' or coalesce(item -> 'quarantine', 'null') <> 'null'
    or coalesce((item ->> 'tombstone')::boolean, false)
    or coalesce(pg_catalog.jsonb_array_length(item -> 'revisions'), 0) <> 1 or item #>> '{revisions,0,store}' = 'merge'
    or coalesce(pg_catalog.jsonb_typeof(item #> '{bases,bucket}'), 'object') <> 'object'
    or (item #>> '{expect,revision}' is null) <> (item #>> '{expect,table}' is null)
  then
    return null;
  end if;
  return case
    when item #>> '{row,op}' = 'put' and coalesce(item -> 'object', 'null') = 'null' then 'row'
    when coalesce(item -> 'row', 'null') = 'null' and item #>> '{object,op}' = 'put'
      and item #>> '{expect,bucket}' is not null and item #>> '{bases,table,version}' = item #>> '{expect,table}'
      -- So the row is what the item says, as long as it is at that version.
      and frontrow.row_version(item #> '{bases,table,fields}', item #>> '{bases,table,body}') = item #>> '{expect,table}'
      then 'file' end;
end;
$$;
comment on function frontrow.plain_kind(jsonb) is 'Whether an item has the shape of a plain one: row, file, or null.';

-- Locks the documents, and the rows that are written, of those it answers. Never waits: who holds one of them is left to the slow path.
create or replace function frontrow.plain_items(c frontrow.collections, items jsonb) returns frontrow.plain_item[]
language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  authors jsonb;
  paths text[];
  current jsonb;
  work frontrow.plain_item[];
  places int[];
begin
  -- Before the versions are checked: who changes a replica after this moves it, and the item is left out.
  select pg_catalog.jsonb_object_agg(i.path, case i.store
      when 'directory' then nullif(pg_catalog.current_setting('frontrow.caller', true), '')
      else case when a.actor <> '' then frontrow.person(a.actor) end end), pg_catalog.array_agg(i.path)
  into authors, paths
  from (
    select e.item, e.item ->> 'path' as path, e.item #>> '{revisions,0,store}' as store,
      count(*) over (partition by e.item ->> 'path') as times
    from pg_catalog.jsonb_array_elements(items) as e (item) where e.item ->> 'collection' = c.name
  ) as i
  left join lateral (
    select d.actor from frontrow.dirty as d
    where d.collection = c.name and d.path = i.path and d.store = i.store and d.actor is not null
    order by d.id desc limit 1
  ) as a on true
  where i.times = 1 and frontrow.plain_kind(i.item) is not null;
  if paths is null then
    return '{}'::frontrow.plain_item[];
  end if;
  select coalesce(pg_catalog.jsonb_object_agg(d.path, d.revision), '{}') into current
  from (select p.path from pg_catalog.unnest(paths) as p (path) order by p.path) as p
  cross join lateral (
    select x.path, x.revision from frontrow.documents as x
    where x.collection = c.name and x.path = p.path for update skip locked
  ) as d;
  with i as materialized (
    select e.item, e.place::int as place, e.item ->> 'path' as path, e.item #>> '{expect,table}' as expected,
      case when e.item #>> '{row,op}' is null then 'file' else 'row' end as kind,
      frontrow.path_keys(c, e.item ->> 'path') as keys, frontrow.as_record(c, e.item #> '{row,set}') as meant
    from pg_catalog.jsonb_array_elements(items) with ordinality as e (item, place)
    where e.item ->> 'collection' = c.name and e.item ->> 'path' = any (paths)
  ), objects as materialized (
    select o.name, o.version from frontrow.live_objects(c.bucket, paths) as o
  )
  select pg_catalog.array_agg(row(i.place, i.kind, i.path, l.token, i.keys, coalesce((current ->> i.path)::bigint, 0), i.expected,
    authors ->> i.path, i.item #> '{row,set}', i.meant,
    i.meant || case when c.body_column is not null and i.item #>> '{row,body}' is not null
        then pg_catalog.jsonb_build_object(c.body_column, i.item #>> '{row,body}') else '{}' end
      || case when i.expected is null then pg_catalog.jsonb_object(c.key_columns, i.keys) else '{}' end,
    array(select pg_catalog.jsonb_array_elements_text(i.item #> '{row,clear}')), i.item #>> '{row,body}',
    b.fields, b.body, i.item)::frontrow.plain_item order by i.place)
  into work
  from i
  cross join lateral (select x.token from frontrow.leases as x
    where x.collection = c.name and x.path = i.path and x.token = (i.item ->> 'token')::bigint
      and x.until > pg_catalog.clock_timestamp() offset 0) as l
  left join lateral (select x.path, x.version, x.fields, frontrow.base_body(x) as body from frontrow.bases as x
    where x.collection = c.name and x.path = i.path and x.store = 'table' offset 0) as b on true
  left join lateral (select x.version from frontrow.bases as x
    where x.collection = c.name and x.path = i.path and x.store = 'bucket' offset 0) as f on true
  left join objects as o on o.name = i.path
  where i.keys is not null
    and (current ->> i.path)::bigint is not distinct from (i.item #>> '{expect,revision}')::bigint
    and (current ? i.path or not exists (
      select from frontrow.documents as d where d.collection = c.name and d.path = i.path offset 0))
    and (not (i.item -> 'expect') ? 'bucket' or i.item #>> '{expect,bucket}' is not distinct from o.version)
    and case when i.kind = 'file' then f.version = i.item #>> '{expect,bucket}'
      when i.expected is null then b.path is null else b.version = i.expected and b.fields is not null end
    and not exists (select from frontrow.conflicts as x
      where x.collection = c.name and x.path = i.path and x.state = 'open' offset 0)
    and not exists (select from frontrow.halt_items as x join frontrow.halts as h on h.id = x.halt
      where h.collection = c.name and h.state <> 'closed' and x.path = i.path offset 0);
  places := frontrow.lock_rows(c, array(select w from pg_catalog.unnest(work) as w where w.kind = 'row'))
    || array(select w.place from pg_catalog.unnest(work) as w
      join frontrow.read_rows(c, array(select x.path from pg_catalog.unnest(work) as x where x.kind = 'file')) as r
        on r.path = w.path and r.version = w.expected where w.kind = 'file');
  return array(select w from pg_catalog.unnest(work) as w where w.place = any (places));
end;
$$;
comment on function frontrow.plain_items(frontrow.collections, jsonb) is 'The plain items of a batch that nothing has moved under, locked.';

-- -------------------- sql/71_plain_rows.sql --------------------

-- The rows of plain items: as put_row and write_row do it for one, in a handful of statements.

create or replace function frontrow.lock_rows(c frontrow.collections, work frontrow.plain_item[]) returns int[]
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  places int[];
begin
  if pg_catalog.cardinality(work) = 0 then
    return '{}'::int[];
  end if;
  execute pg_catalog.format(
    'select pg_catalog.array_agg(w.place) from pg_catalog.unnest($1) as w left join lateral (
       select frontrow.row_version(%s, %s) as version, %s as is_live from %s as r where %s for update skip locked
     ) as r on true
     where case when w.expected is null then r.version is null else r.is_live and r.version = w.expected end',
    frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.live_condition(c),
    frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys')) into places using work;
  return places;
end;
$$;
comment on function frontrow.lock_rows(frontrow.collections, frontrow.plain_item[]) is 'Locks the rows that nobody holds; answers the places of those at the expected version, or not there when new.';

-- One statement for all that set the same columns: what a file does not mention must get its default.
create or replace function frontrow.put_rows(c frontrow.collections, work frontrow.plain_item[]) returns void
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  shape record;
  touched int;
begin
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  for shape in
    select n.is_new, n.names, n.cleared, pg_catalog.array_agg(n.w order by (n.w).place) as work
    from (
      select w, w.expected is null as is_new, w.cleared, array(
        select k from pg_catalog.jsonb_object_keys(w.written) as k
        where w.expected is null or not k = any (c.key_columns) order by 1) as names
      from pg_catalog.unnest(work) as w
    ) as n
    where n.is_new or pg_catalog.cardinality(n.names) + pg_catalog.cardinality(n.cleared) > 0
    group by n.is_new, n.names, n.cleared
  loop
    execute case when shape.is_new then pg_catalog.format(
      'insert into %1$s (%2$s) select %3$s from pg_catalog.unnest($1::frontrow.plain_item[]) as w
       cross join lateral pg_catalog.jsonb_populate_record(null::%1$s, w.written) as v',
      frontrow.qualified_table(c),
      (select pg_catalog.string_agg(pg_catalog.quote_ident(k), ', ') from pg_catalog.unnest(shape.names) as k),
      (select pg_catalog.string_agg('v.' || pg_catalog.quote_ident(k), ', ') from pg_catalog.unnest(shape.names) as k))
    else pg_catalog.format(
      'update %1$s as r set %2$s from pg_catalog.unnest($1::frontrow.plain_item[]) as w
       cross join lateral pg_catalog.jsonb_populate_record(null::%1$s, w.written) as v where %3$s',
      frontrow.qualified_table(c), (
        select pg_catalog.string_agg(s, ', ') from (
          select pg_catalog.format('%1$I = v.%1$I', k) as s from pg_catalog.unnest(shape.names) as k
          union all select pg_catalog.format('%I = default', k) from pg_catalog.unnest(shape.cleared) as k) as assignments),
      frontrow.key_condition(c, 'w.keys')) end using shape.work;
    get diagnostics touched = row_count;
    if touched <> pg_catalog.cardinality(shape.work) then
      raise exception 'frontrow: a trigger of % swallowed a write', frontrow.qualified_table(c) using errcode = 'FR002';
    end if;
  end loop;
end;
$$;
comment on function frontrow.put_rows(frontrow.collections, frontrow.plain_item[]) is 'Inserts and updates the rows of plain items, which are locked.';

create type frontrow.row_agreement as (place int, again boolean);
comment on type frontrow.row_agreement is 'A plain item whose row was read back; again: it is not what was meant.';

-- The table's bases from what the rows read back as; `again`: a trigger made something else of what was written.
create or replace function frontrow.agree_on_rows(c frontrow.collections, work frontrow.plain_item[])
returns setof frontrow.row_agreement
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
begin
  if pg_catalog.cardinality(work) = 0 then
    return;
  end if;
  return query execute pg_catalog.format(
    'with back as materialized (
       select w.place, w.path, w.current, r.fields, r.body, coalesce(w.before_fields - w.cleared, ''{}'') as before, w.before_body,
         w.body as meant_body, (select coalesce(pg_catalog.jsonb_object_agg(e.key, e.value), ''{}'')
           from pg_catalog.jsonb_each(m.fields) as e where w.fields ? e.key) as meant
       from pg_catalog.unnest($1) as w
       cross join lateral (select %3$s as fields, %4$s as body from %1$s as r where %2$s and %5$s offset 0) as r
       cross join lateral (select %3$s as fields from pg_catalog.jsonb_populate_record(null::%1$s, w.meant) as r offset 0) as m
     ), agreed as materialized (
       select b.place, b.path, b.current, b.fields || b.before || b.meant as fields,
         case when $3 then coalesce(b.meant_body, b.before_body, b.body) end as body, b.fields as back_fields, b.body as back_body
       from back as b
     ), kept as (
       insert into frontrow.bases (collection, path, store, version, revision, fields, body)
       select $2, a.path, ''table'', frontrow.row_version(a.fields, a.body), a.current + 1, a.fields, a.body from agreed as a
       on conflict (collection, path, store) do update set version = excluded.version, revision = excluded.revision,
         fields = excluded.fields, body = excluded.body, body_size = null, agreed_at = pg_catalog.now()
     )
     select a.place, a.fields is distinct from a.back_fields or a.body is distinct from a.back_body from agreed as a',
    frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'), frontrow.fields_expression(c),
    frontrow.body_expression(c), frontrow.live_condition(c)) using work, c.name, c.body_column is not null;
end;
$$;
comment on function frontrow.agree_on_rows(frontrow.collections, frontrow.plain_item[]) is 'Records what the table agreed on for plain items, once they are written.';

-- -------------------- sql/71_together.sql --------------------

-- Apply, many at once: what apply_item does for one item, for all plain ones of a collection in a few statements.

-- The revisions, and the documents they make. Before the bases move, which say what each store had seen.
create or replace function frontrow.append_plain(c frontrow.collections, work frontrow.plain_item[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  known text[] := array(select w.path from pg_catalog.unnest(work) as w where w.current > 0);
begin
  update frontrow.revisions as r set text = d.text from frontrow.documents as d
  where r.collection = c.name and r.path = any (known) and d.collection = c.name and d.path = r.path
    and r.text is null and not r.deleted and r.purge is distinct from 'done';
  insert into frontrow.revisions (collection, path, revision, parents, store, author, message, digest)
  select c.name, w.path, w.current + 1, case when b.path is null or w.current = 0 then '{}' else array[b.revision] end,
    e.store, w.author, coalesce(w.item ->> 'message', w.item ->> 'outcome'), w.item #>> '{revisions,0,digest}'
  from pg_catalog.unnest(work) as w
  cross join lateral (select w.item #>> '{revisions,0,store}' as store) as e
  left join lateral (select x.path, x.revision from frontrow.bases as x where x.collection = c.name and x.path = w.path
    and x.store = case e.store when 'directory' then 'bucket' else e.store end offset 0) as b on true
  order by w.place;
  insert into frontrow.documents (collection, path, text, digest, revision, updated_by)
  select c.name, w.path, w.item #>> '{revisions,0,text}', w.item #>> '{revisions,0,digest}', w.current + 1,
    coalesce(w.item ->> 'editor', 'merge')
  from pg_catalog.unnest(work) as w
  on conflict (collection, path) do update set text = coalesce(excluded.text, documents.text),
    digest = coalesce(excluded.digest, documents.digest), revision = excluded.revision, updated_by = excluded.updated_by,
    updated_at = pg_catalog.now(), deleted_at = null;
  insert into frontrow.bases (collection, path, store, version, revision)
  select c.name, w.path, 'bucket', b.base ->> 'version', w.current + (b.base ->> 'revision')::bigint
  from pg_catalog.unnest(work) as w cross join lateral (select w.item #> '{bases,bucket}' as base) as b
  where b.base is not null
  on conflict (collection, path, store) do update set version = excluded.version, revision = excluded.revision,
    fields = null, body = null, body_size = null, agreed_at = pg_catalog.now();
  -- A row's base follows what is read back from it.
  insert into frontrow.bases (collection, path, store, version, revision, fields, body)
  select c.name, w.path, 'table', b.base ->> 'version', w.current + (b.base ->> 'revision')::bigint, b.base -> 'fields',
    b.base ->> 'body'
  from pg_catalog.unnest(work) as w cross join lateral (select w.item #> '{bases,table}' as base) as b
  where w.kind = 'file'
  on conflict (collection, path, store) do update set version = excluded.version, revision = excluded.revision,
    fields = excluded.fields, body = excluded.body, body_size = null, agreed_at = pg_catalog.now();
end;
$$;
comment on function frontrow.append_plain(frontrow.collections, frontrow.plain_item[]) is 'Appends one revision to each plain item''s document, and moves the bases that are known before a row is written.';

-- Nothing of a plain item is contested: the side it flows to is where its base is.
create or replace function frontrow.plain_flows(work frontrow.plain_item[]) returns frontrow.flow[]
language plpgsql immutable set search_path = '' as $$
begin
  return array(
    select row(w.path, n.name, case w.kind when 'row' then 'table' else 'bucket' end, false)::frontrow.flow
    from pg_catalog.unnest(work) as w
    cross join lateral (
      select n.name from (
        select pg_catalog.jsonb_object_keys(w.fields) union select pg_catalog.unnest(w.cleared)
        union select '(body)' where w.body is not null) as n (name) where w.kind = 'row'
      union all
      select pg_catalog.unnest(coalesce(nullif(case when w.before_fields is not null then frontrow.news_of(
          w.before_fields, w.before_body, w.item #> '{bases,table,fields}', w.item #>> '{bases,table,body}') end, '{}'),
          array['(file)'])) where w.kind = 'file'
      union all select '(any)') as n (name)
    where w.current > 0);
end;
$$;
comment on function frontrow.plain_flows(frontrow.plain_item[]) is 'What flows_of says of each plain item.';

-- The leases end, but for those of files, which are still to be written; exactly the signals that were seen are forgotten.
create or replace function frontrow.complete_plain(
  c frontrow.collections, run_id uuid, work frontrow.plain_item[], again int[]
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  with done as (
    delete from frontrow.leases as l using pg_catalog.unnest(work) as w
    where w.kind = 'row' and l.collection = c.name and l.path = w.path and l.token = w.token returning l.seen
  )
  delete from frontrow.dirty where id = any (array(select pg_catalog.unnest(d.seen) from done as d));
  if pg_catalog.cardinality(again) > 0 then
    perform frontrow.mark(c.name, 'table', array(
      select w.path from pg_catalog.unnest(work) as w where w.place = any (again)), false);
    perform frontrow.ring();
  end if;
  perform frontrow.log_items(run_id, c.name, (
    select pg_catalog.jsonb_agg(e.entry order by w.place, e.line)
    from pg_catalog.unnest(work) as w
    cross join lateral (
      select 0 as line, pg_catalog.jsonb_build_object('path', w.path, 'outcome', w.item -> 'outcome') as entry
      union all
      select x.line, x.entry from frontrow.warning_entries(w.item) with ordinality as x (entry, line)) as e));
end;
$$;
comment on function frontrow.complete_plain(frontrow.collections, uuid, frontrow.plain_item[], int[]) is 'Completes plain items and logs them; those in `again` are marked for another pass.';

-- Raises when anything is out of the ordinary: the caller undoes it all and takes each item by itself.
create or replace function frontrow.apply_together(c frontrow.collections, run_id uuid, items jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  work frontrow.plain_item[] := frontrow.plain_items(c, items);
  paths text[] := array(select w.path from pg_catalog.unnest(work) as w);
  in_rows frontrow.plain_item[] := array(select w from pg_catalog.unnest(work) as w where w.kind = 'row');
  before bigint;
  again int[];
  read_back int;
  intents jsonb;
  opened int;
begin
  if pg_catalog.cardinality(work) = 0 then
    return '{}'::jsonb;
  end if;
  if exists (select from frontrow.note_flows(c, frontrow.plain_flows(work))) then
    raise exception 'frontrow: the breaker has something to say' using errcode = 'FR002';
  end if;
  perform frontrow.append_plain(c, work);
  select last_value into before from frontrow.dirty_id_seq;
  perform frontrow.put_rows(c, in_rows);
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  set constraints all immediate;
  -- A user's trigger wrote to a row of this batch: whether that was before or after our own write of it matters.
  if exists (select from frontrow.dirty as d
    where d.collection = c.name and d.path = any (paths) and d.store = 'table' and d.id > before)
  then
    raise exception 'frontrow: a trigger of % writes to its own table', frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
  select coalesce(pg_catalog.array_agg(a.place) filter (where a.again), '{}'), count(*) into again, read_back
  from frontrow.agree_on_rows(c, in_rows) as a;
  if read_back <> pg_catalog.cardinality(in_rows) then
    raise exception 'frontrow: a row was gone again after it was written' using errcode = 'FR002';
  end if;
  if c.policies ->> 'history' <> 'all' then
    perform frontrow.trim_history(c, w.path, w.current + 1) from pg_catalog.unnest(work) as w;
  end if;
  delete from frontrow.quarantine where collection = c.name and path = any (paths);
  with made as (
    insert into frontrow.intents (collection, path, bucket, operation, base_version, revision, token)
    select c.name, w.path, c.bucket, 'put', w.item #>> '{expect,bucket}', w.current + 1, w.token
    from pg_catalog.unnest(work) as w where w.kind = 'file' order by w.place
    on conflict do nothing returning id, path
  )
  select coalesce(pg_catalog.jsonb_object_agg(m.path, m.id), '{}'), count(*) into intents, opened from made as m;
  if opened <> pg_catalog.cardinality(work) - pg_catalog.cardinality(in_rows) then
    raise exception 'frontrow: a write of the object is under way' using errcode = 'FR002';
  end if;
  perform frontrow.complete_plain(c, run_id, work, again);
  return (select pg_catalog.jsonb_object_agg(w.path, pg_catalog.jsonb_build_object('outcome', w.item -> 'outcome',
      'intent', intents -> w.path, 'again', w.place = any (again), 'revision', w.current + 1))
    from pg_catalog.unnest(work) as w);
end;
$$;
comment on function frontrow.apply_together(frontrow.collections, uuid, jsonb) is 'Carries out the plain items of a collection and answers their outcomes by path; raises when one of them cannot be.';

-- -------------------- sql/72_compare.sql --------------------

-- Which of many files a person brings in the hub does not hold as they are.

-- A file is in when the hub's text is the file's, byte for byte, and nothing about the document is lost, undecided or on
-- its way back: then bringing it in again would change nothing. `fresh` are those the hub has no document of.
create or replace function frontrow.compare(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  answer jsonb;
begin
  perform frontrow.check_protocol(request);
  select * into c from frontrow.collections where name = request ->> 'collection';
  -- As arrays, whose lengths the planner sees: few files are looked up one by one, many are joined.
  execute pg_catalog.format($sql$
    with files as materialized (
      select f.place - 1 as place, f.path, f.digest
      from rows from (pg_catalog.unnest($2), pg_catalog.unnest($3)) with ordinality as f (path, digest, place)
    ), in_question as materialized (
      select f.path from files as f join frontrow.dirty as s on s.collection = $1.name and s.path = f.path
      where s.gone or s.store <> 'bucket'
      union
      select f.path from files as f join frontrow.halt_items as i on i.path = f.path join frontrow.halts as h on h.id = i.halt
      where h.collection = $1.name and h.state <> 'closed'
      union
      select f.path from files as f join frontrow.quarantine as q on q.collection = $1.name and q.path = f.path
      union
      select f.path from files as f join frontrow.conflicts as k on k.collection = $1.name and k.path = f.path
      where k.state = 'open'
    ), looked_at as (
      select f.place, d.path is null as is_fresh, d.path is not null and d.deleted_at is null
        and d.bytes_digest = pg_catalog.decode(f.digest, 'hex')
        -- An object that is gone or another is news; one that was never written is on its way.
        and bb.version is not distinct from case when o.name is not null then coalesce(o.version, '') end
        and bt.path is not null and q.path is null as is_in
      from files as f
      left join frontrow.documents as d on d.collection = $1.name and d.path = f.path
      left join frontrow.bases as bb on bb.collection = $1.name and bb.path = f.path and bb.store = 'bucket'
      left join frontrow.bases as bt on bt.collection = $1.name and bt.path = f.path and bt.store = 'table'
      left join in_question as q on q.path = f.path
      left join storage.objects as o on o.bucket_id = $1.bucket and o.name = f.path%s
    )
    select pg_catalog.jsonb_build_object(
      'fresh', coalesce(pg_catalog.jsonb_agg(place order by place) filter (where is_fresh), '[]'),
      'changed', coalesce(pg_catalog.jsonb_agg(place order by place) filter (where not is_fresh and not is_in), '[]'))
    from looked_at$sql$, frontrow.live_object_condition('o')) into answer
  using c, array(select pg_catalog.jsonb_array_elements_text(request -> 'paths')),
    array(select pg_catalog.jsonb_array_elements_text(request -> 'digests'));
  -- Nothing to do: the caller's next question would be how things stand.
  if (request ->> 'report')::boolean and answer = '{"fresh": [], "changed": []}' then
    return answer || pg_catalog.jsonb_build_object('report', frontrow.report(request - 'collection'
      || coalesce(pg_catalog.jsonb_build_object('collection', request ->> 'reportOf'), '{}')));
  end if;
  return answer;
end;
$$;
comment on function frontrow.compare(jsonb) is 'Which files the hub does not hold as they are, by their places. {collection, paths, digests, report?, reportOf?} → {fresh, changed, report?}; digests: SHA-256 of the bytes, hex.';

-- -------------------- sql/72_load.sql --------------------

-- Bulk: makes documents and rows of files the hub has never seen, many at a time, by set operations. Whatever is not that
-- simple is left to claim and apply, which can do everything, one document after the other.

-- The texts of a request are one text: nothing but memory is copied where each would have to be unescaped by itself.
create type frontrow.new_document as (
  path text, keys text[], start int, head int, size int, digest text, "set" jsonb
);
comment on type frontrow.new_document is 'A file that is to become a document: its text is size bytes of the request''s texts after the first start, its row keys, set and the body, which is the text after its first head bytes.';

-- The caller has read the keys from the path. What they spell must be the path, and each must be a value of its column:
-- the same as asking frontrow.path_keys, for a third of the time.
create or replace function frontrow.keys_condition(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.format('pg_catalog.cardinality(i.keys) = %s and i.path collate "C" = (%s)', pg_catalog.cardinality(c.key_columns),
    frontrow.path_sql(c.tokens, pg_catalog.array_agg(pg_catalog.format('i.keys[%s]', k.place) order by k.place),
      pg_catalog.array_agg(true)))
    || coalesce(pg_catalog.string_agg(pg_catalog.format(' and frontrow.key_text(i.keys[%s], %L) is not null', k.place,
      t.type), '') filter (where t.type <> 'text'), '')
  from pg_catalog.unnest(c.key_columns) with ordinality as k (name, place)
  cross join lateral (
    select e ->> 'type' as type from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'column' = k.name) as t
$$;
comment on function frontrow.keys_condition(frontrow.collections) is 'SQL that is true when the keys of item i are those of its path.';

-- Of these files, those that nobody knows anything of: no document, object, row, signal, lease or problem. They are
-- leased until the transaction ends, so that a worker that finds one of them meanwhile waits for what it becomes.
create or replace function frontrow.lease_unknown(c frontrow.collections, items jsonb) returns frontrow.new_document[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  unknown frontrow.new_document[];
begin
  execute pg_catalog.format($sql$
    with w as materialized (
      select i.* from pg_catalog.jsonb_populate_recordset(null::frontrow.new_document, $2) as i
      where %s
        and not exists (select from frontrow.documents as d where d.collection = $1.name and d.path = i.path)
        and not exists (select from storage.objects as o where o.bucket_id = $1.bucket and o.name = i.path)
        and not exists (select from frontrow.dirty as s where s.collection = $1.name and s.path = i.path)
        and not exists (select from frontrow.quarantine as q where q.collection = $1.name and q.path = i.path)
        and not exists (select from frontrow.bases as b where b.collection = $1.name and b.path = i.path)
    ), free as (
      insert into frontrow.leases (collection, path, worker, token, until, attempts, seen)
      select $1.name, w.path, 'load', pg_catalog.nextval('frontrow.fence'),
        pg_catalog.clock_timestamp() + interval '5 minutes', 1, '{}'
      from w where not exists (select from %s as r where %s)
      order by w.path on conflict do nothing returning path
    )
    select pg_catalog.array_agg(w::frontrow.new_document order by w.path) from w
    where w.path = any (array(select path from free))$sql$,
    frontrow.keys_condition(c), frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'))
  into unknown using c, items;
  return unknown;
end;
$$;
comment on function frontrow.lease_unknown(frontrow.collections, jsonb) is 'Leases those of the files that are new to both sides and the hub, and answers them in order; null for none.';

-- What apply_item writes for a document that a file made, for many: row, document, first revision, the table's base.
-- Raises when any of them cannot be made. Answers their paths.
create or replace function frontrow.load_items(c frontrow.collections, items jsonb, texts bytea, note text) returns text[]
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  author text := nullif(pg_catalog.current_setting('frontrow.caller', true), '');
  unknown frontrow.new_document[] := frontrow.lease_unknown(c, items);
  inserts text[];
  rows_of text := frontrow.qualified_table(c);
  first_steps text := '';
  meant text := '''{}''::jsonb';
  compression text := pg_catalog.current_setting('default_toast_compression', true);
  made text[];
begin
  if unknown is null then
    return '{}'::text[];
  end if;
  if pg_catalog.length(texts) is distinct from (
    select max((i ->> 'start')::int + (i ->> 'size')::int) from pg_catalog.jsonb_array_elements(items) as i)
  then
    raise exception 'frontrow: the texts must be as long as their sizes say' using errcode = 'FR422';
  end if;
  inserts := frontrow.row_inserts(c, unknown);
  perform pg_catalog.set_config('default_toast_compression', f, true) from frontrow.fast_compression() as f where f is not null;
  if frontrow.keeps_inserts(c) then
    perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
    -- What was written need not be looked for again, nor compared.
    rows_of := 'back';
    select pg_catalog.string_agg(pg_catalog.format('back_%s as (%s returning r.*), ', n, i), '' order by n)
      || 'back as (' || pg_catalog.string_agg(pg_catalog.format('select * from back_%s', n), ' union all ') || '), '
    into first_steps from pg_catalog.unnest(inserts) with ordinality as u (i, n);
  else
    perform frontrow.insert_rows(c, inserts, unknown, texts);
    meant := frontrow.meant_expression(c);
  end if;
  -- Read back, as a trigger may have made something else of a row: then the base is what we meant (see write_row). The
  -- base's body is the end of the document's text: it is not kept twice. `offset 0`: once for each row.
  execute pg_catalog.format($sql$
    with %10$s, %1$s agreed as materialized (
      select i.path, i.start, i.head, i.size, i.digest, a.fields, frontrow.row_version(a.fields, i.body) as version,
        (a.fields, i.body) is distinct from (b.fields, b.body) as again
      from (select i.*, case when $5 then %2$s end as body from items as i offset 0) as i
      join %3$s as r on %4$s
      cross join lateral (select %5$s as fields, %6$s as body offset 0) as b
      cross join lateral (select b.fields || %7$s as fields offset 0) as a
      where %8$s
    ), documents as (
      insert into frontrow.documents (collection, path, text, digest, revision, updated_by)
      select $3.name, i.path, %9$s, i.digest, 1, 'directory' from agreed as i
    ), revisions as (
      insert into frontrow.revisions (collection, path, revision, store, author, message, digest)
      select $3.name, path, 1, 'directory', $4, $6, digest from agreed
    ), bases as (
      insert into frontrow.bases (collection, path, store, version, revision, fields, body_size)
      select $3.name, path, 'table', version, 1, fields, case when $5 then size - head end from agreed
    ), dirty as (
      -- The file is not in the bucket yet; and what a trigger changed is news of the row.
      insert into frontrow.dirty (collection, path, store)
      select $3.name, path, 'bucket' from agreed union all select $3.name, path, 'table' from agreed where again
    ) select pg_catalog.array_agg(path) from agreed$sql$,
    first_steps, frontrow.loaded_body(), rows_of, frontrow.key_condition(c, 'i.keys'), frontrow.fields_expression(c),
    frontrow.body_expression(c), meant, frontrow.live_condition(c),
    frontrow.loaded_text('i.start', 'i.size'), frontrow.loaded_items())
  into made using unknown, texts, c, author, c.body_column is not null, note;
  if pg_catalog.cardinality(made) is distinct from pg_catalog.cardinality(unknown) then
    raise exception 'frontrow: a row of % was gone again after it was written', frontrow.qualified_table(c)
      using errcode = 'FR002';
  end if;
  set constraints all immediate;
  perform pg_catalog.set_config('default_toast_compression', compression, true) where compression is not null;
  delete from frontrow.leases where collection = c.name and path = any (made);
  return made;
end;
$$;
comment on function frontrow.load_items(frontrow.collections, jsonb, bytea, text) is 'Makes documents and rows of new files; answers the paths of those it made.';

create or replace function frontrow.load(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  run_id uuid := (request ->> 'run')::uuid;
  patience text := pg_catalog.current_setting('lock_timeout');
  stranger text;
  made text[] := '{}'::text[];
  failure text;
begin
  perform frontrow.check_protocol(request);
  stranger := frontrow.refuse_stranger(request);
  if stranger is not null then
    return pg_catalog.jsonb_build_object('left', '[]'::jsonb, 'stranger', stranger);
  end if;
  select * into c from frontrow.collections where name = request ->> 'collection';
  if c.name = any (frontrow.usable_collections(pg_catalog.jsonb_build_object(c.name, request -> 'digest')))
    and c.policies ->> 'direction' <> 'rows-to-files'
    and not exists (select from frontrow.halts where collection in (c.name, '') and state <> 'closed')
  then
    insert into frontrow.runs (id, worker, cause) values (run_id, 'load', request ->> 'cause') on conflict do nothing;
    perform pg_catalog.set_config('frontrow.origin', 'frontrow', true);
    perform pg_catalog.set_config('frontrow.caller', coalesce(request ->> 'caller', ''), true);
    -- Shorter than deadlock_timeout: a user who waits for one of these rows while holding another is never the one that
    -- is cancelled.
    perform pg_catalog.set_config('lock_timeout', '100ms', true);
    begin
      made := frontrow.load_items(c, request -> 'items', (
          select pg_catalog.string_agg(pg_catalog.convert_to(t, 'UTF8'), '' order by n)
          from pg_catalog.jsonb_array_elements_text(request -> 'texts') with ordinality as e (t, n)),
        coalesce(request ->> 'message', 'created'));
    exception when others then
      failure := sqlstate;
    end;
    perform pg_catalog.set_config('lock_timeout', patience, true);
    perform pg_catalog.set_config('frontrow.origin', '', true);
    perform frontrow.log_items(run_id, c.name, (
      select pg_catalog.jsonb_agg(e.entry) from (
        select pg_catalog.jsonb_build_object('path', p, 'outcome', 'created') as entry from pg_catalog.unnest(made) as p
        union all
        select w from pg_catalog.jsonb_array_elements(request -> 'warned') as i cross join lateral frontrow.warning_entries(i) as w
        where i ->> 'path' = any (made)) as e));
    update frontrow.runs set heartbeat_at = pg_catalog.clock_timestamp() where id = run_id;
  end if;
  return pg_catalog.jsonb_build_object('failure', failure, 'left', case
    when pg_catalog.cardinality(made) = pg_catalog.jsonb_array_length(request -> 'items') then '[]'::jsonb
    else (select coalesce(pg_catalog.jsonb_agg(i -> 'path'), '[]') from pg_catalog.jsonb_array_elements(request -> 'items') as i
      where not i ->> 'path' = any (made)) end);
end;
$$;
comment on function frontrow.load(jsonb) is 'Makes documents and rows of new files, all of a request or none. {run, cause, collection, digest, message?, items: [{path, keys, start, head, size, digest, set}], texts, warned?: [{path, warnings}]} → {left, failure}; an item''s text is size bytes of the texts (any number of parts of one text) after the first start, its body what follows their first head.';

-- -------------------- sql/72_load_rows.sql --------------------

-- Bulk: the rows of new documents.

-- A file's fields in the form jsonb_populate_record takes: as frontrow.as_record, as an expression over `i."set"`.
create or replace function frontrow.record_expression(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select 'i."set"' || coalesce(pg_catalog.string_agg(pg_catalog.format(
    $sql$ || case when pg_catalog.jsonb_typeof(i."set" -> %1$L) = 'string'
      then pg_catalog.jsonb_build_object(%1$L, (i."set" ->> %1$L)::jsonb) else '{}' end$sql$, e ->> 'column'), ''), '')
  from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'type' = 'jsonb'
$$;
comment on function frontrow.record_expression(frontrow.collections) is 'SQL for the column texts of item i as a record''s JSON.';

-- As frontrow.normalized.
create or replace function frontrow.meant_expression(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.format('(select coalesce(pg_catalog.jsonb_object_agg(e.key, e.value), ''{}'')
    from pg_catalog.jsonb_populate_record(null::%s, %s) as r
    cross join lateral pg_catalog.jsonb_each(%s) as e where i."set" ? e.key)',
    frontrow.qualified_table(c), frontrow.record_expression(c), frontrow.fields_expression(c))
$$;
comment on function frontrow.meant_expression(frontrow.collections) is 'SQL for the column texts of item i after a trip through their types.';

-- Writing long texts with the server's first default takes most of the time that a row takes. A value says itself how it is
-- compressed, so readers see no difference. A column's own setting counts more, and so does a default that somebody chose.
create or replace function frontrow.fast_compression() returns text
language sql stable set search_path = '' as $$
  select 'lz4' from pg_catalog.pg_settings
  where name = 'default_toast_compression' and source = 'default' and 'lz4' = any (enumvals)
$$;
comment on function frontrow.fast_compression() is 'lz4 where the server has it and nobody chose a default, else null.';

-- Each mention of a parameter is a copy for the planner, several times over: so each is mentioned once.
create or replace function frontrow.loaded_items() returns text
language sql immutable set search_path = '' as $$
  select 'items as materialized (select * from pg_catalog.unnest($1)), texts as materialized (select $2 as bytes)'
$$;
comment on function frontrow.loaded_items() is 'SQL for the new documents ($1) and their texts ($2), as common table expressions.';

create or replace function frontrow.loaded_text(start text, size text) returns text
language sql immutable set search_path = '' as $$
  select pg_catalog.format('pg_catalog.convert_from(pg_catalog.substring((select bytes from texts), %s + 1, %s), ''UTF8'')',
    start, size)
$$;
comment on function frontrow.loaded_text(text, text) is 'SQL for a part of the texts.';

create or replace function frontrow.loaded_body() returns text
language sql immutable set search_path = '' as $$
  select frontrow.loaded_text('i.start + i.head', 'i.size - i.head')
$$;
comment on function frontrow.loaded_body() is 'SQL for the body of item i.';

-- One INSERT per set of columns that take their default: what a file does not mention is left to the table.
create or replace function frontrow.row_inserts(c frontrow.collections, items frontrow.new_document[]) returns text[]
language plpgsql stable set search_path = '' as $$
declare
  columns text[] := array(select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
    where (e ->> 'mapped')::boolean and not (e ->> 'column') = any (c.key_columns));
  defaulted text[] := array(select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
    where (e ->> 'has_default')::boolean and (e ->> 'column') = any (columns));
  in_json text[] := array(
    select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e where e ->> 'type' = 'jsonb');
  absent text[];
  inserts text[] := '{}'::text[];
begin
  for absent in
    select distinct array(select d from pg_catalog.unnest(defaulted) as d where not i."set" ? d)
    from pg_catalog.unnest(items) as i
  loop
    inserts := inserts || (
      select pg_catalog.format($sql$insert into %1$s as r (%2$s) select %3$s
        from items as i cross join lateral pg_catalog.jsonb_populate_record(null::%1$s, i."set") as v
        where array(select d from pg_catalog.unnest(%4$L::text[]) as d where not i."set" ? d) = %5$L::text[]$sql$,
        frontrow.qualified_table(c), pg_catalog.string_agg(pg_catalog.quote_ident(n.name), ', ' order by n.place),
        pg_catalog.string_agg(n.source, ', ' order by n.place), defaulted, absent)
      from (
        select k.place, k.name, pg_catalog.format('i.keys[%s]::%s', k.place, frontrow.sql_type(c, k.name)) as source
        from pg_catalog.unnest(c.key_columns) with ordinality as k (name, place)
        union all
        -- JSON itself; as a part of the record it would be taken apart and put together again.
        select 100 + n.place, n.name, pg_catalog.format(
          case when n.name = any (in_json) then '(i."set" ->> %1$L)::jsonb' else 'v.%1$I' end, n.name)
        from pg_catalog.unnest(columns) with ordinality as n (name, place) where not n.name = any (absent)
        union all
        select 10000, c.body_column, frontrow.loaded_body() where c.body_column is not null
      ) as n);
  end loop;
  return inserts;
end;
$$;
comment on function frontrow.row_inserts(frontrow.collections, frontrow.new_document[]) is 'Statements that insert the rows of new documents; to be put after loaded_items.';

-- Whether a row that was inserted is what was inserted. Ours is the only trigger then: it changes nothing.
create or replace function frontrow.keeps_inserts(c frontrow.collections) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from pg_catalog.pg_class as t
    where t.oid = pg_catalog.to_regclass(frontrow.qualified_table(c)) and t.relkind = 'r' and not t.relispartition
      and not t.relhasrules and not exists (
        select from pg_catalog.pg_trigger as g
        -- 4: fires on INSERT.
        where g.tgrelid = t.oid and not g.tgisinternal and g.tgtype & 4 <> 0 and g.tgname <> 'frontrow_capture_insert'))
$$;
comment on function frontrow.keeps_inserts(frontrow.collections) is 'Whether nothing of the table''s own can make something else of a row that is inserted: no trigger, no rule.';

create or replace function frontrow.insert_rows(
  c frontrow.collections, inserts text[], items frontrow.new_document[], texts bytea
) returns void
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  statement text;
  touched int;
  total int := 0;
begin
  perform pg_catalog.set_config('search_path', frontrow.api_path(c), true);
  foreach statement in array inserts loop
    execute pg_catalog.format('with %s %s', frontrow.loaded_items(), statement) using items, texts;
    get diagnostics touched = row_count;
    total := total + touched;
  end loop;
  set constraints all immediate;
  if total <> pg_catalog.cardinality(items) then
    raise exception 'frontrow: a trigger of % swallowed a row', frontrow.qualified_table(c) using errcode = 'FR002';
  end if;
end;
$$;
comment on function frontrow.insert_rows(frontrow.collections, text[], frontrow.new_document[], bytea) is 'Carries the statements out through the table''s own triggers; raises when one of the rows is not written.';

-- -------------------- sql/74_columns.sql --------------------

-- What a table must be like, and whether it still is.

create or replace function frontrow.refuse(message text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'frontrow: %', message using errcode = 'FR400';
end;
$$;
comment on function frontrow.refuse(text) is 'Raises FR400: the configuration cannot work.';

-- The column types that round-trip, by their type's name; null for every other.
create or replace function frontrow.known_type(type_id oid, modifier int) returns text
language sql stable set search_path = '' as $$
  select case
    when t.typtype = 'e' then 'enum'
    when t.typnamespace <> 'pg_catalog'::regnamespace then null
    when t.typname in ('text', 'varchar') then 'text'
    when t.typname in ('bool', 'int2', 'int4', 'int8', 'numeric', 'float8', 'date', 'timestamptz', 'uuid', 'jsonb') then t.typname::text
    when t.typname in ('_text', '_varchar') then 'text[]'
  end
  from pg_catalog.pg_type as t where t.oid = type_id
$$;
comment on function frontrow.known_type(oid, int) is 'Frontrow''s name for a supported column type, else null.';

-- Digest of the definitions the engine relies on; a change halts the collection until it is registered again.
create or replace function frontrow.table_fingerprint(table_id oid, columns jsonb, body_column text) returns text
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
  select coalesce(pg_catalog.md5(pg_catalog.string_agg(
    pg_catalog.format('%s:%s:%s:%s', a.attname, a.atttypid, a.attgenerated, a.attidentity), ',' order by a.attname)), '')
  from pg_catalog.pg_attribute as a
  where a.attrelid = table_id and a.attnum > 0 and not a.attisdropped and (
    a.attname = body_column or a.attname = 'deleted_at'
    or a.attname in (select e ->> 'column' from pg_catalog.jsonb_array_elements(columns) as e))
  );
end;
$$;
comment on function frontrow.table_fingerprint(oid, jsonb, text) is 'Digest of the mapped columns'' definitions as they are now.';

create or replace function frontrow.is_key(table_id oid, key_columns text[]) returns boolean
language plpgsql stable set search_path = '' set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return (
  select exists (
    select from pg_catalog.pg_index as i
    where i.indrelid = table_id and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
      and i.indnkeyatts = pg_catalog.cardinality(key_columns)
      and (select pg_catalog.array_agg(a.attname::text order by a.attname) from pg_catalog.pg_attribute as a
           where a.attrelid = table_id and a.attnum = any (i.indkey))
        = (select pg_catalog.array_agg(k order by k) from pg_catalog.unnest(key_columns) as k))
  );
end;
$$;
comment on function frontrow.is_key(oid, text[]) is 'Whether a unique constraint or index is over exactly these columns.';

-- A collection whose table was renamed, dropped or changed must stop alone: every other would fail with it.
create or replace function frontrow.is_as_registered(c frontrow.collections) returns boolean
language plpgsql stable set search_path = '' as $$
begin
  return coalesce(pg_catalog.to_regclass(frontrow.qualified_table(c)) = c.table_id
    and frontrow.table_fingerprint(c.table_id, c.columns, c.body_column) = c.fingerprint
    and frontrow.is_key(c.table_id, c.key_columns), false);
end;
$$;
comment on function frontrow.is_as_registered(frontrow.collections) is 'Whether the collection''s table is still the one that was registered.';

-- Halts a collection whose table has changed, and ends that halt when the table is as it was again: what was signalled
-- meanwhile is still in the log.
create or replace function frontrow.check_table(c frontrow.collections) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  halted bigint;
begin
  select id into halted from frontrow.halts
  where collection = c.name and kind = 'schema-changed' and state <> 'closed';
  if not frontrow.is_as_registered(c) then
    if halted is null then
      perform frontrow.hold(c.name, 'schema-changed', null, null, pg_catalog.format(
        '%s is not the table it was at registration: mend it, or register the collection again', frontrow.qualified_table(c)),
        pg_catalog.jsonb_build_object('registered', c.fingerprint, 'changed', frontrow.changed_columns(c)), '{}');
    end if;
    return false;
  end if;
  if halted is not null then
    update frontrow.halts set state = 'closed', closed_at = pg_catalog.now() where id = halted;
  end if;
  return true;
end;
$$;
comment on function frontrow.check_table(frontrow.collections) is 'Whether the table is as registered; opens and closes the halt of kind schema-changed.';

-- Names only, for the halt's evidence.
create or replace function frontrow.changed_columns(c frontrow.collections) returns text[]
language sql stable set search_path = '' as $$
  select array(
    select e ->> 'column' from pg_catalog.jsonb_array_elements(c.columns) as e
    where not exists (select from pg_catalog.pg_attribute as a
      where a.attrelid = c.table_id and a.attname = e ->> 'column' and a.attnum > 0 and not a.attisdropped
        and pg_catalog.format_type(a.atttypid, null) = e ->> 'sql_type')
    order by 1)
$$;
comment on function frontrow.changed_columns(frontrow.collections) is 'Mapped columns that are gone or have another type now.';

create or replace function frontrow.describe_column(table_id oid, table_label text, column_name text, is_mapped boolean)
returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  a pg_catalog.pg_attribute;
  kind text;
begin
  select * into a from pg_catalog.pg_attribute
  where attrelid = table_id and attname = column_name and attnum > 0 and not attisdropped;
  if a.attname is null then
    perform frontrow.refuse(pg_catalog.format('table %s has no column "%s"', table_label, column_name));
  end if;
  kind := frontrow.known_type(a.atttypid, a.atttypmod);
  if kind is null then
    perform frontrow.refuse(pg_catalog.format('column "%s" of %s has the type %s, which cannot be kept in front matter;'
      || ' use text, an enum, boolean, smallint, integer, bigint, numeric, double precision, date, timestamptz, uuid,'
      || ' text[] or jsonb', column_name, table_label, pg_catalog.format_type(a.atttypid, a.atttypmod)));
  end if;
  if is_mapped and (a.attgenerated <> '' or a.attidentity = 'a') then
    perform frontrow.refuse(pg_catalog.format('column "%s" of %s is generated by the database and cannot be a field',
      column_name, table_label));
  end if;
  return pg_catalog.jsonb_build_object('column', column_name, 'type', kind, 'mapped', is_mapped,
    'sql_type', pg_catalog.format_type(a.atttypid, null), 'not_null', a.attnotnull, 'has_default', a.atthasdef,
    'labels', (select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder)
      from pg_catalog.pg_enum as e where e.enumtypid = a.atttypid));
end;
$$;
comment on function frontrow.describe_column(oid, text, text, boolean) is 'One mapped column: type, labels, constraints. Raises FR400 for what cannot be mapped.';

-- -------------------- sql/75_register.sql --------------------

-- Registration turns a config into collections and triggers, and refuses what could not work.

create or replace function frontrow.register_collection(spec jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  table_label text := pg_catalog.format('%I.%I', spec ->> 'schema', spec ->> 'table');
  id oid := pg_catalog.to_regclass(table_label);
  key_columns text[] := array(select pg_catalog.jsonb_array_elements_text(spec -> 'key'));
  mapped text[] := array(
    select f ->> 'column' from pg_catalog.jsonb_array_elements(spec -> 'fields') as f
    union select spec ->> 'extra' where spec ->> 'extra' is not null);
  described jsonb := '[]'::jsonb;
  column_name text;
  body_type text;
  has_deleted_at boolean;
  row_delete text := coalesce(spec #>> '{policies,rowDelete}', 'auto');
  c frontrow.collections;
  before frontrow.collections;
  scope_before text;
begin
  if spec ->> 'schema' ~ '^(pg_.*|_.*|auth|storage|vault|cron|net|extensions|frontrow|information_schema|realtime|pgmq.*|pgsodium.*|pgbouncer|graphql.*|supabase_.*)$'
  then
    perform frontrow.refuse(pg_catalog.format('schema "%s" belongs to the platform', spec ->> 'schema'));
  end if;
  if id is null then
    perform frontrow.refuse(pg_catalog.format('there is no table %s', table_label));
  end if;
  if (select relkind from pg_catalog.pg_class where oid = id) <> 'r' then
    perform frontrow.refuse(pg_catalog.format('%s is not an ordinary table', table_label));
  end if;
  foreach column_name in array mapped loop
    described := described || frontrow.describe_column(id, table_label, column_name, true);
  end loop;
  foreach column_name in array key_columns loop
    if not column_name = any (mapped) then
      described := described || frontrow.describe_column(id, table_label, column_name, false);
    end if;
    if (select e ->> 'type' from pg_catalog.jsonb_array_elements(described) as e where e ->> 'column' = column_name)
      not in ('text', 'int2', 'int4', 'int8', 'uuid', 'date')
    then
      perform frontrow.refuse(pg_catalog.format('column "%s" of %s cannot be part of a path: use text, an integer, uuid or date',
        column_name, table_label));
    end if;
  end loop;
  if not frontrow.is_key(id, key_columns) then
    perform frontrow.refuse(pg_catalog.format('%s needs a unique constraint on (%s): a path must name one row',
      table_label, pg_catalog.array_to_string(key_columns, ', ')));
  end if;
  -- An overwrite in a versioned bucket is an archive and an insert: not proven yet.
  if exists (select from storage.buckets as b where b.id = spec ->> 'bucket'
    and coalesce(pg_catalog.to_jsonb(b) ->> 'versioning_status', 'DISABLED') <> 'DISABLED')
  then
    perform frontrow.refuse(pg_catalog.format('bucket "%s" keeps versions of its objects, which is not supported yet',
      spec ->> 'bucket'));
  end if;
  if spec ->> 'body' is not null then
    body_type := frontrow.describe_column(id, table_label, spec ->> 'body', true) ->> 'type';
    if body_type <> 'text' then
      perform frontrow.refuse(pg_catalog.format('the body column "%s" of %s must be text', spec ->> 'body', table_label));
    end if;
  end if;
  if spec ->> 'extra' is not null and not exists (select from pg_catalog.jsonb_array_elements(described) as e
    where e ->> 'column' = spec ->> 'extra' and e ->> 'type' = 'jsonb')
  then
    perform frontrow.refuse(pg_catalog.format('the catch-all column "%s" of %s must be jsonb', spec ->> 'extra', table_label));
  end if;
  select a.attname into column_name from pg_catalog.pg_attribute as a
  where a.attrelid = id and a.attnum > 0 and not a.attisdropped and a.attnotnull and not a.atthasdef
    and a.attidentity = '' and a.attname <> coalesce(spec ->> 'body', '')
    and not a.attname = any (mapped || key_columns)
  limit 1;
  if column_name is not null and spec #>> '{policies,direction}' is distinct from 'rows-to-files' then
    perform frontrow.refuse(pg_catalog.format('column "%s" of %s must not be null, has no default and is no field:'
      || ' no file could become a row; give it a default', column_name, table_label));
  end if;
  has_deleted_at := exists (select from pg_catalog.pg_attribute where attrelid = id and attname = 'deleted_at'
    and atttypid = 'timestamptz'::regtype and not attisdropped) and not 'deleted_at' = any (mapped);
  if row_delete = 'soft' and not has_deleted_at then
    perform frontrow.refuse(pg_catalog.format('%s has no column deleted_at timestamptz for soft deletes', table_label));
  end if;
  select * into before from frontrow.collections where name = spec ->> 'name';
  -- Remembered beside the collection, so that taking it out of the config and putting it back cannot hide a change.
  scope_before := coalesce(before.scope,
    (select value #>> '{}' from frontrow.settings where name = 'scope ' || (spec ->> 'name')));
  c.name := spec ->> 'name';
  c.table_schema := spec ->> 'schema';
  c.table_name := spec ->> 'table';
  c.table_id := id;
  c.bucket := spec ->> 'bucket';
  c.template := spec ->> 'template';
  c.tokens := spec -> 'tokens';
  c.pattern := spec ->> 'pattern';
  c.key_columns := key_columns;
  c.fields := spec -> 'fields';
  c.body_column := spec ->> 'body';
  c.extra_column := spec ->> 'extra';
  c.columns := described;
  c.soft_delete := has_deleted_at;
  c.row_delete := case when row_delete in ('soft', 'hard') then row_delete when has_deleted_at then 'soft' else 'hard' end;
  c.policies := spec -> 'policies';
  c.ids := spec -> 'ids';
  c.scope := spec ->> 'scope';
  c.digest := spec ->> 'digest';
  c.fingerprint := frontrow.table_fingerprint(id, described, spec ->> 'body');
  c.registered_at := pg_catalog.now();
  delete from frontrow.collections where name = c.name;
  insert into frontrow.collections select (c).*;
  insert into frontrow.settings (name, value) values ('scope ' || c.name, pg_catalog.to_jsonb(c.scope))
  on conflict (name) do update set value = excluded.value;
  if scope_before <> c.scope
    and exists (select from frontrow.documents where collection = c.name and deleted_at is null)
  then
    -- Out of scope is not deleted: what the new scope no longer shows must not look like a deletion.
    insert into frontrow.halts (collection, kind, reason, evidence)
    values (c.name, 'scope-changed', 'the bucket, path template or table changed: nothing is deleted until a person confirms',
      pg_catalog.jsonb_build_object('before', scope_before, 'after', c.scope))
    on conflict (collection, kind) where state <> 'closed' do update set state = 'open', reason = excluded.reason,
      evidence = excluded.evidence, created_at = pg_catalog.now();
  end if;
  update frontrow.halts set state = 'closed', closed_at = pg_catalog.now()
  where collection = c.name and kind = 'schema-changed' and state <> 'closed';
  if before.name is not null and before.table_id <> c.table_id then
    perform frontrow.unguard_table(before);
  end if;
  perform frontrow.guard_table(c);
  return pg_catalog.jsonb_build_object('name', c.name, 'columns', c.columns, 'softDelete', c.soft_delete,
    'rowDelete', c.row_delete, 'digest', c.digest, 'fingerprint', c.fingerprint);
end;
$$;
comment on function frontrow.register_collection(jsonb) is 'Checks one collection against its table and installs it. Raises FR400 with the reason.';

-- Registers every collection of a config; with prune, forgets collections it no longer has (their documents stay).
create or replace function frontrow.register(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  spec jsonb;
  c frontrow.collections;
  registered jsonb := '[]'::jsonb;
begin
  perform frontrow.check_protocol(request);
  perform pg_catalog.pg_advisory_xact_lock(470212, 1);
  perform frontrow.adopt_identity(request);
  for c in select * from frontrow.collections
    where (request ->> 'prune')::boolean and not name in (
      select s ->> 'name' from pg_catalog.jsonb_array_elements(request -> 'collections') as s)
  loop
    perform frontrow.unguard_table(c);
    delete from frontrow.collections where name = c.name;
    -- Nobody will ever claim these: they would have the doorbell rung for ever.
    delete from frontrow.dirty where collection = c.name;
    delete from frontrow.leases where collection = c.name;
  end loop;
  for spec in select * from pg_catalog.jsonb_array_elements(request -> 'collections') loop
    registered := registered || frontrow.register_collection(spec);
  end loop;
  perform frontrow.guard_objects();
  return pg_catalog.jsonb_build_object('collections', registered);
end;
$$;
comment on function frontrow.register(jsonb) is 'Installs the collections of a config. {collections, prune, adopt?} → {collections: [{name, columns, softDelete, rowDelete, digest}]}.';

create or replace function frontrow.registered(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('collections', (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', name, 'columns', columns,
      'softDelete', soft_delete, 'rowDelete', row_delete, 'digest', digest, 'fingerprint', fingerprint,
      'isEmpty', not exists (select from frontrow.documents as d where d.collection = name)) order by name), '[]')
    from frontrow.collections));
end;
$$;
comment on function frontrow.registered(jsonb) is 'The collections as registered: {collections: [{name, columns, softDelete, rowDelete, digest}]}.';

-- -------------------- sql/80_backfill.sql --------------------

-- Anti-entropy: what no trigger saw. Set operations in SQL over versions and hashes, never timestamps.

-- The statement that marks what differs: among everything, or among some paths ($4). Matching a path costs more than all
-- the rest together, so the pattern is asked only about what differs.
create or replace function frontrow.differences_statement(c frontrow.collections, is_everything boolean) returns text
language sql stable set search_path = '' as $fn$
  select pg_catalog.format($sql$
    with objects as (%1$s), replicas as materialized (%2$s), known as (
      select d.path, d.revision, d.deleted_at, bb.version as bucket_version, bb.revision as bucket_revision,
        bt.version as table_version, bt.revision as table_revision
      from frontrow.documents as d
      left join frontrow.bases as bb on bb.collection = $1 and bb.path = d.path and bb.store = 'bucket'
        and ($4 is null or bb.path = any ($4))
      left join frontrow.bases as bt on bt.collection = $1 and bt.path = d.path and bt.store = 'table'
        and ($4 is null or bt.path = any ($4))
      where d.collection = $1 and ($4 is null or d.path = any ($4))
    ), aside as (
      select q.path, q.version, coalesce(q.retry_at > pg_catalog.now(), true) as waits from frontrow.quarantine as q
      where q.collection = $1 and ($4 is null or q.path = any ($4))
    ), suspects as materialized (
      select path, o.version as object_version, r.version as row_version, k.revision is null as is_unknown,
        (k.bucket_version is not null and o.version is null) as object_gone,
        (k.table_version is not null and r.version is null) as row_gone,
        q.path is not null as is_aside, coalesce(q.waits and q.version in (o.version, r.version, ''), false) as is_waiting
      from objects as o full join replicas as r using (path) full join known as k using (path)
      full join aside as q using (path)
      where o.version is distinct from k.bucket_version or r.version is distinct from k.table_version
        or (k.deleted_at is null and (k.bucket_revision is distinct from k.revision
          or k.table_revision is distinct from k.revision))
        or (k.deleted_at is not null and (k.bucket_version is not null or k.table_version is not null))
        -- What was set aside and is nowhere any more is nobody's concern: one more look forgets it.
        or (q.path is not null and o.version is null and r.version is null)
    ), differing as (
      select * from suspects as s
      where (not s.is_waiting or (s.is_aside and s.object_version is null and s.row_version is null)) and s.path ~ $3
      union all
      -- Of a path that is not the collection's any more, only that it was set aside matters.
      select s.path, null, null, true, false, false, true, false from suspects as s where s.is_aside and s.path !~ $3
    )
    insert into frontrow.dirty (collection, path, store, gone)
    select $1, f.path, case when f.row_gone and not f.object_gone then 'table' else 'bucket' end, f.object_gone or f.row_gone
    from differing as f
    -- What a one-way collection never takes over is nobody's difference.
    where not (f.is_unknown and (f.object_version is null and $5 = 'files-to-rows'
        or f.row_version is null and $5 = 'rows-to-files'))
      and not exists (select from frontrow.dirty as d where d.collection = $1 and d.path = f.path)
      and not exists (select from frontrow.conflicts as k where k.collection = $1 and k.path = f.path and k.state = 'open'
        and k.decision is null and k.bucket_version is not distinct from f.object_version
        and k.table_version is not distinct from f.row_version)
      and not exists (select from frontrow.halts as h join frontrow.halt_items as i on i.halt = h.id
        where h.collection = $1 and h.state = 'open' and i.path = f.path and (f.object_gone or f.row_gone
          -- What is held stays different until a person has looked: a parked document, the file of one already deleted.
          or (i.evidence ->> 'bucket' is not distinct from f.object_version
            and i.evidence ->> 'table' is not distinct from f.row_version)))
    $sql$,
    case when is_everything then pg_catalog.format($sql$
      select o.name as path, coalesce(o.version, '') as version from storage.objects as o where o.bucket_id = $2%s
      $sql$, frontrow.live_object_condition('o'))
    else 'select o.name as path, o.version from frontrow.live_objects($2, $4) as o' end,
    case when is_everything then pg_catalog.format($sql$
      select p.path, frontrow.row_version(%s, %s) as version
      from %s as r cross join lateral (select %s as path offset 0) as p where %s and p.path is not null
      $sql$, frontrow.fields_expression(c), frontrow.body_expression(c), frontrow.qualified_table(c),
      frontrow.path_expression(c, 'r'), frontrow.live_condition(c))
    else 'select r.path, r.version from frontrow.read_rows($6, $4) as r' end)
$fn$;
comment on function frontrow.differences_statement(frontrow.collections, boolean) is 'SQL that marks what differs. $1 collection, $2 bucket, $3 pattern, $4 paths or null, $5 direction, $6 the collection''s row.';

-- Marks every document dirty whose replicas or base differ.
-- After a bulk load there are no statistics yet, and joining in loops would take 5,000 documents seconds: never in loops.
-- What is forbidden counts as dear, and so does a long CASE: compiling the plan would take longer than carrying it out.
create or replace function frontrow.mark_differences(c frontrow.collections) returns int
language plpgsql volatile security definer
set search_path = '' set enable_nestloop = off set work_mem = '32MB' set jit = off
  set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  marked int;
begin
  if not frontrow.is_as_registered(c) then
    return 0;
  end if;
  execute frontrow.differences_statement(c, true) using c.name, c.bucket, c.pattern, null::text[], c.policies ->> 'direction', c;
  get diagnostics marked = row_count;
  return marked;
end;
$$;
comment on function frontrow.mark_differences(frontrow.collections) is 'Compares all objects, rows and bases of a collection and marks what differs dirty; answers how many.';

-- The same, of some documents only, by look-ups.
create or replace function frontrow.mark_differing(c frontrow.collections, paths text[]) returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
begin
  if pg_catalog.cardinality(paths) = 0 then
    return 0;
  end if;
  execute frontrow.differences_statement(c, false) using c.name, c.bucket, c.pattern, paths, c.policies ->> 'direction', c;
  get diagnostics marked = row_count;
  return marked;
end;
$$;
comment on function frontrow.mark_differing(frontrow.collections, text[]) is 'Marks those of the named documents dirty that differ; answers how many.';

-- A collection-level event (TRUNCATE) says only that anything may have changed.
create or replace function frontrow.expand_collection_events(names text[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
begin
  for c in
    with events as (
      delete from frontrow.dirty where path = '' and collection = any (names) returning collection
    ) select k.* from frontrow.collections as k where k.name in (select collection from events)
  loop
    perform frontrow.mark_differences(c);
  end loop;
end;
$$;
comment on function frontrow.expand_collection_events(text[]) is 'Turns collection-level events into the keys that really differ.';

-- The first full pass, or one on demand. full: every known document is looked at again, whatever the versions say.
create or replace function frontrow.backfill(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  marked int := 0;
  more int;
begin
  perform frontrow.check_protocol(request);
  for c in select * from frontrow.collections
    where request ->> 'collection' is null or name = request ->> 'collection'
  loop
    marked := marked + frontrow.mark_differences(c);
    if coalesce((request ->> 'full')::boolean, false) or request ->> 'hours' is not null then
      insert into frontrow.dirty (collection, path, store)
      select c.name, all_paths.path, 'bucket' from (
        select d.path from frontrow.documents as d where d.collection = c.name
          and (coalesce((request ->> 'full')::boolean, false)
            or d.updated_at > pg_catalog.now() - pg_catalog.make_interval(hours => (request ->> 'hours')::int))
        union
        select q.path from frontrow.quarantine as q where q.collection = c.name
      ) as all_paths
      where not exists (select from frontrow.dirty as d where d.collection = c.name and d.path = all_paths.path);
      get diagnostics more = row_count;
      marked := marked + more;
    end if;
  end loop;
  return pg_catalog.jsonb_build_object('marked', marked);
end;
$$;
comment on function frontrow.backfill(jsonb) is 'Marks everything that differs dirty. {collection?, full?, hours?} → {marked}.';

-- What a backfill would look at, read but not leased: everything it did is rolled back before it answers.
create or replace function frontrow.preview(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  names text[];
  collection_name text;
  paths text[];
  documents jsonb;
  items jsonb := '[]'::jsonb;
begin
  perform frontrow.check_protocol(request);
  begin
    names := frontrow.usable_collections(request -> 'digests');
    perform frontrow.backfill(request);
    perform frontrow.expand_collection_events(names);
    foreach collection_name in array names loop
      continue when request ->> 'collection' is not null and collection_name <> request ->> 'collection';
      paths := array(select distinct d.path from frontrow.dirty as d where d.collection = collection_name
        order by d.path limit (request ->> 'limit')::int);
      documents := frontrow.read_documents(collection_name, paths);
      select items || coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', collection_name,
        'path', p, 'token', '0', 'attempts', 0) || (documents -> p)), '[]')
      into items from pg_catalog.unnest(paths) as p;
    end loop;
    raise exception 'rolled back on purpose' using errcode = 'FR000';
  exception when sqlstate 'FR000' then
    null;
  end;
  return pg_catalog.jsonb_build_object('items', items);
end;
$$;
comment on function frontrow.preview(jsonb) is 'The documents a backfill would look at; changes nothing. {collection?, full?, hours?, limit, digests}.';

-- -------------------- sql/81_walk.sql --------------------

-- The backfill in steps, for the sweep: a collection is walked by path (objects, documents, bases, what was set aside) and
-- then by key (rows), so that a step reads only its part. What looks different is looked at again as the whole backfill
-- does. A step's place is {by: path | key, after}: the first document after it is the next one's first.

-- The pattern without its two look-aheads, for paths that are known to be documents: matching it costs a sixth.
create or replace function frontrow.plain_pattern(c frontrow.collections) returns text
language sql immutable set search_path = '' as $$
  select '^' || pg_catalog.substr(c.pattern, pg_catalog.length(guard) + 1)
  from (select '^(?!.*\.conflict(?:\.[^./]*)?$)(?!' || frontrow.ignored_names() || ')' as guard) as g
  where pg_catalog.starts_with(c.pattern, guard)
$$;
comment on function frontrow.plain_pattern(frontrow.collections) is 'The pattern of a collection''s paths without what it refuses; null when it is built otherwise.';

-- SQL for the key values of a document's path, as path_keys has them ($1: the collection). Plain paths need no decoding,
-- and texts no checking.
create or replace function frontrow.document_keys_expression(c frontrow.collections, path text) returns text
language sql stable set search_path = '' as $$
  select case when frontrow.plain_pattern(c) is null or exists (
      select from pg_catalog.unnest(c.key_columns) as k where frontrow.sql_type(c, k) <> 'text')
    then pg_catalog.format('frontrow.path_keys($1, %s)', path)
    else pg_catalog.format('case when %1$s ~ ''^[A-Za-z0-9_/.-]+$'' then pg_catalog.regexp_match(%1$s, %2$L)
      else frontrow.path_keys($1, %1$s) end', path, frontrow.plain_pattern(c)) end
$$;
comment on function frontrow.document_keys_expression(frontrow.collections, text) is 'SQL for the key values in a document''s path; $1 is the collection.';

-- The last path of a step from here, or null when the step reaches the end.
create or replace function frontrow.path_step_end(c frontrow.collections, place text, most int) returns text
language sql stable security definer set search_path = '' as $$
  select least(case when d.count = most then d.last end, case when o.count = most * 4 then o.last end)
  from (select count(*), max(x.path) as last from (select path from frontrow.documents
      where collection = c.name and path > place order by path limit most) as x) as d,
    (select count(*), max(x.name) as last from (select name from storage.objects
      where bucket_id = c.bucket and name > place order by name limit most * 4) as x) as o
$$;
comment on function frontrow.path_step_end(frontrow.collections, text, int) is 'Where a step by path ends: after so many documents, or four times as many objects.';

-- What may differ of the paths in (first, last]; `last` null: to the end. A document's row is only looked up: what is in it
-- is compared when the rows are walked.
create or replace function frontrow.suspect_paths(c frontrow.collections, first text, last text) returns text[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  found text[];
begin
  execute pg_catalog.format($sql$
    with objects as (
      select o.name as path, coalesce(o.version, '') as version from storage.objects as o
      where o.bucket_id = $4 and o.name > $2 and ($3 is null or o.name <= $3)%1$s
    ), known as (
      select d.path, d.revision, d.deleted_at, bb.version as bucket_version, bb.revision as bucket_revision,
        bt.version as table_version, bt.revision as table_revision
      from frontrow.documents as d
      left join frontrow.bases as bb on bb.collection = $5 and bb.path = d.path and bb.store = 'bucket'
        and bb.path > $2 and ($3 is null or bb.path <= $3)
      left join frontrow.bases as bt on bt.collection = $5 and bt.path = d.path and bt.store = 'table'
        and bt.path > $2 and ($3 is null or bt.path <= $3)
      where d.collection = $5 and d.path > $2 and ($3 is null or d.path <= $3)
    ), aside as (
      select q.path, q.version, coalesce(q.retry_at > pg_catalog.now(), true) as waits from frontrow.quarantine as q
      where q.collection = $5 and q.path > $2 and ($3 is null or q.path <= $3)
    )
    select pg_catalog.array_agg(path)
    from objects as o full join known as k using (path) full join aside as q using (path)
    -- The pattern comes last, as it costs the most: CASE keeps the order.
    where case
      when q.waits and q.version in (o.version, '') then false
      when q.path is not null then true
      when k.path is null then pg_catalog.starts_with(path, %2$L) and path ~ $6
      when o.version is distinct from k.bucket_version
        or (k.deleted_at is null and (k.bucket_revision is distinct from k.revision
          or k.table_revision is distinct from k.revision))
        or (k.deleted_at is not null and (k.bucket_version is not null or k.table_version is not null))
        then path ~ $6
      when k.table_version is not null then not exists (
        select from (select %3$s as keys offset 0) as w join %4$s as r on %5$s where %6$s) and path ~ $6
      else false end
    $sql$, frontrow.live_object_condition('o'),
    case when pg_catalog.jsonb_typeof(c.tokens -> 0) = 'string' then c.tokens ->> 0 else '' end,
    frontrow.document_keys_expression(c, 'k.path'), frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'),
    frontrow.live_condition(c))
  into found using c, first, last, c.bucket, c.name, c.pattern;
  return coalesce(found, '{}');
end;
$$;
comment on function frontrow.suspect_paths(frontrow.collections, text, text) is 'The paths in (first, last] whose object, bases, quarantine or missing row ask for a closer look.';

-- The key columns in the order of a unique index over them, by which the rows can be walked.
create or replace function frontrow.walk_columns(c frontrow.collections) returns text[]
language sql stable set search_path = '' as $$
  select array(select a.attname::text from pg_catalog.unnest(i.indkey::int2[]) with ordinality as k (number, place)
    join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
    where k.place <= i.indnkeyatts order by k.place)
  from pg_catalog.pg_index as i
  where i.indrelid = c.table_id and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    and i.indnkeyatts = pg_catalog.cardinality(c.key_columns)
    and (select pg_catalog.array_agg(a.attname::text order by a.attname) from pg_catalog.pg_attribute as a
         where a.attrelid = c.table_id and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
      = (select pg_catalog.array_agg(k order by k) from pg_catalog.unnest(c.key_columns) as k)
  order by i.indisprimary desc, i.indexrelid limit 1
$$;
comment on function frontrow.walk_columns(frontrow.collections) is 'The key columns as a unique index has them.';

-- SQL for the rows r with keys in (first, last]. Rows with a null in their key have no path.
create or replace function frontrow.walk_condition(c frontrow.collections, first text, last text) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.string_agg(pg_catalog.format('r.%I is not null', w.name), ' and ' order by w.place)
    || pg_catalog.format(' and (%1$s is null or (%2$s) > (%3$s))', first,
      pg_catalog.string_agg(pg_catalog.format('r.%I', w.name), ', ' order by w.place),
      pg_catalog.string_agg(pg_catalog.format('(%s)[%s]::%s', first, w.place, frontrow.sql_type(c, w.name)), ', ' order by w.place))
    || pg_catalog.format(' and (%1$s is null or (%2$s) <= (%3$s))', last,
      pg_catalog.string_agg(pg_catalog.format('r.%I', w.name), ', ' order by w.place),
      pg_catalog.string_agg(pg_catalog.format('(%s)[%s]::%s', last, w.place, frontrow.sql_type(c, w.name)), ', ' order by w.place))
  from pg_catalog.unnest(frontrow.walk_columns(c)) with ordinality as w (name, place)
$$;
comment on function frontrow.walk_condition(frontrow.collections, text, text) is 'SQL that is true for the rows of one step by key; the bounds are SQL for arrays of key texts.';

create or replace function frontrow.key_step_end(c frontrow.collections, place text[], most int) returns text[]
language plpgsql volatile security definer set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' as $$
declare
  last text[];
begin
  execute (select pg_catalog.format('select array[%s] from %s as r where %s order by %s offset %s limit 1',
      pg_catalog.string_agg(pg_catalog.format('r.%I::text', w.name), ', ' order by w.place), frontrow.qualified_table(c),
      frontrow.walk_condition(c, '$1', 'null::text[]'),
      pg_catalog.string_agg(pg_catalog.format('r.%I', w.name), ', ' order by w.place), most - 1)
    from pg_catalog.unnest(frontrow.walk_columns(c)) with ordinality as w (name, place)) into last using place;
  return last;
end;
$$;
comment on function frontrow.key_step_end(frontrow.collections, text[], int) is 'The last key of a step from here, or null when the step reaches the end.';

-- What may differ of the rows with keys in (first, last].
create or replace function frontrow.suspect_rows(c frontrow.collections, first text[], last text[]) returns text[]
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set datestyle = 'ISO, MDY' set extra_float_digits = 1 as $$
declare
  found text[];
begin
  execute pg_catalog.format($sql$
    select pg_catalog.array_agg(p.path)
    from %1$s as r
    cross join lateral (select %2$s as path offset 0) as p
    left join lateral (
      select true as is_known, (select b.version from frontrow.bases as b
        where b.collection = $3 and b.path = p.path and b.store = 'table') as version
      from frontrow.documents as d where d.collection = $3 and d.path = p.path offset 0) as k on true
    where %3$s and %4$s and p.path is not null and (k.is_known or $4 <> 'files-to-rows')
      and k.version is distinct from frontrow.row_version(%5$s, %6$s)
    $sql$, frontrow.qualified_table(c), frontrow.path_expression(c, 'r'), frontrow.walk_condition(c, '$1', '$2'),
    frontrow.live_condition(c), frontrow.fields_expression(c), frontrow.body_expression(c))
  into found using first, last, c.name, c.policies ->> 'direction';
  return coalesce(found, '{}');
end;
$$;
comment on function frontrow.suspect_rows(frontrow.collections, text[], text[]) is 'The paths of the rows in (first, last] that are not at their base''s version.';

-- One step of the walk: {marked, next}; `next` null: the collection was walked to its end. A step that fails, or takes too
-- long, must not be tried for ever: it is passed over, and met again in the next round.
create or replace function frontrow.walk(c frontrow.collections, place jsonb, most int) returns jsonb
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  is_by_key boolean := coalesce(place ->> 'by' = 'key', false);
  first text := coalesce(place ->> 'after', '');
  first_keys text[];
  last text;
  last_keys text[];
  next jsonb;
  marked int := 0;
begin
  if not frontrow.is_as_registered(c) then
    return '{"marked": 0, "next": null}'::jsonb;
  end if;
  begin
    if is_by_key then
      if place ? 'after' then
        first_keys := array(select pg_catalog.jsonb_array_elements_text(place -> 'after'));
      end if;
      last_keys := frontrow.key_step_end(c, first_keys, most);
      next := case when last_keys is not null then pg_catalog.jsonb_build_object('by', 'key', 'after', last_keys) end;
      marked := frontrow.mark_differing(c, frontrow.suspect_rows(c, first_keys, last_keys));
    else
      last := frontrow.path_step_end(c, first, most);
      next := case when last is null then '{"by": "key"}' else pg_catalog.jsonb_build_object('by', 'path', 'after', last) end;
      marked := frontrow.mark_differing(c, frontrow.suspect_paths(c, first, last));
    end if;
  exception
    when query_canceled then
      raise warning 'frontrow: a step of the backfill of "%" took too long', c.name;
    when others then
      raise warning 'frontrow: a step of the backfill of "%" failed: %', c.name, sqlerrm;
  end;
  return pg_catalog.jsonb_build_object('marked', marked, 'next', next);
end;
$$;
comment on function frontrow.walk(frontrow.collections, jsonb, int) is 'Marks what differs in one step of so many documents or rows. {by, after} → {marked, next}.';

-- -------------------- sql/82_signals.sql --------------------

-- What comes from outside: signals. Halts are resumed in 68_resume.sql, conflicts resolved in 67_conflicts.sql.

-- Signals from outside: webhooks, connectors, a person. Names that belong to no collection are ignored and counted.
create or replace function frontrow.signal(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
  asked int := pg_catalog.jsonb_array_length(request -> 'keys');
begin
  perform frontrow.check_protocol(request);
  if request ->> 'delivery' is not null then
    insert into frontrow.deliveries (digest)
    values (pg_catalog.sha256(pg_catalog.convert_to(request ->> 'delivery', 'UTF8'))) on conflict do nothing;
    if not found then
      return pg_catalog.jsonb_build_object('marked', 0, 'ignored', 0, 'repeated', true);
    end if;
  end if;
  insert into frontrow.dirty (collection, path, store)
  select distinct c.name, k.path, 'bucket'
  from pg_catalog.jsonb_to_recordset(request -> 'keys') as k (bucket text, collection text, path text)
  join frontrow.collections as c on (c.bucket = k.bucket or c.name = k.collection) and k.path ~ c.pattern;
  get diagnostics marked = row_count;
  if marked > 0 then
    perform frontrow.ring();
  end if;
  return pg_catalog.jsonb_build_object('marked', marked, 'ignored', greatest(asked - marked, 0));
end;
$$;
comment on function frontrow.signal(jsonb) is 'Marks documents dirty by bucket or collection and path, once for each delivery. {keys, delivery?} → {marked, ignored, repeated?}.';

-- -------------------- sql/84_sweep.sql --------------------

-- The sweep: pg_cron's only job.

-- Some steps of the backfill of one collection, from where the last sweep stopped. Counted, not timed: a small collection is
-- always walked to its end, in two.
create or replace function frontrow.sweep_differences(steps int) returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  place jsonb;
  step jsonb;
  marked int := 0;
begin
  select value into place from frontrow.settings where name = 'backfill';
  select * into c from frontrow.collections where name >= coalesce(place ->> 'collection', '') order by name limit 1;
  if c.name is null then
    select * into c from frontrow.collections order by name limit 1;
  end if;
  if c.name is null then
    return 0;
  end if;
  place := case when place ->> 'collection' = c.name then place end;
  for i in 1 .. steps loop
    step := frontrow.walk(c, place, 1000);
    marked := marked + (step ->> 'marked')::int;
    place := nullif(step -> 'next', 'null');
    exit when place is null;
  end loop;
  insert into frontrow.settings (name, value)
  select 'backfill', coalesce(place, '{}') || pg_catalog.jsonb_build_object('collection',
    case when place is not null then c.name else coalesce((select min(name) from frontrow.collections where name > c.name), '') end)
  on conflict (name) do update set value = excluded.value;
  return marked;
end;
$$;
comment on function frontrow.sweep_differences(int) is 'Goes on with the backfill of one collection for so many steps; answers how many documents it marked.';

-- Every 30 s: cheap, alone, idempotent. Lost signals cost latency, not changes.
create or replace function frontrow.sweep() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  marked int;
  repaired int;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(470212, 2) then
    return '{"skipped": true}'::jsonb;
  end if;
  repaired := frontrow.repair_triggers();
  perform frontrow.check_table(k) from frontrow.collections as k;
  insert into frontrow.dirty (collection, path, store)
  select q.collection, q.path, 'table' from frontrow.quarantine as q where q.retry_at <= pg_catalog.now()
    and not exists (select from frontrow.dirty as d where d.collection = q.collection and d.path = q.path);
  perform frontrow.mark_copies();
  marked := frontrow.sweep_differences(8);
  perform frontrow.finish_purges();
  perform frontrow.sweep_history();
  perform frontrow.prune();
  insert into frontrow.settings (name, value) values ('sweep', pg_catalog.to_jsonb(pg_catalog.clock_timestamp()))
  on conflict (name) do update set value = excluded.value;
  if frontrow.has_work() then
    perform frontrow.ring();
  end if;
  return pg_catalog.jsonb_build_object('marked', marked, 'repaired', repaired);
end;
$$;
comment on function frontrow.sweep() is 'The recurring check by pg_cron: triggers, retries, a part of the backfill, the doorbell, pruning.';

-- Restores, branches and dumps lose triggers on storage.objects; anybody may disable one.
create or replace function frontrow.repair_triggers() returns int
language plpgsql volatile security definer set search_path = '' as $$
declare
  c frontrow.collections;
  repaired int := 0;
begin
  if exists (select from frontrow.collections) and (
    select count(*) from pg_catalog.pg_trigger
    where tgrelid = 'storage.objects'::regclass and tgname like 'frontrow\_%' and tgenabled <> 'D') < 6
  then
    perform frontrow.guard_objects();
    perform frontrow.retry_fence();
    repaired := repaired + 1;
  end if;
  for c in select k.* from frontrow.collections as k
    where pg_catalog.to_regclass(frontrow.qualified_table(k)) = k.table_id and (
      select count(*) from pg_catalog.pg_trigger
      where tgrelid = k.table_id and tgname like 'frontrow\_capture\_%' and tgenabled <> 'D') < 4
  loop
    perform frontrow.guard_table(c);
    repaired := repaired + 1;
  end loop;
  return repaired;
exception when others then
  raise warning 'frontrow: a trigger is missing and could not be made again: %', sqlerrm;
  return repaired;
end;
$$;
comment on function frontrow.repair_triggers() is 'Makes missing or disabled capture triggers again.';

create or replace function frontrow.prune() returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  lost_run uuid;
begin
  delete from frontrow.run_items where at < pg_catalog.now() - interval '7 days';
  delete from frontrow.runs where started_at < pg_catalog.now() - interval '7 days';
  delete from frontrow.runs where finished_at < pg_catalog.now() - interval '1 hour' and counts = '{}';
  for lost_run in
    update frontrow.runs set finished_at = heartbeat_at, error = 'no heartbeat'
    where finished_at is null and heartbeat_at < pg_catalog.now() - interval '5 minutes' returning id
  loop
    perform frontrow.audit_run(lost_run);
  end loop;
  perform frontrow.prune_audit();
  delete from frontrow.intents where state in ('confirmed', 'cancelled') and settled_at < pg_catalog.now() - interval '1 day';
  delete from frontrow.flows where at < pg_catalog.now() - interval '1 day';
  delete from frontrow.deliveries where at < pg_catalog.now() - interval '3 days';
  delete from frontrow.leases as l where l.until < pg_catalog.now() - interval '1 day' and not exists (
    select from frontrow.dirty as d where d.collection = l.collection and d.path = l.path);
  begin
    execute $sql$
      delete from cron.job_run_details where end_time < pg_catalog.now() - interval '1 day'
        and jobid in (select jobid from cron.job where jobname like 'frontrow-%')$sql$;
  exception when others then
    null;
  end;
end;
$$;
comment on function frontrow.prune() is 'Forgets old runs, settled intents, old audit entries and our own cron history.';

-- The seconds form needs pg_cron 1.5; older ones get the shortest period they know. Safe to repeat.
create or replace function frontrow.schedule() returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  installed text;
  period text;
begin
  select extversion into installed from pg_catalog.pg_extension where extname = 'pg_cron';
  if installed is null and pg_catalog.to_regprocedure('cron.frontrow_standin_version()') is not null then
    execute pg_catalog.format('select cron.%I()', 'frontrow_standin_version') into installed;
  end if;
  if installed is null then
    return 'none';
  end if;
  -- Debian says "1.4-1".
  period := case when pg_catalog.regexp_match(installed, '^(\d+)\.(\d+)')::int[] >= array[1, 5] then '30 seconds' else '* * * * *' end;
  execute 'select cron.unschedule(jobid) from cron.job where jobname = $1' using 'frontrow-sweep';
  execute 'select cron.schedule($1, $2, $3)' using 'frontrow-sweep', period,
    'set statement_timeout = ''25s''; select frontrow.sweep();';
  return period;
exception when others then
  raise warning 'frontrow: the sweep could not be scheduled: %', sqlerrm;
  return 'none';
end;
$$;
comment on function frontrow.schedule() is 'Schedules the sweep with pg_cron, if it is there; answers the period.';

-- -------------------- sql/85_views.sql --------------------

-- What people read.

create or replace view frontrow.status with (security_invoker = true) as
select c.name as collection,
  (select count(*) from frontrow.documents as d where d.collection = c.name and d.deleted_at is null) as documents,
  (select count(distinct d.path) from frontrow.dirty as d where d.collection = c.name) as pending,
  (select min(d.at) from frontrow.dirty as d where d.collection = c.name) as oldest_pending_at,
  (select count(distinct q.path) from frontrow.quarantine as q where q.collection = c.name) as quarantined,
  (select count(*) from frontrow.conflicts as k where k.collection = c.name and k.state = 'open') as conflicts,
  (select count(*) from frontrow.halts as h where h.collection in (c.name, '') and h.state = 'open') as halts,
  (select count(*) from frontrow.intents as i where i.collection = c.name and i.state in ('open', 'landed')) as in_flight
from frontrow.collections as c;
comment on view frontrow.status is 'One line per collection: how many documents, and what is not in sync and why.';

create or replace view frontrow.sync_logs with (security_invoker = true) as
select i.id, i.at as created_at, i.collection || ':' || i.outcome as event_type,
  case when i.outcome in ('quarantined', 'failed') then 'error'
    when i.outcome in ('conflict', 'halted', 'deferred', 'warning') then 'attention' else 'success' end as status,
  coalesce(i.message, i.outcome || ' ' || i.path) as message,
  pg_catalog.jsonb_build_object('run', i.run, 'path', i.path, 'code', i.code) as details
from frontrow.run_items as i;
comment on view frontrow.sync_logs is 'What became of each document, newest last: {event_type, status, message, details}.';

create or replace view frontrow.sync_state with (security_invoker = true) as
select s.name as key, s.value from frontrow.settings as s where s.name not like 'scope %'
union all
select 'last_run', pg_catalog.jsonb_build_object('started_at', r.started_at, 'finished_at', r.finished_at,
  'cause', r.cause, 'counts', r.counts, 'error', r.error)
from (select * from frontrow.runs where counts <> '{}' order by started_at desc limit 1) as r;
comment on view frontrow.sync_state is 'Where the engine is: the backfill''s place, the last sweep, the last run that did something.';

create or replace function frontrow.report(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  wanted text := request ->> 'collection';
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object(
    'collections', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(s) || pg_catalog.jsonb_build_object(
      'rows', frontrow.count_rows(c, false), 'unnamed', frontrow.count_rows(c, true), 'objects', o.objects, 'ignored', o.ignored) order by s.collection), '[]')
      from frontrow.status as s join frontrow.collections as c on c.name = s.collection
      cross join lateral (
        select frontrow.plain_pattern(c) as plain, '^' || frontrow.ignored_names() as ignored,
          frontrow.ignored_likes() as likes offset 0) as p
      cross join lateral (
        select count(*) filter (where x.is_ours) as objects,
          count(*) filter (where not x.is_ours and not exists (select from frontrow.collections as k
            where k.bucket = c.bucket and k.name <> c.name and x.name ~ k.pattern)) as ignored
        from (
          -- The pattern in its three parts: without look-aheads it costs a third, and two of them hardly need be asked.
          select y.name, case when p.plain is null then y.name ~ c.pattern
            else y.name ~ p.plain and not (y.name like '%.conflict%' and y.name ~ '\.conflict(?:\.[^./]*)?$')
              and not (y.name like any (p.likes) and y.name ~ p.ignored) end as is_ours
          from storage.objects as y where y.bucket_id = c.bucket offset 0) as x) as o
      where wanted is null or s.collection = wanted),
    'quarantine', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(q) order by q.collection, q.path), '[]')
      from (select * from frontrow.quarantine where wanted is null or collection = wanted limit 1000) as q),
    'conflicts', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', k.collection,
      'path', k.path, 'overlapping', k.overlapping, 'since', k.created_at) order by k.id), '[]')
      from (select * from frontrow.conflicts where state = 'open' and (wanted is null or collection = wanted) limit 1000) as k),
    'halts', (select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', h.id, 'collection', h.collection,
      'kind', h.kind, 'reason', h.reason, 'evidence', h.evidence, 'since', h.created_at,
      'seen', pg_catalog.pg_current_snapshot()::text,
      'documents', (select count(*) from frontrow.halt_items as i where i.halt = h.id and not i.confirmed)) order by h.id), '[]')
      from frontrow.halts as h where h.state = 'open' and (wanted is null or h.collection in (wanted, ''))),
    'doorbell', case
      when frontrow.secret('frontrow_functions_url') is null or frontrow.secret('frontrow_hook_token') is null then 'no secret'
      when pg_catalog.to_regnamespace('net') is null then 'no pg_net'
      else 'ready' end,
    'state', (select coalesce(pg_catalog.jsonb_object_agg(t.key, t.value), '{}') from frontrow.sync_state as t),
    'last24Hours', (select pg_catalog.jsonb_build_object('runs', count(*),
        'failed', count(*) filter (where error is not null or counts ? 'failed'))
      from frontrow.runs where started_at > pg_catalog.now() - interval '24 hours' and counts <> '{}'),
    'running', exists (select from frontrow.runs
      where finished_at is null and heartbeat_at > pg_catalog.clock_timestamp() - interval '5 seconds'));
end;
$$;
comment on function frontrow.report(jsonb) is 'The whole state for people and programs. {collection?} → {collections, quarantine, conflicts, halts, doorbell, state, …}.';

create or replace function frontrow.count_rows(c frontrow.collections, is_unnamed boolean) returns bigint
language plpgsql stable security definer set search_path = '' as $$
declare
  result bigint;
  -- The path in plain letters: spelling every row's path as Storage has it would cost seconds.
  plain text := (select pg_catalog.string_agg(case pg_catalog.jsonb_typeof(t.token) when 'string'
    then pg_catalog.quote_literal(t.token #>> '{}') else pg_catalog.format('r.%I::text', t.token ->> 'param') end, ' || '
    order by t.place) from pg_catalog.jsonb_array_elements(c.tokens) with ordinality as t (token, place));
  ignored text := '^' || pg_catalog.replace(pg_catalog.replace(frontrow.ignored_names(), '=23', '#'), '=7E', '~');
begin
  if pg_catalog.to_regclass(frontrow.qualified_table(c)) is null then
    return null;
  end if;
  execute pg_catalog.format('select count(*) from %s as r where %s and (not %L or %s)', frontrow.qualified_table(c),
    frontrow.live_condition(c), is_unnamed, (
      select pg_catalog.string_agg(pg_catalog.format('coalesce(r.%1$I::text, '''') = '''' or pg_catalog.octet_length(r.%1$I::text) > 255', k), ' or ')
      from pg_catalog.unnest(c.key_columns) as k) || pg_catalog.format(' or (%1$s) collate "C" like any (%2$L::text[]) and (%1$s) collate "C" ~ %3$L', plain,
      frontrow.ignored_likes(), ignored)) into result;
  return result;
end;
$$;
comment on function frontrow.count_rows(frontrow.collections, boolean) is 'Live rows of a collection''s table; unnamed: only those whose key is null, empty or too long for a file name, or makes an ignored one.';

-- The newest outcomes after an id, for a live log.
create or replace function frontrow.log(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('items', (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(i) order by i.id), '[]') from (
      select id, collection, path, outcome, code, message, at from frontrow.run_items
      where id > (request ->> 'after')::bigint order by id limit 500) as i));
end;
$$;
comment on function frontrow.log(jsonb) is 'Outcomes after a given id, oldest first, for showing only. {after} → {items}.';

-- -------------------- sql/86_changes.sql --------------------

-- The change feed: every document that changed since a cursor, once, at its newest revision, in the order of the
-- transactions that changed it. A transaction's number is given when it begins to write and not when it commits, so the
-- feed ends before the oldest one that still runs: what commits later always comes after every cursor that was given out.

create or replace function frontrow.tg_keep_changed() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  new.changed := pg_catalog.pg_current_xact_id();
  return new;
end;
$$;
comment on function frontrow.tg_keep_changed() is 'Puts a document with a new revision at the feed''s end.';
create trigger frontrow_keep_changed before update on frontrow.documents
  for each row when (new.revision is distinct from old.revision) execute function frontrow.tg_keep_changed();
comment on trigger frontrow_keep_changed on frontrow.documents is 'A new revision is a change, whoever writes it.';

-- Transactions are numbered by one server since its last restore: another server's numbers, or those of a future that a
-- restore took back, order nothing here. A physical copy keeps the identifier and gets another timeline.
create or replace function frontrow.server() returns text
language plpgsql stable set search_path = '' as $$
begin
  return (select s.system_identifier || '/' || k.timeline_id
    from pg_catalog.pg_control_system() as s, pg_catalog.pg_control_checkpoint() as k);
exception when others then
  return 'unknown';
end;
$$;
comment on function frontrow.server() is 'Which server''s transaction numbers these are; unknown where that may not be asked.';

-- After a dump was loaded elsewhere, its documents may be numbered ahead of this server: nobody would be shown them.
create or replace function frontrow.renumber_changes() returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  here jsonb := pg_catalog.to_jsonb(frontrow.server());
begin
  if (select value from frontrow.settings where name = 'changes') is not distinct from here then
    return;
  end if;
  update frontrow.documents set changed = pg_catalog.pg_current_xact_id()
  where changed > pg_catalog.pg_current_xact_id();
  insert into frontrow.settings (name, value) values ('changes', here)
  on conflict (name) do update set value = excluded.value;
end;
$$;
comment on function frontrow.renumber_changes() is 'Brings documents that another server numbered into this server''s order, once.';

-- A cursor is a place in one feed: of this server, these collections and this reader. In another it would skip documents.
create or replace function frontrow.feed_name(names text[], reader text) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.left(pg_catalog.md5(pg_catalog.jsonb_build_array(frontrow.server(), names, reader)::text), 16)
$$;
comment on function frontrow.feed_name(text[], text) is 'The feed that a cursor belongs to.';

-- A document as it crosses the wire to a peer.
create or replace function frontrow.document_item(d frontrow.documents, has_text boolean) returns jsonb
language sql stable security definer set search_path = '' as $$
  select pg_catalog.jsonb_build_object('collection', d.collection, 'path', d.path, 'revision', d.revision,
    'digest', d.digest, 'deleted', d.deleted_at is not null, 'at', frontrow.stamp(d.updated_at), 'author', (
      select r.author from frontrow.revisions as r
      where r.collection = d.collection and r.path = d.path and r.revision = d.revision))
    || case when has_text and d.deleted_at is null then pg_catalog.jsonb_build_object('text', d.text) else '{}' end
$$;
comment on function frontrow.document_item(frontrow.documents, boolean) is 'A document at its newest revision: {collection, path, revision, digest, deleted, at, author, text?}.';

create or replace function frontrow.changes(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  most int := least(greatest(coalesce((request ->> 'limit')::int, 200), 1), 1000);
  most_bytes bigint := coalesce((request ->> 'maxBytes')::bigint, 4000000);
  has_texts boolean := coalesce((request ->> 'texts')::boolean, true);
  names text[];
  feed text;
  place text[];
  is_reset boolean;
  horizon xid8;
  items jsonb;
  last text;
  found_more boolean;
begin
  perform frontrow.check_protocol(request);
  perform frontrow.renumber_changes();
  select coalesce(pg_catalog.array_agg(name order by name), '{}') into names from frontrow.collections
  where request ->> 'collection' is null or name = request ->> 'collection';
  if request ->> 'collection' is not null and names = '{}' then
    raise exception 'frontrow: there is no collection "%"', request ->> 'collection' using errcode = 'FR404';
  end if;
  if request ->> 'since' is not null then
    place := pg_catalog.regexp_match(request ->> 'since', '^([0-9a-f]{16}):([0-9]{1,20}):([a-z0-9_]*):(.*)$');
    if place is null then
      raise exception 'frontrow: since must be a cursor as it was given' using errcode = 'FR422';
    end if;
  end if;
  feed := frontrow.feed_name(names, request ->> 'reader');
  -- A number that was never given out: the server's disk was put back to an earlier day.
  is_reset := place[1] is distinct from feed
    or place[2]::numeric > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric;
  if is_reset then
    place := array[feed, '0', '', ''];
  end if;
  -- Taken before the documents are read: one that ends in between is shown next time.
  horizon := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot());
  with page as (
    select f.d, row_number() over w as n, sum(case when has_texts and (f.d).deleted_at is null
      then coalesce(pg_catalog.octet_length((f.d).text), 0) else 0 end) over w as bytes
    from (
      select d, d.changed, d.collection, d.path from frontrow.documents as d
      where (d.changed, d.collection, d.path) > (place[2]::xid8, place[3], place[4]) and d.changed < horizon
        and d.collection = any (names)
      order by d.changed, d.collection, d.path limit most + 1
    ) as f
    window w as (order by f.changed, f.collection, f.path)
  ), kept as (
    select * from page where n <= most and (n = 1 or bytes <= most_bytes)
  )
  select coalesce(pg_catalog.jsonb_agg(frontrow.document_item(k.d, has_texts) order by k.n), '[]'),
    (pg_catalog.array_agg(pg_catalog.concat_ws(':', feed, (k.d).changed, (k.d).collection, (k.d).path) order by k.n desc))[1],
    (select count(*) from page) > count(*)
  into items, last, found_more from kept as k;
  return pg_catalog.jsonb_build_object('items', items, 'more', found_more, 'reset', is_reset, 'next',
    case when found_more then last else pg_catalog.format('%s:%s::', feed, greatest(place[2]::xid8, horizon)) end);
end;
$$;
comment on function frontrow.changes(jsonb) is 'Documents changed since a cursor, each once at its newest revision. {since?, collection?, reader?, limit?, maxBytes?, texts?} → {items, next, more, reset}; reset: this is the whole state, from its beginning. Raises FR404, FR422.';

-- What is not there is left out of the answer.
create or replace function frontrow.documents(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('items', (
    select coalesce(pg_catalog.jsonb_agg(frontrow.document_item(d, coalesce((request ->> 'texts')::boolean, true))
      order by d.collection, d.path), '[]')
    from pg_catalog.jsonb_to_recordset(request -> 'items') as i (collection text, path text)
    join frontrow.collections as c on c.name = i.collection
    join frontrow.documents as d on d.collection = i.collection and d.path = i.path));
end;
$$;
comment on function frontrow.documents(jsonb) is 'These documents at their newest revision. {items: [{collection, path}], texts?} → {items}.';

-- -------------------- sql/86_export.sql --------------------

-- The documents as the hub holds them now, for whoever takes a copy of them: page by page, in the order of their paths.

create or replace function frontrow.export(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  most int := least(greatest(coalesce((request ->> 'limit')::int, 1000), 1), 1000);
  weight bigint := coalesce((request ->> 'maxBytes')::bigint, 8388608);
  with_texts boolean := coalesce((request ->> 'texts')::boolean, true);
  place text := coalesce(request ->> 'after', '');
  wanted text[];
  result jsonb;
begin
  perform frontrow.check_protocol(request);
  if not exists (select from frontrow.collections where name = request ->> 'collection') then
    raise exception 'frontrow: collection % is not registered', coalesce(request ->> 'collection', '(none)') using errcode = 'FR404';
  end if;
  if pg_catalog.jsonb_typeof(request -> 'paths') = 'array' then
    wanted := array(select distinct pg_catalog.jsonb_array_elements_text(request -> 'paths'));
  end if;
  -- One more than the page shows whether another follows. The weight is known without reading a long text.
  with named as (
    (select d.* from frontrow.documents as d
    where wanted is null and d.collection = request ->> 'collection' and d.path > place
      and d.deleted_at is null and d.text is not null
    order by d.path limit most + 1)
    union all
    select d.* from pg_catalog.unnest(wanted) as w (path)
    join frontrow.documents as d on d.collection = request ->> 'collection' and d.path = w.path
    where d.path > place and d.deleted_at is null and d.text is not null
  ), found as (
    select n.path, n.revision, n.digest, n.text, pg_catalog.octet_length(n.text) as bytes
    from named as n order by n.path limit most + 1
  ), placed as (
    select f.*, pg_catalog.row_number() over (order by f.path) as nth, sum(f.bytes) over (order by f.path) as upto from found as f
  ), page as (
    select * from placed as p where p.nth = 1 or (p.nth <= most and (not with_texts or p.upto <= weight))
  )
  select pg_catalog.jsonb_build_object(
    'items', coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', p.path, 'revision', p.revision,
      'digest', p.digest, 'bytes', p.bytes, 'text', case when with_texts then p.text end) order by p.path), '[]'),
    'next', case when (select count(*) from found) > count(*) then max(p.path) end) into result
  from page as p;
  return result;
end;
$$;
comment on function frontrow.export(jsonb) is 'Documents that are not deleted, by path. {collection, after?, limit?, maxBytes?, paths?, texts?} → {items: [{path, revision, digest, bytes, text}], next}. Raises FR404.';

-- -------------------- sql/87_pushes.sql --------------------

-- Pushes: what a peer brings is applied like any plan, and in the same transaction it is written down that it was. A peer
-- that never saw the answer asks again under the same id, and nothing is done twice.

create table frontrow.pushes (
  request uuid not null,
  reader text not null,
  collection text not null,
  path text not null,
  revision bigint,
  at timestamptz not null default now(),
  primary key (request, reader, collection, path)
);
comment on table frontrow.pushes is 'What was accepted of the pushes of the last three days. Never content.';
comment on column frontrow.pushes.reader is 'Digest of whose push it is, so that nobody''s id means anything to anybody else.';
comment on column frontrow.pushes.revision is 'The document''s revision that came of it; null: it was deleted.';
create index pushes_at_idx on frontrow.pushes (at);
alter table frontrow.pushes enable row level security;
revoke all on frontrow.pushes from public, anon, authenticated;

create or replace function frontrow.pushed(request jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return pg_catalog.jsonb_build_object('items', (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'collection', p.collection, 'path', p.path, 'revision', p.revision)), '[]')
    from frontrow.pushes as p
    where p.request = (pushed.request ->> 'push')::uuid and p.reader = pg_catalog.md5(coalesce(pushed.request ->> 'reader', ''))));
end;
$$;
comment on function frontrow.pushed(jsonb) is 'What was accepted of a push before. {push, reader?} → {items: [{collection, path, revision}]}.';

-- `pushed` names the items that carry what was pushed, and what must come of each: anything else was not accepted.
create or replace function frontrow.push(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  answer jsonb := frontrow.apply(request);
begin
  delete from frontrow.pushes as p where p.ctid = any (array(
    select o.ctid from frontrow.pushes as o where o.at < pg_catalog.now() - interval '3 days' limit 1000));
  insert into frontrow.pushes (request, reader, collection, path, revision)
  select (push.request ->> 'push')::uuid, pg_catalog.md5(coalesce(push.request ->> 'reader', '')), a.collection, a.path,
    case when a.outcome <> 'deleted' then a.revision end
  from pg_catalog.jsonb_to_recordset(answer -> 'items') as a (collection text, path text, outcome text, revision bigint)
  join pg_catalog.jsonb_to_recordset(request -> 'pushed') as w (collection text, path text, outcomes jsonb)
    using (collection, path)
  where w.outcomes ? a.outcome
  on conflict do nothing;
  -- Nobody else has signalled this document: if its object is never written, a signal is what brings it to a worker. The
  -- lease counts it as seen, so that it goes when the write is confirmed.
  with noted as (
    insert into frontrow.dirty (collection, path, store)
    select a.collection, a.path, 'table'
    from pg_catalog.jsonb_to_recordset(answer -> 'items') as a (collection text, path text, intent uuid)
    where a.intent is not null
    returning id, collection, path
  )
  update frontrow.leases as l set seen = l.seen || n.id from noted as n
  where l.collection = n.collection and l.path = n.path;
  return answer;
end;
$$;
comment on function frontrow.push(jsonb) is 'apply, and in the same transaction the memory of what was accepted. {push, reader?, pushed: [{collection, path, outcomes}], …as apply} → as apply.';

-- -------------------- sql/87_readers.sql --------------------

-- What a person may see, by the policies of their own table: each question is asked of the table itself, as that person.
--
-- Only a function that runs as its caller may take on another role, and such a function cannot reach this schema: so the
-- statements are written here, by a definer, and run there. Both are for service_role alone; the token was verified by
-- the Data API, whose answer to frontrow_claims says whose it is.

create or replace function public.frontrow_claims() returns jsonb
language sql stable set search_path = '' as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;
comment on function public.frontrow_claims() is 'Frontrow: the caller''s own token, verified: whoever can call this is signed in.';
revoke execute on function public.frontrow_claims() from public, anon;
grant execute on function public.frontrow_claims() to authenticated, service_role;

-- Every column that a document shows is named, where it costs nothing: a column that may not be read hides the document.
create or replace function frontrow.columns_named(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.string_agg(pg_catalog.format('r.%I is null', n.name), ' or ')
  from (
    select e ->> 'column' as name from pg_catalog.jsonb_array_elements(c.columns) as e
    union select c.body_column where c.body_column is not null
    union select pg_catalog.unnest(c.key_columns)
  ) as n
$$;
comment on function frontrow.columns_named(frontrow.collections) is 'SQL that names every column of a document''s row r.';

-- Takes [{path, keys}], answers the paths whose rows are there.
create or replace function frontrow.see_statement(c frontrow.collections) returns text
language sql stable set search_path = '' as $$
  select pg_catalog.format(
    'select pg_catalog.jsonb_agg(w.path) from (select k.value -> ''path'' as path,
       array(select pg_catalog.jsonb_array_elements_text(k.value -> ''keys'')) as keys
       from pg_catalog.jsonb_array_elements($1) as k) as w
     join %s as r on %s where %s and (true or %s)',
    frontrow.qualified_table(c), frontrow.key_condition(c, 'w.keys'), frontrow.live_condition(c), frontrow.columns_named(c))
$$;
comment on function frontrow.see_statement(frontrow.collections) is 'The statement that asks a table which of these rows its reader can see.';

-- A plan's write of a row, as the person would have to make it: policies and grants are asked by trying. A softly
-- deleted row may be what a policy hides, so that whoever may remove the row may delete the document as well.
create or replace function frontrow.try_statements(c frontrow.collections, item jsonb) returns text[]
language sql stable set search_path = '' as $$
  with said as (
    select frontrow.qualified_table(c) as "table", frontrow.key_condition(c,
        'array(select pg_catalog.jsonb_array_elements_text($1 -> ''keys''))') as found,
      pg_catalog.format('pg_catalog.jsonb_populate_record(null::%s, $1 -> ''record'') as v', frontrow.qualified_table(c)) as source,
      array(select k from pg_catalog.jsonb_object_keys(item -> 'record') as k) as names,
      array(select pg_catalog.jsonb_array_elements_text(item -> 'clear')) as cleared
  )
  select array(select pg_catalog.format('with w as (%s) select pg_catalog.jsonb_agg($1 -> ''path'') from w', t)
    from pg_catalog.unnest(case item ->> 'op'
      when 'insert' then array[pg_catalog.format('insert into %s (%s) select %s from %s returning 1', s."table",
        (select pg_catalog.string_agg(pg_catalog.quote_ident(n), ', ' order by n) from pg_catalog.unnest(s.names) as n),
        (select pg_catalog.string_agg('v.' || pg_catalog.quote_ident(n), ', ' order by n) from pg_catalog.unnest(s.names) as n),
        s.source)]
      when 'update' then array[pg_catalog.format('update %s as r set %s from %s where %s returning 1', s."table", (
        select pg_catalog.string_agg(a, ', ') from (
          select pg_catalog.format('%I = v.%I', n, n) as a from pg_catalog.unnest(s.names) as n
          union all select pg_catalog.format('%I = default', n) from pg_catalog.unnest(s.cleared) as n
          union all select 'deleted_at = null' where (item ->> 'revives')::boolean) as assignments), s.source, s.found)]
      when 'delete' then array[pg_catalog.format('delete from %s as r where %s returning 1', s."table", s.found)]
        || case when c.row_delete = 'soft' then array[pg_catalog.format(
          'update %s as r set deleted_at = pg_catalog.now() where %s returning 1', s."table", s.found)] else '{}'::text[] end
      else array[pg_catalog.format('select 1 from %s as r where %s for no key update', s."table", s.found)] end) as t)
  from said as s
$$;
comment on function frontrow.try_statements(frontrow.collections, jsonb) is 'The statements of which one must succeed as the person: {path, keys, op: insert|update|delete|touch, record, clear, revives}.';

-- What a plan's row becomes in try_statements. A text that leaves the row alone must still be the person's to change.
create or replace function frontrow.try_item(c frontrow.collections, item jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  keys text[] := frontrow.path_keys(c, item ->> 'path');
  change jsonb := item -> 'row';
  record jsonb := frontrow.as_record(c, coalesce(nullif(change -> 'set', 'null'), '{}'));
  is_live boolean;
  op text;
begin
  execute pg_catalog.format('select %s from %s as r where %s', frontrow.live_condition(c), frontrow.qualified_table(c),
    frontrow.key_condition(c, '$1')) into is_live using keys;
  if c.body_column is not null and change ->> 'body' is not null then
    record := record || pg_catalog.jsonb_build_object(c.body_column, change -> 'body');
  end if;
  op := case when change ->> 'op' = 'delete' then 'delete' when change ->> 'op' is distinct from 'put' then 'touch'
    when is_live is null then 'insert' else 'update' end;
  if op = 'insert' then
    select record || pg_catalog.jsonb_object_agg(k.name, keys[k.i]) into record
    from pg_catalog.unnest(c.key_columns) with ordinality as k (name, i);
  elsif op = 'update' then
    record := record - c.key_columns;
    if is_live and record = '{}' and coalesce(change -> 'clear', '[]') = '[]' then
      op := 'touch';
    end if;
  end if;
  return pg_catalog.jsonb_build_object('path', item -> 'path', 'keys', pg_catalog.to_jsonb(keys), 'op', op, 'record', record,
    'clear', coalesce(change -> 'clear', '[]'), 'revives', not coalesce(is_live, true));
end;
$$;
comment on function frontrow.try_item(frontrow.collections, jsonb) is 'A plan''s write of a row, ready to be tried.';

create or replace function public.frontrow_questions(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform frontrow.check_protocol(request);
  return (
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('collection', c.name, 'argument', q.argument,
      'statement', q.statement, 'path', frontrow.api_path(c))), '[]')
    from (
      select i.collection, frontrow.see_statement(k) as statement, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'path', i.path, 'keys', pg_catalog.to_jsonb(frontrow.path_keys(k, i.path)))) as argument
      from pg_catalog.jsonb_to_recordset(request -> 'items') as i (collection text, path text)
      join frontrow.collections as k on k.name = i.collection
      where frontrow.path_keys(k, i.path) is not null
      group by i.collection, k
      union all
      select w.item ->> 'collection', t.statement, t.argument
      from pg_catalog.jsonb_array_elements(request -> 'writes') as w (item)
      join frontrow.collections as k on k.name = w.item ->> 'collection'
      cross join lateral (select frontrow.try_item(k, w.item) as argument) as i
      cross join lateral (select i.argument, s as statement from pg_catalog.unnest(frontrow.try_statements(k, i.argument)) as s) as t
      where frontrow.path_keys(k, w.item ->> 'path') is not null
    ) as q
    join frontrow.collections as c on c.name = q.collection and frontrow.is_as_registered(c));
end;
$$;
comment on function public.frontrow_questions(jsonb) is 'Frontrow: the statements by which a table is asked what a person may see and write.';

-- `failed` are writes that would fail for another reason than who asks: a constraint, a trigger, a lock.
create or replace function public.frontrow_visible(request jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
  question record;
  claims jsonb := request -> 'claims';
  seen jsonb;
  items jsonb := '[]'::jsonb;
  failed jsonb := '[]'::jsonb;
begin
  if claims ->> 'role' is distinct from 'authenticated' then
    raise exception 'frontrow: visible takes the claims of somebody who is signed in' using errcode = 'FR422';
  end if;
  for question in select * from pg_catalog.jsonb_to_recordset(public.frontrow_questions(request))
    as q (collection text, statement text, argument jsonb, path text)
  loop
    seen := null;
    begin
      perform pg_catalog.set_config(s.name, s.value, true) from (values
        ('request.jwt.claims', claims::text), ('request.jwt.claim.sub', claims ->> 'sub'),
        ('request.jwt.claim.role', claims ->> 'role'), ('request.jwt.claim.email', claims ->> 'email'),
        ('search_path', question.path), ('frontrow.origin', 'frontrow'), ('lock_timeout', '700ms'),
        ('role', 'authenticated')) as s (name, value);
      execute question.statement into seen using question.argument;
      -- Everything of that person ends here, their role first of all, and what was tried is undone.
      raise exception 'asked' using errcode = 'FR000';
    exception
      when sqlstate 'FR000' or insufficient_privilege then
        items := items || (select coalesce(pg_catalog.jsonb_agg(
          pg_catalog.jsonb_build_object('collection', question.collection, 'path', p.value)), '[]')
          from pg_catalog.jsonb_array_elements(seen) as p);
      when others then
        if request ? 'items' then
          raise;
        end if;
        failed := failed || pg_catalog.jsonb_build_object('collection', question.collection,
          'path', question.argument -> 'path', 'state', sqlstate);
    end;
  end loop;
  return pg_catalog.jsonb_build_object('items', items, 'failed', failed);
end;
$$;
comment on function public.frontrow_visible(jsonb) is 'Frontrow: the documents among these that a signed-in person can see (items), or whose rows they could write so (writes). {claims, items: [{collection, path}] | writes: [{collection, path, row}]} → {items, failed}.';

revoke execute on function public.frontrow_questions(jsonb), public.frontrow_visible(jsonb) from public, anon, authenticated;
grant execute on function public.frontrow_questions(jsonb), public.frontrow_visible(jsonb) to service_role;

-- -------------------- sql/88_ids.sql --------------------

-- Ids: each collection that has them counts its documents in one row, and whoever needs ids gets a block of numbers that
-- is nobody else's. A number is given once, also where its document was never made, or is deleted.

create table frontrow.id_sequences (
  collection text not null,
  format text not null,
  last bigint not null default 0,
  looked text,
  looked_at xid8 not null default '0',
  primary key (collection, format)
);
comment on table frontrow.id_sequences is 'How far each collection is numbered.';
comment on column frontrow.id_sequences.last is 'The highest number that was handed out, or found in use.';
comment on column frontrow.id_sequences.looked is 'Digest of the server, the path and the table in which numbers were looked for; another one is looked through whole.';
comment on column frontrow.id_sequences.looked_at is 'Documents that changed from this transaction on were not looked at yet.';
alter table frontrow.id_sequences enable row level security;
revoke all on frontrow.id_sequences from public, anon, authenticated;

create table frontrow.id_blocks (
  request uuid not null,
  reader text not null,
  collection text not null,
  format text not null,
  first bigint not null,
  last bigint not null,
  at timestamptz not null default now(),
  primary key (request, reader, collection),
  check (first <= last)
);
comment on table frontrow.id_blocks is 'The ids handed out in the last three days.';
comment on column frontrow.id_blocks.reader is 'Digest of whose request it is, so that nobody''s id means anything to anybody else.';
create index id_blocks_at_idx on frontrow.id_blocks (at);
alter table frontrow.id_blocks enable row level security;
revoke all on frontrow.id_blocks from public, anon, authenticated;

-- What people made by hand: documents that changed since, and files and rows that no worker has made documents of yet.
create or replace function frontrow.highest_id_since(c frontrow.collections, since xid8) returns bigint
language sql stable security definer set search_path = '' as $$
  select coalesce(max((pg_catalog.regexp_match(p.path collate "C", c.ids ->> 'inPath'))[1]::bigint), 0) from (
    select d.path from frontrow.documents as d where d.changed >= since and d.collection = c.name
    union all select s.path from frontrow.dirty as s where s.collection = c.name
    union all select q.path from frontrow.quarantine as q where q.collection = c.name) as p
$$;
comment on function frontrow.highest_id_since(frontrow.collections, xid8) is 'The highest number among the documents that changed since a transaction, and those that wait for a worker.';

-- Rows and files that were there before anybody signalled them.
create or replace function frontrow.highest_id(c frontrow.collections) returns bigint
language plpgsql stable security definer set search_path = '' as $$
declare
  in_rows bigint;
begin
  execute pg_catalog.format('select max((pg_catalog.regexp_match(r.%I::text collate "C", $1))[1]::bigint) from %s as r',
    c.ids ->> 'key', frontrow.qualified_table(c)) into in_rows using c.ids ->> 'inKey';
  return greatest(coalesce(in_rows, 0), frontrow.highest_id_since(c, '0'), (
    select coalesce(max((pg_catalog.regexp_match(o.name collate "C", c.ids ->> 'inPath'))[1]::bigint), 0) from storage.objects as o
    where o.bucket_id = c.bucket));
end;
$$;
comment on function frontrow.highest_id(frontrow.collections) is 'The highest number among all documents, rows and files.';

create or replace function frontrow.ids(request jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
  asked_for uuid := (request ->> 'request')::uuid;
  asker text := pg_catalog.md5(coalesce(request ->> 'reader', ''));
  wanted int := coalesce((request ->> 'count')::int, 1);
  place text;
  horizon xid8;
  c frontrow.collections;
  s frontrow.id_sequences;
  b frontrow.id_blocks;
begin
  perform frontrow.check_protocol(request);
  if asked_for is null or wanted not between 1 and 1000 then
    raise exception 'frontrow: ids takes a request id, and a count from 1 to 1000' using errcode = 'FR422';
  end if;
  select * into c from frontrow.collections where name = request ->> 'collection';
  if c.name is null then
    raise exception 'frontrow: there is no collection "%"', coalesce(request ->> 'collection', '') using errcode = 'FR404';
  elsif c.ids is null then
    raise exception 'frontrow: the collection "%" has no ids: its config must say ids: { key, format }', c.name
      using errcode = 'FR422';
  end if;
  insert into frontrow.id_sequences (collection, format) values (c.name, c.ids ->> 'format') on conflict do nothing;
  -- From here on one after the other: who comes next sees what this one did.
  select * into s from frontrow.id_sequences where collection = c.name and format = c.ids ->> 'format' for update;
  select * into b from frontrow.id_blocks
  where id_blocks.request = asked_for and reader = asker and collection = c.name;
  if b.request is null then
    delete from frontrow.id_blocks as o where o.ctid = any (array(
      select e.ctid from frontrow.id_blocks as e where e.at < pg_catalog.now() - interval '3 days' limit 1000));
    place := pg_catalog.md5(pg_catalog.jsonb_build_array(frontrow.server(), c.scope, c.ids)::text);
    -- Taken before the documents are read: one that ends in between is looked at next time.
    horizon := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot());
    s.last := greatest(s.last, case when s.looked is distinct from place then frontrow.highest_id(c)
      else frontrow.highest_id_since(c, s.looked_at) end);
    if s.last + wanted > 9007199254740991 then
      raise exception 'frontrow: the collection "%" has no numbers left', c.name using errcode = 'FR422';
    end if;
    insert into frontrow.id_blocks (request, reader, collection, format, first, last)
    values (asked_for, asker, c.name, s.format, s.last + 1, s.last + wanted) returning * into b;
    update frontrow.id_sequences set last = b.last, looked = place, looked_at = horizon
    where collection = s.collection and format = s.format;
  end if;
  return pg_catalog.jsonb_build_object('format', b.format, 'first', b.first, 'last', b.last);
end;
$$;
comment on function frontrow.ids(jsonb) is 'Hands out numbers that nobody has. {request, reader?, collection, count?} → {format, first, last}; the same request is answered the same, for three days. Raises FR404, FR422.';

-- -------------------- sql/90_api.sql --------------------

-- The doors: one jsonb in, one jsonb out, for service_role alone. The schema behind them is exposed to nobody.
-- The Data API takes over a function's statement_timeout; its own for service_role, 8 s, is too short for a backfill.

do $$
declare
  verb record;
begin
  for verb in
    select v.*, v.name in ('register', 'finish', 'backfill', 'resume', 'resolve', 'restore', 'purge_author') as is_audited
    from (values
      ('register', 'Installs the collections of a config.'),
      ('registered', 'The collections as registered.'),
      ('claim', 'Leases due documents and reads them.'),
      ('apply', 'Carries out plans in one transaction.'),
      ('confirm', 'Makes landed writes the new base.'),
      ('fail', 'Gives leases back undone.'),
      ('finish', 'Ends a run.'),
      ('backfill', 'Marks everything that differs dirty.'),
      ('preview', 'What a backfill would look at.'),
      ('compare', 'Which files the hub does not hold as they are.'),
      ('load', 'Makes documents and rows of new files.'),
      ('signal', 'Marks named documents dirty.'),
      ('held', 'What a halt holds.'),
      ('resume', 'Carries out a person''s decision on a halt.'),
      ('conflicts', 'The conflicts, open or all.'),
      ('resolve', 'Decides an open conflict.'),
      ('report', 'The state, for people and programs.'),
      ('log', 'The newest outcomes.'),
      ('export', 'The documents as they are now, page by page.'),
      ('history', 'Revisions, newest first.'),
      ('revision', 'One revision with its text.'),
      ('restore', 'Makes an old revision the newest.'),
      ('changes', 'The documents that changed since a cursor.'),
      ('documents', 'Documents at their newest revision.'),
      ('push', 'Carries out plans with what a peer pushed, and remembers that.'),
      ('pushed', 'What was accepted of a push before.'),
      ('ids', 'Hands out a block of ids.'),
      ('purge_author', 'Forgets what one person wrote, and their name.'),
      ('audit', 'Who decided what, and what every run did.')
    ) as v (name, about)
  loop
    execute format('create or replace function public.%I(request jsonb) returns jsonb
      language sql volatile security definer set search_path = '''' set statement_timeout = ''55s''
      as %L',
      'frontrow_' || verb.name, 'select ' || format(case when verb.is_audited then 'frontrow.audited(%2$L, request, frontrow.%1$I(request))'
        else 'frontrow.%1$I(request)' end, verb.name, verb.name));
    execute format('comment on function public.%I(jsonb) is %L', 'frontrow_' || verb.name, 'Frontrow: ' || verb.about);
    execute format('revoke execute on function public.%I(jsonb) from public, anon, authenticated', 'frontrow_' || verb.name);
    execute format('grant execute on function public.%I(jsonb) to service_role', 'frontrow_' || verb.name);
  end loop;
end;
$$;

-- Postgres lets everybody execute a new function: not these.
revoke execute on all functions in schema frontrow from public, anon, authenticated;

-- -------------------- sql/95_schedule.sql --------------------

-- The extensions may be missing (a small server, a test): everything works without them, later.
do $$
declare
  wanted record;
begin
  for wanted in select * from (values ('pg_net', 'extensions'), ('pg_cron', 'pg_catalog')) as w (name, target) loop
    begin
      if exists (select from pg_available_extensions where name = wanted.name) then
        execute format('create extension if not exists %I with schema %I', wanted.name, wanted.target);
      end if;
    exception when others then
      raise notice 'frontrow: % could not be created: %', wanted.name, sqlerrm;
    end;
  end loop;
end;
$$;

select frontrow.schedule();

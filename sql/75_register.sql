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

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

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

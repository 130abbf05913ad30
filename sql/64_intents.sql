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

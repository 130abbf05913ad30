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

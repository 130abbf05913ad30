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

-- What apply writes down beside the row: revisions, bases, quarantine. Conflicts are in 67_conflicts.sql.

-- Appends history. The text of the revision before moves from documents into its own row: long texts are kept once.
create or replace function frontrow.append_revisions(
  c frontrow.collections, document_path text, current bigint, entries jsonb, is_tombstone boolean, editor text
) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
  entry jsonb;
  latest bigint := current;
  newest jsonb;
begin
  if pg_catalog.jsonb_array_length(entries) = 0 and not is_tombstone then
    return current;
  end if;
  if pg_catalog.jsonb_array_length(entries) > 0 then
    update frontrow.revisions as r set text = d.text from frontrow.documents as d
    where d.collection = c.name and d.path = document_path and r.collection = c.name and r.path = document_path
      and r.text is null and not r.deleted;
    newest := entries -> -1;
    for entry in select * from pg_catalog.jsonb_array_elements(entries) loop
      latest := latest + 1;
      insert into frontrow.revisions (collection, path, revision, author, digest, text)
      values (c.name, document_path, latest, entry ->> 'author', entry ->> 'digest',
        case when entry is distinct from newest or latest < current + pg_catalog.jsonb_array_length(entries)
          then entry ->> 'text' end);
    end loop;
  end if;
  if is_tombstone then
    latest := latest + 1;
    insert into frontrow.revisions (collection, path, revision, author, deleted)
    values (c.name, document_path, latest, editor, true);
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
comment on function frontrow.append_revisions(frontrow.collections, text, bigint, jsonb, boolean, text) is 'Appends revisions and makes the last one the document; answers its number.';

-- After the bases have moved: a revision that a base stands on is needed for the next merge.
create or replace function frontrow.trim_history(c frontrow.collections, document_path text, latest bigint) returns void
language sql volatile security definer set search_path = '' as $$
  delete from frontrow.revisions as r
  where r.collection = c.name and r.path = document_path
    and r.revision < latest - (c.policies ->> 'history')::int and r.text is not null and not exists (
      select from frontrow.bases as b where b.collection = c.name and b.path = document_path and b.revision = r.revision)
$$;
comment on function frontrow.trim_history(frontrow.collections, text, bigint) is 'Forgets revisions beyond what the collection keeps, but none a base stands on.';

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
    fields = excluded.fields, body = excluded.body, agreed_at = pg_catalog.now();
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

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

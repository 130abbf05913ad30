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
    news := frontrow.news_of(base.fields, base.body, replica.fields, replica.body);
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

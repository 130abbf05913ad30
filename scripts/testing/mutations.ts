/**
 * The protections, each switched off. `FRONTROW_MUTATION=<name>` makes the tests' hub from such SQL: at least one test
 * must fail then. `scripts/testing/mutate.ts` tries them all.
 */
interface Mutation {
  /** What must be in the SQL exactly once … */
  find: string;
  /** … and what stands there without the protection. */
  replace: string;
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "the memory of deliveries": {
    find: "    if not found then\n      return pg_catalog.jsonb_build_object('marked', 0, 'ignored', 0, 'repeated', true);\n    end if;\n",
    replace: "",
  },
  "the names that are ignored, for rows": {
    find: "  if path collate \"C\" ~ ('^' || frontrow.ignored_names()) then return null; end if;\n",
    replace: "",
  },
  "the warnings": {
    find: "  from pg_catalog.jsonb_array_elements(item -> 'warnings') as w;\n",
    replace: "  from pg_catalog.jsonb_array_elements('[]'::jsonb) as w;\n",
  },
  "the platform's schemas": {
    find: "    perform frontrow.refuse(pg_catalog.format('schema \"%s\" belongs to the platform', spec ->> 'schema'));\n",
    replace: "    null;\n",
  },
  "generated columns are no fields": {
    find: "  if is_mapped and (a.attgenerated <> '' or a.attidentity = 'a') then",
    replace: "  if false then",
  },
  "the fence on uploads": {
    find: "    or intent.state <> 'open' or intent.base_version is distinct from replaced\n",
    replace: "",
  },
  "the fence on removals": {
    find: "    or intent.state <> 'open' or intent.base_version is distinct from coalesce(old.version, '')\n",
    replace: "",
  },
  "the lease's token in apply": {
    find: "      and token = (item ->> 'token')::bigint and until > pg_catalog.clock_timestamp() for update;\n    if not found then\n      result := pg_catalog.jsonb_build_object('outcome', 'fenced'",
    replace:
      "      for update;\n    if false then\n      result := pg_catalog.jsonb_build_object('outcome', 'fenced'",
  },
  "the lease's end in apply": {
    find: "      and token = (item ->> 'token')::bigint and until > pg_catalog.clock_timestamp() for update;\n    if not found then\n      result := pg_catalog",
    replace:
      "      and token = (item ->> 'token')::bigint for update;\n    if not found then\n      result := pg_catalog",
  },
  "the lease in confirm": {
    find: "    perform from frontrow.leases where collection = item.collection and path = item.path and token = item.token\n      and until > pg_catalog.clock_timestamp() for update;\n    if not found then",
    replace: "    if false then",
  },
  "the ids that were seen": {
    find: "  delete from frontrow.dirty where id = any (ids);",
    replace: "  delete from frontrow.dirty where collection = collection_name and path = document_path;",
  },
  "the hub's revision": {
    find: "  if current is distinct from (item #>> '{expect,revision}')::bigint then",
    replace: "  if false then",
  },
  "the object's version": {
    find: "  if (item -> 'expect') ? 'bucket' and (item #>> '{expect,bucket}') is distinct from",
    replace: "  if false and (item #>> '{expect,bucket}') is distinct from",
  },
  "the row's hash before a write": {
    find: "  if (case when is_live then found_version end) is distinct from expected then",
    replace: "  if false then",
  },
  "the row's hash before a deletion": {
    find: "  if found_version is distinct from expected then",
    replace: "  if false then",
  },
  "the row's hash when only the base moves": {
    find: "    if row_op = 'none' and (item -> 'bases') ? 'table' and (item #>> '{expect,table}') is distinct from",
    replace: "    if false and (item #>> '{expect,table}') is distinct from",
  },
  "the valve": {
    find: "    share, (c.policies #>> '{valve,atLeast}')::int)\n  then",
    replace: "    share, (c.policies #>> '{valve,atLeast}')::int) or true\n  then",
  },
  "the open halt": {
    find: "  if blocking.id is not null then",
    replace: "  if false then",
  },
  "the sentinel": {
    find: "    when sentinel is not null and not (exists",
    replace: "    when false and not (exists",
  },
  "the sentinel's own deletion": {
    find: "    when sentinel = document_path then 'sentinel-deleted'\n",
    replace: "",
  },
  "the bucket that must be there": {
    find: "    when not exists (select from storage.buckets as b where b.id = c.bucket) then 'bucket-missing'\n",
    replace: "",
  },
  "the look at what row level security hides": {
    find: "    when pg_catalog.row_security_active('storage.objects'::regclass) or pg_catalog.row_security_active(c.table_id)\n",
    replace: "    when false\n",
  },
  "the look at both sides before a deletion": {
    find: "'most', greatest(g.files, g.rows) + recent)",
    replace: "'most', recent)",
  },
  "the sample that vouches for a deletion that was seen": {
    find: "    and frontrow.is_sample_whole(c)\n",
    replace: "",
  },
  "the rows that the sweep walks": {
    find: "      marked := frontrow.mark_differing(c, frontrow.suspect_rows(c, first_keys, last_keys));\n",
    replace: "",
  },
  "the missing rows that the sweep looks up": {
    find: "      when k.table_version is not null then not exists (",
    replace: "      when false then not exists (",
  },
  "what the person saw, in resume": {
    find: "    and (seen is null or h.kind = 'oscillation' or pg_catalog.pg_visible_in_snapshot(i.noted, seen::pg_catalog.pg_snapshot))\n",
    replace: "",
  },
  "the versions a person confirmed": {
    find: "      and i.evidence @> versions\n",
    replace: "",
  },
  "the breaker": {
    find: "    if pg_catalog.cardinality(names) = 0 then",
    replace: "    if true then",
  },
  "the breaker's contested flows": {
    find: "      coalesce(r.n is not null and n = any (news)\n",
    replace: "      coalesce(false\n",
  },
  "the breaker's count of quick writes": {
    find: "  select '(any)', case when",
    replace: "  select '(never ' || (item ->> 'token') || ')', case when",
  },
  "the parking of what oscillates": {
    find: "h.kind = 'oscillation' and h.state <> 'closed' and i.path = document_path;",
    replace: "h.kind = 'oscillation' and false and i.path = document_path;",
  },
  "the project's identity in claim": {
    find: "    return pg_catalog.jsonb_build_object('items', items, 'stranger', stranger);",
    replace: "    null;",
  },
  "the project's identity in apply": {
    find: "    return pg_catalog.jsonb_build_object('items', '[]'::jsonb, 'stranger', stranger);",
    replace: "    null;",
  },
  "the project's identity in register": {
    find: "  elsif reason is not null then\n    raise",
    replace: "  elsif false then\n    raise",
  },
  "the end of a schema's halt": {
    find: "  if halted is not null then\n    update frontrow.halts",
    replace: "  if false then\n    update frontrow.halts",
  },
  "the grants of the doors": {
    find: "    execute format('revoke execute on function public.%I(jsonb) from public, anon, authenticated', 'frontrow_' || verb.name);",
    replace:
      "    execute format('grant execute on function public.%I(jsonb) to anon, authenticated', 'frontrow_' || verb.name);",
  },
  "the schema's privacy": {
    find: "revoke all on schema frontrow from public;",
    replace: "grant usage on schema frontrow to public;",
  },
  "the capture of objects never raising": {
    find: "  raise warning 'frontrow: a change of % was not captured, the backfill will find it: %',\n",
    replace: "  raise exception 'frontrow: a change of % was not captured, the backfill will find it: %',\n",
  },
  "the capture of rows never raising": {
    find: "  raise warning 'frontrow: a change of %% was not captured",
    replace: "  raise exception 'frontrow: a change of %% was not captured",
  },
  "the bytes that a type takes for equal": {
    find: "when e ->> 'type' = any ('{numeric,float8,jsonb,text[]}') then 2 else 1 end as place",
    replace: "else 1 end as place",
  },
  "the spelling of a date in a path": {
    find: "then ' set datestyle = ''ISO, MDY''' else '' end",
    replace: "then '' else '' end",
  },
  "the dot that is not plain": {
    find: "  plain constant text := '[A-Za-z0-9_!*",
    replace: "  plain constant text := '[.A-Za-z0-9_!*",
  },
  "the intent that the fence is entered with": {
    find: "''request.headers'', true) like ''%x-frontrow-intent%'''",
    replace: "''request.headers'', true) like ''%no-such-header%'''",
  },
  "the doorbell never raising": {
    find: "  raise warning 'frontrow: the doorbell failed, the sweep will catch up: %', sqlerrm;",
    replace: "  raise exception 'frontrow: the doorbell failed, the sweep will catch up: %', sqlerrm;",
  },
  "the doorbell once per transaction": {
    find: "  if current_setting('frontrow.rung', true) = pg_catalog.pg_current_xact_id()::text then",
    replace: "  if false then",
  },
  "the settling of a takeover": {
    find: "    and path = any (paths) and state = 'open';\n  for landed in",
    replace: "    and false;\n  for landed in",
  },
  "the landing that a takeover confirms": {
    find: "    perform frontrow.confirm_intent(landed);\n  end loop;",
    replace: "    update frontrow.intents set state = 'cancelled' where id = landed.id;\n  end loop;",
  },
  "the skipping of our own row writes": {
    find: "  if pg_catalog.current_setting('frontrow.origin', true) = 'frontrow' and pg_catalog.pg_trigger_depth() = 1 then",
    replace: "  if false then",
  },
  "the skipping of our own uploads": {
    find: "  if landed = (case when tg_op = 'DELETE' then old.version else new.version end) then",
    replace: "  if false then",
  },
  "the counting of attempts": { find: "attempts = l.attempts + 1,", replace: "attempts = 1," },
  "the lone claim of what failed twice": {
    find: "        or (l.attempts >= 2) <> is_alone)",
    replace: "        or false)",
  },
  "the short wait for a second row": {
    find: "          perform pg_catalog.set_config('lock_timeout', '1ms', true);",
    replace: "          null;",
  },
  "the short wait after a batch": {
    find: "case when done @? '$.*.*' then '1ms' else '700ms' end",
    replace: "'700ms'",
  },
  "the lease's end, together": {
    find: "      and x.until > pg_catalog.clock_timestamp() offset 0) as l\n",
    replace: "      offset 0) as l\n",
  },
  "the object's version, together": {
    find: "    and (not (i.item -> 'expect') ? 'bucket' or i.item #>> '{expect,bucket}' is not distinct from o.version)\n",
    replace: "",
  },
  "the row's version, together": {
    find: "else r.is_live and r.version = w.expected end",
    replace: "else true end",
  },
  "what triggers write to a batch": {
    find: "  if exists (select from frontrow.dirty as d\n    where d.collection = c.name and d.path = any (paths) and d.store = 'table' and d.id > before)\n  then",
    replace: "  if false then",
  },
  "the sweep's lock": {
    find: "  if not pg_catalog.pg_try_advisory_xact_lock(470212, 2) then",
    replace: "  if false then",
  },
  "the config's digest in claims": {
    find: "  for c in select * from frontrow.collections where digests ->> name = digest || ':' || fingerprint loop",
    replace: "  for c in select * from frontrow.collections loop",
  },
  "the revision seen before a restore": {
    find: "  if d.revision is distinct from (request ->> 'expect')::bigint then",
    replace: "  if false then",
  },
  "the conflict in a restore's way": {
    find: "  if exists (select from frontrow.conflicts where collection = c.name and path = d.path and state = 'open') then",
    replace: "  if false then",
  },
  "the quarantine in a restore's way": {
    find: "  if exists (select from frontrow.quarantine where collection = c.name and path = d.path) then",
    replace: "  if false then",
  },
  "the base that trimming keeps": {
    find: "    and not exists (\n      select from frontrow.bases as b where b.collection = c.name and b.path = document_path and b.revision = r.revision)\n",
    replace: "",
  },
  "the open conflict's revision that trimming keeps": {
    find: "      where k.collection = c.name and k.path = document_path and k.state = 'open' and k.revision = r.revision);\n  get diagnostics trimmed",
    replace: "      where false);\n  get diagnostics trimmed",
  },
  "the base that a purge keeps": {
    find: "      and not exists (select from frontrow.bases as b\n        where b.collection = r.collection and b.path = r.path and b.revision = r.revision)\n      and",
    replace: "      and",
  },
  "the purge of merges and restored revisions": {
    find: "      and (r.store = 'merge' and t.revision = any (r.parents) or r.store = 'restore' and t.revision = r.parents[2])\n",
    replace: "      and false\n",
  },
  "the purged text behind a deleted document": {
    find: "    update frontrow.documents as d set text = null, digest = null from done\n    where ",
    replace:
      "    update frontrow.documents as d set text = null, digest = null from done\n    where false and ",
  },
  "the purged revision that never shows the current text": {
    find: "case when not r.deleted and r.purge is distinct from 'done' then d.text end",
    replace: "d.text",
  },
  "the audit's append-only guard": {
    find: "  if current_setting('frontrow.audit', true) is distinct from 'open' then",
    replace: "  if false then",
  },
  "the disbelief in a stranger's author header": {
    find: "      case when claims ->> 'role' = 'service_role'\n          and coalesce(current_setting('request.path', true), '') not like '%/sign/%'\n        then",
    replace: "      case when true then",
  },
  "the actor's way of never raising": {
    find: "  exception when others then\n    return '';\n  end;\nend;\n$$;\ncomment on function frontrow.actor(text)",
    replace: "  end;\nend;\n$$;\ncomment on function frontrow.actor(text)",
  },
  "what a trigger changes beside our write": {
    find: "  agreed := back.fields || case when before.version = expected then before.fields - cleared else '{}' end || meant;\n  agreed_body := case when c.body_column is null then null\n    else coalesce(change ->> 'body', case when before.version = expected then before.body end, back.body) end;",
    replace:
      "  agreed := back.fields || meant;\n  agreed_body := case when c.body_column is null then null else coalesce(change ->> 'body', back.body) end;",
  },
  "an apply that is delivered twice": {
    find: "    on conflict do nothing returning id into intent;\n",
    replace: "    returning id into intent;\n",
  },
  "the scope's halt": {
    find: "  if scope_before <> c.scope\n",
    replace: "  if false and scope_before <> c.scope\n",
  },
  "the takeover that never waits for a lease": {
    find: "l.path = w.path for update skip locked) as h",
    replace: "l.path = w.path for update) as h",
  },
  "the versions a person saw": {
    find: "  if not frontrow.is_as_seen(k, request -> 'seen') or not frontrow.is_as_recorded(c, k) then",
    replace: "  if not frontrow.is_as_recorded(c, k) then",
  },
  "the versions a decision is made on": {
    find: "  if not frontrow.is_as_seen(k, request -> 'seen') or not frontrow.is_as_recorded(c, k) then",
    replace: "  if not frontrow.is_as_seen(k, request -> 'seen') then",
  },
  "the versions a decision is carried out on": {
    find: "    'resolution', case when k.bucket_version is not distinct from o.version\n      and k.table_version is not distinct from r.version and k.revision = coalesce(d.revision, 0) then k.decision end,",
    replace: "    'resolution', k.decision,",
  },
  "the overlaps a decision must cover": {
    find: "    if remaining is not null then",
    replace: "    if false then",
  },
  "the valve not counting conflict copies": {
    find: "    and not frontrow.is_reserved_name(document_path)\n",
    replace: "",
  },
  "the sweep of conflict copies": { find: "  perform frontrow.mark_copies();\n", replace: "" },
  "the answer given since a pass began": {
    find: "      and k.decision is distinct from nullif(note -> 'decision', 'null') then k.decision end;",
    replace: "      and false then k.decision end;",
  },
  "the keys of what is loaded": {
    find: ' = %s and i.path collate "C" = (%s)\', pg_catalog.cardinality',
    replace: ' = %s or i.path collate "C" = (%s)\', pg_catalog.cardinality',
  },
  "the length of what is loaded": {
    find: "  if pg_catalog.length(texts) is distinct from (",
    replace: "  if false and pg_catalog.length(texts) is distinct from (",
  },
  "the triggers of a table that is loaded": {
    find: "and not g.tgisinternal and g.tgtype & 4 <> 0 and",
    replace: "and not g.tgisinternal and false and",
  },
  "the text that a base's body is a part of": {
    find: "  if bytes is null then\n    raise exception 'frontrow: revision % of % has no text",
    replace: "  if false then\n    raise exception 'frontrow: revision % of % has no text",
  },
  "the documents that load leaves": {
    find: "        and not exists (select from frontrow.documents as d where d.collection = $1.name and d.path = i.path)\n",
    replace: "",
  },
  "the objects that load leaves": {
    find: "        and not exists (select from storage.objects as o where o.bucket_id = $1.bucket and o.name = i.path)\n",
    replace: "",
  },
  "the signals that load leaves": {
    find: "        and not exists (select from frontrow.dirty as s where s.collection = $1.name and s.path = i.path)\n",
    replace: "",
  },
  "the quarantine that load leaves": {
    find: "        and not exists (select from frontrow.quarantine as q where q.collection = $1.name and q.path = i.path)\n",
    replace: "",
  },
  "the bases that load leaves": {
    find: "        and not exists (select from frontrow.bases as b where b.collection = $1.name and b.path = i.path)\n",
    replace: "",
  },
  "the rows that load leaves": {
    find: "      from w where not exists (select from %s as r where %s)\n",
    replace: "      from w where not exists (select from %s as r where false and %s)\n",
  },
  "the halts that stop a load": {
    find: "    and not exists (select from frontrow.halts where collection in (c.name, '') and state <> 'closed')\n  then\n    insert into frontrow.runs",
    replace: "  then\n    insert into frontrow.runs",
  },
  "the registration a load is for": {
    find: "  if c.name = any (frontrow.usable_collections(pg_catalog.jsonb_build_object(c.name, request -> 'digest')))",
    replace: "  if true",
  },
  "the rows that are gone, in compare": {
    find: "      where s.gone or s.store <> 'bucket'\n",
    replace: "      where false\n",
  },
  "the objects that are others, in compare": {
    find: "        and bb.version is not distinct from case when o.name is not null then coalesce(o.version, '') end\n",
    replace: "",
  },
  "the end of the change feed": { find: " and d.changed < horizon\n", replace: "\n" },
  "the change feed's order": {
    find: "  new.changed := pg_catalog.pg_current_xact_id();\n",
    replace: "",
  },
  "the feed a cursor belongs to": {
    find: "  is_reset := place[1] is distinct from feed\n",
    replace: "  is_reset := place is null\n",
  },
  "the numbers of another server": {
    find: "  update frontrow.documents set changed = pg_catalog.pg_current_xact_id()\n  where changed > pg_catalog.pg_current_xact_id();\n",
    replace: "",
  },
  "the person a table is asked as": {
    find: "        ('role', 'authenticated')) as s (name, value);\n",
    replace: "        ('request.jwt.claim', '')) as s (name, value);\n",
  },
  "the columns a document shows": { find: " and (true or %s)'", replace: "'" },
  "the memory of pushes": { find: "  where w.outcomes ? a.outcome\n", replace: "  where false\n" },
  "the signal behind a push": { find: "    where a.intent is not null\n", replace: "    where false\n" },
  "whose push it is": {
    find: " and p.reader = pg_catalog.md5(coalesce(pushed.request ->> 'reader', ''))",
    replace: "",
  },
  "one after the other, for ids": {
    find: "format = c.ids ->> 'format' for update;",
    replace: "format = c.ids ->> 'format';",
  },
  "the memory of ids": {
    find: "  if b.request is null then\n    delete from frontrow.id_blocks",
    replace: "  if true then\n    delete from frontrow.id_blocks",
  },
  "whose ids they are": {
    find: "id_blocks.request = asked_for and reader = asker and",
    replace: "id_blocks.request = asked_for and",
  },
  "numbers from before ids": {
    find: "is distinct from place then frontrow.highest_id(c)",
    replace: "is distinct from place then 0",
  },
  "numbers made by hand": {
    find: "else frontrow.highest_id_since(c, s.looked_at) end);",
    replace: "else 0 end);",
  },
  "numbers of what waits for a worker": {
    find: "    union all select s.path from frontrow.dirty as s where s.collection = c.name\n",
    replace: "",
  },
  "numbers of what is in quarantine": {
    find: "    union all select q.path from frontrow.quarantine as q where q.collection = c.name) as p",
    replace: "  ) as p",
  },
  "numbers of transactions that still run": {
    find: "looked_at = horizon",
    replace: "looked_at = pg_catalog.pg_current_xact_id()",
  },
  "where ids were looked for": {
    find: "case when s.looked is distinct from place then",
    replace: "case when s.looked is null then",
  },
};

export function mutate(sql: string, name: string | undefined): string {
  if (!name) return sql;
  const mutation = MUTATIONS[name];
  if (!mutation) throw new Error(`Cannot mutate: there is no "${name}"`);
  if (sql.split(mutation.find).length !== 2)
    throw new Error(`Cannot mutate "${name}": its text is not there once`);
  return sql.replace(mutation.find, () => mutation.replace);
}

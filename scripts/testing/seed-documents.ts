/**
 * Many documents of the garden at once, by set operations: rows, objects, bases, history, and what a project leaves behind
 * in months of use. Both sides agree on all of it, so a backfill marks nothing but the dirty keys that are there.
 */
import type { Sql } from "../local/database/sql.ts";

export interface SeedOptions {
  /** Of each body. @default 300 */
  bodyBytes?: number;
}

/** The path of the seeded document `i`, from 1. */
export const seededPath = (i: number): string => `users/u${Math.floor(i / 100)}/parts/p${i}.md`;

/** The file of a seeded document as the bucket holds it. */
export const seededText = (i: number, { bodyBytes = 300 }: SeedOptions = {}): string =>
  `---\nname: Part ${i}\nstatus: active\n---\n${"Words. ".repeat(Math.floor(bodyBytes / 7))}${i}\n`;

/**
 * Needs a garden that is registered and a superuser's connection to a real server. Leaves beside the documents 1 %
 * quarantined files, open and resolved conflicts (0.1 % each), half as many run items, a fifth as many audit entries, and
 * 2 % of the documents dirty. Ends with an ANALYZE, as autovacuum would.
 */
export async function seedDocuments(
  sql: Sql,
  count: number,
  { bodyBytes = 300 }: SeedOptions = {},
): Promise<void> {
  await sql.transaction(async (tx) => {
    await tx.exec("set local session_replication_role = replica; set local timezone = 'UTC'");
    await tx.exec(
      DOCUMENTS.replaceAll("$count", String(count)).replaceAll("$words", String(Math.floor(bodyBytes / 7))),
    );
    await tx.exec(LEFTOVERS.replaceAll("$count", String(count)));
  });
  await sql.exec("vacuum analyze");
}

const PATH = "'users/u' || i / 100 || '/parts/p' || i || '.md'";
const TEXT =
  "(e'---\\nname: Part ' || i || e'\\nstatus: active\\n---\\n' || repeat('Words. ', $words) || i || e'\\n')";

const DOCUMENTS = `
  insert into public.parts (user_id, slug, name, status, body)
  select 'u' || i / 100, 'p' || i, 'Part ' || i, 'active', repeat('Words. ', $words) || i || e'\\n' from generate_series(1, $count) as i;

  insert into storage.objects (bucket_id, name, version, metadata, owner_id)
  select 'content', ${PATH}, gen_random_uuid(), jsonb_build_object('eTag', '"' || md5(${TEXT}) || '"',
    'size', length(${TEXT}), 'mimetype', 'text/markdown'), gen_random_uuid()
  from generate_series(1, $count) as i;

  insert into frontrow.documents (collection, path, text, digest, revision, updated_by, updated_at)
  select 'parts', ${PATH}, ${TEXT},
    encode(sha256(i::text::bytea), 'hex'), case when i % 10 = 0 then 3 else 1 end, 'bucket', now() - i * interval '1 minute'
  from generate_series(1, $count) as i;

  insert into frontrow.revisions (collection, path, revision, parents, store, digest, text, created_at)
  select 'parts', ${PATH}, r, case when r > 1 then array[r - 1] else '{}' end, 'bucket', encode(sha256(i::text::bytea), 'hex'),
    case when i % 10 = 0 and r < 3 then 'An earlier text. ' || repeat('Words. ', $words) end, now() - i * interval '1 minute' + r * interval '1 second'
  from generate_series(1, $count) as i cross join lateral generate_series(1, case when i % 10 = 0 then 3 else 1 end) as r;

  insert into frontrow.bases (collection, path, store, version, revision)
  select d.collection, d.path, 'bucket', o.version, d.revision
  from frontrow.documents as d join storage.objects as o on o.bucket_id = 'content' and o.name = d.path;

  do $do$
  declare
    c frontrow.collections := (select k from frontrow.collections as k where name = 'parts');
  begin
    execute format('insert into frontrow.bases (collection, path, store, version, revision, fields, body)
      select d.collection, d.path, ''table'', frontrow.row_version(f.fields, f.body), d.revision, f.fields, f.body
      from %s as r cross join lateral (select %s as fields, %s as body) as f
      join frontrow.documents as d on d.collection = $1 and d.path = ''users/'' || r.user_id || ''/parts/'' || r.slug || ''.md''',
      frontrow.qualified_table(c), frontrow.fields_expression(c), frontrow.body_expression(c)) using c.name;
  end $do$;`;

const LEFTOVERS = `
  with bad as (
    insert into storage.objects (bucket_id, name, version, metadata)
    select 'content', 'users/u' || i || '/parts/bad' || i || '.md', gen_random_uuid(), '{"size": 100}'
    from generate_series(1, $count / 100) as i returning name, version
  )
  insert into frontrow.quarantine (collection, path, store, version, code, message)
  select 'parts', name, 'bucket', version, 'FRONT_MATTER_INVALID', 'line 2: a quote that is never closed' from bad;

  insert into frontrow.conflicts (collection, path, state, overlapping, decided_by, base_text, file_text, row_text, bucket_version,
    table_version, revision, resolved_at)
  select b.collection, b.path, case when i % 2 = 0 then 'open' else 'resolved' end, '[{"column": "name"}]', 'merge', 'base', 'file', 'row',
    b.version, t.version, b.revision, case when i % 2 = 1 then now() end
  from generate_series(1, $count / 500) as i
  join frontrow.bases as b on b.collection = 'parts' and b.store = 'bucket' and b.path = 'users/u' || i * 7 / 100 || '/parts/p' || i * 7 || '.md'
  join frontrow.bases as t on t.collection = 'parts' and t.store = 'table' and t.path = b.path;
  update frontrow.bases as b set version = 'before ' || b.version from frontrow.conflicts as k
  where k.state = 'open' and k.collection = b.collection and k.path = b.path;

  insert into frontrow.runs (id, worker, cause, started_at, heartbeat_at, finished_at, counts)
  select gen_random_uuid(), 'w', 'doorbell', now() - i * interval '10 minutes', now() - i * interval '10 minutes', now() - i * interval '10 minutes',
    '{"updated": 50}' from generate_series(1, least($count / 100, 1000)) as i;
  insert into frontrow.run_items (run, collection, path, outcome, at)
  select gen_random_uuid(), 'parts', ${PATH}, 'updated', now() - i * interval '10 seconds' from generate_series($count / 2, 1, -1) as i;
  insert into frontrow.audit (at, action, who, role, outcome, details)
  select now() - i * interval '1 minute', 'run', 'somebody@example.org', 'service_role', 'done', '{"counts": {"updated": 50}}'
  from generate_series($count / 5, 1, -1) as i;
  insert into frontrow.intents (collection, path, bucket, operation, token, state, created_at, settled_at)
  select 'parts', ${PATH}, 'content', 'put', i, 'confirmed', now() - i * interval '5 seconds', now() - i * interval '5 seconds'
  from generate_series(1, $count / 20) as i;
  insert into frontrow.flows (collection, path, name, side, contested, at)
  select 'parts', ${PATH}, n, 'table', false, now() - i * interval '5 seconds'
  from generate_series(1, $count / 50) as i cross join unnest(array['name', '(any)']) as n;
  insert into frontrow.dirty (collection, path, store, actor, at)
  select 'parts', ${PATH}, 'bucket', '', now() - i * interval '1 second' from generate_series($count, $count - $count / 50 + 1, -1) as i;
  insert into frontrow.leases (collection, path, worker, token, until, not_before, attempts, seen)
  select d.collection, d.path, 'w', nextval('frontrow.fence'), now(), now() + interval '1 hour', 1, array[d.id]
  from frontrow.dirty as d where d.id % 20 = 0;`;

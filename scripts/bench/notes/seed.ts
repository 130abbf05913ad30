/** Fills a project with documents that are in sync, without working for each of them. */

import { drain } from "../../../shared/sync/worker.ts";
import type { Query } from "../../local/database/sql.ts";
import type { Project } from "../../start/project.ts";
import { costOfBackfill } from "./backfill.ts";

/** The name of the one that all others are copies of. */
const FIRST = "seed/n0000000";

/**
 * One small document is brought in by the engine; the others, up to `count` in all, are copies of what that left in the
 * tables, under their own names. Their files have no bytes: nobody may download them.
 * @throws {Error} when that left something to be done
 */
export async function seed(project: Project, count: number): Promise<void> {
  const { stack, client, bucketName, hub, bindings, bucket } = project;
  const text = "---\ntitle: n0000000\ntags: [red, green]\n---\n\nThe body of a small note.\n";
  const { error } = await client.storage
    .from(bucketName)
    .upload(`${FIRST}.md`, new TextEncoder().encode(text), { upsert: true, contentType: "text/markdown" });
  if (error) throw error;
  await drain({ hub, bindings, bucket, cause: "seed", limits: { linger: 0 } });
  const [known] = await stack.sql.query<{ count: number }>("select count(*)::int as count from public.notes");
  await stack.sql.transaction(async (tx) => {
    await tx.exec("set local session_replication_role = replica");
    for (const table of ["public.notes", "frontrow.documents", "frontrow.revisions", "frontrow.bases"])
      await copy(tx, table, known!.count, count);
    await tx.query(
      `insert into storage.objects (bucket_id, name, version, metadata, user_metadata)
       select o.bucket_id, d.path, gen_random_uuid()::text, o.metadata, o.user_metadata
       from storage.objects as o, frontrow.documents as d where o.name = $1
         and not exists (select from storage.objects as x where x.bucket_id = o.bucket_id and x.name = d.path)`,
      [`${FIRST}.md`],
    );
    await agree(tx);
  });
  await stack.sql.exec("analyze");
  await costOfBackfill(project);
}

async function copy(tx: Query, table: string, from: number, to: number): Promise<void> {
  const columns = await tx.query<{ name: string }>(
    `select quote_ident(attname) as name from pg_catalog.pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [table],
  );
  const names = columns.map(({ name }) => name);
  await tx.query(
    `insert into ${table} (${names.join(", ")})
     select ${names.map((name) => `c.${name}`).join(", ")}
     from ${table} as t, generate_series($2::int, $3::int) as i,
       jsonb_populate_record(null::${table}, replace(to_jsonb(t)::text, 'n0000000', 'n' || lpad(i::text, 7, '0'))::jsonb) as c
     where to_jsonb(t) ->> 'path' like $1`,
    [`${FIRST}%`, from, to - 1],
  );
}

/** Says of every base which version its store has now. */
async function agree(tx: Query): Promise<void> {
  await tx.exec(`
    set local enable_nestloop = off;
    update frontrow.bases as b set version = o.version from storage.objects as o
      where b.store = 'bucket' and o.name = b.path and b.version <> o.version;
    update frontrow.bases as b
      set version = frontrow.row_version(jsonb_build_object('data', r.data::text), r.body) from public.notes as r
      where b.store = 'table' and b.path = r.path || '.md';`);
}

/** Says that the bucket has all documents an import left to the functions; the files have no bytes. */
export async function landFiles({ stack }: Project): Promise<void> {
  await stack.sql.transaction(async (tx) => {
    await tx.exec(`
      set local session_replication_role = replica;
      insert into storage.objects (bucket_id, name, version, metadata)
      select c.bucket, d.path, gen_random_uuid()::text, jsonb_build_object('size', octet_length(d.text),
        'eTag', '"' || md5(d.text) || '"', 'mimetype', 'text/markdown', 'cacheControl', 'no-cache')
      from frontrow.documents as d join frontrow.collections as c on c.name = d.collection
      where not exists (select from storage.objects as o where o.bucket_id = c.bucket and o.name = d.path);
      insert into frontrow.bases (collection, path, store, version, revision)
      select d.collection, d.path, 'bucket', o.version, d.revision
      from frontrow.documents as d join storage.objects as o on o.name = d.path
      where not exists (select from frontrow.bases as b where b.store = 'bucket' and b.path = d.path);
      delete from frontrow.dirty;`);
  });
  await stack.sql.exec("analyze");
}

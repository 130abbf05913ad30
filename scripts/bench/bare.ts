/**
 * The least that any such tool could do, beside the project that is measured: a trigger calls a function over HTTP, and
 * the function makes one write on the other side. No queue, no history, no merge, and nothing is kept from being lost.
 */
import { pooled } from "../../shared/sync/pool.ts";
import type { Project } from "../start/project.ts";

type Client = Project["client"];

/** Files of this bucket become rows of `public.bare_files (name, title, body)` … */
export const BARE_IN = "bare-in";
/** … and rows of `public.bare_rows (name, title)` become files of this one. */
export const BARE_OUT = "bare-out";

/** Makes the buckets, the tables, their triggers and the function. */
export async function plantBare({ stack, client }: Project): Promise<void> {
  for (const bucket of [BARE_IN, BARE_OUT]) {
    const { error } = await client.storage.createBucket(bucket, { public: false });
    if (error) throw error;
  }
  const url = `${stack.url}/functions/v1/bare`;
  await stack.sql.exec(`
    create table public.bare_files (name text primary key, title text, body text);
    create table public.bare_rows (name text primary key, title text);
    grant all on public.bare_files, public.bare_rows to service_role;
    create function public.bare_ring() returns trigger language plpgsql security definer as $$
    begin
      perform net.http_post(url => '${url}', body => jsonb_build_object('kind', tg_argv[0], 'record', to_jsonb(new)),
        headers => '{"content-type": "application/json"}'::jsonb);
      return null;
    end $$;
    create trigger bare after insert or update on storage.objects for each row
      when (new.bucket_id = '${BARE_IN}') execute function public.bare_ring('file');
    create trigger bare after insert or update on public.bare_rows for each row execute function public.bare_ring('row');`);
  stack.mount("bare", async (request) => {
    const { kind, record } = (await request.json()) as {
      kind: string;
      record: { name: string; title: string };
    };
    if (kind === "file") await fileToRow(client, record.name);
    else await rowToFile(client, record);
    return new Response("done");
  });
}

async function fileToRow(client: Client, name: string): Promise<void> {
  const { data } = await client.storage.from(BARE_IN).download(name, { cacheNonce: crypto.randomUUID() });
  const { error } = await client.from("bare_files").upsert({ name, ...partsOf((await data?.text()) ?? "") });
  if (error) throw error;
}

async function rowToFile(client: Client, { name, title }: { name: string; title: string }): Promise<void> {
  const text = new TextEncoder().encode(`---\nname: ${title}\n---\n`);
  const { error } = await client.storage.from(BARE_OUT).upload(name, text, { upsert: true });
  if (error) throw error;
}

/** Seconds to take these files of the project's bucket into `public.bare_drained`: downloads 8 abreast, upserts by the hundred. */
export async function drainBare(
  { stack, client, bucketName }: Project,
  paths: readonly string[],
): Promise<number> {
  await stack.sql.exec(`
    create table if not exists public.bare_drained (name text primary key, title text, body text);
    grant all on public.bare_drained to service_role;`);
  const started = performance.now();
  for (let at = 0; at < paths.length; at += 100) {
    const rows = await pooled(paths.slice(at, at + 100), 8, async (name) => {
      const { data } = await client.storage
        .from(bucketName)
        .download(name, { cacheNonce: crypto.randomUUID() });
      return { name, ...partsOf((await data?.text()) ?? "") };
    });
    const { error } = await client.from("bare_drained").upsert(rows);
    if (error) throw error;
  }
  return (performance.now() - started) / 1000;
}

function partsOf(text: string): { title: string | undefined; body: string | undefined } {
  const [, header = "", body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
  return { title: /^name: (.*)$/m.exec(header)?.[1], body };
}

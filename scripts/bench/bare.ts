/**
 * The least that any such tool could do, beside the project that is measured: a trigger calls a function over HTTP, and
 * the function makes one write on the other side. No queue, no history, no merge, and nothing is kept from being lost.
 */
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
  const [, header = "", body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec((await data?.text()) ?? "") ?? [];
  const title = /^name: (.*)$/m.exec(header)?.[1];
  const { error } = await client.from("bare_files").upsert({ name, title, body });
  if (error) throw error;
}

async function rowToFile(client: Client, { name, title }: { name: string; title: string }): Promise<void> {
  const text = new TextEncoder().encode(`---\nname: ${title}\n---\n`);
  const { error } = await client.storage.from(BARE_OUT).upload(name, text, { upsert: true });
  if (error) throw error;
}

/** What the oracle looks at, read when all is quiet: by SQL and by version, through nothing of the worker's. */
import { readRow, readText } from "../../shared/sync/binding.ts";
import type { Arena } from "./arena.ts";
import { BUCKET, COLLECTIONS } from "./config.ts";
import { readJournal } from "./monitor.ts";
import type { Evidence, Final } from "./verdict.ts";

interface Wire {
  fields: Record<string, unknown>;
  body: string | null;
}

export async function gather(arena: Arena): Promise<Evidence> {
  const { sql, attic } = arena;
  const decoder = new TextDecoder();
  const textOf = async (version: string): Promise<string | null> => {
    const bytes = await attic.get(version);
    return bytes ? decoder.decode(bytes) : null;
  };
  const objects = await sql.query<{ name: string; version: string }>(
    "select name, version from storage.objects where bucket_id = $1",
    [BUCKET],
  );
  const files = new Map<string, string | null>();
  for (const { name, version } of objects) files.set(name, await textOf(version));

  const finals: Final[] = [];
  for (const name of COLLECTIONS) finals.push(...(await finalsOf(arena, name, files)));
  const [kept] = await sql.query<{ history: string | null }>(
    `select string_agg(kept, ' ') as history from (
      select to_jsonb(r)::text as kept from frontrow.revisions as r
      union all select to_jsonb(d)::text from frontrow.documents as d) as everything`,
  );
  return {
    journal: await readJournal(sql, textOf),
    finals,
    history: kept!.history ?? "",
    conflicts: await sql.query("select path, to_jsonb(c)::text as record from frontrow.conflicts as c"),
  };
}

async function finalsOf(
  { sql, bindings }: Arena,
  name: string,
  files: ReadonlyMap<string, string | null>,
): Promise<Final[]> {
  const rows = await sql.query<{ path: string; row: string; wire: Wire }>(
    `select $1 || '/' || r.slug || '.md' as path, to_jsonb(r)::text as row,
      (select jsonb_build_object('fields', v.fields, 'body', v.body) from frontrow.collections as c,
        frontrow.read_rows(c, array[$1 || '/' || r.slug || '.md']) as v where c.name = $1) as wire
    from public.${name} as r`,
    [name],
  );
  const aside = new Set(
    (
      await sql.query<{ path: string }>(
        `select path from frontrow.conflicts where state = 'open' union select path from frontrow.quarantine
         union select i.path from frontrow.halt_items as i join frontrow.halts as h on h.id = i.halt where h.state = 'open'`,
      )
    ).map(({ path }) => path),
  );
  const byPath = new Map(rows.map((row) => [row.path, row]));
  const mine = [...files.keys()].filter((path) => path.startsWith(`${name}/`));
  return [...new Set([...byPath.keys(), ...mine])].map((path) => {
    const row = byPath.get(path);
    const file = files.get(path) ?? null;
    return {
      path,
      file,
      row: row?.row ?? null,
      agree: file !== null && row !== undefined && sayTheSame(bindings.get(name)!, file, row.wire),
      aside: aside.has(path),
    };
  });
}

function sayTheSame(binding: Parameters<typeof readText>[0], text: string, wire: Wire): boolean {
  try {
    const file = readText(binding, text);
    const row = readRow(binding, wire);
    const said = (value: unknown) => JSON.stringify(value ?? null);
    const columns = Object.entries(row.fields);
    return (
      file.body === row.body && columns.every(([name, value]) => said(file.fields[name]) === said(value))
    );
  } catch {
    return false; // no document
  }
}

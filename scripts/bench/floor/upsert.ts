/** What one writes first: `upsert.ts <folder> postgres <url>` or `… supabase-js <url> <key>`: one upsert for each file. */
import process from "node:process";
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { type Note, notesIn } from "./files.ts";

const [folder, kind, url, key] = process.argv.slice(2);

if (kind === "postgres") {
  const sql = postgres(url!, { max: 1 });
  for (const { path, data, body } of notesIn(folder!))
    await sql`insert into public.plain_notes (path, data, body) values (${path}, ${JSON.stringify(data)}::text::jsonb, ${body})
      on conflict (path) do update set data = excluded.data, body = excluded.body`;
  await sql.end();
} else {
  const client = createClient(url!, key!, { auth: { persistSession: false } });
  for (const note of notesIn(folder!)) await upsert(note);

  async function upsert(note: Note): Promise<void> {
    const { error } = await client.from("plain_notes").upsert(note);
    if (error) throw error;
  }
}

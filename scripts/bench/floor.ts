/** The least a load into Postgres costs, and the loops that people write: whole processes, into a table nobody watches. */
import { fileURLToPath } from "node:url";
import { openDelay } from "./delay.ts";
import type { NotesGround } from "./notes/ground.ts";
import { NODE, runWhole, type Whole } from "./whole.ts";

export type FloorName = "read_copy" | "read_parse_copy" | "upsert_postgres" | "upsert_supabase_js";

/** What looking at every file costs, without any database. */
export function runHash(folder: string): Promise<Whole> {
  return runWhole([NODE, script("hash.ts"), folder]);
}

/** @param roundTrip milliseconds to the project and back */
export async function runFloor(
  name: FloorName,
  { project: { stack }, databaseUrl }: NotesGround,
  folder: string,
  documents: number,
  roundTrip = 0,
): Promise<Whole> {
  const delay = await openDelay(name === "upsert_supabase_js" ? stack.url : databaseUrl!, roundTrip);
  try {
    await stack.sql.exec("truncate public.plain_notes");
    const whole = await runWhole([NODE, ...commandOf(name, delay.url, stack.secretKey, folder)]);
    const [there] = await stack.sql.query<{ count: number }>(
      "select count(*)::int as count from public.plain_notes",
    );
    if (there!.count !== documents) throw new Error(`${name} made ${there!.count} of ${documents} rows`);
    return whole;
  } finally {
    await delay.close();
  }
}

const script = (file: string): string => fileURLToPath(new URL(`floor/${file}`, import.meta.url));

function commandOf(name: FloorName, url: string, key: string, folder: string): string[] {
  switch (name) {
    case "read_copy":
      return [script("copy.ts"), url, folder];
    case "read_parse_copy":
      return [script("copy.ts"), url, folder, "parse"];
    case "upsert_postgres":
      return [script("upsert.ts"), folder, "postgres", url];
    case "upsert_supabase_js":
      return [script("upsert.ts"), folder, "supabase-js", url, key];
  }
}

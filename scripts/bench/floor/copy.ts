/** The floor: `copy.ts <url> <folder> [parse]` reads every file and sends all as one COPY. */
import process from "node:process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import postgres from "postgres";
import { filesIn, notesIn } from "./files.ts";

const [url, folder, parse] = process.argv.slice(2);
const sql = postgres(url!, { max: 1, fetch_types: false });

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const escaped = (text: string): string => text.replace(/[\\\n\r\t]/g, (one) => ESCAPES[one]!);
const line = (path: string, data: string, body: string): string =>
  `${escaped(path)}\t${escaped(data)}\t${escaped(body)}\n`;

function* lines(): Generator<string> {
  if (parse === undefined) for (const [path, text] of filesIn(folder!)) yield line(path, "{}", text);
  else for (const { path, data, body } of notesIn(folder!)) yield line(path, JSON.stringify(data), body);
}

/** Few large pieces: a write for each line would cost more than the line. */
function* pieces(): Generator<string> {
  let piece = "";
  for (const one of lines()) {
    piece += one;
    if (piece.length < 256 * 1024) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

await pipeline(
  Readable.from(pieces()),
  await sql`copy public.plain_notes (path, data, body) from stdin`.writable(),
);
await sql.end();

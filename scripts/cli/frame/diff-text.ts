/** What changed between two texts of a document, for people and as JSON. */
import { parseDocument, sourceOf } from "../../../shared/document/mod.ts";
import { EXIT } from "./exit.ts";
import type { Paint } from "./text.ts";
import { unifiedDiff } from "./unified.ts";
import type { Answer, Call } from "./verb.ts";

/** `about` goes into the JSON as it is. */
export function sayDiff(
  { out }: Call,
  about: { collection: string; path: string; from: number | null; to: number | null },
  texts: { before: string; after: string },
  names: { before: string; after: string },
): Answer {
  const lines = unifiedDiff(texts.before, texts.after, names);
  for (const line of lines) out.say(coloured(line, out.paint));
  if (lines.length === 0) out.note("They are the same.");
  return {
    code: EXIT.ok,
    json: {
      ...about,
      same: lines.length === 0,
      ...changedParts(texts.before, texts.after),
      diff: lines.map((line) => `${line}\n`).join(""),
    },
  };
}

/** The front matter keys whose source differs, and whether the body does. */
function changedParts(before: string, after: string): { fields: string[]; body: boolean } {
  const [old, now] = [parseDocument(before), parseDocument(after)];
  const source = (document: typeof old, name: string): string | null => {
    const entry = document.entries.get(name);
    return entry === undefined ? null : sourceOf(document, entry.value);
  };
  const names = new Set([...old.entries.keys(), ...now.entries.keys()]);
  return {
    fields: [...names].filter((name) => source(old, name) !== source(now, name)),
    body: old.body !== now.body,
  };
}

function coloured(line: string, paint: Paint): string {
  if (line.startsWith("--- ") || line.startsWith("+++ ")) return paint.bold(line);
  if (line.startsWith("@@")) return paint.dim(line);
  if (line.startsWith("+")) return paint.green(line);
  return line.startsWith("-") ? paint.red(line) : line;
}

/** Where an edit can be found again: in what everybody has in the end, in a history, or in the record of a conflict. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Sql } from "../../local/database/sql.ts";

export interface Edit {
  token: string;
  path: string;
  kind: "field" | "body";
}

/** A line of a developer's journal. */
export type JournalEntry =
  | Edit
  | { token: null; path: string; kind: "deleted" }
  /** `path` is the id. */
  | { token: null; path: string; kind: "id" };

export interface Evidence {
  /** In documents that are there in the end. */
  final: Set<string>;
  /** In versions that a conflict put aside, or in documents that were deleted. */
  setAside: Set<string>;
  /** In any history. */
  history: Set<string>;
}

const TOKEN = /[NFB]dev\d+x\d+x\d+x\d+/g;

export function journalOf(folder: string): JournalEntry[] {
  return readFileSync(join(folder, ".journal"), "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as JournalEntry];
      } catch {
        return []; // the kill fell into its writing
      }
    });
}

export async function gather(sql: Sql, folders: readonly string[]): Promise<Evidence> {
  const evidence: Evidence = { final: new Set(), setAside: new Set(), history: new Set() };
  const add = (to: Set<string>, texts: Iterable<unknown>): void => {
    for (const text of texts)
      if (typeof text === "string") for (const [token] of text.matchAll(TOKEN)) to.add(token);
  };
  for (const { text, gone } of await sql.query<{ text: string; gone: boolean }>(
    "select text, deleted_at is not null as gone from frontrow.documents",
  ))
    add(gone ? evidence.setAside : evidence.final, [text]);
  add(
    evidence.history,
    (await sql.query<{ text: string }>("select text from frontrow.revisions")).map(({ text }) => text),
  );
  for (const row of await sql.query<Record<string, string>>(
    "select base_text, file_text, row_text, merged_text from frontrow.conflicts",
  ))
    add(evidence.setAside, Object.values(row));
  for (const folder of folders) {
    const db = new DatabaseSync(join(folder, ".frontrow/hub.db"), { readOnly: true });
    const all = (query: string): unknown[] =>
      db
        .prepare(query)
        .all()
        .flatMap((row) => Object.values(row));
    add(evidence.history, all("select text from revisions"));
    add(evidence.setAside, all("select ours from conflicts union all select theirs from conflicts"));
    add(evidence.setAside, all("select text from documents where deleted = 1"));
    db.close();
  }
  return evidence;
}

/**
 * Edits that are nowhere; and lines, which nobody ever takes out, that are missing in the end although no conflict put them
 * aside. Where somebody deleted the document, and another's edit brought it back, the history is where they are.
 */
export function lostEdits(journals: readonly JournalEntry[], { final, setAside, history }: Evidence): Edit[] {
  const deleted = new Set(journals.filter(({ kind }) => kind === "deleted").map(({ path }) => path));
  return journals
    .filter((entry): entry is Edit => entry.token !== null)
    .filter(({ token, kind, path }) => {
      if (final.has(token) || setAside.has(token)) return false;
      return !history.has(token) || (kind === "body" && !deleted.has(path));
    });
}

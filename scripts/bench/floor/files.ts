/** The files of a folder, as a program reads them that does nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import matter from "gray-matter";

/** Path below the folder, and text. */
export function* filesIn(folder: string): Generator<[path: string, text: string]> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    yield [relative(folder, path), readFileSync(path, "utf8")];
  }
}

export interface Note {
  path: string;
  data: Record<string, unknown>;
  body: string;
}

export function* notesIn(folder: string): Generator<Note> {
  for (const [path, text] of filesIn(folder)) {
    const { data, content } = matter(text, {});
    yield { path, data, body: content };
  }
}

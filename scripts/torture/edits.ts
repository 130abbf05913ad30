/** What foreign writers do to a document's content: a token goes into one place, the rest stays as it was read. */

import { tokensIn } from "./tokens.ts";

export type Place = "counter" | "body" | "tags" | "title";

/** Each as often as it is to be edited. */
export const PLACES: readonly Place[] = [
  ...(["counter", "counter", "counter"] as const),
  ...(["body", "body", "tags", "tags", "title"] as const),
];

/** As many tags are kept; the oldest go, knowingly. */
const TAGS = 4;
/** What stands between the line of the files and that of the rows, so that both can be merged. */
export const MIDDLE = "\n\nkeep this\n\nand this\n\nand this\n\n";

/** A row as its writer reads it. */
export interface RowContent {
  a: string | null;
  b: string | null;
  title: string | null;
  tags: string[] | null;
  body: string;
}

export function newFile(word: string): string {
  return `---\na: ${word}\n---\n${withTop("", word)}`;
}

/** false: a text that some writer spoiled. */
export function isDocument(text: string): boolean {
  return text.startsWith("---\n") && text.includes("\n---\n") && !text.includes(SPOILED);
}

const SPOILED = "a: [unfinished";
export const spoiledFile = (): string => `---\n${SPOILED}\n---\n`;

/** An edit by an editor of files: its own counter, the first line, or what both sides write. */
export function editFile(text: string, place: Place, word: string): string {
  const [, header = "", body = ""] = /^---\n([\s\S]*?)^---\n([\s\S]*)$/m.exec(text)!;
  const put = (newHeader: string, newBody = body) => `---\n${newHeader}---\n${newBody}`;
  if (place === "body") return put(header, withTop(body, word));
  if (place === "tags") {
    const line = /^tags:.*\n(?:[ \t]*-.*\n)*/m.exec(header)?.[0] ?? "";
    const tags = [...tokensIn(line), word].slice(-TAGS);
    return put(`${header.replace(line, "")}tags: [${tags.join(", ")}]\n`);
  }
  const name = place === "counter" ? "a" : "title";
  const line = new RegExp(`^${name}:.*\\n`, "m").exec(header)?.[0];
  const next = `${name}: ${word}\n`;
  return put(line === undefined ? next + header : header.replace(line, next));
}

/** An edit by an editor of rows. */
export function editRow(row: RowContent, place: Place, word: string): RowContent {
  if (place === "body") return { ...row, body: withBottom(row.body, word) };
  if (place === "tags") return { ...row, tags: [...(row.tags ?? []), word].slice(-TAGS) };
  return place === "counter" ? { ...row, b: word } : { ...row, title: word };
}

export const newRow = (word: string): RowContent => ({
  a: null,
  b: word,
  title: null,
  tags: null,
  body: withBottom("", word),
});

function withTop(body: string, word: string): string {
  if (!body.includes(MIDDLE)) return `${word}${MIDDLE}end\n`;
  return word + body.slice(body.indexOf(MIDDLE));
}

function withBottom(body: string, word: string): string {
  if (!body.includes(MIDDLE)) return `begin${MIDDLE}${word}\n`;
  return `${body.slice(0, body.lastIndexOf(MIDDLE) + MIDDLE.length)}${word}\n`;
}

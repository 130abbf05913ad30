/**
 * Three-way merge of texts, line by line. How lines end, and whether the last one does, are changes of their own: a side
 * that saved the text with other line endings, or without the final one, is not in the way of the other's edits.
 */
import { type Merged, mergeItems, type Prefer } from "./merge-sequences.ts";

/** Merges texts by lines. In texts that mix line endings every line keeps its own. */
export function mergeLines(base: string, ours: string, theirs: string, prefer: Prefer): Merged<string> {
  return mergeAsLines(base, ours, theirs, (o, a, b) => mergeItems(o, a, b, prefer));
}

type Lines = readonly string[];

/** Merges texts by what `merge` makes of their lines, which all end in a line feed. */
export function mergeAsLines<More extends object>(
  base: string,
  ours: string,
  theirs: string,
  merge: (base: Lines, ours: Lines, theirs: Lines) => Merged<string[]> & More,
): Merged<string> & More {
  const texts = [base, ours, theirs];
  const closed = three(texts.map((text) => (text === "" ? base === "" || isClosed(base) : isClosed(text))));
  const endings = texts.map(endingOf);
  const isMixed = endings.includes("mixed");
  const crlf = !isMixed && three(endings.map((ending) => (ending ?? endings[0]) === "\r\n"));
  const [o, a, b] = texts.map((text) => linesOf(isMixed ? text : text.replaceAll("\r\n", "\n")));
  const merged = merge(o!, a!, b!);
  const joined = merged.value.join("");
  const last = isMixed && !texts.some((text) => text.endsWith("\r")) ? /\r?\n$/ : /\n$/;
  const value = closed ? joined : joined.replace(last, "");
  return { ...merged, value: crlf ? value.replaceAll("\n", "\r\n") : value };
}

/** A text's lines with their terminators; a last one without gets one. */
export function linesOf(text: string): string[] {
  return (isClosed(text) ? text : `${text}\n`).match(/[^\n]*\n/g) ?? [];
}

function isClosed(text: string): boolean {
  return text === "" || text.endsWith("\n");
}

/** How all lines of a text end; null when there is no line end to tell. */
function endingOf(text: string): "\n" | "\r\n" | "mixed" | null {
  const all = text.split("\n").length - 1;
  const crlf = text.split("\r\n").length - 1;
  if (all === 0) return null;
  if (crlf === 0) return "\n";
  return crlf === all ? "\r\n" : "mixed";
}

/** What one side changed is changed; a yes or no that both changed they changed alike. */
function three([base, ours, theirs]: readonly boolean[]): boolean {
  return (ours === base ? theirs : ours) as boolean;
}

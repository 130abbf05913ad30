/** Edits of lines, given by their places in the base: what two sides did apart can be done together. */
import type { Outline } from "./outline.ts";
import type { Random } from "./random.ts";

/** `lines[start..end)` become `lines`. */
export interface LineEdit {
  start: number;
  end: number;
  lines: readonly string[];
}

/** Gives every edit a text of its own. */
export type Token = () => string;

/** A random edit within `from..to`, not of fences when `keepsFences`. Null where there is nothing to edit. */
export function lineEdit(
  { lines, fenced }: Outline,
  [from, to]: readonly [number, number],
  random: Random,
  token: Token,
): LineEdit | null {
  const places = [...Array(to - from).keys()]
    .map((offset) => from + offset)
    .filter((at) => lines[at]!.trim() !== "" && !fenced[at] && lines[at]!.endsWith("\n"));
  if (places.length === 0) return null;
  const at = random.pick(places);
  const ending = lines[at]!.endsWith("\r\n") ? "\r\n" : "\n";
  const written = (...texts: string[]) => texts.map((text) => text + ending);
  switch (random.below(5)) {
    case 0:
      // Before a heading would be below the one before it.
      return isHeading(lines[at]!) ? null : { start: at, end: at, lines: written(token()) };
    case 1:
      return isHeading(lines[at]!) ? null : { start: at, end: at + 1, lines: [] };
    case 2:
      return { start: at + 1, end: at + 1, lines: written("", "```sh", "# no heading", token(), "```", "") };
    case 3:
      return { start: at + 1, end: at + 1, lines: written(token(), token()) };
    default:
      return { start: at, end: at + 1, lines: [`${lines[at]!.trimEnd()} ${token()}${ending}`] };
  }
}

function isHeading(line: string): boolean {
  return /^ {0,3}#/.test(line);
}

/** The lines with all edits made. Edits must not overlap; of two in one place the first comes first. */
export function edited(lines: readonly string[], edits: readonly LineEdit[]): string[] {
  const made = [...lines];
  for (const { start, end, lines } of [...edits].sort((a, b) => a.start - b.start).reverse())
    made.splice(start, end - start, ...lines);
  return made;
}

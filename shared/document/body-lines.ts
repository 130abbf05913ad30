/**
 * Fields that stand in the body: `Status: APPROVED` on a line of its own, as a list item, a heading, or with a bold label.
 * The first such line of a name counts, and none in a code block. Pure; nothing is known of columns here.
 */

export interface BodyLine {
  /** Where the label starts, in the body. */
  start: number;
  /** After the colon, and the bold signs that may follow it: the value's blanks begin here. */
  open: number;
  /** The value's text; empty at `open` where there is none. Blanks at the line's end are not part of it. */
  valueStart: number;
  valueEnd: number;
  /** After the line's break. */
  lineStart: number;
  lineEnd: number;
}

export type FindLines = (body: string) => ReadonlyMap<string, BodyLine>;

/** Finds the lines of these names, each matched exactly. */
export function lineFinder(names: readonly string[]): FindLines {
  const wanted = new Set(names);
  return (body) => {
    const found = new Map<string, BodyLine>();
    if (!names.some((name) => body.includes(name))) return found;
    let fence: string | null = null;
    for (let at = 0; at < body.length && found.size < wanted.size; ) {
      const next = body.indexOf("\n", at);
      const lineEnd = next < 0 ? body.length : next + 1;
      const line = body.slice(at, lineEnd).replace(/[\r\n]+$/, "");
      const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
      if (fence !== null) {
        // Closed by at least as many of the same sign, and nothing else on the line.
        if (mark?.startsWith(fence) && line.trim() === mark) fence = null;
      } else if (mark !== undefined) fence = mark;
      else {
        const read = readLine(line, at, lineEnd);
        if (read !== null && wanted.has(read.name) && !found.has(read.name)) found.set(read.name, read.line);
      }
      at = lineEnd;
    }
    return found;
  };
}

const LABEL = /^(?:(?:[-*+]|#{1,6})[ \t]+)?(?:(\*\*|__)([^:*]+?)(?::\1|\1:)|([^:*_\s][^:*]*?):)/;

function readLine(line: string, at: number, lineEnd: number): { name: string; line: BodyLine } | null {
  const match = LABEL.exec(line);
  if (match === null) return null;
  const rest = line.slice(match[0].length);
  if (/^\S/.test(rest)) return null;
  const value = rest.trim();
  const open = at + match[0].length;
  const valueStart = value === "" ? open : open + rest.indexOf(value);
  const place = { start: at, open, valueStart, valueEnd: valueStart + value.length, lineStart: at, lineEnd };
  return { name: match[2] ?? match[3]!, line: place };
}

/** The body without the lines' values: what is left when a field is kept beside it. Twice is as good as once. */
export function withoutValues(body: string, lines: ReadonlyMap<string, BodyLine>): string {
  let result = "";
  let at = 0;
  for (const { open, valueEnd } of inOrder(lines)) {
    result += body.slice(at, open);
    at = valueEnd;
  }
  return result + body.slice(at);
}

/**
 * The body with these values in its lines; one whose value is empty keeps its label, one that is `null` goes. `lead` are
 * the blanks before a value where there is none yet. A name that has no line gets one: below the last of the others, below
 * the first heading, or at the body's beginning.
 */
export function withValues(
  body: string,
  find: FindLines,
  values: ReadonlyMap<string, string | null>,
  lead: (name: string) => string = () => " ",
): string {
  const lines = find(body);
  const newline = /\r\n/.test(body) ? "\r\n" : "\n";
  let result = "";
  let at = 0;
  for (const [name, line] of [...lines].sort(([, a], [, b]) => a.start - b.start)) {
    const value = values.get(name);
    if (value === undefined) continue;
    if (value === null) {
      result += body.slice(at, line.lineStart);
      at = line.lineEnd;
      continue;
    }
    if (value === body.slice(line.valueStart, line.valueEnd)) continue;
    const hasBlanks = line.valueStart > line.open && value !== "";
    const from = hasBlanks ? line.valueStart : line.open;
    result += body.slice(at, from) + (value === "" || hasBlanks ? "" : lead(name)) + value;
    at = line.valueEnd;
  }
  const filled = result + body.slice(at);
  const missing = [...values].filter(([name, value]) => value && !lines.has(name));
  if (missing.length === 0) return filled;
  return withLines(
    filled,
    find(filled),
    missing.map(([name, value]) => `${name}: ${value}${newline}`),
    newline,
  );
}

function withLines(
  body: string,
  lines: ReadonlyMap<string, BodyLine>,
  added: readonly string[],
  newline: string,
): string {
  const last = inOrder(lines).at(-1);
  if (last !== undefined) return insert(body, last.lineEnd, added.join(""), newline);
  const heading = /^(?:[ \t]*\r?\n)*#{1,6}[ \t][^\n]*(?:\n|$)/.exec(body)?.[0];
  if (heading !== undefined) {
    const after = body.slice(heading.length);
    const gap = after === "" || /^[ \t]*\r?\n/.test(after) ? "" : newline;
    return insert(body, heading.length, `${newline}${added.join("")}${gap}`, newline);
  }
  return `${added.join("")}${body === "" || /^[ \t]*\r?\n/.test(body) ? "" : newline}${body}`;
}

/** A line that ends the body without a break gets one. */
function insert(body: string, at: number, text: string, newline: string): string {
  const before = body.slice(0, at);
  const gap = before === "" || before.endsWith("\n") ? "" : newline;
  return before + gap + text + body.slice(at);
}

function inOrder(lines: ReadonlyMap<string, BodyLine>): BodyLine[] {
  return [...lines.values()].sort((a, b) => a.start - b.start);
}

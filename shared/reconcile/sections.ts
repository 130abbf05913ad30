/**
 * A body's sections: what stands under one heading, up to the next heading of any level. The blank lines between two
 * sections are kept apart from both, so that a section that comes, goes or moves does not change its neighbours.
 */

export interface Section {
  /** The heading's text without its markup; null: what comes before the first heading. */
  title: string | null;
  /** The titles of the sections this one is below, outermost first, and its own. */
  path: readonly string[];
  /** The blank lines before it. */
  lead: readonly string[];
  /** The heading and what is under it; the last line is not blank. */
  lines: readonly string[];
}

export interface Outline {
  /** The first is what precedes every heading, and may have no lines. */
  sections: readonly Section[];
  /** The blank lines at the end. */
  tail: readonly string[];
}

const ATX = /^ {0,3}(#{1,6})(?=[ \t\r\n])([^\n]*)\n$/;
const SETEXT = /^ {0,3}(=+|-+)[ \t]*\r?\n$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})([^\n]*)\n$/;
const BLANK = /^[ \t\r]*\n$/;
/** Lines that start something a setext underline cannot make a heading of: quotes, lists, HTML, rules, indented code. */
const NO_PARAGRAPH =
  /^(?: {0,3}(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]|<|\||([-*_])(?:[ \t]*\1){2,}[ \t]*\r?\n$)| {4}|\t)/;

/** Splits lines, which must end in a line feed, into sections. Every line is in exactly one place. */
export function outlineOf(lines: readonly string[]): Outline {
  const headings = headingsOf(lines);
  const sections: Section[] = [];
  const above: Heading[] = [];
  let end = 0;
  for (const [index, heading] of [null, ...headings].entries()) {
    const from = heading?.at ?? firstFilled(lines, 0);
    const next = headings[index]?.at ?? lines.length;
    const lead = lines.slice(end, Math.min(from, next));
    while (heading && above.length > 0 && above.at(-1)!.level >= heading.level) above.pop();
    if (heading) above.push(heading);
    end = lastFilled(lines, next, Math.min(from, next));
    const place = { title: heading?.title ?? null, path: above.map(({ title }) => title) };
    if (end > from) sections.push({ ...place, lead, lines: lines.slice(from, end) });
    else {
      // Nothing but blank lines before the first heading: they lead that one.
      sections.push({ ...place, lead: [], lines: [] });
      end = 0;
    }
  }
  return { sections, tail: lines.slice(end) };
}

function firstFilled(lines: readonly string[], from: number): number {
  const found = lines.findIndex((line, at) => at >= from && !BLANK.test(line));
  return found < 0 ? lines.length : found;
}

/** The end of what is filled in `from..to`. */
function lastFilled(lines: readonly string[], to: number, from: number): number {
  let end = to;
  while (end > from && BLANK.test(lines[end - 1]!)) end--;
  return end;
}

interface Heading {
  at: number;
  level: number;
  title: string;
}

/** The headings outside of fenced code, as CommonMark has them but for oddities inside quotes, lists and HTML. */
function headingsOf(lines: readonly string[]): Heading[] {
  const headings: Heading[] = [];
  let fence: string | null = null;
  /** Where the paragraph began that a setext underline would make a heading; -1: none. */
  let paragraph = -1;
  /** Whether the line continues something that is no paragraph of the body's own. */
  let isInside = false;
  for (const [at, line] of lines.entries()) {
    const fenced = FENCE.exec(line);
    if (fence !== null) {
      if (fenced?.[1]?.startsWith(fence) && fenced[2]!.trim() === "") fence = null;
      continue;
    }
    const atx = ATX.exec(line);
    const setext = paragraph >= 0 ? SETEXT.exec(line) : null;
    if (setext) {
      const title = lines.slice(paragraph, at).map((each) => each.trim());
      headings.push({ at: paragraph, level: setext[1]!.startsWith("=") ? 1 : 2, title: title.join(" ") });
    } else if (atx)
      headings.push({
        at,
        level: atx[1]!.length,
        title: atx[2]!
          .trim()
          .replace(/(?:^|[ \t])#+$/, "")
          .trim(),
      });
    if (fenced && !(fenced[1]!.startsWith("`") && fenced[2]!.includes("`"))) fence = fenced[1]!;
    if (setext || atx || fence !== null || BLANK.test(line)) {
      paragraph = -1;
      isInside = false;
    } else if (NO_PARAGRAPH.test(line) && paragraph < 0) isInside = true;
    else if (!isInside && paragraph < 0) paragraph = at;
    else if (/^ {0,3}(?:>|[-+*][ \t])/.test(line)) {
      paragraph = -1;
      isInside = true;
    }
  }
  return headings;
}

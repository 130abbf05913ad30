/**
 * A body's sections: what stands under one heading, up to the next heading of any level. Blank lines before a heading
 * belong to it, so that a section that comes or goes does not change its neighbours.
 */

export interface Section {
  /** The heading's text without its markup; null: what comes before the first heading. */
  title: string | null;
  /** The titles of the sections this one is below, outermost first, and its own. */
  path: readonly string[];
  /** All of its lines: blank ones before the heading, the heading, the content. */
  lines: readonly string[];
}

const ATX = /^ {0,3}(#{1,6})(?=[ \t\r\n])(.*)\n$/;
const SETEXT = /^ {0,3}(=+|-+)[ \t]*\r?\n$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)\n$/;
const BLANK = /^[ \t\r]*\n$/;
/** Lines that start something a setext underline cannot make a heading of: quotes, lists, HTML, rules, indented code. */
const NO_PARAGRAPH =
  /^(?: {0,3}(?:>|[-+*][ \t]|\d{1,9}[.)][ \t]|<|\||([-*_])(?:[ \t]*\1){2,}[ \t]*\r?\n$)| {4}|\t)/;

/** Splits lines into sections; the first is what precedes every heading, and may be empty. Loses no line. */
export function sectionsOf(lines: readonly string[]): Section[] {
  const headings = headingsOf(lines);
  const starts = headings.map(({ at }) => {
    let start = at;
    while (start > 0 && BLANK.test(lines[start - 1]!)) start--;
    return start;
  });
  const sections: Section[] = [{ title: null, path: [], lines: lines.slice(0, starts[0] ?? lines.length) }];
  const above: Heading[] = [];
  for (const [index, heading] of headings.entries()) {
    while (above.length > 0 && above.at(-1)!.level >= heading.level) above.pop();
    above.push(heading);
    const path = above.map(({ title }) => title);
    sections.push({ title: heading.title, path, lines: lines.slice(starts[index], starts[index + 1]) });
  }
  return sections;
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

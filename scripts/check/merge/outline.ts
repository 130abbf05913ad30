/**
 * Where a body's sections are, as the oracle sees it: `#` headings outside of fences. Its own code and simpler than what
 * is checked; files with headings underlined by `===` or `---` get no edits of sections.
 */

export interface Outline {
  /** With their terminators; the last one may have none. */
  lines: readonly string[];
  /** Per line, whether it is a fence or between two. */
  fenced: readonly boolean[];
  /** From a heading to the line before the next one. */
  sections: readonly { start: number; end: number }[];
}

export function outlineOf(body: string): Outline {
  const lines = body === "" ? [] : body.split(/(?<=\n)/);
  const fenced: boolean[] = [];
  const starts: number[] = [];
  let fence = "";
  let isUnderlined = false;
  for (const [at, line] of lines.entries()) {
    const mark = /^ {0,3}(```+|~~~+)/.exec(line)?.[1] ?? "";
    fenced.push(fence !== "" || mark !== "");
    if (fence === "") fence = mark;
    else if (mark.startsWith(fence) && line.trim() === mark) fence = "";
    if (!fenced[at] && /^ {0,3}#{1,6}[ \t\r\n]/.test(line)) starts.push(at);
    isUnderlined ||= /^ {0,3}(?:=+|-+)\s*$/.test(line);
  }
  const isPlain = !isUnderlined && fence === "";
  const sections = starts.map((start, nth) => ({ start, end: starts[nth + 1] ?? lines.length }));
  return { lines, fenced, sections: isPlain ? sections : [] };
}

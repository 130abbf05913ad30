/** A three-way diff as lines for people, within the width of their terminal. */
import type { Changed } from "../../../shared/reconcile/line-stretches.ts";
import type { BodyDifference, FieldDifference, ThreeWay } from "../../../shared/reconcile/three-way.ts";
import type { Paint } from "./text.ts";

const WHOSE: Record<Changed, string> = {
  file: "only the file changed it",
  row: "only the row changed it",
  alike: "both changed it alike",
  both: "both changed it",
};

/** What differs, field by field, then the body hunk by hunk; the values of both sides stand under one another. */
export function threeWayText({ fields, body }: ThreeWay, columns: number, paint: Paint): string[] {
  const lines: string[] = [];
  for (const field of fields) lines.push(...fieldText(field, columns, paint), "");
  for (const hunk of body) lines.push(...hunkText(hunk, columns, paint), "");
  return lines;
}

function fieldText({ field, changed, base, file, row }: FieldDifference, columns: number, paint: Paint) {
  const absent = paint.dim("(not there)");
  const value = (side: string, text: string | null, shade: (text: string) => string): string[] =>
    text === null
      ? [`  ${side}  ${absent}`]
      : wrapped(plain(text), columns - 8).map((part, at) => `  ${at === 0 ? side : "    "}  ${shade(part)}`);
  return [
    heading(plain(field), changed, paint),
    ...value("base", base, paint.dim),
    ...value("file", file, changed === "row" ? paint.dim : paint.green),
    ...value("row ", row, changed === "file" ? paint.dim : paint.yellow),
  ];
}

function hunkText(hunk: BodyDifference, columns: number, paint: Paint): string[] {
  const under = hunk.heading === null ? "" : `, under ${plain(hunk.heading.trim())}`;
  const side = (name: string, lines: readonly string[], shade: (text: string) => string): string[] =>
    lines.length === 0
      ? [`  ${name}| ${paint.dim("(nothing)")}`]
      : lines.flatMap((line) => marked(`  ${name}| `, line, columns, shade));
  const sides = {
    base: () => side("base ", hunk.base, paint.dim),
    file: () => side("file ", hunk.file, paint.green),
    row: () => side("row  ", hunk.row, paint.yellow),
  };
  const shown: (keyof typeof sides)[] =
    hunk.changed === "file"
      ? ["base", "file"]
      : hunk.changed === "row"
        ? ["base", "row"]
        : hunk.changed === "alike"
          ? ["base", "file"]
          : ["base", "file", "row"];
  return [
    heading(`(body), line ${hunk.line}${under}`, hunk.changed, paint),
    ...hunk.before.flatMap((line) => marked("       | ", line, columns, paint.dim)),
    ...shown.flatMap((name) => sides[name]()),
    ...hunk.after.flatMap((line) => marked("       | ", line, columns, paint.dim)),
  ];
}

function heading(what: string, changed: Changed, paint: Paint): string {
  const whose = changed === "both" ? paint.yellow(WHOSE.both) : paint.dim(WHOSE[changed]);
  return `${paint.bold(what)}  ${whose}`;
}

/** One line of a body. What cannot be seen and still differs is shown: a carriage return, a missing last line break. */
function marked(lead: string, line: string, columns: number, shade: (text: string) => string): string[] {
  const text = line.replace(/\r?\n$/, (end) => (end === "\r\n" ? "␍" : ""));
  const parts = wrapped(plain(text), columns - lead.length);
  const rest = `${" ".repeat(lead.indexOf("|"))}| `;
  const shown = parts.map((part, at) => `${at === 0 ? lead : rest}${shade(part)}`.trimEnd());
  return line.endsWith("\n") ? shown : [...shown, `${rest}\\ no line break at the end`];
}

/** Content is shown, never obeyed: what would steer a terminal is spelled out. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    if (char === "\t") return "  ";
    return char === "\n" ? "⏎" : `\\u{${char.codePointAt(0)!.toString(16).toUpperCase()}}`;
  });
}

/** A line cut into parts that fit, between words where there are any. */
export function wrapped(text: string, width: number): string[] {
  const most = Math.max(20, width);
  const parts: string[] = [];
  let rest = [...text];
  while (rest.length > most) {
    const space = rest.lastIndexOf(" ", most);
    const end = space > most / 2 ? space : most;
    parts.push(rest.slice(0, end).join(""));
    rest = rest.slice(space > most / 2 ? end + 1 : end);
  }
  return [...parts, rest.join("")];
}

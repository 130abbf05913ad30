/** A three-way diff as lines for people, within the width of their terminal. */
import type { Changed } from "../../../shared/reconcile/line-stretches.ts";
import type { BodyDifference, FieldDifference, ThreeWay } from "../../../shared/reconcile/three-way.ts";
import type { Paint } from "./text.ts";

/** How the two sides are called: the file and the row, or (in a clone) theirs and ours. */
export interface SideNames {
  file: string;
  row: string;
  /** In the middle of a sentence. */
  said: { file: string; row: string };
}

export const FILE_AND_ROW: SideNames = {
  file: "file",
  row: "row",
  said: { file: "the file", row: "the row" },
};

function whose(changed: Changed, { said }: SideNames): string {
  if (changed === "file" || changed === "row") return `only ${said[changed]} changed it`;
  return changed === "alike" ? "both changed it alike" : "both changed it";
}

/** `base`, and the sides' names, as wide as each other. */
function padded({ file, row }: SideNames): Record<"base" | "file" | "row", string> {
  const width = Math.max(4, file.length, row.length);
  return { base: "base".padEnd(width), file: file.padEnd(width), row: row.padEnd(width) };
}

/** What differs, field by field, then the body hunk by hunk; the values of both sides stand under one another. */
export function threeWayText(
  { fields, body }: ThreeWay,
  columns: number,
  paint: Paint,
  names = FILE_AND_ROW,
): string[] {
  const lines: string[] = [];
  for (const field of fields) lines.push(...fieldText(field, columns, paint, names), "");
  for (const hunk of body) lines.push(...hunkText(hunk, columns, paint, names), "");
  return lines;
}

function fieldText(
  { field, changed, base, file, row }: FieldDifference,
  columns: number,
  paint: Paint,
  names: SideNames,
) {
  const label = padded(names);
  const indent = " ".repeat(label.base.length);
  const absent = paint.dim("(not there)");
  const value = (side: string, text: string | null, shade: (text: string) => string): string[] =>
    text === null
      ? [`  ${side}  ${absent}`]
      : wrapped(plain(text), columns - 4 - indent.length).map(
          (part, at) => `  ${at === 0 ? side : indent}  ${shade(part)}`,
        );
  return [
    heading(plain(field), changed, names, paint),
    ...value(label.base, base, paint.dim),
    ...value(label.file, file, changed === "row" ? paint.dim : paint.green),
    ...value(label.row, row, changed === "file" ? paint.dim : paint.yellow),
  ];
}

function hunkText(hunk: BodyDifference, columns: number, paint: Paint, names: SideNames): string[] {
  const label = padded(names);
  const indent = " ".repeat(label.base.length);
  const under = hunk.heading === null ? "" : `, under ${plain(hunk.heading.trim())}`;
  const side = (name: string, lines: readonly string[], shade: (text: string) => string): string[] =>
    lines.length === 0
      ? [`  ${name}| ${paint.dim("(nothing)")}`]
      : lines.flatMap((line) => marked(`  ${name}| `, line, columns, shade));
  const sides = {
    base: () => side(`${label.base} `, hunk.base, paint.dim),
    file: () => side(`${label.file} `, hunk.file, paint.green),
    row: () => side(`${label.row} `, hunk.row, paint.yellow),
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
    heading(`(body), line ${hunk.line}${under}`, hunk.changed, names, paint),
    ...hunk.before.flatMap((line) => marked(`  ${indent} | `, line, columns, paint.dim)),
    ...shown.flatMap((name) => sides[name]()),
    ...hunk.after.flatMap((line) => marked(`  ${indent} | `, line, columns, paint.dim)),
  ];
}

function heading(what: string, changed: Changed, names: SideNames, paint: Paint): string {
  const shade = changed === "both" ? paint.yellow : paint.dim;
  return `${paint.bold(what)}  ${shade(whose(changed, names))}`;
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

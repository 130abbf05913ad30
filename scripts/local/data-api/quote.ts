import { ApiError } from "./errors.ts";

/** A name as SQL. */
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** A value as an untyped SQL literal, which Postgres reads as the type it is compared with. */
export function literal(text: string): string {
  if (text.includes("\0")) throw new ApiError(400, "22021", "invalid byte sequence for encoding");
  return `'${text.replaceAll("'", "''")}'`;
}

/** Splits at `separator` where no quote and no bracket is open. */
export function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (quoted) {
      if (char === "\\") i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "(" || char === "{") depth++;
    else if (char === ")" || char === "}") depth--;
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** `"a\"b"` → `a"b`; anything unquoted stays. */
export const unquote = (text: string) =>
  /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : text;

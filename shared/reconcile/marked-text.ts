/** Three texts in one, with git's markers (diff3 style) where both sides changed the same lines. For people only. */
import { linesOf, stretchesOf } from "./line-stretches.ts";

/** What only one side changed is as that side has it; null is a side without a document. */
export function markedText(base: string | null, file: string | null, row: string | null): string {
  const [b, f, r] = [linesOf(base ?? ""), linesOf(file ?? ""), linesOf(row ?? "")];
  const label = (name: string, text: string | null): string => (text === null ? `${name} (deleted)` : name);
  const lines: string[] = [];
  let at = 0;
  for (const one of stretchesOf(b, f, r)) {
    lines.push(...b.slice(at, one.start));
    at = one.end;
    if (one.changed !== "both") lines.push(...(one.changed === "row" ? one.row : one.file));
    else {
      lines.push(`<<<<<<< ${label("file", file)}\n`, ...ended(one.file));
      lines.push(`||||||| ${base === null ? "base (none)" : "base"}\n`, ...ended(one.base));
      lines.push("=======\n", ...ended(one.row), `>>>>>>> ${label("row", row)}\n`);
    }
  }
  return [...lines, ...b.slice(at)].join("");
}

/** A marker starts a line of its own. */
function ended(lines: readonly string[]): readonly string[] {
  const last = lines.at(-1);
  return last === undefined || last.endsWith("\n") ? lines : [...lines.slice(0, -1), `${last}\n`];
}

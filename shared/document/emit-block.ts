/** New YAML in block style, for values that were not there before. */

import type { Context } from "./edit.ts";
import { flowSource } from "./edit-flow.ts";
import type { ListTarget, MapTarget, Target } from "./target.ts";

/**
 * What follows a key's colon: a blank and the value, nothing for null, or a line break and block lines. `column` is
 * where the key stands.
 */
export function inlineOrBlock(context: Context, target: Target, column: number): string {
  const { style, writer } = context;
  if (target.kind === "scalar") {
    const source = writer.scalar(target, { flow: false, indent: column + 2 });
    return source === "" ? "" : ` ${source}`;
  }
  const empty = target.kind === "list" ? target.items.length === 0 : target.entries.size === 0;
  if (empty || (target.kind === "list" && style.lists === "flow")) return ` ${flowSource(context, target)}`;
  const inner = column + (target.kind === "map" ? 2 : (style.lists as number));
  return `${style.newline}${" ".repeat(inner)}${blockLines(context, target, inner)}`;
}

/** The lines of a collection whose first line already stands at `column`. */
export function blockLines(context: Context, target: ListTarget | MapTarget, column: number): string {
  const { style, writer } = context;
  const lines: string[] = [];
  if (target.kind === "map") {
    for (const [key, value] of target.entries) {
      lines.push(`${writer.key(key)}:${inlineOrBlock(context, value, column)}`);
    }
  } else {
    for (const item of target.items) lines.push(`-${itemSource(context, item, column)}`);
  }
  return lines.join(`${style.newline}${" ".repeat(column)}`);
}

/** What follows a dash: a map starts on the dash's own line. */
function itemSource(context: Context, item: Target, column: number): string {
  if (item.kind === "map" && item.entries.size > 0) return ` ${blockLines(context, item, column + 2)}`;
  if (item.kind === "list" && item.items.length > 0) return ` ${flowSource(context, item)}`;
  return inlineOrBlock(context, item, column);
}

/** Edits of a TOML header: only its own top-level `key = value` lines. */

import { type Context, cannotSplice, type Splice } from "./edit.ts";
import { flowSource, refuseFixed } from "./edit-flow.ts";
import { lineEnd, lineStart, type MapNode } from "./node.ts";
import type { Target } from "./target.ts";

/** Sets some keys and removes others (`null`). New keys go after the last one above the first table. */
export function patchToml(
  context: Context,
  root: MapNode,
  patch: ReadonlyMap<string, Target | null>,
  start: number,
): Splice[] {
  const { text, writer, style } = context;
  const splices: Splice[] = [];
  let at = start;
  for (const { keyStart, value } of root.entries.values()) {
    if (value.fixed !== "table" && keyStart >= at) at = lineEnd(text, value.end);
  }
  for (const [key, target] of patch) {
    const entry = root.entries.get(key);
    if (target?.kind === "scalar" && target.as === "null") {
      throw cannotSplice(text, entry?.keyStart ?? at, "no-null", "TOML has no null");
    }
    if (entry) {
      refuseFixed(context, entry.value);
      const { start: from, end } = entry.value;
      if (target) splices.push({ start: from, end, text: flowSource(context, target, entry.value) });
      else splices.push({ start: lineStart(text, entry.keyStart), end: lineEnd(text, end), text: "" });
    } else if (target) {
      const line = `${writer.key(key)}${writer.colon}${flowSource(context, target)}${style.newline}`;
      splices.push({ start: at, end: at, text: line });
    }
  }
  return splices;
}

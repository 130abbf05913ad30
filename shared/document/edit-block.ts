/** Edits of YAML's block style: whole lines come and go, and a changed value is spliced into its own line. */

import { type Context, cannotSplice, type Splice } from "./edit.ts";
import { flowSource, patchFlowMap, refuseFixed } from "./edit-flow.ts";
import { blockLines, inlineOrBlock } from "./emit-block.ts";
import { type Entry, type ListNode, lineEnd, lineStart, type MapNode, type Node } from "./node.ts";
import { align, matches, type Target } from "./target.ts";
import { columnOf } from "./yaml-writer.ts";

/** Sets some keys of a map and removes others (`null`). New keys go to `appendAt`, or after the last entry. */
export function patchMap(
  context: Context,
  map: MapNode,
  patch: ReadonlyMap<string, Target | null>,
  appendAt?: number,
): Splice[] {
  const { text, style, writer } = context;
  if (map.flow) return [{ start: map.start, end: map.end, text: patchFlowMap(context, patch, map) }];
  const splices: Splice[] = [];
  const entries = [...map.entries.values()];
  const column = entries[0] ? columnOf(text, entries[0].keyStart) : 0;
  for (const [key, target] of patch) {
    const entry = map.entries.get(key);
    if (entry && target === null) splices.push(removeEntry(text, entry));
    else if (entry && target) splices.push(...setValue(context, entry.keyEnd, column, entry.value, target));
  }
  const added = [...patch].filter(([key, target]) => target !== null && !map.entries.has(key));
  const at = appendAt ?? lineEnd(text, map.end);
  if (added.length > 0 && text[at - 1] !== "\n")
    throw cannotSplice(text, map.end, "last-line", "its line has no end");
  for (const [key, target] of added) {
    const value = inlineOrBlock(context, target as Target, column);
    splices.push({
      start: at,
      end: at,
      text: `${" ".repeat(column)}${writer.key(key)}:${value}${style.newline}`,
    });
  }
  return splices;
}

/** A whole entry goes with its lines; one that shares its line with a dash cannot. */
function removeEntry(text: string, entry: Entry): Splice {
  const start = lineStart(text, entry.keyStart);
  const before = text.slice(text.startsWith("\uFEFF") && start === 0 ? 1 : start, entry.keyStart);
  if (before.trim() !== "")
    throw cannotSplice(text, entry.keyStart, "shared-line", "it shares its line with others");
  return { start, end: lineEnd(text, entry.value.end), text: "" };
}

/**
 * Makes a value the target. `anchor` is where its key (or dash) ends, `column` where that key (or dash) stands.
 */
function setValue(context: Context, anchor: number, column: number, node: Node, target: Target): Splice[] {
  const { text, writer } = context;
  if (matches(node, target) && node.kind !== "alias") return [];
  refuseFixed(context, node);
  if (node.kind === "scalar" && target.kind === "scalar") {
    const source = text.slice(node.start, node.end);
    const spot = { flow: false, indent: column + 2, old: node, source };
    return [replaceInline(text, node, writer.scalar(target, spot))];
  }
  if (node.kind === "list" && target.kind === "list" && !node.flow && target.items.length > 0) {
    return editList(context, node, target.items);
  }
  if (node.kind === "map" && target.kind === "map" && !node.flow && target.entries.size > 0) {
    return editMap(context, node, target.entries);
  }
  const isFlow = node.kind !== "scalar" && "flow" in node && node.flow;
  if (isFlow) return [{ start: node.start, end: node.end, text: flowSource(context, target, node) }];
  return rewrite(context, anchor, column, node, target);
}

/** Replaces a one-line value (or a block scalar) where it stands; the line's comment stays. */
function replaceInline(text: string, node: Node, source: string): Splice {
  let { start, end } = node;
  while (text[start - 1] === " ") start--;
  const ownLine = text[start - 1] === "\n";
  let rest = end;
  while (text[rest] === " " || text[rest] === "\t") rest++;
  const lastOnLine = rest >= text.length || text[rest] === "\n" || text[rest] === "\r";
  if (source === "") {
    if (ownLine) return { start: node.start, end, text: "null" };
    return { start, end: lastOnLine ? rest : end, text: "" };
  }
  if (node.start < node.end) return { start: node.start, end, text: source };
  // An empty value: it stands right after its colon or dash.
  if (lastOnLine) end = rest;
  return { start: node.start, end, text: ` ${source}` };
}

/** A value of another kind: the old lines go, the new value starts on the key's line. */
function rewrite(context: Context, anchor: number, column: number, node: Node, target: Target): Splice[] {
  const { text } = context;
  const value = inlineOrBlock(context, target, column);
  if (node.kind === "scalar") {
    const removed = replaceInline(text, node, value.startsWith(" ") ? value.slice(1) : "");
    if (value.startsWith(" ")) return [removed];
    let at = lineEnd(text, node.end) - 1;
    if (text[at - 1] === "\r") at--;
    if (removed.end >= at) return [{ ...removed, text: value }];
    return [removed, { start: at, end: at, text: value }];
  }
  const keyLineEnd = lineEnd(text, anchor);
  const colon = text.indexOf(":", anchor);
  if (node.start < keyLineEnd || colon < 0 || text.slice(anchor, colon).trim() !== "") {
    throw cannotSplice(text, node.start, "shared-line", "it shares its line with others");
  }
  const last = lineEnd(text, node.end);
  const lines: Splice = { start: keyLineEnd, end: last, text: "" };
  if (!value.startsWith(context.style.newline))
    return [{ start: colon + 1, end: colon + 1, text: value }, lines];
  return [{ ...lines, text: value.slice(context.style.newline.length) + context.style.newline }];
}

function editMap(context: Context, map: MapNode, entries: ReadonlyMap<string, Target>): Splice[] {
  const patch = new Map<string, Target | null>();
  for (const [key, target] of entries) {
    const held = map.entries.get(key);
    if (!held || !matches(held.value, target)) patch.set(key, target);
  }
  for (const key of map.entries.keys()) if (!entries.has(key)) patch.set(key, null);
  return patchMap(context, map, patch);
}

/** A block list item by item: kept items keep their lines, one more item is one more line. */
function editList(context: Context, list: ListNode, targets: readonly Target[]): Splice[] {
  const { text, style } = context;
  const first = list.dashes[0] as number;
  const column = columnOf(text, first);
  const pad = " ".repeat(column);
  for (const dash of list.dashes) {
    if (text.slice(lineStart(text, dash), dash).trim() !== "") {
      throw cannotSplice(text, dash, "shared-line", "it shares its line with others");
    }
  }
  const splices: Splice[] = [];
  let at = lineStart(text, first);
  for (const step of align(list.items, targets)) {
    if (!("old" in step)) {
      const line = `${pad}${blockLines(context, { kind: "list", items: [step.to] }, column)}${style.newline}`;
      splices.push({ start: at, end: at, text: line });
      continue;
    }
    const item = list.items[step.old] as Node;
    const dash = list.dashes[step.old] as number;
    at = lineEnd(text, item.end);
    if (!("to" in step)) splices.push({ start: lineStart(text, dash), end: at, text: "" });
    else if (!step.kept) splices.push(...editItem(context, dash, column, item, step.to));
  }
  return splices;
}

/** An item in place where possible, else the whole item anew. */
function editItem(context: Context, dash: number, column: number, item: Node, target: Target): Splice[] {
  const anew = {
    start: dash,
    end: item.end,
    text: blockLines(context, { kind: "list", items: [target] }, column),
  };
  if (item.kind === "scalar" && target.kind !== "scalar") {
    refuseFixed(context, item);
    return [anew];
  }
  try {
    return setValue(context, dash + 1, column, item, target);
  } catch (error) {
    if ((error as { rule?: string }).rule !== "shared-line") throw error;
    return [anew];
  }
}

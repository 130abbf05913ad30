/** Edits between brackets: a new source for a value, made of the old one's pieces wherever they still say it. */

import { type Context, cannotSplice } from "./edit.ts";
import type { Entry, ListNode, MapNode, Node } from "./node.ts";
import { align, type ListTarget, type MapTarget, matches, type Target } from "./target.ts";

/** The source of `target` on one line, keeping `old`'s source where it matches and its style where it does not. */
export function flowSource(context: Context, target: Target, old?: Node): string {
  const { text, writer } = context;
  const source = old && text.slice(old.start, old.end);
  if (old && source !== undefined && source !== "" && matches(old, target) && old.kind !== "alias")
    return source;
  if (old) refuseFixed(context, old);
  if (target.kind === "list")
    return flowList(context, target, old?.kind === "list" && old.flow ? old : undefined);
  if (target.kind === "map")
    return flowMap(context, target, old?.kind === "map" && old.flow ? old : undefined);
  return writer.scalar(target, {
    flow: true,
    indent: 0,
    old: old?.kind === "scalar" ? old : undefined,
    source,
  });
}

/** @throws {FrontrowError} `CANNOT_SPLICE` for what must not be edited in place. */
export function refuseFixed({ text }: Context, node: Node): void {
  if (node.kind === "alias") throw cannotSplice(text, node.start, "alias", "it is an alias");
  if (node.fixed !== undefined)
    throw cannotSplice(text, node.start, node.fixed, "it is not written on its key's line");
  if (node.tag !== undefined) throw cannotSplice(text, node.start, "tag", "it has a tag");
}

interface Piece {
  source: string;
  /** Its place among the old members, if it was one. */
  old?: number;
}

function flowList(context: Context, target: ListTarget, old?: ListNode): string {
  const pieces: Piece[] = [];
  for (const step of align(old?.items ?? [], target.items)) {
    if (!("to" in step)) continue;
    if (!("old" in step)) pieces.push({ source: flowSource(context, step.to) });
    else pieces.push({ source: flowSource(context, step.to, old?.items[step.old]), old: step.old });
  }
  return assemble(context, pieces, "[]", old, old?.items ?? [], "");
}

function flowMap(context: Context, target: MapTarget, old?: MapNode): string {
  const patch = new Map<string, Target | null>(target.entries);
  for (const key of old?.entries.keys() ?? []) if (!patch.has(key)) patch.set(key, null);
  return patchFlowMap(context, patch, old);
}

/** A flow map with some keys set and some (`null`) removed; the others keep their source. */
export function patchFlowMap(
  context: Context,
  patch: ReadonlyMap<string, Target | null>,
  old?: MapNode,
): string {
  const { text, writer } = context;
  const entries: Entry[] = [...(old?.entries.values() ?? [])];
  const pieces: Piece[] = [];
  for (const [index, entry] of entries.entries()) {
    const target = patch.get(entry.key);
    if (target === null) continue;
    const { keyStart, value } = entry;
    if (target === undefined) pieces.push({ source: text.slice(keyStart, value.end), old: index });
    else {
      const before = text.slice(keyStart, value.start);
      const source = flowSource(context, target, value);
      const gap = value.start < value.end ? "" : /:$/.test(before) ? " " : writer.colon;
      pieces.push({ source: before + gap + source, old: index });
    }
  }
  for (const [key, target] of patch) {
    if (target === null || old?.entries.has(key)) continue;
    pieces.push({ source: writer.key(key) + writer.colon + flowSource(context, target) });
  }
  const spans = entries.map(({ keyStart, value }) => ({ start: keyStart, end: value.end }));
  return assemble(context, pieces, "{}", old, spans, writer.padding);
}

/** Puts pieces between the old brackets; neighbours that were neighbours keep what stood between them. */
function assemble(
  { text }: Context,
  pieces: readonly Piece[],
  brackets: "[]" | "{}",
  old: ListNode | MapNode | undefined,
  spans: readonly { start: number; end: number }[],
  padding: string,
): string {
  if (pieces.length === 0) return brackets;
  const [first, last] = [spans[0], spans.at(-1)];
  let head = brackets[0] + padding;
  let tail = padding + brackets[1];
  let between = ", ";
  if (old && first && last) {
    head = text.slice(old.start, first.start);
    tail = text.slice(last.end, old.end);
    const second = spans[1];
    const gap = second ? text.slice(first.end, second.start) : `,${/\n/.test(head) ? head.slice(1) : " "}`;
    if (/^\s*,\s*$/.test(gap)) between = gap;
  }
  let source = head;
  for (const [index, piece] of pieces.entries()) {
    const before = pieces[index - 1]?.old;
    const neighbours = before !== undefined && piece.old === before + 1;
    if (index > 0)
      source += neighbours ? text.slice(spans[before]?.end, spans[piece.old as number]?.start) : between;
    source += piece.source;
  }
  return source + tail;
}

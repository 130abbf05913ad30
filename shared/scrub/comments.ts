/** Comments of a header: nobody's values, and names and numbers stand in them all the same. */
import { type Document, parseDocument } from "../document/mod.ts";
import type { Node } from "../document/node.ts";
import { FrontrowError } from "../errors.ts";
import { headerValue, isSame } from "./header-values.ts";
import type { PatternRule } from "./rules.ts";
import { type Counts, segmentsOf, textOf } from "./segments.ts";

/** The text with its header's comments scrubbed. @throws {FrontrowError} `CANNOT_SPLICE` when that would change a value. */
export function scrubComments(text: string, rules: readonly PatternRule[], counts: Counts): string {
  if (rules.length === 0) return text;
  const document = parseDocument(text);
  let changed = "";
  let at = 0;
  for (const [start, end] of commentsOf(document)) {
    changed += text.slice(at, start) + textOf(segmentsOf(text.slice(start, end), rules, counts));
    at = end;
  }
  changed += text.slice(at);
  if (changed !== text) requireSame(document, parseDocument(changed));
  return changed;
}

/** From each `#` to its line's end, in order: what is no value and no key of the header. */
function commentsOf({
  text,
  language,
  headerStart,
  headerEnd,
  root,
}: Document): [start: number, end: number][] {
  if (language !== "yaml" && language !== "toml") return [];
  const taken = spansOf(root).sort((one, other) => one[0] - other[0]);
  const comments: [number, number][] = [];
  let at = headerStart;
  for (const [start, end] of [...taken, [headerEnd, headerEnd] as const]) {
    for (const { 0: comment, index } of text.slice(at, Math.max(at, start)).matchAll(/#.*/g)) {
      comments.push([at + index, at + index + comment.length]);
    }
    at = Math.max(at, end);
  }
  return comments;
}

function spansOf(node: Node): [start: number, end: number][] {
  if (node.kind === "list") return node.items.flatMap(spansOf);
  if (node.kind === "map") {
    return [...node.entries.values()].flatMap(({ keyStart, keyEnd, value }) => [
      [keyStart, keyEnd] as [number, number],
      ...spansOf(value),
    ]);
  }
  return [[node.start, node.end]];
}

function requireSame(one: Document, other: Document): void {
  const keys = new Set([...one.entries.keys(), ...other.entries.keys()]);
  if (
    one.body === other.body &&
    [...keys].every((key) => isSame(headerValue(one, key), headerValue(other, key)))
  )
    return;
  throw new FrontrowError("CANNOT_SPLICE", "Cannot scrub a comment of the header without changing a value.", {
    rule: "scrub-comment",
    hint: "Write the comment on a line of its own.",
  });
}

/** From `yaml`'s nodes to the header's tree: places, empty values, and bounds on what aliases stand for. */

import { isAlias, isMap, isScalar, isSeq, type Pair } from "yaml";
import {
  duplicateKey,
  type Entry,
  invalid,
  MAX_DEPTH,
  MAX_NODES,
  type Node,
  type ScalarStyle,
  scalar,
  tooDeep,
  tooMany,
} from "./node.ts";
import { blockScalarEnd } from "./yaml-inline.ts";
import type { Token } from "./yaml-limits.ts";

/** Characters a header may hold once its aliases are followed; the header itself is at most 64 KiB. */
const MAX_EXPANDED = 1024 * 1024;
const LEAF = { size: 1, depth: 0 };
const STYLES: Readonly<Record<string, ScalarStyle>> = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

/** A node with the values, levels and characters it has once its aliases are followed. */
interface Built {
  node: Node;
  size: number;
  depth: number;
  length: number;
}

/** Builds the tree of one YAML document; aliases become nodes that point at what they stand for. */
export class TreeBuilder {
  readonly text: string;
  readonly base: number;
  /** Anchors whose node is complete; an alias to one still open would be a loop. */
  readonly anchors = new Map<string, Built>();

  constructor(text: string, base: number) {
    this.text = text;
    this.base = base;
  }

  build(source: unknown, emptyAt?: number): Built {
    const built = this.node(source, emptyAt);
    if (built.size > MAX_NODES) throw tooMany(this.text, built.node.start);
    if (built.depth > MAX_DEPTH) throw tooDeep(this.text, built.node.start);
    if (built.length > MAX_EXPANDED)
      throw this.error(built.node.start, "alias-bomb", "aliases that stand for too much text", "Write less.");
    const { anchor } = built.node;
    if (anchor !== undefined) this.anchors.set(anchor, built);
    return built;
  }

  error(offset: number, rule: string, what: string, hint: string) {
    return invalid(this.text, offset, rule, `Cannot read the header: it has ${what}`, hint);
  }

  node(source: unknown, emptyAt?: number): Built {
    if (isAlias(source))
      return this.alias(source.source, this.base + (source.range?.[0] ?? 0), source.range?.[1]);
    if (isMap(source)) return this.map(source);
    if (isSeq(source)) return this.list(source);
    if (!isScalar(source))
      return { node: scalar("plain", "", emptyAt ?? this.base, emptyAt ?? this.base), ...LEAF, length: 0 };
    const [from, to] = source.range ?? [0, 0];
    const style = STYLES[source.type ?? "PLAIN"] ?? "plain";
    const value = typeof source.value === "string" ? source.value : (source.source ?? "");
    let [start, end] = [this.base + from, this.base + to];
    if (style === "literal" || style === "folded") {
      const chomp = /^[|>][-+\d]*/.exec(this.text.slice(start, start + 4))?.[0] ?? "";
      end = blockScalarEnd(this.text, start, end, chomp.includes("+"));
    } else if (style === "plain" && value === "" && !source.tag && !source.anchor && emptyAt !== undefined) {
      start = end = emptyAt;
    }
    return { node: marked(scalar(style, value, start, end), source), ...LEAF, length: value.length };
  }

  alias(name: string, start: number, to = 0): Built {
    const target = this.anchors.get(name);
    if (!target)
      throw this.error(
        start,
        "alias",
        "an alias to an anchor that is not there, or to itself",
        "Write the value out; quote a text that starts with *.",
      );
    const node: Node = { kind: "alias", target: target.node, start, end: this.base + to };
    return { ...target, node };
  }

  list(source: import("yaml").YAMLSeq): Built {
    const token = source.srcToken as { items: Token[] } | undefined;
    const flow = source.flow === true;
    const items: Node[] = [];
    const dashes: number[] = [];
    let [size, depth, length] = [1, 0, 0];
    for (const [index, item] of source.items.entries()) {
      const dash = token?.items[index]?.start?.find((part) => part.type === "seq-item-ind")?.offset;
      if (dash !== undefined) dashes.push(this.base + dash);
      const built = this.pairOrNode(item, dash === undefined ? undefined : this.base + dash + 1);
      items.push(built.node);
      size += built.size;
      depth = Math.max(depth, built.depth + 1);
      length += built.length;
    }
    const [start, end] = this.span(source.range, flow, dashes[0], items.at(-1));
    return { node: marked({ kind: "list", flow, items, dashes, start, end }, source), size, depth, length };
  }

  map(source: import("yaml").YAMLMap): Built {
    const flow = source.flow === true;
    const entries = new Map<string, Entry>();
    let [size, depth, length] = [1, 0, 0];
    for (const pair of source.items) {
      const { entry, built } = this.entry(pair as Pair & { srcToken?: Token });
      const first = entries.get(entry.key);
      if (first) throw duplicateKey(this.text, entry.key, first.keyStart, entry.keyStart);
      entries.set(entry.key, entry);
      size += built.size + 1;
      depth = Math.max(depth, built.depth + 1);
      length += entry.key.length + built.length;
    }
    const [first, last] = [[...entries.values()][0], [...entries.values()].at(-1)];
    const [start, end] = this.span(source.range, flow, first?.keyStart, last?.value);
    return { node: marked({ kind: "map", flow, entries, start, end }, source), size, depth, length };
  }

  /** A flow list may hold a lone pair, `[a: b]`: a map of its own, read but never edited. */
  pairOrNode(item: unknown, emptyAt?: number): Built {
    const built = this.build(item, emptyAt);
    if (isMap(item) && item.range && this.text[this.base + item.range[0]] !== "{" && item.flow)
      built.node.fixed = "lone-pair";
    return built;
  }

  entry(pair: Pair & { srcToken?: Token }): { entry: Entry; built: Built } {
    const { key } = pair;
    const at = this.base + ((key as { range?: number[] } | null)?.range?.[0] ?? 0);
    const explicit = pair.srcToken?.start?.some((part) => part.type === "explicit-key-ind");
    const simple = isScalar(key) && typeof key.value === "string" && !key.anchor && !key.tag && !explicit;
    if (!simple || (key.type === "PLAIN" && key.source === "") || /^BLOCK/.test(key.type ?? "")) {
      throw this.error(
        at,
        "complex-key",
        "a key that is not plain text",
        "Write a plain or quoted key; quote a value that starts with {{.",
      );
    }
    const keyEnd = this.base + (key.range?.[1] ?? 0);
    const colon = pair.srcToken?.sep?.find((part) => part.type === "map-value-ind")?.offset;
    const built = this.build(pair.value, colon === undefined ? keyEnd : this.base + colon + 1);
    return { entry: { key: key.value as string, keyStart: at, keyEnd, value: built.node }, built };
  }

  /** A flow collection has its brackets; a block one runs from its first part to its last value's end. */
  span(
    range: readonly number[] | null | undefined,
    flow: boolean,
    first?: number,
    last?: Node,
  ): [number, number] {
    const [from = 0, to = 0] = range ?? [];
    if (flow) return [this.base + from, this.base + to];
    return [first ?? this.base + from, last?.end ?? this.base + to];
  }
}

function marked<T extends Node>(node: T, source: { tag?: string; anchor?: string }): T {
  if (source.tag) node.tag = source.tag;
  if (source.anchor) node.anchor = source.anchor;
  return node;
}

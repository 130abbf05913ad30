/** What a value shall become, free of any notation: the aim of an edit, compared with the tree that is there. */

import { type Node, resolved } from "./node.ts";
import { canonicalNumeric } from "./numbers.ts";
import { isNull, kindOf } from "./scalar-kind.ts";

export interface ScalarTarget {
  kind: "scalar";
  /**
   * `text`: a text the column types, so any notation that spells it will do · `string`: JSON text, which must read back
   * as a string · `literal`: a JSON number or boolean, never quoted · `typed`: digits, a date …, quoted only if the old
   * value was · `null`.
   */
  as: "text" | "string" | "literal" | "typed" | "null";
  text: string;
}

export interface ListTarget {
  kind: "list";
  items: Target[];
}

export interface MapTarget {
  kind: "map";
  entries: Map<string, Target>;
}

export type Target = ScalarTarget | ListTarget | MapTarget;

export const NULL: ScalarTarget = { kind: "scalar", as: "null", text: "" };

/** The target a JSON tree describes. */
export function targetOfJson(node: Node): Target {
  const real = resolved(node);
  if (real.kind === "list") return { kind: "list", items: real.items.map(targetOfJson) };
  if (real.kind === "map") {
    const entries = [...real.entries.values()].map(({ key, value }) => [key, targetOfJson(value)] as const);
    return { kind: "map", entries: new Map(entries) };
  }
  if (isNull(real)) return NULL;
  return { kind: "scalar", as: kindOf(real) === "string" ? "string" : "literal", text: real.text };
}

/** Whether a node already says what the target wants; notation does not count, anchors and aliases do not match. */
export function matches(node: Node, target: Target): boolean {
  if (node.kind !== target.kind) return node.kind === "alias" && matches(resolved(node), target);
  if (node.kind === "list" && target.kind === "list") {
    return (
      node.items.length === target.items.length &&
      node.items.every((item, index) => matches(item, target.items[index] as Target))
    );
  }
  if (node.kind === "map" && target.kind === "map") {
    if (node.entries.size !== target.entries.size) return false;
    return [...target.entries].every(([key, wanted]) => {
      const entry = node.entries.get(key);
      return entry !== undefined && matches(entry.value, wanted);
    });
  }
  return node.kind === "scalar" && target.kind === "scalar" && matchesScalar(node, target);
}

function matchesScalar(node: Node & { kind: "scalar" }, { as, text }: ScalarTarget): boolean {
  const kind = kindOf(node);
  if (as === "null" || kind === "null") return as === "null" && kind === "null";
  if (as === "literal" && (kind === "int" || kind === "float")) {
    return canonicalNumeric(node.text) === canonicalNumeric(text);
  }
  if (as === "literal") return kind === "bool" && node.text.toLowerCase() === text;
  // JSON has no infinity, so the core schema's is text there (as `canonicalJson` says).
  if (as === "string" && kind === "float" && !/\d/.test(canonicalNumeric(node.text) ?? ""))
    return node.text === text;
  return (as !== "string" || kind === "string") && node.text === text;
}

/** How an old list becomes a new one: each step keeps or changes an old item, drops it, or adds a new one. */
export type Step = { old: number; to: Target; kept: boolean } | { old: number } | { to: Target };

/** Aligns a list with its target: what is the same stays, what remains is paired in order. */
export function align(items: readonly Node[], targets: readonly Target[]): Step[] {
  let head = 0;
  while (head < items.length && head < targets.length && same(head, head)) head++;
  let tail = 0;
  const most = Math.min(items.length, targets.length) - head;
  while (tail < most && same(items.length - 1 - tail, targets.length - 1 - tail)) tail++;
  const [n, m] = [items.length - head - tail, targets.length - head - tail];
  const steps: Step[] = [];
  for (let i = 0; i < head; i++) steps.push({ old: i, to: targets[i] as Target, kept: true });
  let [i, j] = [0, 0];
  for (const [a, b] of [...commonPairs(n, m, (x, y) => same(head + x, head + y)), [n, m] as const]) {
    while (i < a && j < b) steps.push({ old: head + i++, to: targets[head + j++] as Target, kept: false });
    while (i < a) steps.push({ old: head + i++ });
    while (j < b) steps.push({ to: targets[head + j++] as Target });
    if (a < n && b < m) steps.push({ old: head + i++, to: targets[head + j++] as Target, kept: true });
  }
  for (let k = tail; k > 0; k--) {
    steps.push({ old: items.length - k, to: targets[targets.length - k] as Target, kept: true });
  }
  return steps;

  function same(old: number, wanted: number): boolean {
    return matches(items[old] as Node, targets[wanted] as Target);
  }
}

/** A longest common subsequence as index pairs; none for lists too long to be worth it. */
function commonPairs(n: number, m: number, same: (a: number, b: number) => boolean): [number, number][] {
  if (n === 0 || m === 0 || n * m > 100_000) return [];
  const width = m + 1;
  const best = new Uint32Array((n + 1) * width);
  for (let a = n - 1; a >= 0; a--) {
    for (let b = m - 1; b >= 0; b--) {
      const at = a * width + b;
      best[at] = same(a, b)
        ? (best[at + width + 1] as number) + 1
        : Math.max(best[at + width] as number, best[at + 1] as number);
    }
  }
  const pairs: [number, number][] = [];
  for (let a = 0, b = 0; a < n && b < m; ) {
    const at = a * width + b;
    if (same(a, b) && best[at] === (best[at + width + 1] as number) + 1) pairs.push([a++, b++]);
    else if ((best[at + width] as number) >= (best[at + 1] as number)) a++;
    else b++;
  }
  return pairs;
}

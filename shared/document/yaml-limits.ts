/** Bounds on a YAML header before it is composed, so that a hostile one costs nothing and never recurses deeply. */

import type { CST } from "yaml";
import { MAX_DEPTH, MAX_NODES, tooDeep, tooMany } from "./node.ts";

/** The parts of `yaml`'s tokens this project looks at. */
export interface Token {
  type?: string;
  offset?: number;
  start?: CST.SourceToken[];
  sep?: CST.SourceToken[] | undefined;
}

interface AnyToken {
  type?: string;
  offset?: number;
  items?: AnyToken[];
  key?: AnyToken | null | undefined;
  value?: AnyToken | undefined;
}

/** @throws {FrontrowError} `too-deep` or `too-many-nodes`. Walks without recursion. */
export function checkTokens(text: string, base: number, tokens: readonly CST.Token[]): void {
  const stack: { token: AnyToken; depth: number; from: number }[] = tokens.map((token) => ({
    token,
    depth: 0,
    from: 0,
  }));
  let nodes = 0;
  while (stack.length > 0) {
    const { token, depth, from } = stack.pop() as (typeof stack)[number];
    const offset = token.offset ?? from;
    const at = base + offset;
    if (token.type !== undefined && token.type !== "document" && token.type !== "doc-end") nodes++;
    if (depth > MAX_DEPTH + 2) throw tooDeep(text, at);
    if (nodes > MAX_NODES * 2) throw tooMany(text, at);
    if (token.items)
      for (const item of token.items)
        stack.push({ token: item, depth: depth + (item.type ? 0 : 1), from: offset });
    if (token.key) stack.push({ token: token.key, depth, from: offset });
    if (token.value) stack.push({ token: token.value, depth, from: offset });
  }
}

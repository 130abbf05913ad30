/** The three YAML readers side by side: the quick one, the full one, and `yaml` itself. */

import assert from "node:assert/strict";
import { parseDocument as parseYaml } from "yaml";
import { type Node, resolved } from "./node.ts";
import { readSimpleYaml } from "./yaml-reader.ts";
import { readYaml } from "./yaml-tree.ts";

/** A tree's texts alone. */
export function plain(node: Node): unknown {
  const real = resolved(node);
  if (real.kind === "list") return real.items.map(plain);
  if (real.kind === "map") return [...real.entries.values()].map(({ key, value }) => [key, plain(value)]);
  return real.text;
}

/** What `yaml` itself makes of a header when it takes every scalar for text; `undefined` where it reports an error. */
export function oracle(text: string): unknown {
  const document = parseYaml(text, { schema: "failsafe", logLevel: "silent", uniqueKeys: true });
  if (document.errors.length > 0) return undefined;
  return document.contents === null ? [] : entriesOf(document.toJS({ mapAsMap: true }));
}

function entriesOf(value: unknown): unknown {
  if (value instanceof Map) return [...value].map(([key, member]) => [key, entriesOf(member)]);
  return Array.isArray(value) ? value.map(entriesOf) : (value ?? "");
}

/** Whether the quick reader was sure; if so it must agree with the full one, place by place, and with `yaml`. */
export function agrees(text: string): boolean {
  const quick = readSimpleYaml(text, 0, text.length);
  if (quick === null) return false;
  assert.deepEqual(quick, readYaml(text, 0, text.length));
  assert.deepEqual(plain(quick), oracle(text));
  return true;
}

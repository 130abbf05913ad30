/** Three-way merge of canonical JSON objects, key by key. Values stay texts: no number ever becomes a double. */
import type { Merged, Prefer } from "./merge-sequences.ts";

export interface MergedJson extends Merged<string> {
  /** The top-level keys both changed differently. */
  keys: readonly string[];
}

/** Merges canonical JSON objects by key, objects inside them too; null when one of the three is not an object. */
export function mergeJson(base: string, ours: string, theirs: string, prefer: Prefer): MergedJson | null {
  const [o, a, b] = [members(base), members(ours), members(theirs)];
  if (!o || !a || !b) return null;
  const keys: string[] = [];
  const merged: string[] = [];
  for (const key of [...new Set([...o.keys(), ...a.keys(), ...b.keys()])].sort()) {
    const member = mergeMember(o.get(key), a.get(key), b.get(key), prefer);
    if (member.overlap) keys.push(JSON.parse(key));
    if (member.value !== undefined) merged.push(`${key}:${member.value}`);
  }
  return { value: `{${merged.sort(byKey).join(",")}}`, overlap: keys.length > 0, keys };
}

type Member = string | undefined;

function mergeMember(base: Member, ours: Member, theirs: Member, prefer: Prefer): Merged<Member> {
  if (ours === theirs || theirs === base) return { value: ours, overlap: false };
  if (ours === base) return { value: theirs, overlap: false };
  if (ours !== undefined && theirs !== undefined) {
    const inner = mergeJson(base ?? "{}", ours, theirs, prefer);
    if (inner) return inner;
  }
  return { value: prefer === "ours" ? ours : theirs, overlap: true };
}

/** Code unit order of the keys themselves, as in canonical JSON. */
function byKey(a: string, b: string): number {
  const [left, right]: string[] = [a, b].map((member) => JSON.parse(member.slice(0, stringEnd(member, 0))));
  return left! < right! ? -1 : 1;
}

/** An object's members as source texts, by the key's source text; null when the text is not an object. */
function members(json: string): Map<string, string> | null {
  if (!json.startsWith("{")) return null;
  const found = new Map<string, string>();
  let at = 1;
  while (json[at] !== "}") {
    const keyEnd = stringEnd(json, at);
    const valueEnd = endOfValue(json, keyEnd + 1);
    found.set(json.slice(at, keyEnd), json.slice(keyEnd + 1, valueEnd));
    at = json[valueEnd] === "," ? valueEnd + 1 : valueEnd;
  }
  return found;
}

/** Where the string that starts at `at` ends. */
function stringEnd(json: string, at: number): number {
  for (let end = at + 1; end < json.length; end++) {
    if (json[end] === "\\") end++;
    else if (json[end] === '"') return end + 1;
  }
  throw new Error("not canonical JSON");
}

function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const character = json[at]!;
    if (character === '"') at = stringEnd(json, at) - 1;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") {
      if (depth-- === 0) return at;
    } else if (character === "," && depth === 0) return at;
  }
  throw new Error("not canonical JSON");
}

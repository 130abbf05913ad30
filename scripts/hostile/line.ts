/** What a line of the hostile-input catalogue is, and what must come of it on each layer. */
import type { World } from "./world.ts";

/** Where a line is tried: the document codec, the functions over HTTP, the engine over Storage and Postgres. */
export const LAYERS = ["codec", "http", "db"] as const;
export type Layer = (typeof LAYERS)[number];

/** How the engine answers a replica that it sets aside. */
export interface Quarantined {
  code: string;
  rule: string;
  /** The line in the file; absent where there is no line to name (a size, a path). */
  line?: number;
}

/** A file, put where a good document was. Tried on all three layers. */
export interface FileCase {
  name: string;
  content: string | Uint8Array;
  /** `preserved`: the file's bytes stay, and it is a document. */
  expect: "preserved" | Quarantined;
  /** Where only the engine can tell: the table's types, the collection's size limit. */
  codec?: "preserved";
  /** The rules of the warnings that are logged. @default [] */
  warns?: readonly string[];
  /** Columns of the row, as texts, afterwards. */
  row?: Readonly<Record<string, string | null>>;
}

export interface Line {
  id: `H${number}`;
  title: string;
  /** One word or more for the list; what `files` say is added. */
  outcome?: string;
  files?: readonly FileCase[];
  codec?(): void | Promise<void>;
  http?(world: World): Promise<void>;
  db?(world: World): Promise<void>;
  /** Why a part of it is not tried: the feature that it is about does not exist. */
  notYet?: string;
}

/** Front matter around some lines, with a body. */
export function withHeader(header: string, body = "Body.\n"): string {
  return `---\n${header}\n---\n${body}`;
}

/** The same text many times. */
export function times(count: number, text: string): string {
  return text.repeat(count);
}

/** Bytes from texts and numbers. */
export function bytes(...parts: (string | number[])[]): Uint8Array {
  const encoder = new TextEncoder();
  return new Uint8Array(
    parts.flatMap((part) => (typeof part === "string" ? [...encoder.encode(part)] : part)),
  );
}

/** What a reader is told of a line's outcome. */
export function outcomeOf({ outcome, files = [], notYet }: Line): string {
  const said = new Map<string, Set<number>>();
  for (const { expect, warns = [] } of files) {
    const key = expect === "preserved" ? "preserved" : `quarantined ${expect.rule}`;
    const lines = said.get(key) ?? said.set(key, new Set()).get(key)!;
    if (expect !== "preserved" && expect.line !== undefined) lines.add(expect.line);
    for (const rule of warns) said.set(`warning ${rule}`, new Set());
  }
  const parts = [...said].map(([key, lines]) => {
    return lines.size === 0 ? key : `${key} (line ${[...lines].slice(0, 3).join(", ")})`;
  });
  if (outcome) parts.unshift(outcome);
  if (notYet) parts.push(`not yet: ${notYet}`);
  return parts.join(" · ");
}

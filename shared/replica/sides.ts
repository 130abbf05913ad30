/** What a clone's folder and origin say of a document, as sides of a reconciliation. */
import { encode } from "../document/mod.ts";
import type { Base, Reading, Side, TextContent } from "../reconcile/types.ts";
import { readFile, readText } from "../sync/binding.ts";
import { parsed } from "../sync/sides.ts";
import type { Incoming, LocalBase } from "./local-hub.ts";
import type { PlanInput } from "./plan.ts";

/** Texts by local revision, each parsed once. */
export function textReader({ binding, document, textOf }: PlanInput): (revision: number) => TextContent {
  const known = new Map<number, TextContent>();
  return (revision) => {
    const there = known.get(revision);
    if (there !== undefined) return there;
    const isCurrent = revision === document?.revision && !document.deleted;
    const text = isCurrent ? document.text : textOf(revision);
    if (text === null) throw new Error(`revision ${revision} has no text`);
    const content = readText(binding, text);
    known.set(revision, content);
    return content;
  };
}

export function readSide(
  store: Side["store"],
  base: LocalBase | null,
  reading: Reading,
  known: (revision: number) => TextContent,
): Side {
  const full: Base | null = base && {
    ...base,
    row: null,
    get text() {
      return known(base.revision);
    },
  };
  return { store, base: full, reading, dirtyAt: null };
}

export function readingOf({ binding, path, file }: PlanInput): Reading {
  if (file.state !== "found") return file;
  return parsed(file.version, () => readFile(binding, path, file.bytes));
}

export function incomingReading(
  { binding, path, document }: PlanInput,
  { revision, text }: Incoming,
): Reading {
  if (text === null) return { state: "absent" };
  const version = String(revision);
  if (document?.peer?.version === version) return { state: "unchanged", version };
  return parsed(version, () => readFile(binding, path, encode(text)));
}

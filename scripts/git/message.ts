/** A commit's message from a template: `{summary}`, `{count}`, `{paths}`, `{authors}`. */
import type { PLACEHOLDERS } from "../../shared/config/git-settings.ts";
import { displayPath } from "../../shared/document/path-disk.ts";
import { type Person, personText } from "./ident.ts";

/** A document that a commit changes. */
export interface Changed {
  /** Object name. */
  name: string;
  what: "add" | "update" | "remove";
}

/** Paths in a message, at most. */
const MOST = 50;

export function messageOf(
  template: string,
  changed: readonly Changed[],
  authors: readonly Person[],
  coAuthors: readonly Person[] = [],
): string {
  const values: Record<(typeof PLACEHOLDERS)[number], string> = {
    summary: summaryOf(changed),
    count: String(changed.length),
    paths: pathsOf(changed),
    authors: authors.map(personText).join(", "),
  };
  const message = template
    .replace(/\{(\w+)\}/g, (all, name) => values[name as keyof typeof values] ?? all)
    .trim();
  const trailers = coAuthors.map((person) => `Co-authored-by: ${personText(person)}`);
  return `${[message, trailers.join("\n")].filter(Boolean).join("\n\n")}\n`;
}

/** `update notes/a.md`, or `3 documents (1 added, 2 updated)`. */
function summaryOf(changed: readonly Changed[]): string {
  const [only] = changed;
  if (changed.length === 1) return `${only!.what} ${displayPath(only!.name)}`;
  const words = { add: "added", update: "updated", remove: "removed" } as const;
  const parts = (["add", "update", "remove"] as const)
    .map((what) => [changed.filter((one) => one.what === what).length, words[what]] as const)
    .filter(([count]) => count > 0)
    .map((part) => part.join(" "));
  return `${changed.length} documents (${parts.join(", ")})`;
}

function pathsOf(changed: readonly Changed[]): string {
  const shown = changed.slice(0, MOST).map(({ name }) => displayPath(name));
  const more = changed.length - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join("\n");
}

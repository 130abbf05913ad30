/** What `new` shall make: a collection, and the text it begins with. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ResolvedCollection, ResolvedConfig } from "../../../shared/collections/mod.ts";
import { decode } from "../../../shared/document/mod.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import { configFile } from "./config.ts";
import type { Call } from "./verb.ts";

export interface Wanted {
  collection: ResolvedCollection;
  /** The template's name; null: the collection has none. */
  template: string | null;
}

/**
 * A collection by its name, or by the name of one of its templates: `story` is the collection that has it.
 * @throws {FrontrowError} `NOT_FOUND` (no such collection or template), `USAGE` (several).
 */
export function wantedBy({ collections }: ResolvedConfig, named: string, template?: string): Wanted {
  const collection = collections.find(({ name }) => name === named);
  if (collection !== undefined) return { collection, template: templateOf(collection, template) };
  const having = collections.filter(({ templates }) => Object.hasOwn(templates, named));
  const [first, second] = having;
  if (first !== undefined && second === undefined)
    return { collection: first, template: templateOf(first, template ?? named) };
  if (second !== undefined) {
    const names = having.map(({ name }) => `"${name}"`).join(" and ");
    throw new FrontrowError("USAGE", `"${named}" is a template of ${names}: name the collection.`);
  }
  const there = collections.flatMap(({ name, templates }) => [name, ...Object.keys(templates)]);
  throw new FrontrowError("NOT_FOUND", `There is no collection, and no template, "${named}".`, {
    hint: `There is ${[...new Set(there)].join(", ")}.`,
  });
}

function templateOf({ name, templates }: ResolvedCollection, template: string | undefined): string | null {
  const names = Object.keys(templates);
  if (template === undefined) return names[0] ?? null;
  if (names.includes(template)) return template;
  throw new FrontrowError("NOT_FOUND", `"${name}" has no template "${template}".`, {
    hint: names.length === 0 ? "Name some in the config: templates." : `It has ${names.join(", ")}.`,
  });
}

/** @throws {FrontrowError} `CONFIG_INVALID` when the file cannot be read. */
export async function readTemplate(
  call: Pick<Call, "io" | "shared" | "out">,
  { templates }: ResolvedCollection,
  template: string,
): Promise<{ shown: string; text: string }> {
  const shown = templates[template]!;
  const { file } = await configFile(call);
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(join(dirname(file), shown)));
  } catch (cause) {
    const why = (cause as { code?: string }).code ?? "unknown";
    throw new FrontrowError("CONFIG_INVALID", `Cannot read the template "${shown}": ${why}.`, {
      path: shown,
      hint: "Templates are looked for from the config's folder.",
      cause,
    });
  }
  return { shown, text: decode(bytes) };
}

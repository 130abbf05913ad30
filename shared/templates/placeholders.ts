/** `{{title}}` in a text. Anything else between braces (`{{#if}}`, `{{ a.b }}`, `{{% x %}}`) is not ours and stays. */

import { FrontrowError } from "../errors.ts";

const PLACEHOLDER = /\{\{[ \t]*([A-Za-z_][A-Za-z0-9_-]*)[ \t]*\}\}/g;

/** The names, each once, in the order they come. */
export function placeholdersOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(PLACEHOLDER), ([, name]) => name!))];
}

/** @throws {FrontrowError} `CONFIG_INVALID` with rule `placeholder`, naming all that have no value, at the first one's line. */
export function requireValues(text: string, values: Readonly<Record<string, string>>): void {
  const missing = placeholdersOf(text).filter((name) => !Object.hasOwn(values, name));
  if (missing.length === 0) return;
  const shown = missing.map((name) => `{{${name}}}`).join(", ");
  const first = [...text.matchAll(PLACEHOLDER)].find(([, name]) => name === missing[0])!;
  throw new FrontrowError("CONFIG_INVALID", `Cannot fill in the template, as nobody said ${shown}`, {
    rule: "placeholder",
    line: text.slice(0, first.index).split("\n").length,
    hint: `There is ${Object.keys(values).join(", ") || "nothing"}: say more, or take it out of the template.`,
  });
}

/**
 * The text with each placeholder as a plain word, so that an unquoted `title: {{title}}` is YAML, and how words become
 * values. No word is in the text or a value already.
 */
export function asWords(
  text: string,
  values: Readonly<Record<string, string>>,
): { text: string; mark: string; fill(text: string, write?: (value: string) => string): string } {
  let mark = "placeholder";
  while (text.includes(mark) || Object.values(values).some((value) => value.includes(mark))) mark += "x";
  const names = placeholdersOf(text);
  const word = new RegExp(`${mark}(\\d+)_`, "g");
  return {
    text: text.replace(PLACEHOLDER, (_, name: string) => `${mark}${names.indexOf(name)}_`),
    mark,
    fill: (some, write = (value) => value) =>
      some.replace(word, (_, index: string) => write(values[names[Number(index)]!]!)),
  };
}

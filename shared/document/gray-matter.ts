/**
 * The only file that calls gray-matter. It finds the language of a fenced header and hands over the header's source;
 * it parses nothing and runs nothing: every engine it could choose is replaced, and it always gets options, because
 * without them it caches by content, hands out shared objects and swallows the second error.
 */

import matter from "gray-matter";
import { FrontrowError } from "../errors.ts";

/** Fence words that mean a program. Some readers run these; Frontrow never does. */
const CODE_WORDS = new Set([
  "js",
  "javascript",
  "mjs",
  "cjs",
  "jsx",
  "node",
  "ts",
  "typescript",
  "tsx",
  "coffee",
  "coffeescript",
  "cson",
  "livescript",
  "lua",
  "php",
  "python",
  "ruby",
]);

const capture = { parse: (): object => ({}), stringify: refuse };
const engines = {
  yaml: capture,
  yml: capture,
  toml: capture,
  json: capture,
  javascript: { parse: refuse, stringify: refuse },
  js: { parse: refuse, stringify: refuse },
  coffee: { parse: refuse, stringify: refuse },
  coffeescript: { parse: refuse, stringify: refuse },
  cson: { parse: refuse, stringify: refuse },
};

/** What gray-matter makes of a text: the fence's language, the header between the fences, and the rest. */
export interface Split {
  language: string;
  header: string;
  content: string;
}

/** Whether the word after an opening fence means a program. */
export function isCode(word: string): boolean {
  return CODE_WORDS.has(word.toLowerCase());
}

/** gray-matter's own split of a text whose fence word is known to be safe. */
export function split(text: string, fence: "---" | "+++" = "---"): Split {
  const language = fence === "+++" ? "toml" : "yaml";
  const file = matter(text, { engines, delimiters: fence, language, excerpt: false });
  return { language: file.language, header: file.matter, content: file.content };
}

/** The refusal of a header that is a program. */
export function refuse(): never {
  throw new FrontrowError(
    "FRONT_MATTER_REFUSED",
    "Cannot read the header: it is a program, and Frontrow never runs one",
    { line: 1, column: 1, rule: "code-front-matter", hint: "Write the header as YAML, TOML or JSON." },
  );
}

/**
 * The path template of a collection: `users/:user_id/parts/:slug.md`. A document's path is its Storage object name;
 * the params are the key columns of its row. `build` and `parse` are exact inverses, here and in SQL
 * (`sql/10_paths.sql`), so a file and its row always name each other.
 *
 * `:name` spans part of one segment (at most one param in each), `:name*` spans slashes (at most one in a template).
 */

import { FrontrowError } from "../errors.ts";
import { isReservedName, NOT_RESERVED } from "./conflict-copy.ts";
import { decodeValue, encodeValue, pathInvalid, requireLength, requireNfc } from "./path-codec.ts";
import { decodeFilePath } from "./path-disk.ts";

/**
 * Files that programs leave behind (folder placeholders, previews, locks and swap files of editors): never documents.
 * Part of every pattern, so that SQL ignores the same names; `frontrow.ignored_names()` is the same text.
 */
export const IGNORED_NAMES =
  "(?:.*/)?(?:\\.emptyFolderPlaceholder|\\.DS_Store|Thumbs\\.db|desktop\\.ini|\\._[^/]*|\\.=23[^/]*|=7E\\$[^/]*|[^/]*(?:=7E|\\.sw[px]|\\.tmp))$";

/** A text that stands for itself, or a param. Plain JSON: SQL reads the same tokens. */
export type PathToken = string | { readonly param: string; readonly many: boolean };

export interface PathParam {
  /** The key column. */
  readonly name: string;
  /** Whether its value may hold `/`. */
  readonly many: boolean;
}

export interface PathTemplate {
  readonly template: string;
  readonly params: readonly PathParam[];
  readonly tokens: readonly PathToken[];
  /** An anchored regular expression with one group per param; means the same in JavaScript and in Postgres. */
  readonly pattern: string;
  /** The folder every path of the template is in, `""` or ending in `/`. */
  readonly folder: string;
  /** Whether the path is of this template, well spelled or not. */
  matches(path: string): boolean;
  /** @throws {FrontrowError} `PATH_INVALID` when a value is missing, empty, not NFC, not well-formed, or too long. */
  build(values: Readonly<Record<string, string>>): string;
  /**
   * The key values in a path; `null` when the path is not of this template.
   * @throws {FrontrowError} `PATH_INVALID` when it is, but not in the one spelling `build` gives.
   */
  parse(path: string): Record<string, string> | null;
}

/** @throws {FrontrowError} `CONFIG_INVALID` with rule `path-template`. */
export function compileTemplate(template: string): PathTemplate {
  const tokens = tokenize(template);
  const params = tokens
    .filter((token) => typeof token !== "string")
    .map(({ param, many }) => ({ name: param, many }));
  check(template, params);
  const pattern = `^${NOT_RESERVED}(?!${IGNORED_NAMES})${tokens.map(patternOf).join("")}$`;
  const ignored = new RegExp(`^${IGNORED_NAMES}`);
  const expression = new RegExp(pattern);

  function build(values: Readonly<Record<string, string>>): string {
    let path = "";
    for (const token of tokens) path += typeof token === "string" ? token : encodeParam(token, values);
    requireLength(path);
    if (isReservedName(path)) {
      throw pathInvalid("reserved", path, 'a name that ends in ".conflict" is kept for conflict copies');
    }
    if (ignored.test(path)) {
      const hint = "Give the row another key.";
      throw pathInvalid("ignored-name", path, "a program leaves files of this name behind", hint);
    }
    return path;
  }

  function parse(path: string): Record<string, string> | null {
    const match = expression.exec(path);
    if (match === null) return null;
    const values: Record<string, string> = {};
    params.forEach(({ name }, index) => {
      const value = decodeValue(match[index + 1]!);
      requireNfc(value);
      values[name] = value;
    });
    const canonical = build(values);
    if (canonical !== path) {
      throw pathInvalid(
        "not-canonical",
        path,
        `it must be spelled as Frontrow does`,
        `Write "${canonical}".`,
      );
    }
    return values;
  }

  const matches = (path: string): boolean => expression.test(path);
  const first = tokens[0];
  const folder = typeof first === "string" ? first.slice(0, first.lastIndexOf("/") + 1) : "";
  return { template, params, tokens, pattern, folder, matches, build, parse };
}

function encodeParam(token: Exclude<PathToken, string>, values: Readonly<Record<string, string>>): string {
  const value = Object.hasOwn(values, token.param) ? values[token.param] : undefined;
  if (typeof value !== "string") throw pathInvalid("missing-key", token.param, "its key value is missing");
  return encodeValue(value, token.many);
}

function tokenize(template: string): PathToken[] {
  const tokens: PathToken[] = [];
  for (const match of template.matchAll(/:([A-Za-z_][A-Za-z0-9_]*)(\*?)|([^:]+|:)/g)) {
    const [, param, star, literal] = match;
    if (param !== undefined) tokens.push({ param, many: star === "*" });
    else if (literal === ":") throw invalid(template, `every ":" must begin a param, such as ":slug"`);
    else if (literal !== undefined) tokens.push(literal);
  }
  return tokens;
}

/** `[^/]` rather than the alphabet: a path that is of this template but badly spelled must be seen, not skipped. */
function patternOf(token: PathToken): string {
  if (typeof token === "string") return token.replace(/[.*+?()$]/g, "\\$&");
  return token.many ? "([^/]+(?:/[^/]+)*)" : "([^/]+)";
}

function check(template: string, params: readonly PathParam[]): void {
  if (params.length === 0) throw invalid(template, 'it must have a param, such as ":slug"');
  const names = params.map((param) => param.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(template, `a param must be there once: ":${twice}" is there twice`);
  if (params.filter((param) => param.many).length > 1) {
    throw invalid(template, 'only one param may span slashes (":name*")');
  }
  for (const segment of template.split("/")) {
    if ((segment.match(/:[A-Za-z_]/g) ?? []).length > 1) {
      throw invalid(template, `a segment must have at most one param: "${segment}" has more`);
    }
  }
  checkLiterals(template, names);
}

/** Literals are taken as they are, so they must already be spelled as an object name is. */
function checkLiterals(template: string, names: readonly string[]): void {
  const sample = template.replace(/:([A-Za-z_][A-Za-z0-9_]*)\*?/g, "x");
  try {
    decodeFilePath(sample);
    requireLength(sample);
    if (isReservedName(sample))
      throw pathInvalid("reserved", sample, "that name is kept for conflict copies");
  } catch (cause) {
    const reason = cause instanceof FrontrowError ? `: ${cause.message}` : "";
    throw invalid(template, `its literal parts must be spelled as Storage takes them${reason}`, cause);
  }
  if (names.some((name) => ["__proto__", "constructor", "prototype"].includes(name))) {
    throw invalid(template, "a param must not have a name JavaScript keeps for itself");
  }
}

function invalid(template: string, because: string, cause?: unknown): FrontrowError {
  return new FrontrowError("CONFIG_INVALID", `Cannot use the path template "${template}", as ${because}`, {
    rule: "path-template",
    cause,
  });
}

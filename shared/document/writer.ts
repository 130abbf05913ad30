/** How each language spells keys and scalars: the only part of an edit that knows a notation. */

import { FrontrowError } from "../errors.ts";
import type { Language } from "./front-matter.ts";
import type { ScalarNode } from "./node.ts";
import { coreKind, plainKind } from "./scalar-kind.ts";
import type { ScalarTarget } from "./target.ts";
import { type Style, writeYamlKey, writeYamlScalar } from "./yaml-writer.ts";

/** Where a scalar is written. */
export interface Spot {
  /** Between brackets, where no block scalar may stand. */
  flow: boolean;
  /** The column a block scalar's lines would have. */
  indent: number;
  /** What was there before; the new one keeps its style where it can. */
  old?: ScalarNode | undefined;
  /** The old value's source. */
  source?: string;
}

export interface Writer {
  scalar(target: ScalarTarget, spot: Spot): string;
  key(key: string): string;
  /** Between a key and its value. */
  colon: string;
  /** Around the members of a map between braces. */
  padding: string;
}

export function writerFor(language: Language, style: Style): Writer {
  if (language === "json") return { scalar: jsonScalar, key: JSON.stringify, colon: ": ", padding: "" };
  if (language === "toml") return { scalar: tomlScalar, key: tomlKey, colon: " = ", padding: " " };
  return {
    scalar: (target, spot) => writeYamlScalar(target, spot, style),
    key: (key) => writeYamlKey(key, style),
    colon: ": ",
    padding: "",
  };
}

const JSON_LITERAL = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false)$/;

function jsonScalar({ as, text }: ScalarTarget, { old }: Spot): string {
  if (as === "null") return "null";
  const bare = as === "literal" || (as === "typed" && old?.style !== "double") || keepsPlain(as, text, old);
  return bare && JSON_LITERAL.test(text) ? text : quoted(text);
}

const TOML_NUMBER = /^[-+]?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|inf|nan)$|^(?:true|false)$/;
const TOML_DATE = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)?)?$/;

function tomlScalar({ as, text }: ScalarTarget, { old }: Spot): string {
  if (as === "null") {
    throw new FrontrowError("CANNOT_SPLICE", "Cannot write the value: TOML has no null", {
      rule: "no-null",
      hint: "Leave the key out, or give it a value.",
    });
  }
  const bare = as === "literal" || (as === "typed" && old?.style !== "double" && old?.style !== "single");
  if ((bare || keepsPlain(as, text, old)) && TOML_NUMBER.test(text)) return text;
  if (bare && TOML_DATE.test(text)) return text;
  if (old?.style === "single" && !/['\n\r\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) return `'${text}'`;
  return quoted(text);
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key);
}

/** A text may stay unquoted where the old one was, and was the same sort of thing. */
export function keepsPlain(as: ScalarTarget["as"], text: string, old: ScalarNode | undefined): boolean {
  if (old?.style !== "plain" || (as === "string" && coreKind(text) !== "string")) return false;
  const kind = plainKind(text);
  return kind !== "null" && kind === plainKind(old.text);
}

/** A double-quoted string JSON, TOML and YAML all read alike, with everything invisible escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

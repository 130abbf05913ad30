/** The words of a TOML text that is known to be valid: keys, strings, plain values, and where each stands. */

import { parse } from "smol-toml";
import { invalid, type ScalarNode, scalar } from "./node.ts";

const BARE_KEY = /[A-Za-z0-9_-]+/y;
const STRING = /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const WORD = /[^\s,\]}#]+(?: \d\d:[^\s,\]}#]*)?/y;

/** One part of a key, and its place. */
export interface Key {
  text: string;
  start: number;
  end: number;
}

export class TomlLexer {
  readonly text: string;
  readonly end: number;
  at: number;

  constructor(text: string, start: number, end: number) {
    this.text = text;
    this.at = start;
    this.end = end;
  }

  /** A key and the keys dotted to it. */
  path(): Key[] {
    const keys: Key[] = [];
    do {
      if (this.text[this.at] === ".") this.at++;
      this.blanks(false);
      const start = this.at;
      const quoted = this.text[start] === '"' || this.text[start] === "'";
      const text = quoted ? this.string().text : this.take(BARE_KEY);
      keys.push({ text, start, end: this.at });
      this.blanks(false);
    } while (this.text[this.at] === ".");
    return keys;
  }

  string(): ScalarNode {
    const start = this.at;
    const source = this.take(STRING);
    const style = source[0] === '"' ? "double" : "single";
    const text = (parse(`k = ${source}`) as { k: string }).k;
    const node = scalar(style, text, start, this.at);
    if (source.startsWith('"""') || source.startsWith("'''")) node.fixed = "multi-line-string";
    return node;
  }

  /** A number, date or truth. */
  word(): ScalarNode {
    const start = this.at;
    return scalar("plain", plainText(this.take(WORD)), start, this.at);
  }

  take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) throw tomlSyntax(this.text, this.at);
    this.at = pattern.lastIndex;
    return match[0];
  }

  /** Skips blanks, and with `lines` also line breaks and comments. */
  blanks(lines: boolean): void {
    for (; this.at < this.end; this.at++) {
      const char = this.text[this.at];
      if (char === "#" && lines) this.at = this.text.indexOf("\n", this.at);
      else if (char !== " " && char !== "\t" && !(lines && (char === "\n" || char === "\r"))) return;
    }
  }
}

export function tomlSyntax(text: string, offset: number) {
  const message = "Cannot read the header: it is not valid TOML";
  return invalid(text, offset, "toml-syntax", message, "Mend the TOML at this place.");
}

/** A plain value in the notation the rest of Frontrow reads: no `_`, no `0b`, `inf` and `nan` as YAML writes them. */
function plainText(source: string): string {
  const digits = /^[+-]?[\d_.]+(?:[eE][+-]?[\d_]+)?$|^0[xob]\w+$/.test(source)
    ? source.replaceAll("_", "")
    : source;
  if (digits.startsWith("0b")) return BigInt(digits).toString();
  return digits.replace(/^([+-]?)(inf|nan)$/, "$1.$2");
}

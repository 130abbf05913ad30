/**
 * Most lines of most headers, each seen by one pattern: `key: value` and `- value`, where the value is plain or quoted
 * without an escape and nothing follows it. Any other line is left to the reader's own rules.
 */

import { CR, SPACE } from "./char-codes.ts";
import { type ScalarNode, scalar } from "./node.ts";

// A plain value takes the blanks behind it along, so that no run of blanks is ever tried twice.
const PLAIN = String.raw`[^\s?:,[\]{}#&*!|>'"%@\x60-][^:#\t\r\n]*(?:(?::(?![ \t\r\n])|(?<! )#)[^:#\t\r\n]*)*`;
const VALUE = String.raw`(?:${PLAIN}|(?:"[^"\\\t\r\n]*"|'[^'\r\n]*') *)\r?\n`;
const PAIR = new RegExp(`[A-Za-z0-9_]+: +${VALUE}`, "y");
const ITEM = new RegExp(`- +${VALUE}`, "y");

/** Where the line after a `key: value` at `at` starts; -1 where the line is anything else. */
export function afterPair(text: string, at: number): number {
  PAIR.lastIndex = at;
  return PAIR.test(text) ? PAIR.lastIndex : -1;
}

/** As `afterPair`, for a `- value`. */
export function afterItem(text: string, at: number): number {
  ITEM.lastIndex = at;
  return ITEM.test(text) ? ITEM.lastIndex : -1;
}

/** The value of such a line, between its colon or dash and the next line. */
export function lineValue(text: string, from: number, next: number): ScalarNode {
  let start = from;
  while (text.charCodeAt(start) === SPACE) start++;
  let end = next - 1;
  if (text.charCodeAt(end - 1) === CR) end--;
  while (text.charCodeAt(end - 1) === SPACE) end--;
  const first = text.charCodeAt(start);
  if (first === 0x22) return scalar("double", text.slice(start + 1, end - 1), start, end);
  if (first === 0x27) return scalar("single", text.slice(start + 1, end - 1), start, end);
  return scalar("plain", text.slice(start, end), start, end);
}

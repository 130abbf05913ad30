/** Git's conflict markers. In a header they are refused; in a body they are text, and a warning. */

import type { FrontrowError } from "../errors.ts";
import { invalid } from "./node.ts";

/** `=======` alone is a heading's underline in a body, and only counts between the other two. */
const IN_YAML = /^(?:<{7}|={7}|>{7})(?: .*)?\r?$/m;
const ELSEWHERE = /^(?:<{7}|>{7})(?: .*)?\r?$/m;
/** A file whose first line is a marker and whose second opens a header: the header itself is in conflict. */
const BEFORE_HEADER = /<{7}(?: [^\r\n]*)?\r?\n(?:---|\+\+\+|\{)/y;

/** @throws {FrontrowError} `FRONT_MATTER_INVALID` with rule `conflict-marker` and the first marker's line. */
export function refuseConflictMarkers(
  text: string,
  start: number,
  end: number,
  language: "yaml" | "toml" | "json",
): void {
  const found = (language === "yaml" ? IN_YAML : ELSEWHERE).exec(text.slice(start, end));
  if (found) throw inConflict(text, start + found.index);
}

/** @throws {FrontrowError} `FRONT_MATTER_INVALID` when the conflict begins before the header does. */
export function refuseHeaderInConflict(text: string, openStart: number): void {
  BEFORE_HEADER.lastIndex = openStart;
  if (BEFORE_HEADER.test(text)) throw inConflict(text, openStart);
}

/** The offset of the first whole conflict in a text, `<<<<<<<` … `>>>>>>>`; -1 when there is none. */
export function conflictIn(text: string): number {
  const start = text.startsWith("<<<<<<< ") ? 0 : text.indexOf("\n<<<<<<< ") + 1;
  if (start === 0 && !text.startsWith("<<<<<<< ")) return -1;
  const middle = text.indexOf("\n=======", start);
  return middle >= 0 && text.indexOf("\n>>>>>>> ", middle) >= 0 ? start : -1;
}

function inConflict(text: string, offset: number): FrontrowError {
  const message = "Cannot read the header: it holds a git conflict marker";
  return invalid(text, offset, "conflict-marker", message, "Choose one side and remove the markers.");
}

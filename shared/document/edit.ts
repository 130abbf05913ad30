/** What every edit shares: the text it starts from, the splices it makes, and the refusal to make one. */

import { FrontrowError } from "../errors.ts";
import { placeAt } from "./node.ts";
import type { Writer } from "./writer.ts";
import type { Style } from "./yaml-writer.ts";

export interface Context {
  readonly text: string;
  readonly writer: Writer;
  readonly style: Style;
}

/** `text` replaces what stands between two offsets. */
export interface Splice {
  start: number;
  end: number;
  text: string;
}

/** The text with every splice made. Splices never overlap; those at one offset keep their order. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = [...splices].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = "";
  let at = 0;
  for (const splice of ordered) {
    if (splice.start < at) throw cannotSplice(text, splice.start, "overlap", "two edits meet there");
    result += text.slice(at, splice.start) + splice.text;
    at = splice.end;
  }
  return result + text.slice(at);
}

/** The refusal to change a text in place. `why` completes "Cannot change … because …". */
export function cannotSplice(text: string, offset: number, rule: string, why: string): FrontrowError {
  return new FrontrowError("CANNOT_SPLICE", `Cannot change the value in place: ${why}`, {
    ...placeAt(text, offset),
    rule,
    hint: "Change this part of the header by hand.",
  });
}

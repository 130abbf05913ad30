/** The lines of a YAML header as the quick reader walks them: where content is, how far in, and whether a key is there. */

import { CR, DASH, HASH, LF, SPACE, TAB } from "./char-codes.ts";
import { BAIL } from "./yaml-inline.ts";

/** The keys of most lines; `KEY` finds the others. */
const WORD = /[A-Za-z0-9_]+:(?=[ \r\n])/y;
const KEY =
  /(?:[A-Za-z0-9_/][\w./$@+#-]*(?::[\w./$@+#-]+)*(?: [\w./$@+-][\w./$@+#-]*)*|"[^"\\\n\r]*"|'[^'\n\r]*') *:(?=[ \r\n])/y;

export class Lines {
  /** The whole file. */
  readonly text: string;
  /** Where the header ends; a line break stands before it unless the header is empty. */
  readonly end: number;
  /** The current line's first character that is neither blank nor comment; -1 at the end. */
  at = -1;
  indent = -1;

  constructor(text: string, end: number) {
    this.text = text;
    this.end = end;
  }

  /** Moves to the first line with content at or after `from`, which is the start of a line. */
  toLine(from: number): void {
    const { text, end } = this;
    let at = from;
    while (at < end) {
      let p = at;
      while (text.charCodeAt(p) === SPACE) p++;
      const char = text.charCodeAt(p);
      if (char === LF) at = p + 1;
      else if (char === CR) at = p + 2;
      else if (char === HASH) at = text.indexOf("\n", p) + 1;
      else {
        // A tab, a directive, or a document marker.
        if (char === TAB || (p === at && isMarker(text, p, char))) throw BAIL;
        this.at = p;
        this.indent = p - at;
        return;
      }
    }
    this.at = -1;
    this.indent = -1;
  }

  isDash(at: number): boolean {
    const next = this.text.charCodeAt(at + 1);
    return this.text.charCodeAt(at) === DASH && (next === SPACE || next === LF || next === CR);
  }

  /** The offset after the colon of the key at `at`. */
  keyAt(at: number): number {
    const colon = this.colonAfter(at);
    if (colon < 0) throw BAIL;
    return colon;
  }

  /** As `keyAt`; -1 where no key starts. */
  colonAfter(at: number): number {
    WORD.lastIndex = at;
    if (WORD.test(this.text)) return WORD.lastIndex;
    KEY.lastIndex = at;
    return KEY.test(this.text) ? KEY.lastIndex : -1;
  }
}

/** A directive or a document marker, at the start of a line. */
function isMarker(text: string, at: number, char: number): boolean {
  return char === 37 || ((char === DASH || char === 46) && /^(?:---|\.\.\.)/.test(text.slice(at, at + 3)));
}

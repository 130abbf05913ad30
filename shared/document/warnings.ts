/**
 * What a reader should know of a document that is nevertheless taken as it is: nothing is lost by it, but it is
 * probably not what somebody meant. Said once for each version of a file; never holds content.
 */

import { conflictIn } from "./conflict-marker.ts";
import { type Document, placeOf } from "./document.ts";
import { type Entry, type Node, placeAt } from "./node.ts";

export interface Warning {
  /** `unknown-fence`, `open-header`, `merge-key`, `tag`, `odd-key`, `large` or `conflict-marker`. */
  rule: string;
  line: number;
  /** What is so and what to do, one sentence. */
  message: string;
}

/** Characters above which a document is worth a warning; the collection's `maxBytes` is where it is refused. */
const LARGE = 1024 * 1024;
/** A key that other readers take for a number, a boolean or nothing. */
const ODD_KEY = /^(?:[-+]?(?:\d[\d_]*)(?:\.\d*)?|0x[\da-f]+|0o[0-7]+|true|false|yes|no|on|off|null|~)$/i;

const CORE_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

/** The warnings about a document, in no order; at most one for each rule. */
export function warningsOf(document: Document): Warning[] {
  const { text, root, language } = document;
  const warnings: Warning[] = [];
  const warn = (rule: string, line: number, message: string): void => {
    if (!warnings.some((warning) => warning.rule === rule)) warnings.push({ rule, line, message });
  };
  if (text.length > LARGE) {
    warn("large", 1, `the document has more than ${LARGE} characters: split it, if it will grow further`);
  }
  if (language === null) {
    const fence = /^\uFEFF?---[ \t]*(?:([^\s-]\S*)[ \t]*)?\r?\n/.exec(text.slice(0, 200));
    if (fence?.[1] !== undefined) {
      warn("unknown-fence", 1, "the word after the first fence is no language of front matter: all is body");
    } else if (fence) {
      warn(
        "open-header",
        1,
        "the first fence opens no header that is closed, so all is body: close it with a line ---",
      );
    }
  }
  const lookAt = (node: Node, entry: Entry | undefined): void => {
    const line = () => placeOf(document, entry ?? node).line;
    if (node.tag !== undefined && !CORE_TAG.test(node.tag)) {
      warn("tag", line(), "a YAML tag means nothing here: the value is text, kept as it is written");
    }
    if (entry === undefined) return;
    if (entry.key === "<<") warn("merge-key", line(), "<< merges nothing here: it is a key like any other");
    if (ODD_KEY.test(entry.key) && !/["']/.test(text[entry.keyStart]!)) {
      warn("odd-key", line(), "a key that looks like a number, a boolean or null is text here: quote it");
    }
  };
  if (language === "yaml") eachNode(root, lookAt);
  const conflict = conflictIn(text.slice(document.bodyStart));
  if (conflict >= 0) {
    const { line } = placeAt(text, document.bodyStart + conflict);
    warn("conflict-marker", line, "the body holds a git conflict: choose one side and remove the markers");
  }
  return warnings;
}

/** Every value, with its entry where it is one of a map. Aliases are not followed: what they stand for is there already. */
function eachNode(root: Node, look: (node: Node, entry: Entry | undefined) => void): void {
  const nodes: Node[] = [root];
  const entries: (Entry | undefined)[] = [undefined];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    look(node, entries.pop());
    if (node.kind === "map") {
      for (const entry of node.entries.values()) {
        nodes.push(entry.value);
        entries.push(entry);
      }
    } else if (node.kind === "list") {
      for (const item of node.items) {
        nodes.push(item);
        entries.push(undefined);
      }
    }
  }
}

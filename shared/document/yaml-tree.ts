/**
 * The full YAML 1.2 reader, over `yaml`'s syntax tree. Every plain scalar stays text (the fail-safe schema): what a
 * value is, its column says later. Depth, size and aliases are bounded before anything is built or followed.
 */

import { Composer, isScalar, Parser } from "yaml";
import { refuseConflictMarkers } from "./conflict-marker.ts";
import { invalid, type MapNode } from "./node.ts";
import { TreeBuilder } from "./yaml-build.ts";
import { checkTokens } from "./yaml-limits.ts";

/** @throws {FrontrowError} `FRONT_MATTER_INVALID` with line, column and rule. */
export function readYaml(text: string, start: number, end: number): MapNode {
  const header = text.slice(start, end);
  refuseConflictMarkers(text, start, end, "yaml");
  const loneCr = header.search(/\r(?!\n)/);
  if (loneCr >= 0) {
    const message =
      "Cannot read the header: a line ends in a carriage return alone, which readers disagree about";
    throw invalid(text, start + loneCr, "carriage-return", message, "Use LF or CRLF line ends.");
  }
  const tokens = [...new Parser().parse(header)];
  checkTokens(text, start, tokens);
  const composer = new Composer({
    version: "1.2",
    schema: "failsafe",
    resolveKnownTags: false,
    merge: false,
    uniqueKeys: false,
    keepSourceTokens: true,
    logLevel: "silent",
    prettyErrors: false,
  });
  const documents = [...composer.compose(tokens, true, header.length)];
  for (const document of documents) {
    const error = document.errors[0];
    if (error) throw syntaxError(text, start + error.pos[0], error.code);
  }
  if (documents.length > 1 || documents[0]?.directives?.docEnd) {
    const marker = Math.max(0, header.search(/^(?:---|\.\.\.)(?=\s)/m));
    const message = "Cannot read the header: it holds more than one YAML document";
    throw invalid(text, start + marker, "multi-document", message, "Keep one document.");
  }
  const contents = documents[0]?.contents;
  if (
    !contents ||
    (isScalar(contents) && contents.source === "" && contents.type === "PLAIN" && !contents.tag)
  ) {
    return { kind: "map", flow: false, entries: new Map(), start, end: start };
  }
  const root = new TreeBuilder(text, start).build(contents).node;
  if (root.kind === "map") return root;
  throw invalid(
    text,
    root.start,
    "not-a-map",
    "Cannot read the header: it must be keys and values",
    "Write key: value lines.",
  );
}

function syntaxError(text: string, offset: number, code: string) {
  const rule = code.toLowerCase().replaceAll("_", "-");
  const message = `Cannot read the header: it is not valid YAML (${rule.replaceAll("-", " ")})`;
  return invalid(
    text,
    offset,
    rule,
    message,
    "Mend the YAML at this place; quoting the value often does it.",
  );
}

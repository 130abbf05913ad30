/** A YAML file of settings: its plain value, and where in the file each part of it stands. */
import { isMap, isNode, isScalar, LineCounter, type Node, type Pair, parseAllDocuments, visit } from "yaml";

export interface Place {
  line: number;
  column: number;
}

export interface SettingsProblem extends Place {
  message: string;
}

export interface YamlSource {
  value: unknown;
  /** Where the value at `path` stands; of one that is missing, the nearest part around it that is there. */
  placeOf(path: readonly PropertyKey[]): Place;
  /** Where the key stands that names the value at `path`. */
  placeOfKey(path: readonly PropertyKey[]): Place;
  /** Every text in the file, keys among them. */
  texts(): { text: string; place: Place }[];
}

/** Reads one YAML 1.2 document; an empty one is an empty map. Its problems never quote the file. */
export function readYaml(text: string): YamlSource | SettingsProblem[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const [document, second] = Array.isArray(documents) ? documents : [];
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (second !== undefined)
    return [{ ...place(second.range[0]), message: "it must be one YAML document, and here another begins" }];
  if (document !== undefined && document.errors.length > 0) {
    return document.errors.map(({ pos, code }) => ({ ...place(pos[0]), message: said(code) }));
  }
  const root = document?.contents ?? null;

  /** The pair at `path`, or the node where its last step is a list's index. */
  function find(path: readonly PropertyKey[]): { key: Node | null; value: Node | null } {
    let found: { key: Node | null; value: Node | null } = { key: null, value: root };
    for (const step of path) {
      const { value } = found;
      const pair: Pair | undefined = isMap(value)
        ? value.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
        : undefined;
      const next =
        pair?.value ?? (isMap(value) ? null : (value as { items?: unknown[] })?.items?.[Number(step)]);
      if (pair === undefined && !isNode(next)) return found;
      found = { key: isNode(pair?.key) ? pair.key : null, value: isNode(next) ? next : null };
    }
    return found;
  }
  const startOf = (node: Node | null): Place => place(node?.range?.[0] ?? root?.range?.[0] ?? 0);

  return {
    value: document?.toJS({ maxAliasCount: 100 }) ?? {},
    placeOf(path) {
      const { key, value } = find(path);
      return startOf(value ?? key);
    },
    placeOfKey(path) {
      const { key, value } = find(path);
      return startOf(key ?? value);
    },
    texts() {
      const all: { text: string; place: Place }[] = [];
      if (document !== undefined) {
        visit(document, {
          Scalar: (_, { value, range }) => {
            if (typeof value === "string") all.push({ text: value, place: place(range?.[0] ?? 0) });
          },
        });
      }
      return all;
    },
  };
}

const WORDS: Record<string, string> = {
  DUPLICATE_KEY: "a key is here twice",
  BAD_INDENT: "the indentation does not fit what is around it",
  TAB_AS_INDENT: "a tab cannot indent: use spaces",
  MISSING_CHAR: "something is missing here: a quote, a bracket, a colon or a comma",
  UNEXPECTED_TOKEN: "this is not YAML here",
  BAD_ALIAS: "there is no such anchor",
};

/** The library's own words quote the file, and a key may be in it. */
function said(code: string): string {
  return WORDS[code] ?? `this is not valid YAML (${code.toLowerCase().replaceAll("_", " ")})`;
}

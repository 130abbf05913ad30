/**
 * What merging claims, on random bodies, lists and fields with few letters, so that lines, headings and items repeat.
 *
 * A failure prints its seed and path; `FRONTROW_SEED=…` repeats it, `FRONTROW_RUNS=100000` looks longer.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Fields, Value } from "../document/mod.ts";
import { changesOf, fieldOf, type MergeRules, mergeFields } from "./merge.ts";
import { mergeBody } from "./merge-body.ts";
import { linesOf } from "./merge-lines.ts";
import { outlineOf } from "./sections.ts";
import { MAPPING } from "./test-codec.ts";

const RUNS = Number(process.env.FRONTROW_RUNS ?? 500);
/** Always the same, so that no run fails that another passes; look further with another. */
const SEED = Number(process.env.FRONTROW_SEED ?? 3);

function claim<T>(name: string, inputs: fc.Arbitrary<T>, check: (input: T) => void): void {
  test(name, () => {
    fc.assert(fc.property(inputs, check), { numRuns: RUNS, seed: SEED });
  });
}

const LINES = ["a", "b", "c", "d", "", "", "# A", "## B", "## B", "# C", "A", "===", "---", "```", "- a"];
interface Edit {
  kind: "set" | "insert" | "remove" | "move section" | "drop section" | "ending" | "final";
  at: number;
  to: number;
  line: string;
}

const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(
      ...(["set", "insert", "insert", "remove", "move section", "drop section", "ending", "final"] as const),
    ),
    at: fc.nat(20),
    to: fc.nat(20),
    line: fc.constantFrom(...LINES, "x", "y", "z"),
  }),
  { maxLength: 3 },
);

/** A body and two versions of it; now and then one has nothing to do with it. */
const bodies = fc
  .tuple(body(), edits, edits, fc.option(body(), { freq: 10 }))
  .map(
    ([base, ours, theirs, other]) =>
      [base, other ?? ours.reduce(applied, base), theirs.reduce(applied, base)] as const,
  );

/** Bodies in which every line is another one, and edits that add lines of their own. */
const distinct = fc
  .tuple(fc.integer({ min: 1, max: 16 }), fc.nat(4), edits, edits)
  .map(([length, every, ours, theirs]) => {
    const line = (_: unknown, at: number) => (at % 5 === every ? `# ${at}` : `line ${at}`);
    const base = Array.from({ length }, line).join("\n");
    const versions = [ours, theirs].map((side, which) =>
      side.reduce((text, edit, nth) => applied(text, { ...edit, line: `new ${which} ${nth}` }), base),
    );
    const isMoved = [...ours, ...theirs].some(({ kind }) => kind === "move section");
    return { base, ours: versions[0]!, theirs: versions[1]!, isMoved };
  });

function body(): fc.Arbitrary<string> {
  const lines = fc.array(fc.constantFrom(...LINES), { maxLength: 14 });
  return fc
    .tuple(lines, fc.constantFrom("\n", "\r\n"), fc.boolean())
    .map(([lines, ending, isClosed]) => lines.join(ending) + (isClosed && lines.length > 0 ? ending : ""));
}

function applied(text: string, { kind, at, to, line }: Edit): string {
  if (kind === "ending")
    return text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text.replaceAll("\n", "\r\n");
  if (kind === "final") return text.endsWith("\n") ? text.replace(/\r?\n$/, "") : text && `${text}\n`;
  if (kind.endsWith("section")) {
    const sections = outlineOf(linesOf(text)).sections.map(({ lead, lines }) => [...lead, ...lines].join(""));
    const [moved] = sections.splice(at % sections.length, 1);
    if (kind === "move section") sections.splice(to % (sections.length + 1), 0, moved!);
    return sections.join("");
  }
  const lines = text.split("\n");
  const place = at % lines.length;
  const made = lines
    .toSpliced(place, kind === "insert" ? 0 : 1, ...(kind === "remove" ? [] : [line]))
    .join("\n");
  return made.replace(/\r$/, "");
}

const MODES = [
  ["sections", false],
  ["lines", false],
  ["atomic", false],
  ["sections", true],
] as const;
for (const [mode, strict] of MODES) {
  const merge = (base: string, ours: string, theirs: string, prefer: "ours" | "theirs" = "ours") =>
    mergeBody(base, ours, theirs, mode, { prefer, strict });
  const name = `bodies, ${mode}${strict ? ", strict" : ""}`;

  claim(`${name}: which side is called ours makes no difference`, bodies, ([base, a, b]) => {
    assert.deepEqual(merge(base, a, b, "ours"), merge(base, b, a, "theirs"));
    const [one, other] = [merge(base, a, b), merge(base, b, a)];
    assert.equal(one.overlap, other.overlap);
    if (!one.overlap) assert.equal(one.value, other.value);
  });

  claim(`${name}: what only one side changed, or both alike, comes out as it is`, bodies, ([base, x]) => {
    for (const merged of [merge(base, x, x), merge(base, base, x), merge(base, x, base)])
      assert.deepEqual(merged, { value: x, overlap: false, overlaps: [] });
  });

  claim(`${name}: no line comes back that a side took out, or the body overlaps`, bodies, ([base, a, b]) => {
    const { value, overlap } = merge(base, a, b);
    // In a text that mixes line endings a line with another ending is another line.
    if (
      overlap ||
      base === a ||
      base === b ||
      [base, a, b].some((text) => /\r\n/.test(text) && /(?:^|[^\r])\n/.test(text))
    )
      return;
    const [o, one, other] = [counts(base), counts(a), counts(b)];
    for (const [line, count] of counts(value)) {
      const [before, here, there] = [o, one, other].map((each) => each.get(line) ?? 0) as [
        number,
        number,
        number,
      ];
      if (line.trim() !== "" && here <= before && there <= before)
        assert.ok(count <= Math.min(here, there), line);
    }
  });

  claim(`${name}: nothing either side added is dropped, or the body overlaps`, bodies, ([base, a, b]) => {
    const { value, overlap } = merge(base, a, b);
    if (overlap) return;
    const [o, m] = [counts(base), counts(value)];
    for (const side of [counts(a), counts(b)]) {
      for (const [line, count] of side) {
        const added = count - (o.get(line) ?? 0);
        if (line.trim() !== "" && added > 0) assert.ok((m.get(line) ?? 0) >= added, JSON.stringify(line));
      }
    }
  });

  claim(
    `${name}: merging the result into a side that has not moved gives the result`,
    bodies,
    ([base, a, b]) => {
      const { value } = merge(base, a, b);
      assert.equal(merge(a, value, a).value, value);
      assert.equal(merge(b, value, b).value, value);
    },
  );

  claim(
    `${name}: where no line repeats, merging the result with a side again changes nothing`,
    distinct,
    (all) => {
      const { base, ours, theirs, isMoved } = all;
      const { value, overlap } = merge(base, ours, theirs);
      if (overlap || strict || mode === "atomic") return;
      for (const side of [ours, theirs]) {
        const again = merge(base, value, side);
        // A torn section is merged by lines, and lines that touch overlap.
        if (!isMoved && mode === "lines") assert.equal(again.overlap, false);
        if (!again.overlap) assert.equal(again.value, value);
      }
    },
  );
}

function counts(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split(/\r*\n|\r+$/)) found.set(line, (found.get(line) ?? 0) + 1);
  return found;
}

// Fields: every type there is, each changed, cleared or left alone by either side.

const TAGS = ["a", "b", "c", "d"];
const uniqueList = fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 4 });
const anyList = fc.array(fc.oneof(fc.constantFrom(...TAGS), fc.constant(null)), { maxLength: 4 });
const object = fc
  .dictionary(
    fc.constantFrom("k", "l", "__proto__"),
    fc.oneof(fc.nat(2), fc.dictionary(fc.constantFrom("m", "n"), fc.nat(2))),
    {
      maxKeys: 3,
    },
  )
  .map(canonicalJson);
const COLUMNS: Record<string, fc.Arbitrary<Value | undefined>> = {
  title: fc.constantFrom("x", "y", "z", null, undefined),
  tags: fc.oneof(uniqueList, anyList, fc.constantFrom(null, undefined)),
  labels: fc.oneof(anyList, fc.constantFrom(null, undefined)),
  meta: fc.oneof(object, fc.constantFrom("[1]", null, undefined)),
  rest: fc.oneof(object, fc.constant(undefined)),
};

function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson((value as never)[key])}`);
  return `{${members.join(",")}}`;
}

const fields: fc.Arbitrary<Fields> = fc
  .record(COLUMNS)
  .map(
    (values) =>
      Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Fields,
  );

const LISTS = { tags: "set", labels: "list" } as const;

for (const strict of [false, true]) {
  const merge = (base: Fields, ours: Fields, theirs: Fields, prefer: MergeRules["prefer"] = "ours") => {
    const rules = { mapping: MAPPING, lists: LISTS, prefer, strict };
    const { changes, overlaps } = mergeFields(base, changesOf(base, ours), changesOf(base, theirs), rules);
    const value = Object.fromEntries(
      Object.keys(COLUMNS).flatMap((column) => {
        const merged = changes.has(column) ? changes.get(column) : fieldOf(base, column);
        return merged === undefined ? [] : [[column, merged]];
      }),
    ) as Fields;
    return { value, overlaps: overlaps.map(({ column, key }) => `${column} ${key}`).sort() };
  };
  const name = `fields${strict ? ", strict" : ""}`;
  const versions = fc.tuple(fields, fields, fields);

  claim(`${name}: which side is called ours makes no difference`, versions, ([base, a, b]) => {
    assert.deepEqual(merge(base, a, b, "ours"), merge(base, b, a, "theirs"));
    const [one, other] = [merge(base, a, b), merge(base, b, a)];
    assert.deepEqual(one.overlaps, other.overlaps);
    for (const column of Object.keys(COLUMNS)) {
      const overlaps = one.overlaps.some((overlap) => overlap.startsWith(`${column} `));
      if (!overlaps) assert.deepEqual(fieldOf(one.value, column), fieldOf(other.value, column));
    }
  });

  claim(`${name}: what only one side changed, or both alike, comes out as it is`, versions, ([base, x]) => {
    for (const merged of [merge(base, x, x), merge(base, base, x), merge(base, x, base)])
      assert.deepEqual(merged, { value: x, overlaps: [] });
  });

  claim(`${name}: merging the result with a side again changes nothing`, versions, ([base, a, b]) => {
    const { value, overlaps } = merge(base, a, b);
    if (overlaps.length > 0) return;
    assert.deepEqual(merge(a, value, a).value, value);
    // Where items repeat, nobody can say which of them was added; and a set has no order that it must keep.
    const versions = [base, a, b];
    const isClear = (column: string) => versions.every((each) => isDistinct(fieldOf(each, column)));
    for (const column of Object.keys(COLUMNS).filter((each) => !strict && isClear(each))) {
      for (const side of [a, b])
        assert.deepEqual(
          sorted(fieldOf(merge(base, value, side).value, column)),
          sorted(fieldOf(value, column)),
        );
    }
  });
}

function isDistinct(value: Value | undefined): boolean {
  return !Array.isArray(value) || new Set(value).size === value.length;
}

function sorted(value: Value | undefined): Value | undefined {
  return Array.isArray(value) ? value.toSorted() : value;
}

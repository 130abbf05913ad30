/**
 * The quick YAML reader says what the full one says, or nothing. The same cases each time; a failure prints its seed and
 * path, and `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others, and more.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { splitFrontMatter } from "./front-matter.ts";
import { realTexts, skipWithoutCorpora } from "./test-documents.ts";
import { header, soup } from "./test-headers.ts";
import { agrees } from "./test-yaml.ts";
import { readSimpleYaml } from "./yaml-reader.ts";
import { readYaml } from "./yaml-tree.ts";

const SEED = Number(process.env.FRONTROW_SEED ?? 20261121);
const runs = (most: number) => ({ numRuns: Number(process.env.FRONTROW_RUNS ?? most), seed: SEED });

function* realHeaders(): Generator<{ path: string; header: string }> {
  for (const { path, text } of realTexts()) {
    if (/^\uFEFF?---js/.test(text)) continue;
    const { language, headerStart, headerEnd } = splitFrontMatter(text);
    if (language === "yaml") yield { path, header: text.slice(headerStart, headerEnd) };
  }
}

/** What stands in for a stretch of a header: all that one of the patterns stops at. */
const slip = fc.constantFrom(
  ..."' \" # : , [ ] { } - ? | > & * ! % @ ` \\ ~ é 日 \u00a0 \u2028 \u3000 \u007f \ufeff".split(" "),
  ...[
    "",
    " ",
    "  ",
    "\n",
    "\n  ",
    "\n\n",
    "\t",
    "\r\n",
    "\r",
    ": ",
    " #",
    "# ",
    "- ",
    "''",
    '\\"',
    "---\n",
    "\n- ",
  ],
);

/** A place in a line as `key: value` lines have them, so that most cases come near one of the patterns. */
const part = fc.oneof(slip, fc.constantFrom("a", "key", "a b", "x:y", "'it'", '"q"', "1.5", "http://a/b#c"));
const oddLine = fc
  .tuple(fc.constantFrom("", "- ", "  - ", "k: ", "  k: ", "k:  "), fc.array(part, { maxLength: 5 }))
  .map(([start, parts]) => `${start}${parts.join("")}\n`);

describe("the quick reader says what the full one says, or nothing", () => {
  it("on the header of every real file, and is sure of almost all", { skip: skipWithoutCorpora }, () => {
    let [sure, all] = [0, 0];
    for (const { path, header: text } of realHeaders()) {
      all++;
      try {
        if (agrees(text)) sure++;
      } catch (error) {
        throw new Error(path, { cause: error });
      }
    }
    assert.ok(sure / all > 0.99, `${sure} of ${all}`);
  });

  it("on real headers with some slips of the hand", { skip: skipWithoutCorpora }, () => {
    const short = [...realHeaders()].map(({ header }) => header).filter(({ length }) => length < 1200);
    const slips = fc.array(fc.tuple(fc.nat(), fc.nat(3), slip), { minLength: 1, maxLength: 3 });
    let sure = 0;
    fc.assert(
      fc.property(fc.constantFrom(...short), slips, (real, made) => {
        let text = real;
        for (const [where, removed, added] of made) {
          const at = where % (text.length + 1);
          text = text.slice(0, at) + added + text.slice(at + removed);
        }
        if (agrees(`${text}\n`)) sure++;
      }),
      runs(3000),
    );
    assert.ok(sure > 0, "sure of none");
  });

  it("on lines at the edge of its patterns", () => {
    let sure = 0;
    const lines = fc.array(oddLine, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lines, (made) => {
        if (agrees(made.join(""))) sure++;
      }),
      runs(8000),
    );
    assert.ok(sure > 0, "sure of none");
  });

  it("on headers people might write", () => {
    let sure = 0;
    fc.assert(
      fc.property(header, fc.boolean(), (text, crlf) => {
        if (agrees(crlf ? text.replaceAll("\n", "\r\n") : text)) sure++;
      }),
      runs(1500),
    );
    assert.ok(sure > 0, "sure of none");
  });

  it("on pieces of YAML in no order", () => {
    fc.assert(
      fc.property(soup, (text) => {
        agrees(text);
      }),
      runs(6000),
    );
  });

  it("where a header starts further down the file, with places in the file", () => {
    const head = "# not a header\n";
    for (const text of ["a: 1\nb: [x, y]\n", "a:\n  - x\n  - k: v\n", "a: |\n  x\nb: >-\n  y\n"]) {
      const quick = readSimpleYaml(head + text, head.length, head.length + text.length);
      assert.deepEqual(quick, readYaml(head + text, head.length, head.length + text.length));
      assert.equal(quick?.start, head.length);
    }
  });

  it("and is sure of what most headers are made of", () => {
    const lines = [
      "a: b\n",
      "a:   b c   \n",
      "a: 'b'\n",
      'a: "b: # c" \n',
      "a: b#c:d\n",
      "a: 2024-01-01\r\n",
      "a: # why\n- x # y\n- 'z'\n",
      "a: [x, 'y', \"z\"]\n",
      "a:b: c\n",
      "/x/#y: z\n",
      "a: |\n  b\nc: >-\n  d\n",
      "a:\n  - b: c\n    d: e\n\n  - b: f\n",
    ];
    for (const text of lines) assert.equal(agrees(text), true, text);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseDocument as parseYaml } from "yaml";
import { FrontrowError } from "../errors.ts";
import { splitFrontMatter } from "./front-matter.ts";
import { type Node, resolved } from "./node.ts";
import { realTexts, skipWithoutCorpora } from "./test-documents.ts";
import { header, soup } from "./test-headers.ts";
import { readSimpleYaml } from "./yaml-reader.ts";
import { readYaml } from "./yaml-tree.ts";

/** A tree's texts alone. */
function plain(node: Node): unknown {
  const real = resolved(node);
  if (real.kind === "list") return real.items.map(plain);
  if (real.kind === "map") return [...real.entries.values()].map(({ key, value }) => [key, plain(value)]);
  return real.text;
}

/** What `yaml` itself makes of a header when it takes every scalar for text; `undefined` where it reports an error. */
function oracle(text: string): unknown {
  const document = parseYaml(text, { schema: "failsafe", logLevel: "silent", uniqueKeys: true });
  if (document.errors.length > 0) return undefined;
  return document.contents === null ? [] : entriesOf(document.toJS({ mapAsMap: true }));
}

function entriesOf(value: unknown): unknown {
  if (value instanceof Map) return [...value].map(([key, member]) => [key, entriesOf(member)]);
  return Array.isArray(value) ? value.map(entriesOf) : (value ?? "");
}

/** Whether the quick reader was sure; if so it must agree with the full one, place by place, and with `yaml`. */
function agrees(text: string): boolean {
  const quick = readSimpleYaml(text, 0, text.length);
  if (quick === null) return false;
  assert.deepEqual(quick, readYaml(text, 0, text.length));
  assert.deepEqual(plain(quick), oracle(text));
  return true;
}

describe("the quick reader says what the full one says, or nothing", () => {
  it("on the headers of real files, and is sure of almost all", { skip: skipWithoutCorpora }, () => {
    let [sure, all] = [0, 0];
    // Every other file: the full reader takes its time.
    for (const { path, text } of realTexts(2)) {
      if (/^\uFEFF?---js/.test(text)) continue;
      const { language, headerStart, headerEnd } = splitFrontMatter(text);
      if (language !== "yaml") continue;
      all++;
      try {
        if (agrees(text.slice(headerStart, headerEnd))) sure++;
      } catch (error) {
        throw new Error(path, { cause: error });
      }
    }
    assert.ok(sure / all > 0.95, `${sure} of ${all}`);
  });

  it("on headers people might write", () => {
    let sure = 0;
    fc.assert(
      fc.property(header, fc.boolean(), (text, crlf) => {
        if (agrees(crlf ? text.replaceAll("\n", "\r\n") : text)) sure++;
      }),
      { numRuns: 1500 },
    );
    assert.ok(sure > 150, `sure of only ${sure} of 1500`);
  });

  it("on pieces of YAML in no order", () => {
    fc.assert(
      fc.property(soup, (text) => {
        agrees(text);
      }),
      { numRuns: 6000 },
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
});

describe("the full reader", () => {
  it("reads what `yaml` reads, or refuses it with one of our errors", () => {
    fc.assert(
      fc.property(fc.oneof(soup, header), (text) => {
        let ours: unknown;
        try {
          ours = plain(readYaml(text, 0, text.length));
        } catch (error) {
          assert.ok(error instanceof FrontrowError, (error as Error).stack);
          assert.equal(error.code, "FRONT_MATTER_INVALID");
          assert.ok((error.line ?? 0) >= 1 && (error.column ?? 0) >= 1 && error.rule);
          assert.ok(
            (error.line ?? 0) <= text.split("\n").length,
            `line ${error.line} of ${JSON.stringify(text)}`,
          );
          return;
        }
        const theirs = oracle(text);
        // A key written twice is the one thing we see later than `yaml` does; `plain` keeps the pair list.
        if (theirs !== undefined) assert.deepEqual(ours, theirs === "" ? [] : theirs);
        else assert.fail(`we read what yaml refuses: ${JSON.stringify(text)}`);
      }),
      { numRuns: 4000 },
    );
  });

  it("gives every value and key the place its source stands at", () => {
    fc.assert(
      fc.property(header, (text) => {
        let root: Node;
        try {
          root = readYaml(text, 0, text.length);
        } catch {
          return;
        }
        for (const { key, keyStart, keyEnd, value } of root.kind === "map" ? root.entries.values() : []) {
          const source = text.slice(keyStart, keyEnd);
          assert.ok(
            source === key || source === `"${key}"` || source === `'${key}'`,
            `${source} is not ${key}`,
          );
          assert.ok(keyEnd < value.start || text.slice(keyEnd, value.start).trim() === ":", text);
          if (value.kind === "scalar" && value.style === "plain" && !value.text.includes(" ")) {
            assert.equal(text.slice(value.start, value.end), value.text);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

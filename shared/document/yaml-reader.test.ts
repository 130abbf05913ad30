import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrontrowError } from "../errors.ts";
import type { Node } from "./node.ts";
import { header, soup } from "./test-headers.ts";
import { oracle, plain } from "./test-yaml.ts";
import { readYaml } from "./yaml-tree.ts";

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

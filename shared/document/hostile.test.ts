/**
 * Input nobody meant well with: every answer is a document or one of our errors, the same bytes come back, nothing is
 * run. The same cases each time; `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others, and more.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { realFiles, skipWithoutCorpora } from "./test-documents.ts";
import { header, soup } from "./test-headers.ts";
import { isUnharmed, survive } from "./test-hostile.ts";
import { COLUMN_TYPES } from "./value.ts";

const SEED = Number(process.env.FRONTROW_SEED ?? 20261121);
const runs = (most: number) => ({ numRuns: Number(process.env.FRONTROW_RUNS ?? most), seed: SEED });

const types = fc.constantFrom(...COLUMN_TYPES);
const utf8 = new TextEncoder();

describe("hostile input is a document or one of our errors", () => {
  it("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), types, survive), runs(1000));
  });

  it("random bytes in a header", () => {
    const fence = fc.constantFrom("---\n", "---toml\n", "+++\n", "---json\n{", '{"');
    const bytes = fc.tuple(fence, fc.uint8Array({ max: 127, maxLength: 60 })).map(([open, inner]) => {
      const close = open.startsWith("+") ? "+++" : "---";
      return utf8.encode(`${open}${String.fromCharCode(...inner)}\n${close}\n`);
    });
    fc.assert(fc.property(bytes, types, survive), runs(2000));
  });

  it("pieces of YAML, TOML and JSON in no order", () => {
    const piece = fc.constantFrom(
      ...'a b.c [t] [[t]] = " \' """ \'\'\' { } [ ] , : 1 1.5 true null 2024-01-01 07:32:00 \\ \\u0041 # \n \n \r\n inf 0x1 "k" {"a": 1e999}'.split(
        " ",
      ),
      "\n",
      " ",
      "k = 1\n",
      'k = "v"\n',
      '"k": 1',
    );
    const mixed = fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join(""));
    const open = fc.constantFrom("---\n", "---toml\n", "+++\n", "---json\n", '{"a":');
    const file = fc.tuple(open, fc.oneof(mixed, soup)).map(([fence, inner]) => {
      return utf8.encode(`${fence}${inner}\n${fence.startsWith("+") ? "+++" : "---"}\nBody`);
    });
    fc.assert(fc.property(file, types, survive), runs(4000));
  });

  it("headers people write, with what nobody means well with", () => {
    const evil = fc.constantFrom(
      ...[
        "__proto__: {polluted: 1}",
        '"__proto__": 1',
        "constructor: {prototype: {polluted: 1}}",
        "<<: *a",
        "a: &a [*a]",
      ],
      ...[
        "x: !!js/function 'canary = 1'",
        "x: !!python/object:os.system [x]",
        "? [a]\n: b",
        "...",
        "<<<<<<< HEAD",
      ],
      ...[
        'x: "\\0"',
        'x: "\\ud800"',
        "x: \u202Ey",
        "x:\ty",
        "x: |+\n  y\n\n",
        "%YAML 1.1",
        "--- !x",
        "x: !<tag:x> y",
      ],
    );
    const open = fc.constantFrom(
      "---",
      "---",
      "---",
      "---js",
      "--- yaml",
      "---toml",
      "---json",
      "+++",
      "\uFEFF---",
      "---\r",
    );
    const file = fc.tuple(
      open,
      header,
      fc.array(evil, { maxLength: 3 }),
      fc.constantFrom("---", "---\n---js", "+++", ""),
    );
    const bytes = file.map(([fence, lines, more, close]) => {
      return utf8.encode(
        `${fence}\n${lines}${more.map((line) => `${line}\n`).join("")}${close}\ncanary = 1\n`,
      );
    });
    fc.assert(fc.property(bytes, types, survive), runs(2500));
  });

  it("real files, a little damaged", { skip: skipWithoutCorpora }, () => {
    const files = [...realFiles(23)].filter(({ bytes }) => bytes.length < 20_000);
    const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(3), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...files), damage, types, ({ bytes }, hits, type) => {
        const damaged = [...bytes];
        for (const [at, kind, byte] of hits) {
          const place = at % (damaged.length + 1);
          const char = (utf8.encode("\n: -#'\"[]{}|>&*!\t\r\\")[byte % 20] ?? 0x20) as number;
          if (kind === 0) damaged.splice(place, 1);
          else if (kind === 1) damaged.splice(place, 0, char);
          else if (kind === 2) damaged[place] = char;
          else damaged.splice(place, 0, byte);
        }
        survive(Uint8Array.from(damaged), type);
      }),
      runs(3000),
    );
  });

  it("a real file cut off anywhere", { skip: skipWithoutCorpora }, () => {
    const [file] = [...realFiles(1)].filter(({ path }) => path.startsWith("endoflife"));
    assert.ok(file);
    for (let end = 0; end < Math.min(file.bytes.length, 1500); end += 7)
      survive(file.bytes.slice(0, end), "text");
  });
});

describe("and the reader is unharmed", () => {
  it("which a program or a polluted prototype would show", () => {
    assert.ok(isUnharmed());
    try {
      Object.defineProperty(Object.prototype, "polluted", { value: 1, enumerable: true, configurable: true });
      assert.ok(!isUnharmed());
    } finally {
      delete (Object.prototype as Record<string, unknown>).polluted;
    }
    (globalThis as Record<string, unknown>).canary = 1;
    assert.ok(!isUnharmed());
    delete (globalThis as Record<string, unknown>).canary;
  });
});

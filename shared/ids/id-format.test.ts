import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compileTemplate } from "../document/path.ts";
import { compileIdFormat } from "./id-format.ts";
import { isProvisional, provisionalId } from "./provisional.ts";

/** The same cases each time; `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others, and more. */
const { FRONTROW_RUNS = "200", FRONTROW_SEED = "1" } = process.env;
const RUNS = { numRuns: Number(FRONTROW_RUNS), seed: Number(FRONTROW_SEED) };

const FORMATS = ["INFRA-{n}", "ADR-{n:3}", "{n}", "{n:9}", "v{n}", "été_{n:2}-plan", "x.{n}.y"];
const random = (bytes: Uint8Array<ArrayBuffer>) => void crypto.getRandomValues(bytes);

describe("compileIdFormat", () => {
  it("writes a number, with leading zeros where it shall", () => {
    assert.equal(compileIdFormat("INFRA-{n}").write(105), "INFRA-105");
    assert.equal(compileIdFormat("ADR-{n:3}").write(7), "ADR-007");
    assert.equal(compileIdFormat("ADR-{n:3}").write(1234), "ADR-1234");
  });

  it("reads back what it wrote, and nothing else", () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), fc.nat(10 ** 9), (text, number) => {
        const format = compileIdFormat(text);
        assert.equal(format.read(format.write(number)), number);
      }),
      RUNS,
    );
    const { read } = compileIdFormat("ADR-{n:3}");
    for (const id of [
      "ADR-7",
      "ADR-0007",
      "ADR-",
      "ADR-x07",
      "adr-007",
      "ADR-007 ",
      "XADR-007",
      `ADR-${"9".repeat(16)}`,
    ])
      assert.equal(read(id), null, id);
  });

  it("makes ids that are one segment of a path, spelled as they are but for letters Storage does not take", () => {
    const path = compileTemplate("stories/:id.md");
    for (const text of FORMATS) {
      const format = compileIdFormat(text);
      for (const id of [format.write(1), format.write(10 ** 15), provisionalId(format, random)])
        assert.deepEqual(path.parse(path.build({ id })), { id });
    }
  });

  const wrong: [format: string, why: RegExp][] = [
    ["INFRA", /\{n\} once/],
    ["INFRA-{n}-{n}", /\{n\} once/],
    ["INFRA-{n:0}", /\{n\} once/],
    ["INFRA-{n:10}", /\{n\} once/],
    ["INFRA-{m}", /\{n\} once/],
    ["", /\{n\} once/],
    ["a/{n}", /letters, digits/],
    ["a {n}", /letters, digits/],
    ["#{n}", /letters, digits/],
    ["a\n{n}", /letters, digits/],
    ['"{n}"', /letters, digits/],
    ["-{n}", /begin with a letter/],
    [".{n}", /begin with a letter/],
    ["V2{n}", /no digit may stand beside/],
    ["{n}5", /no digit may stand beside/],
    ["e\u0301-{n}", /normal form C/],
    ["{n}.conflict", /kept for conflict copies/],
    ["{n}.conflict.md", /kept for conflict copies/],
    [`${"x".repeat(100)}{n}`, /at most 100/],
  ];
  for (const [format, why] of wrong) {
    it(`refuses ${JSON.stringify(format).slice(0, 30)}`, () =>
      assert.throws(() => compileIdFormat(format), {
        code: "CONFIG_INVALID",
        rule: "ids-format",
        message: why,
      }));
  }
});

describe("provisionalId", () => {
  it("is known for what it is, and no number makes it", () => {
    for (const text of FORMATS) {
      const format = compileIdFormat(text);
      const id = provisionalId(format, random);
      assert.ok(isProvisional(format, id), id);
      assert.equal(format.read(id), null);
      for (const other of [format.write(123456), `${id}x`, `x${id}`, id.toUpperCase(), ""])
        assert.ok(!isProvisional(format, other), other);
    }
  });

  it("hardly ever comes twice", () => {
    const format = compileIdFormat("INFRA-{n}");
    assert.equal(
      provisionalId(format, (bytes) => bytes.fill(255)),
      "INFRA-new-zzzzzz",
    );
    assert.ok(new Set(Array.from({ length: 1000 }, () => provisionalId(format, random))).size > 990);
  });
});

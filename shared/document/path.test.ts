import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FrontrowError } from "../errors.ts";
import { compileTemplate } from "./path.ts";
import { decodeValue, encodeValue } from "./path-codec.ts";
import { decodeFilePath, displayPath, encodeFilePath } from "./path-disk.ts";
import { overlaps } from "./path-overlap.ts";
import vectors from "./path-vectors.json" with { type: "json" };

const STORAGE_KEY = /^[A-Za-z0-9_/!.*'() &$=@;:+,?-]*$/;

/** The rule an error names. */
function ruleOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof FrontrowError, String(error));
    assert.ok(["PATH_INVALID", "CONFIG_INVALID"].includes(error.code), error.code);
    return error.rule;
  }
  return undefined;
}

/** Any NFC text without NUL; half of them from the characters that matter. */
const hard = fc.constantFrom(
  ..."/.=%#\\:~ aZ09\u0301é\u202e\n\u007f日🌱\ufeff",
  "=2F",
  "3D",
  "2E",
  "..",
  "=3D",
);
const value = fc
  .oneof(fc.string({ unit: "binary" }), fc.string({ unit: hard }), fc.string({ unit: "grapheme" }))
  .map((text) => text.replaceAll("\0", "").normalize("NFC"))
  .filter((text) => text !== "" && text.length < 40);
const many = fc.array(
  value.map((text) => text.replaceAll("/", "")).filter((text) => text !== ""),
  {
    minLength: 1,
    maxLength: 4,
  },
);

describe("values", () => {
  it("passes the vectors", () => {
    for (const { value, many, encoded } of vectors.values) {
      assert.equal(encodeValue(value, many), encoded);
      assert.equal(decodeValue(encoded), value);
      assert.match(encoded, STORAGE_KEY);
    }
    for (const { value, many } of vectors.unencodable) {
      assert.notEqual(
        ruleOf(() => encodeValue(value, many)),
        undefined,
        value,
      );
    }
  });

  it("refuses what is not NFC, naming the spelling that is", () => {
    assert.throws(() => encodeValue("cafe\u0301"), {
      code: "PATH_INVALID",
      rule: "not-nfc",
      message: /cafe=CC=81/,
      hint: /caf=C3=A9/,
    });
    assert.equal(
      ruleOf(() => encodeValue("\ud800")),
      "not-well-formed",
    );
    assert.equal(
      ruleOf(() => encodeValue("a\0")),
      "nul",
    );
  });
});

describe("templates", () => {
  it("passes the vectors", () => {
    for (const {
      template,
      tokens,
      pattern,
      key,
      built,
      refused,
      foreign,
      unbuildable,
    } of vectors.templates) {
      const compiled = compileTemplate(template);
      assert.deepEqual(compiled.tokens, tokens);
      assert.equal(compiled.pattern, pattern);
      assert.deepEqual(
        compiled.params.map((param) => param.name),
        key,
      );
      for (const { values, path } of built) {
        assert.equal(compiled.build(values as unknown as Record<string, string>), path);
        assert.deepEqual(compiled.parse(path), values);
      }
      for (const path of refused)
        assert.notEqual(
          ruleOf(() => compiled.parse(path)),
          undefined,
          path,
        );
      for (const path of foreign) assert.equal(compiled.parse(path), null, path);
      for (const values of unbuildable) {
        const given = values as unknown as Record<string, string>;
        assert.notEqual(
          ruleOf(() => compiled.build(given)),
          undefined,
          JSON.stringify(values),
        );
      }
    }
  });

  it("tells the folder everything is in", () => {
    assert.equal(compileTemplate("users/:user_id/parts/:slug.md").folder, "users/");
    assert.equal(compileTemplate("EIPS/eip-:eip.md").folder, "EIPS/");
    assert.equal(compileTemplate(":slug*.md").folder, "");
  });

  it("refuses a path that is of the template but badly spelled, and says how to spell it", () => {
    const { parse } = compileTemplate("users/:user_id/parts/:slug.md");
    assert.throws(() => parse("users/ada/parts/=63afe.md"), {
      rule: "not-canonical",
      hint: 'Write "users/ada/parts/cafe.md".',
    });
    assert.equal(
      ruleOf(() => parse("users/../parts/x.md")),
      "not-canonical",
    );
    assert.equal(
      ruleOf(() => parse("users/ada/parts/café.md")),
      "bad-escape",
    );
    assert.equal(
      ruleOf(() => parse("users/ada/parts/=C3.md")),
      "not-utf8",
    );
    assert.equal(
      ruleOf(() => parse("users/ada/parts/cafe=CC=81.md")),
      "not-nfc",
    );
    assert.equal(
      ruleOf(() => parse(`users/ada/parts/${"x".repeat(253)}.md`)),
      "too-long",
    );
  });

  it("says which segment or path is too long", () => {
    const { build } = compileTemplate("docs/:slug*.md");
    assert.throws(() => build({ slug: "x".repeat(300) }), {
      rule: "too-long",
      message: /255 bytes: it is 303/,
    });
    assert.throws(() => build({ slug: "abc/".repeat(300).slice(0, -1) }), {
      message: /1024 bytes: it is 1207/,
    });
    assert.equal(
      ruleOf(() => build({})),
      "missing-key",
    );
    assert.equal(
      ruleOf(() => build(Object.create({ slug: "inherited" }))),
      "missing-key",
    );
  });

  it("refuses templates that could not be undone", () => {
    const wrong = [
      ["readme.md", "no param"],
      [":a:b.md", "two in a segment"],
      [":a/:a.md", "twice the same"],
      [":a*/:b*.md", "two that span slashes"],
      ["../:a.md", "parent folder"],
      ["/:a.md", "begins with a slash"],
      [":a//b.md", "empty segment"],
      [":a/", "ends with a slash"],
      ["café/:a.md", "literal Storage does not take"],
      ["a=b/:a.md", "a lone escape sign"],
      ["=41/:a.md", "an escape of a plain character"],
      ["10:30/:a.md", "a colon that begins no param"],
      [":__proto__.md", "a name JavaScript keeps"],
      ["", "nothing"],
    ] as const;
    for (const [template, why] of wrong) {
      assert.equal(
        ruleOf(() => compileTemplate(template)),
        "path-template",
        why,
      );
    }
  });

  it("parse undoes build, and different values never share a path", () => {
    const template = compileTemplate("users/:user_id/p-:rest*.d/:slug.md");
    const keys = fc.record({ user_id: value, rest: many.map((list) => list.join("/")), slug: value });
    const owners = new Map<string, string>();
    fc.assert(
      fc.property(keys, (values) => {
        const rule = ruleOf(() => template.build(values));
        fc.pre(rule === undefined);
        const path = template.build(values);
        assert.match(path, STORAGE_KEY);
        assert.deepEqual({ ...template.parse(path) }, { ...values });
        const owner = JSON.stringify(values);
        assert.equal(owners.get(path) ?? owner, owner);
        owners.set(path, owner);
      }),
      { numRuns: 10_000 },
    );
  });

  it("never takes a path that build would spell otherwise", () => {
    const template = compileTemplate("a/:x/:rest*.md");
    const piece = fc.constantFrom(
      "a/",
      "b",
      ".",
      "..",
      "/",
      "=2E",
      "=2F",
      "=C3=A9",
      "=c3",
      "=41",
      "é",
      ".md",
      "=3D",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const path = `a/${pieces.join("")}.md`;
        let values: Record<string, string> | null = null;
        if (ruleOf(() => (values = template.parse(path))) !== undefined || values === null) return;
        assert.equal(template.build(values), path);
        assert.ok(!path.split("/").some((segment) => ["", ".", ".."].includes(segment)));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("files on disk", () => {
  it("passes the vectors", () => {
    for (const { name, disk } of vectors.disk) {
      assert.equal(encodeFilePath(disk), name);
      assert.equal(decodeFilePath(name), disk);
    }
  });

  it("brings macOS names to NFC and refuses what names a folder or is not portable", () => {
    assert.equal(encodeFilePath("cafe\u0301/x.md"), "caf=C3=A9/x.md");
    assert.equal(
      ruleOf(() => encodeFilePath("a/../b")),
      "dot-segment",
    );
    assert.equal(
      ruleOf(() => encodeFilePath("/a")),
      "empty",
    );
    assert.equal(
      ruleOf(() => encodeFilePath("a\\b")),
      "not-portable",
    );
    assert.equal(
      ruleOf(() => encodeFilePath("a\nb")),
      "not-portable",
    );
    assert.equal(
      ruleOf(() => encodeFilePath(`${"é".repeat(50)}.md`)),
      "too-long",
    );
  });

  it("every name build gives has one place on disk, and it is a safe one", () => {
    const template = compileTemplate("users/:user_id/p-:rest*.d/:slug.md");
    const keys = fc.record({ user_id: value, rest: many.map((list) => list.join("/")), slug: value });
    fc.assert(
      fc.property(keys, (values) => {
        fc.pre(ruleOf(() => template.build(values)) === undefined);
        const path = template.build(values);
        const rule = ruleOf(() => decodeFilePath(path));
        if (rule !== undefined) return assert.equal(rule, "not-nfc");
        const disk = decodeFilePath(path);
        assert.equal(encodeFilePath(disk), path);
        assert.equal(disk.split("/").length, path.split("/").length);
        assert.doesNotMatch(disk, /\\|(^|\/)\.{0,2}(\/|$)/);
      }),
      { numRuns: 5000 },
    );
  });

  it("every portable file name comes back as it was", () => {
    const segment = value.filter((text) => ruleOf(() => encodeFilePath(text)) === undefined);
    fc.assert(
      fc.property(segment, (name) => {
        assert.match(encodeFilePath(name), STORAGE_KEY);
        assert.equal(decodeFilePath(encodeFilePath(name)), name.normalize("NFC"));
      }),
      { numRuns: 5000 },
    );
  });

  it("refuses object names that are not spelled canonically", () => {
    for (const name of ["=41.md", "a=2e", "=C3", "a b/é", "a//b", "../x", "a=", "/a"]) {
      assert.notEqual(
        ruleOf(() => decodeFilePath(name)),
        undefined,
        name,
      );
    }
  });

  it("shows paths to people without letting them be fooled", () => {
    assert.equal(displayPath("caf=C3=A9/r=C3=AAveuse.md"), "café/rêveuse.md");
    assert.equal(displayPath("a=2Fb/=E2=80=AEdm.exe"), "a=2Fb/=E2=80=AEdm.exe");
    assert.equal(displayPath("not=valid"), "not=valid");
    assert.equal(displayPath("a=1B[31m"), "a=1B[31m");
  });
});

describe("overlaps", () => {
  const cases: [a: string, b: string, overlap: boolean][] = [
    ["users/:user_id/parts/:slug.md", "users/:id/parts/:name.md", true],
    ["users/:user_id/parts/:slug.md", "users/:user_id/notes/:slug.md", false],
    ["EIPS/eip-:eip.md", "EIPS/erc-:erc.md", false],
    ["EIPS/eip-:eip.md", "EIPS/:slug.md", true],
    ["docs/:slug*.md", "docs/:lang/:slug.md", true],
    ["docs/:slug*.md", "docs/:lang/:slug.mdx", false],
    ["docs/:slug*.md", "doc/:slug*.md", false],
    [":slug*.md", "users/:id/x.md", true],
    ["a/:x", "a/b/:x", false],
    ["a/:x*", "a/b/:x", true],
    ["a/:x*/z", ":y/q/z", true],
    ["a/:x*/z", ":y/z", false],
    ["x-:a", ":b-y", true],
    ["ab:x", "a:y", true],
    ["ab:x", "b:y", false],
    ["a:x.md", "a.md:y", true],
  ];
  for (const [a, b, overlap] of cases) {
    it(`${a} and ${b}: ${overlap}`, () => {
      assert.equal(overlaps(compileTemplate(a), compileTemplate(b)), overlap);
      assert.equal(overlaps(compileTemplate(b), compileTemplate(a)), overlap);
    });
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import grayMatter from "gray-matter";
import { FrontrowError } from "../errors.ts";
import { decode } from "./bytes.ts";
import { parseDocument } from "./document.ts";
import { type FrontMatter, MAX_HEADER_LENGTH, splitFrontMatter } from "./front-matter.ts";
import { split } from "./gray-matter.ts";
import { renderDocument } from "./render.ts";
import { mappingOf, realFiles, realTexts, refusal, refusedAs, skipWithoutCorpora } from "./test-documents.ts";

/** A text as `language | fence | header | fence | body`. */
function parts(text: string): string[] {
  const found: FrontMatter = splitFrontMatter(text);
  const { language, openStart, headerStart, headerEnd, bodyStart } = found;
  const cut = [
    text.slice(openStart, headerStart),
    text.slice(headerStart, headerEnd),
    text.slice(headerEnd, bodyStart),
    text.slice(bodyStart),
  ];
  assert.equal(text.slice(0, openStart) + cut.join(""), text, "the parts are the text");
  return language === null ? ["-", cut[3] as string] : [language, ...cut];
}

describe("a header stands", () => {
  const cases: [name: string, text: string, ...parts: string[]][] = [
    ["between two fences", "---\na: 1\n---\nBody\n", "yaml", "---\n", "a: 1\n", "---\n", "Body\n"],
    ["in an empty text: nowhere", "", "-", ""],
    ["in blanks: nowhere", " \n\t\n", "-", " \n\t\n"],
    ["in plain markdown: nowhere", "# Title\n\n---\na\n---\n", "-", "# Title\n\n---\na\n---\n"],
    ["after a blank line: nowhere", "\n---\na: 1\n---\n", "-", "\n---\na: 1\n---\n"],
    ["after a blank: nowhere", " ---\na: 1\n---\n", "-", " ---\na: 1\n---\n"],
    ["with nothing in it", "---\n---\nBody", "yaml", "---\n", "", "---\n", "Body"],
    ["with a blank line in it", "---\n\n---\n", "yaml", "---\n", "\n", "---\n", ""],
    ["with blanks after its fences", "--- \na: 1\n---\t \nB", "yaml", "--- \n", "a: 1\n", "---\t \n", "B"],
    ["up to a closing fence that ends the file", "---\na: 1\n---", "yaml", "---\n", "a: 1\n", "---", ""],
    [
      "and a body keeps its first blank line",
      "---\na: 1\n---\n\nB",
      "yaml",
      "---\n",
      "a: 1\n",
      "---\n",
      "\nB",
    ],
    ["with CRLF", "---\r\na: 1\r\n---\r\nB\r\n", "yaml", "---\r\n", "a: 1\r\n", "---\r\n", "B\r\n"],
    ["with mixed line ends", "---\r\na: 1\n---\nB", "yaml", "---\r\n", "a: 1\n", "---\n", "B"],
    ["after a BOM", "\uFEFF---\na: 1\n---\nB", "yaml", "---\n", "a: 1\n", "---\n", "B"],
    ["after one BOM only", "\uFEFF\uFEFF---\na: 1\n---\n", "-", "\uFEFF---\na: 1\n---\n"],
    ["unless it is never closed", "---\na: 1\n\nBody\n", "-", "---\na: 1\n\nBody\n"],
    ["unless its only fence ends the file", "---", "-", "---"],
    ["not between rules of four dashes", "----\na: 1\n----\n", "-", "----\na: 1\n----\n"],
    ["past a line of four dashes", "---\na: 1\n----\n---\nB", "yaml", "---\n", "a: 1\n----\n", "---\n", "B"],
    ["past an indented fence", "---\na: |\n  ---\n---\nB", "yaml", "---\n", "a: |\n  ---\n", "---\n", "B"],
    ["past a fence with a word", "---\na: 1\n--- x\n---\n", "yaml", "---\n", "a: 1\n--- x\n", "---\n", ""],
    [
      "up to the first fence",
      "---\na: 1\n---\n---\nb: 2\n---\n",
      "yaml",
      "---\n",
      "a: 1\n",
      "---\n",
      "---\nb: 2\n---\n",
    ],
    ["named yaml", "---yaml\na: 1\n---\nB", "yaml", "---yaml\n", "a: 1\n", "---\n", "B"],
    ["named YML, after a blank", "--- YML \na: 1\n---\nB", "yaml", "--- YML \n", "a: 1\n", "---\n", "B"],
    ["named toml", "---toml\na = 1\n---\nB", "toml", "---toml\n", "a = 1\n", "---\n", "B"],
    ["named json", '---json\n{"a":1}\n---\nB', "json", "---json\n", '{"a":1}\n', "---\n", "B"],
    ["between plus fences, as TOML", "+++\na = 1\n+++\nB", "toml", "+++\n", "a = 1\n", "+++\n", "B"],
    ["between plus fences, with blanks", "+++ \na = 1\n+++ \nB", "toml", "+++ \n", "a = 1\n", "+++ \n", "B"],
    ["between plus fences, empty", "+++\n+++\nB", "toml", "+++\n", "", "+++\n", "B"],
    ["not between plus and dash", "+++\na = 1\n---\nB", "-", "+++\na = 1\n---\nB"],
    ["as bare JSON", '{\n "a": "}"\n}\nB', "json", "", '{\n "a": "}"\n}', "\n", "B"],
    ["as bare JSON with nothing in it", "{}\n\nB", "json", "", "{}", "\n", "\nB"],
    ["as bare JSON that is the whole file", '{"a": 1}', "json", "", '{"a": 1}', "", ""],
    ["not as bare JSON with text behind it", '{"a": 1} B\n', "-", '{"a": 1} B\n'],
    ["not as bare JSON that never ends", '{"a": 1\nB\n', "-", '{"a": 1\nB\n'],
    ["not as a Liquid tag", '{% include "a" %}\n', "-", '{% include "a" %}\n'],
    ["not as a Liquid value", '{{ "a" }}\n', "-", '{{ "a" }}\n'],
    ["under an unknown word: nowhere", "---xml\n<a/>\n---\n", "-", "---xml\n<a/>\n---\n"],
    ["under an inherited word: nowhere", "---constructor\na: 1\n---\n", "-", "---constructor\na: 1\n---\n"],
  ];
  for (const [name, text, ...expected] of cases) {
    it(name, () => assert.deepEqual(parts(text), expected));
  }

  it("and reading it gives its keys, its body and its places", () => {
    const document = parseDocument("\uFEFF---\r\ntitle: A\r\n---\r\nBody\r\n");
    assert.deepEqual([...document.entries.keys()], ["title"]);
    assert.equal(document.body, "Body\r\n");
    assert.equal(document.text.slice(document.headerStart, document.headerEnd), "title: A\r\n");
  });

  it("with nothing in it as a valid, empty document", () => {
    for (const text of [
      "",
      "\uFEFF",
      "\n",
      "---\n---\n",
      "---\n# only a comment\n---\n",
      "+++\n+++\n",
      "{}\n",
    ]) {
      assert.equal(parseDocument(text).entries.size, 0, JSON.stringify(text));
    }
  });
});

describe("a header of more than 64 KiB", () => {
  const long = (open: string, line: string, close: string) =>
    `${open}${line.repeat(Math.ceil((MAX_HEADER_LENGTH + 1) / line.length))}${close}`;

  it("is refused when it starts like a header", () => {
    const place = "FRONT_MATTER_TOO_LARGE header-too-large 1:1";
    assert.equal(
      refusedAs(() => parseDocument(long("---\n", "key: value\n", "---\n"))),
      place,
    );
    assert.equal(
      refusedAs(() => parseDocument(long("---\n", "# comment\n", "---\n"))),
      place,
    );
    assert.equal(
      refusedAs(() => parseDocument(long("+++\n", 'key = "value"\n', "+++\n"))),
      place,
    );
    assert.equal(
      refusedAs(() => parseDocument(long('{"key": "', "value ", '"}\n'))),
      place,
    );
  });

  it("is body when it reads like a text between two rules", () => {
    assert.equal(parseDocument(long("---\n", "Some words of a long text.\n", "---\n")).language, null);
  });

  it("may be exactly as long as the limit", () => {
    const header = `key: ${"x".repeat(MAX_HEADER_LENGTH - 6)}\n`;
    assert.equal(header.length, MAX_HEADER_LENGTH);
    assert.equal(parseDocument(`---\n${header}---\n`).entries.size, 1);
  });
});

describe("a header that is a program", () => {
  const canary = globalThis as { frontrowCanary?: unknown };
  const programs: [fence: string, source: string][] = [
    ["---js", "{ title: (globalThis.frontrowCanary = 1) }"],
    ["---js", "module.exports = (globalThis.frontrowCanary = 1)"],
    ["--- JavaScript ", "(() => { globalThis.frontrowCanary = 1; return {}; })()"],
    ["---coffee", "title: globalThis.frontrowCanary = 1"],
    ["---CoffeeScript", "globalThis.frontrowCanary = 1"],
    ["---cson", "title: globalThis.frontrowCanary = 1"],
    ["---ts", "{ title: (globalThis.frontrowCanary = 1) }"],
    ["---mjs", "export default globalThis.frontrowCanary = 1"],
  ];

  for (const [fence, source] of programs) {
    it(`is refused and never run: ${fence}`, () => {
      for (const text of [
        `${fence}\n${source}\n---\nBody\n`,
        `\uFEFF${fence}\r\n${source}\r\n---\r\n`,
        fence,
      ]) {
        assert.equal(
          refusedAs(() => parseDocument(text)),
          "FRONT_MATTER_REFUSED code-front-matter 1:1",
        );
      }
      assert.equal(canary.frontrowCanary, undefined);
    });

    it(`is only text further down: ${fence}`, () => {
      const program = `${fence}\n${source}\n---\n`;
      const document = parseDocument(`---\ntitle: A\n---\n${program}`);
      const rendered = renderDocument(document, mappingOf({ title: "text" }), new Map([["title", "B"]]));
      assert.equal(rendered, `---\ntitle: B\n---\n${program}`);
      assert.equal(parseDocument(rendered).body, program);
      assert.equal(canary.frontrowCanary, undefined);
    });

    it(`is never made of a body that looks like one: ${fence}`, () => {
      const program = `${fence}\n${source}\n---\n`;
      for (const before of ["", "Body\n", "---\ntitle: A\n---\n"]) {
        const rendered = renderDocument(parseDocument(before), mappingOf({}), new Map(), program);
        const after = parseDocument(rendered);
        assert.equal(after.body, program);
        assert.notEqual(after.language, null);
      }
      assert.equal(canary.frontrowCanary, undefined);
    });
  }

  it("is refused without a word about its content", () => {
    const error = refusal(() => parseDocument("---js\n({ secret: 1 })\n---\n"));
    assert.match(error.message, /never runs/);
    assert.ok(error.hint);
    assert.doesNotMatch(JSON.stringify(error), /secret/);
  });

  it("is also not run through gray-matter itself", () => {
    for (const word of ["js", "javascript", "coffee", "coffeescript", "cson"]) {
      const text = `---${word}\nglobalThis.frontrowCanary = 1\n---\n`;
      assert.equal(
        refusedAs(() => split(text)),
        "FRONT_MATTER_REFUSED code-front-matter 1:1",
      );
    }
    assert.equal(canary.frontrowCanary, undefined);
  });
});

describe("a header that cannot be cut", () => {
  it("as its lines end in lone CRs is no body: its row would lose every field", () => {
    assert.equal(
      refusedAs(() => parts("---\ra: 1\r---\rB")),
      "FRONT_MATTER_INVALID carriage-return 1:1",
    );
    assert.deepEqual(parts("---\rA rule\r"), ["-", "---\rA rule\r"]);
  });

  it("as a conflict begins before it", () => {
    const text = "<<<<<<< HEAD\n---\na: 1\n---\n=======\n---\na: 2\n---\n>>>>>>> b\n";
    assert.equal(
      refusedAs(() => parts(text)),
      "FRONT_MATTER_INVALID conflict-marker 1:1",
    );
    assert.deepEqual(parts("<<<<<<< HEAD\nA\n"), ["-", "<<<<<<< HEAD\nA\n"]);
  });
});

describe("a header readers would cut differently", () => {
  it("is refused under a named fence, where gray-matter decides", () => {
    const text = "---toml\na = 1\n----\n---\nB";
    assert.equal(
      refusedAs(() => splitFrontMatter(text)),
      "FRONT_MATTER_INVALID ambiguous-fence 1:1",
    );
    const plus = '+++\na = """\n+++x\n"""\n+++\nB';
    assert.equal(
      refusedAs(() => splitFrontMatter(plus)),
      "FRONT_MATTER_INVALID ambiguous-fence 1:1",
    );
  });
});

describe("gray-matter's own split", () => {
  it("is the same on every real file, but for what is different on purpose", {
    skip: skipWithoutCorpora,
  }, () => {
    let [compared, onPurpose] = [0, 0];
    for (const { path, text } of realTexts()) {
      if (!/^\uFEFF?---[ \t]*(?:[a-z]+)?[ \t]*\r?\n/.test(text) || /^\uFEFF?---[ \t]*js/.test(text)) continue;
      const ours = splitFrontMatter(text);
      const theirs = split(text);
      if (ours.language === null) {
        // Never closed: to gray-matter the whole file is the header, to us it has none.
        assert.doesNotMatch(text, /\n---[ \t]*(?:\r?\n|$)/, path);
        onPurpose++;
        continue;
      }
      const header = text.slice(ours.headerStart, ours.headerEnd);
      if (/^---/m.test(header)) {
        onPurpose++;
        continue;
      }
      compared++;
      // gray-matter leaves out the fences' line breaks, and keeps the blanks behind them.
      if (header === "") assert.equal(theirs.header.trim(), "", path);
      else assert.equal(theirs.header.replace(/^[ \t]*\r?\n/, ""), header.replace(/\n$/, ""), path);
      const body = text.slice(ours.bodyStart);
      assert.equal(theirs.content.replace(/^[ \t]+(?:\r?\n|$)/, ""), body, path);
    }
    assert.ok(compared > 2000, `compared only ${compared}`);
    assert.ok(onPurpose < 20, `${onPurpose} differ`);
  });

  it("is of a text it has seen before as good as of a new one (its cache hides errors and shares objects)", () => {
    const bad = "---\ntitle: [\n---\n";
    // The trap, so that nobody has to believe it: without options the second error is gone.
    assert.throws(() => grayMatter(bad));
    assert.deepEqual(grayMatter(bad).data, {});

    const errors = [1, 2, 3].map(() => JSON.stringify(refusal(() => parseDocument(bad))));
    assert.deepEqual(new Set(errors).size, 1);
    assert.match(errors[0] as string, /FRONT_MATTER_INVALID/);
    const fenced = '---toml\ntitle = "\n---\n';
    const fencedErrors = [1, 2, 3].map(() => JSON.stringify(refusal(() => parseDocument(fenced))));
    assert.deepEqual(new Set(fencedErrors).size, 1);
  });

  it("hands out nothing two readings share", () => {
    for (const text of [
      "---\ntags: [a]\n---\n",
      '---toml\ntags = ["a"]\n---\n',
      '---json\n{"tags":["a"]}\n---\n',
    ]) {
      const [first, second] = [parseDocument(text), parseDocument(text)];
      assert.deepEqual(first, second);
      const list = first.entries.get("tags")?.value;
      assert.ok(list?.kind === "list");
      list.items.length = 0;
      first.root.entries.clear();
      const still = second.entries.get("tags")?.value;
      assert.ok(still?.kind === "list" && still.items.length === 1);
      assert.deepEqual(parseDocument(text), second);
    }
  });
});

describe("bytes", () => {
  const cases: [name: string, bytes: number[], refused: string][] = [
    ["Latin-1", [0x61, 0x0a, 0xe9, 0x0a], "NOT_UTF8 not-utf8 2"],
    ["UTF-16 with a BOM", [0xff, 0xfe, 0x61, 0x00], "NOT_UTF8 not-utf8 1"],
    ["a cut-off character", [0x61, 0x0a, 0x0a, 0xe2, 0x82], "NOT_UTF8 not-utf8 3"],
    ["a NUL", [0x61, 0x0a, 0x62, 0x00], "NUL_BYTE nul-byte 2:2"],
    ["an encoded surrogate", [0xed, 0xa0, 0x80], "NOT_UTF8 not-utf8 1"],
    ["an overlong slash", [0xc0, 0xaf], "NOT_UTF8 not-utf8 1"],
  ];
  for (const [name, bytes, refused] of cases) {
    it(`are refused: ${name}`, () =>
      assert.equal(
        refusedAs(() => decode(Uint8Array.from(bytes))),
        refused,
      ));
  }

  it("say UTF-16 where they are", () => {
    assert.match(refusal(() => decode(Uint8Array.of(0xff, 0xfe, 0x61, 0))).hint as string, /UTF-16/);
  });

  it("of a git LFS pointer are no content", () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    assert.equal(
      refusedAs(() => decode(new TextEncoder().encode(pointer))),
      "LFS_POINTER lfs-pointer 1",
    );
  });

  it("above the limit are refused before they are read", () => {
    assert.equal(
      refusedAs(() => decode(new Uint8Array(11), 10)),
      "DOCUMENT_TOO_LARGE too-large",
    );
    assert.equal(decode(new TextEncoder().encode("0123456789"), 10), "0123456789");
  });

  it("keep a BOM, U+2028 and U+0085", () => {
    for (const text of ["\uFEFFa", "a\u2028b\u0085c"])
      assert.equal(decode(new TextEncoder().encode(text)), text);
  });

  it("of every real file are a document, or refused with a code and a line", {
    skip: skipWithoutCorpora,
  }, () => {
    let [read, refused] = [0, 0];
    for (const { path, bytes } of realFiles()) {
      try {
        parseDocument(decode(bytes));
        read++;
      } catch (error) {
        assert.ok(error instanceof FrontrowError, `${path}: ${error}`);
        assert.ok(error.line !== undefined, path);
        refused++;
      }
    }
    assert.ok(read > 2200 && refused <= 4, `${read} read, ${refused} refused`);
  });
});

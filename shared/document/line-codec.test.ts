import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLineCodec, type Mapping, parseDocument, plainCodec, type Value } from "./mod.ts";

const MAPPING: Mapping = {
  fields: [
    { field: "title", column: "title", type: "text" },
    { field: "Status", column: "status", type: "enum", labels: ["DRAFT", "APPROVED"] },
    { field: "Points", column: "points", type: "int4" },
  ],
  extra: "extra",
};
const codec = createLineCodec(["Status", "Points"]);
const FILE = `---
title: A plan # the first
other: 1
---

# A plan

**Status:** APPROVED
Points:   3

Text. Status: not this.
`;
const BARE = FILE.slice(FILE.indexOf("\n# ")).replace(" APPROVED", "").replace("   3", "");
const read = (text: string) => {
  const document = codec.parseDocument(text);
  return { document, fields: { ...codec.readFields(document, MAPPING) } };
};
const render = (text: string, changes: Record<string, Value | undefined>, body?: string) =>
  codec.renderDocument(codec.parseDocument(text), MAPPING, new Map(Object.entries(changes)), body);

describe("createLineCodec", () => {
  it("shows a line as a field, and the body without its value", () => {
    const { document, fields } = read(FILE);
    assert.deepEqual(fields, { title: "A plan", status: "APPROVED", points: "3", extra: '{"other":1}' });
    assert.equal(document.body, BARE);
    assert.equal(codec.bodyOf(BARE), BARE);
    assert.equal(
      codec.bodyOf(BARE.replace("**Status:**", "**Status:** DRAFT")),
      BARE,
      "a row's own is the column's",
    );
  });

  it("gives the same text back where nothing changes", () => {
    assert.equal(render(FILE, {}), FILE);
    assert.equal(render(FILE, { status: "APPROVED", points: "3", title: "A plan" }, BARE), FILE);
  });

  it("changes a line in place, and the header beside it", () => {
    assert.equal(
      render(FILE, { status: "DRAFT", title: "B" }),
      FILE.replace("APPROVED", "DRAFT").replace("title: A plan", "title: B"),
    );
    assert.equal(render(FILE, { points: null }), FILE.replace("Points:   3", "Points:"));
    assert.equal(render(FILE, { points: undefined }), FILE.replace("Points:   3\n", ""));
  });

  it("puts the values into a body that somebody changed", () => {
    const body = `${BARE.replace("Text.", "Another text.")}\nMore.\n`;
    assert.equal(
      render(FILE, { status: "DRAFT" }, body),
      `${FILE.replace("Text.", "Another text.").replace("APPROVED", "DRAFT")}\nMore.\n`,
    );
    // Who takes the line out of a row's body has not said that the column is empty.
    assert.equal(
      render(FILE, {}, "\n# A plan\n\nText\n").slice(FILE.indexOf("\n# ")),
      "\n# A plan\n\nStatus: APPROVED\nPoints: 3\n\nText\n",
    );
  });

  it("makes a line where there is none, and takes a field of the header for what it is", () => {
    assert.equal(
      render("---\ntitle: A\n---\n# A\n", { status: "DRAFT" }),
      "---\ntitle: A\n---\n# A\n\nStatus: DRAFT\n",
    );
    assert.equal(
      render("---\nStatus: DRAFT\n---\n# A\n", { status: "APPROVED" }),
      "---\nStatus: APPROVED\n---\n# A\n",
    );
    assert.deepEqual(read("---\nStatus: DRAFT\n---\n").fields, { status: "DRAFT" });
    const both = "---\nStatus: DRAFT\nx: 1\n---\nStatus: APPROVED\n";
    assert.deepEqual(read(both).fields, { status: "APPROVED", extra: '{"x":1}' });
    assert.equal(
      render(both, { status: null, extra: '{"x": 2}' }),
      "---\nStatus: DRAFT\nx: 2\n---\nStatus:\n",
    );
  });

  it("makes a document of a row", () => {
    assert.equal(
      codec.newDocument(MAPPING, { title: "A", status: "DRAFT" }, "\n# A\n"),
      "---\ntitle: A\n---\n\n# A\n\nStatus: DRAFT\n",
    );
    assert.equal(
      codec.newDocument(MAPPING, { title: "A", status: "DRAFT" }, BARE),
      `---\ntitle: A\n---\n${BARE.replace("**Status:**", "**Status:** DRAFT")}`,
    );
    assert.equal(codec.newDocument(MAPPING, {}, ""), "");
  });

  it("tells the line of what its column cannot hold", () => {
    assert.throws(() => read(FILE.replace("APPROVED", "PERHAPS")), {
      code: "SCHEMA_VIOLATION",
      rule: "not-a-label",
      line: 8,
    });
    assert.throws(() => read(FILE.replace("3", "three")), {
      code: "SCHEMA_VIOLATION",
      rule: "not-int4",
      line: 9,
    });
  });

  it("refuses a value that no line can hold", () => {
    const text = createLineCodec(["title"]);
    for (const title of ["a\nb", " a", "", "null", "~"]) {
      const write = () =>
        text.renderDocument(text.parseDocument("title: x\n"), MAPPING, new Map([["title", title]]));
      assert.throws(write, { code: "CANNOT_SPLICE", message: /"title"|title/ }, JSON.stringify(title));
    }
  });

  it("is the plain codec where no line is", () => {
    const plain = "---\ntitle: A\n---\nText\n";
    assert.deepEqual(read(plain).fields, { ...plainCodec.readFields(parseDocument(plain), MAPPING) });
    assert.equal(render(plain, { title: "B" }), "---\ntitle: B\n---\nText\n");
  });
});

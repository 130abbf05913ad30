import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Mapping, parseDocument, plainCodec, readFields } from "../document/mod.ts";
import { newFromTemplate } from "./new-from-template.ts";

/** The same cases each time; `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others, and more. */
const { FRONTROW_RUNS = "200", FRONTROW_SEED = "1" } = process.env;
const RUNS = { numRuns: Number(FRONTROW_RUNS), seed: Number(FRONTROW_SEED) };

const MAPPING: Mapping = {
  fields: [
    { field: "title", column: "heading", type: "text" },
    { field: "created", column: "created", type: "date" },
    { field: "points", column: "points", type: "int4" },
    { field: "tags", column: "tags", type: "text[]" },
    { field: "notes", column: "notes", type: "jsonb" },
    { field: "author", column: "author", type: "text" },
  ],
};
const VALUES = { id: "INFRA-105", title: "Log in", date: "2026-11-21", author: "ann@x.org" };
const fill = (template: string, values: Record<string, string> = VALUES, fields = {}) =>
  newFromTemplate(template, values, { mapping: MAPPING, fields, codec: plainCodec });

describe("newFromTemplate", () => {
  it("fills the front matter and the body, and keeps the template's layout", () => {
    const template = `---
# for {{id}}
title:   {{title}}   # what it is
created: {{date}}
quoted: "by {{author}} on {{ date }}"
plain: by {{author}}
day: {{date}}
tags: [new, {{id}}]
notes:
  for: {{id}}
  deep: [{ who: "{{author}}" }, 1.10]
points:
---

# {{id}}: {{title}}

{{#if x}} {{ a.b }} {{% y %}} stay, and {{title}} comes twice.
`;
    assert.equal(
      fill(template),
      `---
# for INFRA-105
title:   Log in   # what it is
created: 2026-11-21
quoted: "by ann@x.org on 2026-11-21"
plain: by ann@x.org
day: 2026-11-21
tags: [new, INFRA-105]
notes:
  for: INFRA-105
  deep: [{ who: "ann@x.org" }, 1.10]
points:
---

# INFRA-105: Log in

{{#if x}} {{ a.b }} {{% y %}} stay, and Log in comes twice.
`,
    );
  });

  const TITLES = [
    "Fix: the #1 bug",
    "- a list",
    "null",
    "~",
    "1.10",
    "yes",
    "2026-11-21",
    "{a: b}",
    "*x",
    'say "hi"',
    "it's",
    " x ",
    "{{date}}",
    "a\\b",
    "$&",
    "\t",
    "---",
  ];
  for (const title of TITLES) {
    it(`takes ${JSON.stringify(title)} for what it is`, () => {
      for (const written of ["{{title}}", '"{{title}}"', "'{{title}}'"]) {
        const text = fill(`---\ntitle: ${written}\n---\n${"{{title}}"}`, { ...VALUES, title });
        const document = parseDocument(text);
        assert.equal(readFields(document, MAPPING).heading, title, text);
        assert.equal(document.body, title);
      }
    });
  }

  it("reads back whatever was said", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (title) => {
        fc.pre(!/\p{Cs}|\0/u.test(title));
        const text = fill("---\ntitle: {{title}}\nother: x{{title}}\ntags: ['{{title}}']\n---\n", {
          ...VALUES,
          title,
        });
        const fields = readFields(parseDocument(text), MAPPING);
        assert.deepEqual([fields.heading, fields.tags], [title, [title]]);
      }),
      RUNS,
    );
  });

  it("sets what was said whatever the template says, and adds what it has not", () => {
    assert.equal(
      fill("---\ntitle: {{title}} # t\npoints: 3\n---\n", VALUES, {
        heading: "Other",
        points: "5",
        tags: ["a", "b"],
      }),
      "---\ntitle: Other # t\npoints: 5\ntags:\n  - a\n  - b\n---\n",
    );
    assert.equal(fill("# {{title}}\n", VALUES, { points: "5" }), "---\npoints: 5\n---\n# Log in\n");
    assert.equal(fill("# {{title}}\n"), "# Log in\n");
    assert.equal(newFromTemplate("---\na: {{b}}\n---\n", { b: "c: d" }), '---\na: "c: d"\n---\n');
  });

  it("leaves a key empty where its value is", () => {
    assert.equal(
      fill("---\nauthor: {{author}}\nother: {{author}}\n---\n{{author}}", { ...VALUES, author: "" }),
      "---\nauthor:\nother:\n---\n",
    );
  });

  it("fills TOML and JSON too", () => {
    assert.equal(
      fill('+++\ntitle = "{{title}}"\ncreated = "{{date}}"\n+++\n', { ...VALUES, title: 'a "b"' }),
      '+++\ntitle = "a \\"b\\""\ncreated = "2026-11-21"\n+++\n',
    );
    assert.equal(
      fill('{ "title": "{{title}}" }\n', { ...VALUES, title: 'a "b"' }),
      '{ "title": "a \\"b\\"" }\n',
    );
  });

  it("names every placeholder that nobody said, with the line of the first", () => {
    assert.throws(() => fill("---\ntitle: {{title}}\ndue: {{due}}\n---\n{{owner}} {{due}} {{constructor}}"), {
      code: "CONFIG_INVALID",
      rule: "placeholder",
      line: 3,
      message: /\{\{due\}\}, \{\{owner\}\}, \{\{constructor\}\}$/,
      hint: /id, title, date, author/,
    });
  });

  it("refuses a placeholder in a key, and a value its column cannot hold, with the line", () => {
    assert.throws(() => fill("---\n{{title}}: x\n---\n"), {
      code: "CONFIG_INVALID",
      rule: "placeholder",
      line: 2,
    });
    assert.throws(() => fill("---\na: 1\nnotes: { {{title}}: '{{id}}' }\n---\n"), {
      rule: "placeholder",
      line: 3,
    });
    assert.throws(() => fill("---\n\npoints: {{title}}\n---\n"), {
      code: "SCHEMA_VIOLATION",
      line: 3,
      message: /"points", as it must be a whole number/,
    });
    assert.throws(() => fill("---\ntitle: [{{title}}\n---\n"), { code: "FRONT_MATTER_INVALID" });
  });

  it("never takes a person's words for its own", () => {
    const text = fill("---\ntitle: {{title}}\n---\nplaceholder0_ {{id}}", {
      ...VALUES,
      title: "placeholder1_ placeholderx",
    });
    assert.equal(text, "---\ntitle: placeholder1_ placeholderx\n---\nplaceholder0_ INFRA-105");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import type { Fields } from "../document/value.ts";
import { type ColumnFacts, columnsFrom } from "./columns.ts";
import type { Collection } from "./define.ts";
import { checkIdentity, keyOf } from "./identity.ts";
import { resolveConfig } from "./resolve.ts";

const resolved = (collection: Collection) => resolveConfig({ collections: [collection] }).collections[0]!;

const eips = resolved({
  name: "eips",
  table: "eips",
  path: "EIPS/eip-:eip.md",
  fields: z.object({ eip: z.int(), title: z.string(), status: z.string() }),
  body: "body",
  extra: "extra",
});

const optional = { not_null: false, has_default: false };
const facts: ColumnFacts[] = [
  { column: "eip", type: "int4", not_null: true, has_default: false },
  { column: "title", type: "text", ...optional, labels: null },
  { column: "status", type: "enum", labels: ["Draft", "Final"], ...optional },
  { column: "extra", type: "jsonb", ...optional },
];
const changed = (column: string, change: Partial<ColumnFacts>) =>
  facts.map((fact) => (fact.column === column ? { ...fact, ...change } : fact));

describe("columnsFrom", () => {
  it("gives each field its type", () => {
    assert.deepEqual(columnsFrom(eips, facts), {
      mapping: {
        fields: [
          { field: "eip", column: "eip", type: "int4" },
          { field: "title", column: "title", type: "text" },
          { field: "status", column: "status", type: "enum", labels: ["Draft", "Final"] },
        ],
        extra: "extra",
      },
      keys: [{ column: "eip", type: "int4" }],
    });
  });

  const wrong: [what: string, answer: ColumnFacts[], code: string, rule: string][] = [
    ["a column that is missing", facts.slice(1), "CONFIG_INVALID", "column-missing"],
    [
      "a type that does not round-trip",
      changed("title", { type: "bytea" }),
      "COLUMN_UNSUPPORTED",
      "column-type",
    ],
    ["a key that is no name", changed("eip", { type: "float8" }), "COLUMN_UNSUPPORTED", "column-type"],
    [
      "an extra column that is not jsonb",
      changed("extra", { type: "text" }),
      "CONFIG_INVALID",
      "extra-column",
    ],
    [
      "a body that is not text",
      [...facts, { column: "body", type: "jsonb", ...optional }],
      "CONFIG_INVALID",
      "body-column",
    ],
    [
      "a column nothing would fill",
      [...facts, { column: "x", type: "text", not_null: true, has_default: false }],
      "CONFIG_INVALID",
      "column-unfilled",
    ],
  ];
  for (const [what, answer, code, rule] of wrong) {
    it(`refuses ${what}`, () => assert.throws(() => columnsFrom(eips, answer), { code, rule }));
  }

  it("refuses to merge as a list what is none", () => {
    const collection = {
      ...eips,
      policies: { ...eips.policies, lists: { ...eips.policies.lists, title: "list" as const } },
    };
    assert.throws(() => columnsFrom(collection, facts), { code: "CONFIG_INVALID", rule: "lists" });
  });

  it("refuses a list on a line of the body", () => {
    const [first] = eips.fields;
    for (const type of ["text[]", "jsonb"]) {
      const answer = facts.map((fact) => (fact.column === first!.column ? { ...fact, type } : fact));
      const lined = { ...eips, lines: [first!.field] };
      assert.throws(() => columnsFrom(lined, answer), { code: "CONFIG_INVALID", rule: "lines" });
    }
  });
});

describe("keyOf", () => {
  const columns = columnsFrom(eips, facts);
  it("gives the key of a path of the collection", () => {
    assert.deepEqual({ ...keyOf(eips, columns, "EIPS/eip-155.md") }, { eip: "155" });
    assert.equal(keyOf(eips, columns, "EIPS/readme.md"), null);
  });

  it("refuses a second spelling of a key: one row has one path", () => {
    assert.throws(() => keyOf(eips, columns, "EIPS/eip-0155.md"), {
      code: "PATH_INVALID",
      rule: "not-canonical",
      hint: 'Write "155".',
    });
    assert.throws(() => keyOf(eips, columns, "EIPS/eip-draft_foo.md"), {
      code: "PATH_INVALID",
      rule: "key-type",
    });
    assert.throws(() => keyOf(eips, columns, "EIPS/eip-99999999999.md"), {
      code: "PATH_INVALID",
      rule: "key-type",
    });
  });
});

describe("checkIdentity", () => {
  const line = (field: string) => (field === "eip" ? 2 : undefined);
  it("lets a file say what its path says, or nothing", () => {
    const taken: Fields[] = [{ eip: "155" }, { eip: null }, {}, { eip: "155", title: "156" }];
    for (const fields of taken) {
      checkIdentity(eips, { eip: "155" }, fields, line);
    }
  });
  it("refuses a file that says something else", () => {
    assert.throws(() => checkIdentity(eips, { eip: "155" }, { eip: "156" }, line), {
      code: "IDENTITY_MISMATCH",
      rule: "key-differs",
      line: 2,
      message: /"eip".*"155"/,
    });
  });
});

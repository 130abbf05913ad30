import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import type { Mapping } from "../document/mapping.ts";
import { FrontrowError } from "../errors.ts";
import { resolveConfig } from "./resolve.ts";
import { issuesOf, validateFields } from "./validate.ts";

const schema = z.object({
  name: z.string().min(2).max(40),
  status: z.enum(["active", "resting"]).optional(),
  charge: z
    .number()
    .min(-1)
    .max(1)
    .refine((charge) => charge !== 0.5, { error: "not a half" })
    .optional(),
  born: z.iso.date().nullable(),
  tags: z.array(z.string().max(5)).optional(),
  notes: z.object({ mood: z.string() }).optional(),
  riddle: z
    .string()
    .refine((text) => text === "x", { error: (issue) => `wrong: ${issue.input}` })
    .optional(),
});
const collection = resolveConfig({
  collections: [
    { name: "parts", table: "parts", path: ":slug.md", fields: schema, columns: { born: "birth" } },
  ],
}).collections[0]!;
const types = {
  name: "text",
  status: "text",
  charge: "numeric",
  born: "date",
  tags: "text[]",
  notes: "jsonb",
  riddle: "text",
} as const;
const mapping: Mapping = {
  fields: Object.entries(types).map(([field, type]) => ({
    field,
    column: field === "born" ? "birth" : field,
    type,
  })),
};
const lineOf = (field: string) => Object.keys(types).indexOf(field) + 2;
const issues = (values: Parameters<typeof issuesOf>[2]) =>
  issuesOf(collection, mapping, values, lineOf).map(({ field, rule }) => `${field} ${rule}`);

describe("validateFields", () => {
  it("takes a valid document, whichever way it says nothing", () => {
    const full = {
      name: "Ada",
      status: "active",
      charge: "-0.5",
      birth: "2024-01-31",
      tags: ["a"],
      notes: '{"mood":"calm"}',
    };
    assert.deepEqual(issues(full), []);
    assert.deepEqual(issues({ name: "Ada" }), []);
    assert.deepEqual(
      issues({ name: "Ada", status: null, charge: null, birth: null, tags: null, notes: null }),
      [],
    );
    assert.deepEqual(issues({ name: "Ada", unmapped: "x" }), []);
  });

  it("names each field that does not fit, by its field", () => {
    assert.deepEqual(issues({}), ["name invalid-type"]);
    assert.deepEqual(issues({ name: null }), ["name invalid-type"]);
    assert.deepEqual(issues({ name: "A" }), ["name too-small"]);
    assert.deepEqual(issues({ name: "Ada", status: "lost" }), ["status invalid-value"]);
    assert.deepEqual(issues({ name: "Ada", charge: "2" }), ["charge too-big"]);
    assert.deepEqual(issues({ name: "Ada", charge: "0.5" }), ["charge custom"]);
    assert.deepEqual(issues({ name: "Ada", birth: "soon" }), ["born invalid-format"]);
    assert.deepEqual(issues({ name: "Ada", tags: ["much too long"] }), ["tags too-big"]);
    assert.deepEqual(issues({ name: "Ada", notes: "{}" }), ["notes invalid-type"]);
    assert.deepEqual(issues({ name: "A", status: "lost" }), ["name too-small", "status invalid-value"]);
  });

  it("throws the first, with its line and what is wanted, and never the content", () => {
    const values = { name: "Ada", charge: "0.5", birth: "zebra", tags: ["tiger-tiger"], riddle: "gnu" };
    try {
      validateFields(collection, mapping, values, lineOf);
      assert.fail("taken");
    } catch (error) {
      assert.ok(error instanceof FrontrowError, String(error));
      assert.deepEqual(
        [error.code, error.rule, error.line, error.hint],
        ["SCHEMA_VIOLATION", "custom", 4, "not a half"],
      );
      const all = issuesOf(collection, mapping, values, lineOf);
      assert.equal(all.length, 4);
      assert.doesNotMatch(JSON.stringify([error, error.message, error.cause, all]), /zebra|tiger|gnu/);
    }
  });

  it("changes nothing: transforms and defaults do not matter", () => {
    const fields = z.object({ name: z.string().transform(() => 1), status: z.string().default("active") });
    const odd = resolveConfig({ collections: [{ name: "odd", table: "odd", path: ":slug.md", fields }] })
      .collections[0]!;
    const values = { name: "Ada" };
    validateFields(odd, { fields: mapping.fields.slice(0, 2) }, values);
    assert.deepEqual(values, { name: "Ada" });
  });

  it("says so when the schema itself throws", () => {
    const fields = z.object({ name: z.string().refine(async () => true) });
    const odd = resolveConfig({ collections: [{ name: "odd", table: "odd", path: ":slug.md", fields }] })
      .collections[0]!;
    const run = () => validateFields(odd, { fields: mapping.fields.slice(0, 1) }, { name: "Ada" });
    assert.throws(run, { code: "CONFIG_INVALID", rule: "schema" });
  });
});

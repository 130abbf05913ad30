/** What the tests of hostile input share: reading bytes in every way there is, and being unharmed by it. */

import assert from "node:assert/strict";
import { FrontrowError } from "../errors.ts";
import { decode, encode } from "./bytes.ts";
import { type Document, parseDocument } from "./document.ts";
import { readFields } from "./field-value.ts";
import { renderDocument } from "./render.ts";
import type { ColumnType } from "./value.ts";
import { warningsOf } from "./warnings.ts";

/** Reads bytes in every way there is; what comes back must be the same bytes. */
export function survive(bytes: Uint8Array, type: ColumnType): void {
  try {
    const document = parseDocument(decode(bytes));
    assert.deepEqual(encode(renderDocument(document, { fields: [] }, new Map())), bytes);
    warningsOf(document);
    attempt(() => readFields(document, { fields: [], extra: "all" }));
    const fields = [...document.entries.keys()].map((key) => ({ field: key, column: key, type }));
    attempt(() => readFields(document, { fields }));
    change(document);
  } catch (error) {
    assert.ok(error instanceof FrontrowError, (error as Error).stack);
    assert.ok(error.line !== undefined && error.line >= 1, `${error.code} has no line`);
    assert.ok(error.hint !== undefined, `${error.code} ${error.rule} has no hint`);
  }
  assert.ok(isUnharmed(), "something was run, or every object has a new property");
}

/** Whether no content was run (a program would set `canary`) and no prototype was written to. */
export function isUnharmed(): boolean {
  const probe = {} as Record<string, unknown>;
  for (const _ in probe) return false;
  return probe.polluted === undefined && (globalThis as Record<string, unknown>).canary === undefined;
}

function change(document: Document): void {
  const [key = "new"] = document.entries.keys();
  const mapping = { fields: [{ field: key, column: key, type: "text" as const }] };
  for (const value of ["edited: #", null, undefined]) {
    attempt(() => {
      const after = renderDocument(document, mapping, new Map([[key, value]]), `${document.body}x`);
      assert.equal(parseDocument(after).body, `${document.body}x`);
    });
  }
}

function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof FrontrowError, (error as Error).stack);
  }
}

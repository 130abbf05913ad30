/**
 * Edits of lines, columns and the text around them, in any order and at once: afterwards both sides say the same, and
 * nothing that only one side changed is lost. The same cases each time; `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { plant } from "../../scripts/simulate/database/test-garden.ts";
import { createLineCodec } from "../document/mod.ts";

const { FRONTROW_RUNS = "150", FRONTROW_SEED = "20261121" } = process.env;
const LINES = ["name", "status"];
const codec = createLineCodec(LINES);
const FILE = "---\ncharge: 0.5\n---\n\n# Part\n\n**name:** First\nstatus:   active  \n\nText.\n";

const status = fc.constantFrom("emerging", "active", "resting", "retired");
const name = fc.constantFrom("A", "B: c", "D # e", "F");
interface Edit {
  side: "file" | "row";
  what: "name" | "status" | "text" | "settle" | "drop";
  value: string;
}
const side = fc.constantFrom<Edit["side"]>("file", "row");
const of = (what: fc.Arbitrary<Edit["what"]>, value: fc.Arbitrary<string>) =>
  fc.record({ side, what, value });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  of(fc.constant("name"), name),
  of(fc.constant("status"), status),
  of(fc.constantFrom("text", "settle", "drop"), fc.constant("")),
);

test("a line and its column are one value, whoever edits what", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 14 }), async (edits) => {
      const garden = await plant({ lines: LINES, policies: { conflict: "row-wins" } });
      const row = () => garden.parts.rows()[0]!.cells as { name: string; status: string; body: string };
      const read = () => codec.parseDocument(garden.text()!);
      const said = (field: string) => read().entries.get(field)?.value as { text: string } | undefined;
      garden.put(FILE);
      await settle();
      /** What was changed since both agreed, and by whom; null: by both. */
      let changed = new Map<string, { side: "file" | "row"; value: string } | null>();
      const tokens: string[] = [];
      for (const [index, one] of edits.entries()) {
        if (one.what === "settle") await agree();
        else carryOut(one, index);
      }
      await agree();

      function carryOut(one: Edit, index: number): void {
        if (one.what === "text") {
          const token = `token${index}x`;
          tokens.push(token);
          if (one.side === "file") garden.put(`${garden.text()}\n## ${token}\n`);
          else garden.parts.update(() => true, { body: `## ${token}\n\n${row().body}` });
        } else if (one.what === "drop") {
          // Who takes the label out of the row's body has not said that the column is empty.
          if (one.side === "row")
            garden.parts.update(() => true, { body: row().body.replace(/^status:.*\n/m, "") });
        } else if (one.side === "row") {
          note(one.what, { side: "row", value: one.value });
          garden.parts.update(() => true, { [one.what]: one.value });
        } else {
          note(one.what, { side: "file", value: one.value });
          garden.put(
            garden
              .text()!
              .replace(
                new RegExp(`^(\\**${one.what}:\\**[ \\t]*)[^\\n]*`, "m"),
                (_, label: string) => `${label}${/\s$/.test(label) ? "" : " "}${one.value}`,
              ),
          );
        }
      }

      function note(what: string, edit: { side: "file" | "row"; value: string }): void {
        const before = changed.get(what);
        changed.set(what, before === undefined || before?.side === edit.side ? edit : null);
      }

      async function settle(): Promise<void> {
        await garden.work(3);
        assert.equal(garden.pending(), 0);
      }

      async function agree(): Promise<void> {
        await settle();
        const [text, body] = [garden.text(), row().body];
        for (const field of LINES) assert.equal(said(field)?.text, row()[field as "name"], field);
        assert.equal(read().body, codec.bodyOf(row().body));
        for (const token of tokens) assert.equal(text!.split(token).length, 2, token);
        for (const [field, edit] of changed) if (edit) assert.equal(said(field)?.text, edit.value, field);
        changed = new Map();
        garden.put(`${text}`);
        await settle();
        assert.deepEqual([garden.text(), row().body], [text, body], "what agrees is left alone");
      }
    }),
    { numRuns: Number(FRONTROW_RUNS), seed: Number(FRONTROW_SEED) },
  );
});

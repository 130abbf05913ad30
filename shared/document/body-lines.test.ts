import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { lineFinder, withoutValues, withValues } from "./body-lines.ts";

/** The same cases each time; `FRONTROW_SEED=… FRONTROW_RUNS=…` tries others, and more. */
const { FRONTROW_RUNS = "200", FRONTROW_SEED = "1" } = process.env;
const RUNS = { numRuns: Number(FRONTROW_RUNS), seed: Number(FRONTROW_SEED) };

const find = lineFinder(["Status", "State"]);
const valuesOf = (body: string) =>
  Object.fromEntries(
    [...find(body)].map(([name, { valueStart, valueEnd }]) => [name, body.slice(valueStart, valueEnd)]),
  );
const fill = (body: string, values: Record<string, string | null>) =>
  withValues(body, find, new Map(Object.entries(values)));

describe("lineFinder", () => {
  const lines: [line: string, value: string | undefined][] = [
    ["Status: APPROVED", "APPROVED"],
    ["Status:\tAPPROVED  ", "APPROVED"],
    ["Status: two words, and: a colon", "two words, and: a colon"],
    ["Status:", ""],
    ["Status:   ", ""],
    ["**Status:** APPROVED", "APPROVED"],
    ["**Status**: APPROVED", "APPROVED"],
    ["__Status:__ APPROVED", "APPROVED"],
    ["- Status: APPROVED", "APPROVED"],
    ["* **Status**: APPROVED", "APPROVED"],
    ["## Status: APPROVED", "APPROVED"],
    ["Status: APPROVED\r", "APPROVED"],
    ["status: APPROVED", undefined],
    ["Status:APPROVED", undefined],
    ["Status : APPROVED", undefined],
    ["The Status: APPROVED", undefined],
    [" Status: APPROVED", undefined],
    ["> Status: APPROVED", undefined],
    ["Status", undefined],
    ["**Status: APPROVED", undefined],
    ["*Status:* APPROVED", undefined],
  ];
  for (const [line, value] of lines) {
    it(`${value === undefined ? "leaves" : "reads"} ${JSON.stringify(line)}`, () =>
      assert.equal(valuesOf(`# A\n\n${line}\n\nText\n`).Status, value));
  }

  it("takes the first of a name, and none in a code block", () => {
    assert.deepEqual(valuesOf("State: A\nStatus: B\nStatus: C\n"), { State: "A", Status: "B" });
    assert.deepEqual(valuesOf("```yaml\nStatus: A\n````\nState: X"), { State: "X" });
    assert.deepEqual(valuesOf("~~~\n```\nStatus: A\n~~~ no\nStatus: B\n~~~~\nStatus: C"), { Status: "C" });
    assert.deepEqual(valuesOf("```\nStatus: A"), {});
  });
});

describe("withValues", () => {
  it("changes the value and nothing else", () => {
    const body = "# A\r\n\r\n- **Status:**   APPROVED  \r\nState: X\r\n\r\nStatus: text\r\n";
    assert.equal(fill(body, { Status: "DONE" }), body.replace("APPROVED", "DONE"));
    assert.equal(fill(body, { Status: "APPROVED", State: "X" }), body);
    assert.equal(fill(body, { State: "" }), body.replace("State: X", "State:"));
    assert.equal(fill(body, { State: null }), body.replace("State: X\r\n", ""));
  });

  const places: [what: string, body: string, with_: string][] = [
    ["below the first heading", "\n# A\n\nText\n", "\n# A\n\nStatus: X\n\nText\n"],
    ["below a heading with text right under it", "# A\nText\n", "# A\n\nStatus: X\n\nText\n"],
    ["below a heading that is all", "# A", "# A\n\nStatus: X\n"],
    ["below the last of the others", "# A\n\nState: S\nText\n", "# A\n\nState: S\nStatus: X\nText\n"],
    ["below one that ends the body", "State: S", "State: S\nStatus: X\n"],
    ["at the beginning where there is no heading", "Text\n", "Status: X\n\nText\n"],
    ["in an empty body", "", "Status: X\n"],
    ["with the line breaks of the body", "# A\r\n\r\nText\r\n", "# A\r\n\r\nStatus: X\r\n\r\nText\r\n"],
  ];
  for (const [what, body, expected] of places) {
    it(`puts a new line ${what}`, () => assert.equal(fill(body, { Status: "X" }), expected));
  }

  const line = fc.constantFrom(
    "Status: A",
    "Status:",
    "- **Status:**  B ",
    "State: C",
    "State:\tD\r",
    "# H",
    "Text",
    "",
    "```",
    "~~~~",
    "Status:X",
    "  ",
    "**State**: ",
    "Status: a\u00a0",
    "State: a\u2028b",
    "State:\u3000",
    "Status: a\rb",
  );
  const bodies = fc
    .tuple(fc.array(line, { maxLength: 12 }), fc.boolean())
    .map(([lines, ends]) => lines.join("\n") + (ends ? "\n" : ""));
  const value = fc.constantFrom("A", "B c", "x: y", "#", "```");

  it("is undone by taking the values out: once is as good as twice", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const bare = withoutValues(body, find(body));
        assert.equal(withoutValues(bare, find(bare)), bare);
        assert.deepEqual(Object.keys(valuesOf(bare)), Object.keys(valuesOf(body)), "the lines stay");
        assert.ok(Object.values(valuesOf(bare)).every((held) => held === ""));
        const back = fill(bare, valuesOf(body));
        assert.deepEqual(valuesOf(back), valuesOf(body));
        assert.equal(withoutValues(back, find(back)), bare);
      }),
      RUNS,
    );
  });

  it("holds what was asked for, and keeps every other line", () => {
    fc.assert(
      fc.property(bodies, value, (body, wanted) => {
        const after = fill(body, { Status: wanted });
        if (body.includes("```") || body.includes("~~~")) {
          // A code block that is never closed swallows what is put below it.
          if (!find(body).has("Status")) return;
        }
        assert.equal(valuesOf(after).Status, wanted);
        assert.equal(valuesOf(after).State, valuesOf(body).State);
        const rest = (text: string) =>
          text
            .split(/\r?\n/)
            .map((one) => one.trim())
            .filter((one) => one !== "" && !one.includes("Status"));
        assert.deepEqual(rest(after), rest(body));
      }),
      RUNS,
    );
  });
});

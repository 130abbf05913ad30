import assert from "node:assert/strict";
import { test } from "node:test";
import { type Decision, decide, type Facts } from "./decide.ts";

type Sign = "·" | "=" | "Δ" | "?" | "!";
const FACT = { "·": "absent", "=": "same", Δ: "changed", "?": "unknown", "!": "invalid" } as const;

const cases: [base: "B" | "·", hub: "·" | "=" | "Δ", replica: Sign, agree: boolean, decision: Decision][] = [
  ["·", "·", "·", false, "nothing"],
  ["·", "Δ", "·", false, "create-in-store"],
  ["·", "·", "Δ", false, "create-in-hub"],
  ["·", "Δ", "Δ", true, "adopt"],
  ["·", "Δ", "Δ", false, "merge"],
  ["B", "=", "=", true, "nothing"],
  ["B", "Δ", "=", false, "write-store"],
  ["B", "=", "Δ", false, "write-hub"],
  ["B", "Δ", "Δ", true, "adopt"],
  ["B", "Δ", "Δ", false, "merge"],
  ["B", "·", "=", false, "delete-in-store"],
  ["B", "=", "·", false, "tombstone"],
  ["B", "·", "Δ", false, "delete-against-edit"],
  ["B", "Δ", "·", false, "delete-against-edit"],
  ["B", "·", "·", false, "forget"],
];

for (const [base, hub, replica, agree, decision] of cases) {
  test(`base ${base} hub ${hub} replica ${replica}${agree ? " agreeing" : ""}: ${decision}`, () => {
    assert.equal(decide({ base: base === "B", hub: FACT[hub], replica: FACT[replica], agree }), decision);
  });
}

test("what could not be read, or is no document, is decided by nothing else", () => {
  for (const base of [true, false]) {
    for (const hub of ["absent", "same", "changed"] as const) {
      for (const agree of [true, false]) {
        const decided = (replica: Facts["replica"]) => decide({ base, hub, replica, agree });
        assert.equal(decided("unknown"), "defer");
        assert.equal(decided("invalid"), "quarantine");
      }
    }
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { valveTrips } from "./valve.ts";
import vectors from "./valve-vectors.json" with { type: "json" };

for (const { name, trips, share, atLeast, ...counts } of vectors) {
  test(`${name}: ${trips ? "halts" : "goes on"}`, () => {
    assert.equal(valveTrips(counts, { share, atLeast }), trips);
  });
}

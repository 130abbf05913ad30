import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalDate, canonicalInstant, instantLike } from "./times.ts";

test("instants and dates agree with Date where Date can follow", () => {
  const years = { min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z") };
  fc.assert(
    fc.property(fc.date({ ...years, noInvalidDate: true }), (when) => {
      const instant = canonicalInstant(when.toISOString()) ?? assert.fail();
      assert.equal(new Date(instant).getTime(), when.getTime());
      assert.equal(canonicalInstant(instant), instant);
      assert.equal(canonicalDate(when.toISOString().slice(0, 10)), when.toISOString().slice(0, 10));
    }),
  );
});

const alike: [like: string, canonical: string, written: string][] = [
  ["2024-01-31", "2024-02-01T00:00:00Z", "2024-02-01"],
  ["2024-01-31", "2024-02-01T10:30:00Z", "2024-02-01T10:30:00Z"],
  ["2024-01-31 10:00:00 +0200", "2024-02-01T10:30:00Z", "2024-02-01 12:30:00 +0200"],
  ["2024-01-31 10:00", "2024-02-01T10:30:00Z", "2024-02-01 10:30"],
  ["2024-01-31 10:00", "2024-02-01T10:30:05Z", "2024-02-01 10:30:05"],
  [
    "2024-01-31T10:00:00.500-05:30",
    "2024-02-01T02:00:00Z",
    "2024-01-31T20:30:00.000-05:30".replace(".000", ""),
  ],
  ["soon", "2024-02-01T10:30:00Z", "2024-02-01T10:30:00Z"],
  ["2024-01-31 10:00:00", "0044-03-15T12:00:00Z BC", "0044-03-15T12:00:00Z BC"],
];

for (const [like, canonical, written] of alike) {
  test(`${canonical} as ${like} was written`, () => {
    const text = instantLike(canonical, like);
    assert.equal(canonicalInstant(text), canonical);
    if (!like.includes(".")) assert.equal(text, written);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stats } from "./directory-disk.ts";
import { stampedVersion, stampOf } from "./directory-stamps.ts";

const SECOND = 1_000_000_000n;
const changedAt = 1_000_000n * SECOND;
const stats = { size: 3n, mtimeNs: changedAt, ctimeNs: changedAt, ino: 7n, dev: 1n, mode: 0n } as Stats;
const later = Number(changedAt / 1_000_000n) + 60_000;

test("a file that looks as it did is what it was; any difference makes it unknown", () => {
  const stamp = stampOf(stats, "v", later);
  assert.equal(stampedVersion(stamp, stats), "v");
  assert.equal(stampedVersion(JSON.parse(JSON.stringify(stamp)), stats), "v", "kept as JSON");
  assert.equal(stampedVersion(undefined, stats), undefined);
  for (const other of [
    { size: 4n },
    { mtimeNs: changedAt + 1n },
    { mtimeNs: changedAt - SECOND },
    // Edited, and its time set back: only the change time tells.
    { ctimeNs: changedAt + 1n },
    { ino: 8n },
  ]) {
    assert.equal(stampedVersion(stamp, { ...stats, ...other }), undefined, Object.keys(other)[0]);
  }
});

test("a file that was read within two seconds of its change, or before it, is not believed", () => {
  const changed = Number(changedAt / 1_000_000n);
  for (const [at, expected] of [
    [changed - 1000, undefined],
    [changed, undefined],
    [changed + 2000, undefined],
    [changed + 2001, "v"],
  ] as const) {
    assert.equal(stampedVersion(stampOf(stats, "v", at), stats), expected, String(at - changed));
  }
});

/** A short torture, and the controls: naive designs that the same oracle must find fault with. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Cluster, openCluster } from "./cluster.ts";
import { playControl, playProtected } from "./controls.ts";
import type { Report } from "./torture.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** In a process of its own, as the command is: a test runner takes the driver's own lost promises for failures. */
async function storm(seed: number): Promise<Report> {
  const argv = ["run", "-A", "scripts/torture.ts", "--seconds", "6", "--workers", "3", "--json"];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...argv, "--seed", String(seed)], {
      cwd: ROOT,
    });
    return reportIn(stdout);
  } catch (error) {
    // A verdict that is not clean ends with 1, too; anything else says why on stderr.
    const { stdout = "", stderr = String(error) } = error as { stdout?: string; stderr?: string };
    if (stdout.trim() === "") throw new Error(`the storm ended without a verdict:\n${stderr}`);
    return reportIn(stdout);
  }
}

const reportIn = (stdout: string) => JSON.parse(stdout.trim().split("\n").at(-1)!) as Report;

test("while everything goes wrong, nothing is lost, nothing goes backward, all comes together", async (t) => {
  const report = await storm(1);
  const { lost, backward_writes, deadlocks, unconverged, resurrected, missed, examples, ...rest } = report;
  t.diagnostic(JSON.stringify(rest));
  assert.deepEqual(
    { lost, backward_writes, deadlocks, unconverged, resurrected, missed },
    { lost: 0, backward_writes: 0, deadlocks: 0, unconverged: 0, resurrected: 0, missed: 0 },
    examples.join("\n"),
  );
  assert.ok(rest.events > 0 && rest.leases > 0, "something happened");
  assert.ok(rest.kills.postmaster > 0 && rest.kills.workers > 0, "something went wrong");
});

describe("controls", () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await openCluster();
  });
  after(() => cluster?.stop());

  test("with its protections the hub comes through all of their scenes", async () => {
    const { events, examples, ...counts } = await playProtected({ cluster, database: "protected" });
    const none = { lost: 0, backward_writes: 0, deadlocks: 0, unconverged: 0, resurrected: 0 };
    assert.deepEqual(counts, none, examples.join("\n"));
    assert.ok(events > 0);
  });
  test("a cursor over ids loses what commits late", async () => {
    const report = await playControl("cursor-over-id", { cluster, database: "cursor" });
    assert.ok(report.lost > 0 && report.unconverged > 0, JSON.stringify(report));
  });
  test("an upsert in the trigger deadlocks the user's transactions", async () => {
    const report = await playControl("upsert-in-trigger", { cluster, database: "upsert" });
    assert.ok(report.deadlocks > 0, JSON.stringify(report));
  });
  test("a late worker who is believed puts an old value back", async () => {
    const report = await playControl("no-fence", { cluster, database: "fence" });
    assert.ok(report.backward_writes > 0, JSON.stringify(report));
  });
  test("an upload without compare-and-swap overwrites what nobody has read", async () => {
    const report = await playControl("no-cas", { cluster, database: "cas" });
    assert.ok(report.backward_writes > 0 && report.lost > 0, JSON.stringify(report));
  });
});

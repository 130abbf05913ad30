/** What people read: one line per collection, one line per outcome, and the whole as JSON. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Garden, startGarden } from "../scripts/testing/garden.ts";

const GOOD = "---\nname: One\nstatus: active\n---\n";

let garden: Garden;
before(async () => {
  garden = await startGarden();
  await garden.upload("users/v/parts/good.md", GOOD);
  await garden.upload("users/v/parts/both.md", GOOD);
  await garden.drain();
  await garden.upload("users/v/parts/bad.md", "---\nname: [\n---\n");
  await garden.upload("users/v/parts/both.md", GOOD.replace("One", "Two"));
  await garden.sql.query("update public.parts set name = 'Three' where slug = 'both'");
  await garden.upload("readme.md", "hello");
  await garden.drain();
  await garden.upload("users/v/parts/later.md", GOOD);
});
after(() => garden.stop());

test("status: one line per collection, with all that is not in sync", async () => {
  const [{ oldest_pending_at, ...line }, ...more] = (await garden.sql.query(
    "select * from frontrow.status",
  )) as [Record<string, unknown>];
  assert.deepEqual(more, []);
  assert.ok(oldest_pending_at instanceof Date);
  assert.deepEqual(line, {
    collection: "parts",
    documents: 2,
    pending: 1,
    quarantined: 1,
    conflicts: 1,
    halts: 0,
    in_flight: 0,
  });
});

test("sync_logs: what became of each document, with the reason where there is one", async () => {
  const lines = await garden.sql.query<{
    event_type: string;
    status: string;
    message: string;
    details: { path: string; code: string | null };
  }>("select event_type, status, message, details from frontrow.sync_logs order by id");
  const said = lines.map(({ event_type, status, details }) =>
    `${details.path.slice(14)} ${event_type} ${status} ${details.code ?? ""}`.trim(),
  );
  assert.deepEqual(said.sort(), [
    "bad.md parts:quarantined error FRONT_MATTER_INVALID",
    "both.md parts:conflict attention",
    "both.md parts:created success",
    "good.md parts:created success",
  ]);
  assert.ok(lines.every(({ message }) => message.length > 0));
});

test("sync_state: the last run that did something", async () => {
  await garden.sql.query("select frontrow.sweep()");
  const state = Object.fromEntries(
    (
      await garden.sql.query<{ key: string; value: unknown }>("select key, value from frontrow.sync_state")
    ).map(({ key, value }) => [key, value]),
  );
  const run = state.last_run as { cause: string; counts: unknown; finished_at: string };
  assert.deepEqual([run.cause, run.counts], ["test", { quarantined: 1, conflict: 1 }]);
  assert.ok(run.finished_at);
  assert.ok(state.sweep && state.backfill);
});

test("the report: all of it, or one collection's", async () => {
  const report = await garden.hub.report();
  const [parts] = report.collections;
  assert.deepEqual([parts!.rows, parts!.objects, parts!.ignored, parts!.pending], [2, 4, 1, 1]);
  assert.equal(report.quarantine[0]!.path, "users/v/parts/bad.md");
  assert.deepEqual(
    report.conflicts.map(({ path, overlapping }) => [path, overlapping]),
    [["users/v/parts/both.md", [{ column: "name" }]]],
  );
  assert.deepEqual(report.last24Hours, { runs: 2, failed: 0 });
  assert.equal(report.running, false);
  assert.deepEqual((await garden.hub.report("another")).collections, []);
  assert.deepEqual((await garden.hub.report("another")).quarantine, []);
});

test("the log: outcomes after the one last seen, oldest first", async () => {
  const all = await garden.hub.log(0);
  assert.equal(all.length, 4);
  assert.deepEqual(await garden.hub.log(all[1]!.id), all.slice(2));
  assert.deepEqual(await garden.hub.log(all[3]!.id), []);
});

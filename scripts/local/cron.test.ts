/** The pg_cron stand-in; its SQL half also holds for the real extension. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startCron } from "./cron.ts";
import { parseSchedule } from "./cron-schedule.ts";
import type { Stack } from "./stack.ts";
import { openTarget, remote, type Target } from "./test-target.ts";

let target: Target;
let stack: Stack;
const skip = remote;
const sql = (text: string, params: unknown[] = []) => stack.sql.query(text, params);

before(async () => {
  if (skip) return;
  target = await openTarget();
  stack = target.local!;
  await stack.sql.exec(
    "drop table if exists public.cron_ticks; create table public.cron_ticks (n serial, who text)",
  );
});
after(async () => await target?.stop());

const cases: [schedule: string, at: string, matches: boolean][] = [
  ["* * * * *", "2026-01-01T00:00Z", true],
  ["*/15 * * * *", "2026-01-01T10:45Z", true],
  ["*/15 * * * *", "2026-01-01T10:46Z", false],
  ["5 4 * * *", "2026-01-01T04:05Z", true],
  ["0 0 1 jan *", "2026-01-01T00:00Z", true],
  ["0 9-17/4 * * mon-fri", "2026-01-05T13:00Z", true],
  ["0 9 * * mon-fri", "2026-01-04T09:00Z", false],
  ["0 0 13 * 5", "2026-02-06T00:00Z", true],
  ["0 0 $ * *", "2026-02-28T00:00Z", true],
  ["0 0 $ * *", "2026-02-27T00:00Z", false],
  ["0 0 * * 7", "2026-01-04T00:00Z", true],
];
for (const [schedule, at, matches] of cases) {
  test(`"${schedule}" ${matches ? "is" : "is not"} due at ${at}`, () => {
    const parsed = parseSchedule(schedule);
    assert.equal("matches" in parsed && parsed.matches(new Date(at)), matches);
  });
}

test("schedule by name replaces; unschedule ends it; an unknown name and a bad schedule raise", {
  skip,
}, async () => {
  const [a] = await sql("select cron.schedule('job', '* * * * *', 'select 1') as id");
  const [b] = await sql("select cron.schedule('job', '*/5 * * * *', 'select 2') as id");
  assert.equal(a!.id, b!.id);
  const [job] = await sql("select schedule, command, active from cron.job where jobname = 'job'");
  assert.deepEqual(job, { schedule: "*/5 * * * *", command: "select 2", active: true });
  assert.equal((await sql("select cron.unschedule('job') as done"))[0]!.done, true);
  await assert.rejects(sql("select cron.unschedule('job')"), /could not find valid entry for job 'job'/);
  await assert.rejects(sql("select cron.schedule('job', 'nonsense', 'select 1')"), /invalid schedule/);
});

test("seconds schedules: 1 to 59", { skip }, async (t) => {
  if (
    stack.cron.kind === "real" &&
    (await sql("select extversion < '1.5' as old from pg_extension where extname = 'pg_cron'"))[0]!.old
  )
    return t.skip("pg_cron before 1.5");
  await sql("select cron.schedule('seconds', '30 seconds', 'select 1')");
  await assert.rejects(sql("select cron.schedule('seconds', '60 seconds', 'select 1')"), /invalid schedule/);
  await sql("select cron.unschedule('seconds')");
});

test("tick runs every active job now, as its owner, and records the run", { skip }, async () => {
  await stack.sql.exec("grant all on public.cron_ticks, public.cron_ticks_n_seq to hosted_postgres");
  await stack.sql.transaction(async (tx) => {
    await tx.exec("set local role hosted_postgres");
    await tx.query(
      "select cron.schedule('tick', '1 0 1 1 *', 'insert into public.cron_ticks (who) values (current_user)')",
    );
  });
  await sql("select cron.schedule('broken', '1 0 1 1 *', 'select 1 / 0')");
  const runs = (await stack.cron.tick()).map(({ jobname, status, return_message }) => [
    jobname,
    status,
    return_message,
  ]);
  assert.deepEqual(runs, [
    ["tick", "succeeded", "OK"],
    ["broken", "failed", "ERROR:  division by zero"],
  ]);
  assert.deepEqual(
    (await sql("select who from public.cron_ticks")).map((row) => row.who),
    ["hosted_postgres"],
  );
  const details = await sql(
    "select status, username, end_time >= start_time as ended from cron.job_run_details order by runid desc limit 2",
  );
  assert.deepEqual(details, [
    { status: "failed", username: "postgres", ended: true },
    { status: "succeeded", username: "hosted_postgres", ended: true },
  ]);
  assert.equal((await sql("select current_user::text as me"))[0]!.me, "postgres");
  await sql("select cron.unschedule('broken')");
  assert.equal((await stack.cron.tick("tick")).length, 1);
  await assert.rejects(stack.cron.tick("nope"), /No active cron job/);
  await sql("delete from cron.job");
});

test("at most one instance of a job runs: two ticks at once are one run", { skip }, async () => {
  await sql("truncate public.cron_ticks");
  await sql(
    "select cron.schedule('one', '1 0 1 1 *', 'insert into public.cron_ticks (who) values (''one'')')",
  );
  // The job goes on until both have looked for it: otherwise the second may rightly run it again.
  const bothLooked = Promise.withResolvers<void>();
  let looks = 0;
  const cron = startCron(
    {
      ...stack.sql,
      async query(text, params) {
        const rows = await stack.sql.query(text, params);
        if (text.includes("from cron.job where active") && ++looks === 2) bothLooked.resolve();
        return rows as never;
      },
      async exec(text) {
        await bothLooked.promise;
        await stack.sql.exec(text);
      },
    },
    { timer: false },
  );
  const [a, b] = await Promise.all([cron.tick("one"), cron.tick("one")]);
  assert.deepEqual([a.length, b.length], [1, 1]);
  assert.equal((await sql("select from public.cron_ticks")).length, 1);
  await sql("delete from cron.job");
});

test("due jobs start once per span; a running job is not started again", {
  skip: skip || (process.env.DATABASE_URL ? "stand-in only" : false),
}, async () => {
  await sql(
    "select cron.schedule('span', '30 seconds', 'insert into public.cron_ticks (who) values (''span'')')",
  );
  await sql(
    "select cron.schedule('minute', '* * * * *', 'insert into public.cron_ticks (who) values (''minute'')')",
  );
  const start = Math.ceil(Date.now() / 60_000) * 60_000 + 60_000;
  const due = async (seconds: number) => {
    const runs = await Promise.all(await stack.cron.startDue(new Date(start + seconds * 1000)));
    return runs.map((run) => run.jobname);
  };
  assert.deepEqual(await due(-1), ["minute"]); // a new minute; the span begins when it is first seen
  assert.deepEqual(await due(0), ["minute"]);
  assert.deepEqual(await due(28), []);
  assert.deepEqual(await due(29), ["span"]);
  assert.deepEqual(await due(31), []);
  assert.deepEqual(await due(60), ["span", "minute"]);
  const both = await Promise.all([
    stack.cron.startDue(new Date(start + 300_000)),
    stack.cron.startDue(new Date(start + 300_000)),
  ]);
  await Promise.all(both.flat());
  assert.equal(both.flat().length, 2);
  await sql("delete from cron.job");
});

test("the stand-in can be told from nothing, and from the real one", { skip }, async () => {
  const [{ real }] = (await sql(
    "select exists (select from pg_extension where extname = 'pg_cron') as real",
  )) as [{ real: boolean }];
  assert.equal(real, stack.cron.kind === "real");
  if (!real) assert.equal((await sql("select cron.frontrow_standin_version() as v"))[0]!.v, "1.6");
});

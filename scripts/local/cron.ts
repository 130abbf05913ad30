import { parseSchedule, type Schedule } from "./cron-schedule.ts";
import type { Sql } from "./database/sql.ts";

interface Job {
  jobid: number;
  schedule: string;
  command: string;
  database: string;
  username: string;
  jobname: string | null;
}

/** One finished run, as `cron.job_run_details` has it. */
export interface CronRun {
  jobid: number;
  jobname: string | null;
  status: "succeeded" | "failed";
  return_message: string;
}

export interface CronRunner {
  /**
   * Runs every active job (or the named one) now, due or not, one after another, and waits for them. A job that is
   * running already is waited for and not started again. Works beside the real pg_cron, too.
   * @throws when `jobname` is given and no active job has it
   */
  tick(jobname?: string): Promise<CronRun[]>;
  /** Starts what is due at `now`; what the timer calls each second. Returns the runs started. */
  startDue(now: Date): Promise<Promise<CronRun>[]>;
  stop(): Promise<void>;
}

/**
 * The runner of the pg_cron stand-in: at most one running instance per job, one row per run in
 * `cron.job_run_details`. A run that comes due while its job runs is dropped (the real one counts those of
 * minute-type jobs and runs them back to back).
 * @param timer whether to look for due jobs each second
 */
export function startCron(sql: Sql, { timer }: { timer: boolean }): CronRunner {
  const running = new Map<number, Promise<CronRun>>();
  const lastStart = new Map<number, number>();
  const schedules = new Map<string, Schedule>();
  let lastMinute = Math.floor(Date.now() / 60_000);
  let stopped = false;
  let looking: Promise<unknown> | undefined;

  const activeJobs = () =>
    sql.query<Job>(
      "select jobid, schedule, command, database, username, jobname from cron.job where active order by jobid",
    );
  const start = (job: Job): Promise<CronRun> => {
    const run = running.get(job.jobid) ?? runJob(sql, job).finally(() => running.delete(job.jobid));
    running.set(job.jobid, run);
    run.catch(() => {}); // reported to whoever waits; a closed database at shutdown concerns nobody
    return run;
  };

  async function startDue(now: Date): Promise<Promise<CronRun>[]> {
    const minute = Math.floor(now.getTime() / 60_000);
    const newMinute = minute > lastMinute;
    lastMinute = Math.max(minute, lastMinute);
    const started: Promise<CronRun>[] = [];
    for (const job of await activeJobs()) {
      const schedule = schedules.get(job.schedule) ?? parseSchedule(job.schedule);
      schedules.set(job.schedule, schedule);
      if (!lastStart.has(job.jobid)) lastStart.set(job.jobid, now.getTime()); // first seen
      const due =
        "everySeconds" in schedule
          ? now.getTime() - lastStart.get(job.jobid)! >= schedule.everySeconds * 1000
          : newMinute && schedule.matches(new Date(minute * 60_000));
      if (!due || running.has(job.jobid)) continue;
      lastStart.set(job.jobid, now.getTime());
      started.push(start(job));
    }
    return started;
  }

  const interval = timer
    ? setInterval(() => {
        looking ??= startDue(new Date())
          .catch((error) => {
            if (!stopped) console.error("pg_cron stand-in:", error);
          })
          .finally(() => {
            looking = undefined;
          });
      }, 1000)
    : undefined;

  return {
    startDue,
    async tick(jobname) {
      const jobs = (await activeJobs()).filter((job) => jobname === undefined || job.jobname === jobname);
      if (jobname !== undefined && jobs.length === 0)
        throw new Error(`No active cron job is named "${jobname}"`);
      const runs: CronRun[] = [];
      for (const job of jobs) runs.push(await start(job));
      return runs;
    },
    async stop() {
      stopped = true;
      clearInterval(interval);
      await looking;
      await Promise.allSettled(running.values());
    },
  };
}

async function runJob(sql: Sql, job: Job): Promise<CronRun> {
  const [details] = await sql.query<{ runid: number; own: boolean }>(
    `insert into cron.job_run_details (jobid, database, username, command, status, start_time)
    values ($1, $2, $3, $4, 'running', clock_timestamp()) returning runid, username = current_user as own`,
    [job.jobid, job.database, job.username, job.command],
  );
  let status: CronRun["status"] = "succeeded";
  let message = "OK";
  try {
    // Several statements in one text are one transaction, so a failure also takes the role back.
    const as = `"${job.username.replaceAll('"', '""')}"`;
    await sql.exec(details!.own ? job.command : `set role ${as};\n${job.command};\nreset role;`);
  } catch (error) {
    status = "failed";
    message = `ERROR:  ${(error as Error).message}`;
  }
  await sql.query(
    "update cron.job_run_details set status = $2, return_message = $3, end_time = clock_timestamp() where runid = $1",
    [details!.runid, status, message],
  );
  return { jobid: job.jobid, jobname: job.jobname, status, return_message: message };
}

/** A PostgreSQL of the torture's own, whose log is read. */
import type { Query } from "../local/database/sql.ts";
import { hasPostgres, startPostgres, type TestPostgres } from "../local/postgres.ts";
import { cleanUpAtEnd } from "./children.ts";

export interface Cluster {
  postgres: TestPostgres;
  /** Deadlocks in the server's log until now, whoever was cancelled, and whether or not somebody caught the error. */
  deadlocks(sql: Query): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts a throw-away cluster, with the real pg_cron where it is installed. With fsync, so that "committed" needs no
 * explanation; a killed postmaster would be survived without it, too, as the page cache is the kernel's.
 */
export async function openCluster(): Promise<Cluster> {
  const log = readLog();
  const extensions: "pg_cron"[] = (await hasPostgres({ extensions: ["pg_cron"] })) ? ["pg_cron"] : [];
  const postgres = await startPostgres({ fsync: true, extensions, log: log.read });
  const forget = cleanUpAtEnd(() => postgres.stop());
  return {
    postgres,
    async deadlocks(sql) {
      // What was logged before this mark has arrived when the mark has.
      const mark = `torture: mark ${crypto.randomUUID()}`;
      const marked = log.until(mark);
      await sql.exec(`do $$ begin raise warning '${mark}'; end $$`);
      await marked;
      return log.deadlocks();
    },
    async stop() {
      await postgres.stop();
      forget();
    },
  };
}

function readLog() {
  let deadlocks = 0;
  let rest = "";
  const awaited = new Map<string, () => void>();
  return {
    deadlocks: () => deadlocks,
    read(text: string) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (/(ERROR|WARNING):.*deadlock detected/.test(line)) deadlocks++;
        for (const [mark, arrived] of awaited) if (line.includes(mark)) arrived();
      }
    },
    until: (mark: string) =>
      new Promise<void>((arrived) => {
        awaited.set(mark, () => {
          awaited.delete(mark);
          arrived();
        });
      }),
  };
}

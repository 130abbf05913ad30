/** What was done here, by whom, when. */
import type { LocalHub, LocalRun } from "../../shared/replica/local-hub.ts";
import type { Sql } from "./sql.ts";

/** Runs that are remembered. */
const MOST_RUNS = 1000;

export function createRuns(sql: Sql): Pick<LocalHub, "log" | "runs"> {
  return {
    log: ({ verb, author, counts, error, startedAt, milliseconds }) =>
      sql.transaction(() => {
        sql.run(
          "insert into runs (verb, author, counts, error, started_at, milliseconds) values (?, ?, ?, ?, ?, ?)",
          verb,
          author,
          JSON.stringify(counts),
          error,
          startedAt,
          milliseconds,
        );
        sql.run("delete from runs where id <= (select max(id) from runs) - ?", MOST_RUNS);
      }),
    runs: (most) =>
      sql
        .all("select * from runs order by id desc limit ?", most)
        .map(({ verb, author, counts, error, started_at, milliseconds }) => {
          const run = { verb, author, counts: JSON.parse(counts as string), error, startedAt: started_at };
          return { ...run, milliseconds } as LocalRun;
        }),
  };
}

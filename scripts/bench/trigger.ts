/** What capture adds to a user's own statement. With and without take turns, statement by statement in one connection. */
import { atMost, type BenchOptions, type Figures, median, round } from "./case.ts";
import { openGround } from "./server.ts";

const ROWS = 100_000;
const SINGLES = 400;

export async function bench({ runs = 5, progress }: BenchOptions): Promise<Figures> {
  const ground = await openGround();
  const { sql } = ground.project.stack;
  // Nobody is woken: what is measured is the statement, not the worker that follows.
  await sql.exec("delete from vault.secrets");
  await sql.exec(`insert into public.parts (user_id, slug, name, status)
    select 'bench', 'r' || i, 'Row', 'active' from generate_series(1, ${ROWS}) as i`);
  await sql.exec("truncate frontrow.dirty; analyze public.parts;");
  const time = async (run: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await run();
    return (performance.now() - started) * 1000;
  };
  let charge = 0;
  const single = async (): Promise<void> => {
    for (let i = 0; i < SINGLES; i++)
      await sql.query("update public.parts set charge = $1 where user_id = 'bench' and slug = 'r7'", [
        (++charge % 100) / 100,
      ]);
  };
  const bulk = () => sql.query("update public.parts set charge = $1", [(++charge % 100) / 100]);
  const taken = {
    single: { with: [] as number[], without: [] as number[] },
    bulk: { with: [] as number[], without: [] as number[] },
  };
  try {
    await single();
    for (let run = 0; run < runs; run++) {
      for (const mode of ["without", "with"] as const) {
        const verb = mode === "with" ? "enable" : "disable";
        await sql.exec(`alter table public.parts ${verb} trigger frontrow_capture_update`);
        taken.single[mode].push((await time(single)) / SINGLES);
        taken.bulk[mode].push((await time(bulk)) / ROWS);
        await sql.exec("truncate frontrow.dirty");
        await sql.exec("vacuum full public.parts");
      }
      progress(`${run + 1} of ${runs}`);
    }
  } finally {
    await ground.stop();
  }
  const [single1, single0] = [median(taken.single.with), median(taken.single.without)];
  const [bulk1, bulk0] = [median(taken.bulk.with), median(taken.bulk.without)];
  return {
    database: ground.database,
    runs,
    single_row_us: { with: round(single1), without: round(single0) },
    bulk_us_per_row: { with: round(bulk1), without: round(bulk0) },
    targets: [
      atMost("single-row update, added percent", ((single1 - single0) / single0) * 100, { aim: 10 }),
      atMost("100,000-row update, added µs per row", bulk1 - bulk0, { aim: 15 }),
    ],
  };
}

/** The changes whose capture is measured, on `public.parts` and its twin, and on objects. */
import type { Sql, Stack } from "../local/stack.ts";

export interface Change {
  name: string;
  /** Whether a worker is awake, so that nobody is rung. */
  isAwake?: boolean;
  /** `nth`: the how-manieth statement it is, or how many rows. */
  run(sql: Sql, isCaptured: boolean, nth: number): Promise<unknown>;
}

const table = (isCaptured: boolean): string => (isCaptured ? "public.parts" : "public.parts_twin");
const slug = (nth: number): string => `r${(nth % 2000) + 1}`;
const UPDATE = (isCaptured: boolean, set: string) =>
  `update ${table(isCaptured)} set ${set} where user_id = 'bench' and slug = $2`;

const touch: Change["run"] = (sql, isCaptured, nth) =>
  sql.query(UPDATE(isCaptured, "charge = $1"), [(nth % 100) / 100, slug(nth)]);

/** As PostgREST and Storage send it: with the request's claims, in a transaction. */
async function asRequest(sql: Sql, text: string, values: readonly unknown[]): Promise<void> {
  await sql.transaction(async (tx) => {
    await tx.query(
      "select set_config('request.jwt.claims', $1, true), set_config('request.headers', $2, true)",
      [
        JSON.stringify({ sub: "4ad9ef0a-11c0-4bd0-b9a8-f1e9a8a9f2a1", role: "authenticated" }),
        JSON.stringify({ "user-agent": "bench", "x-client-info": "supabase-js/2.0", host: "localhost" }),
      ],
    );
    await tx.query(text, values);
  });
}

const OBJECT = `insert into storage.objects (bucket_id, name, version, metadata)
  values ($1, $2, $3, '{"size": 100, "eTag": "x", "mimetype": "text/markdown"}')
  on conflict (bucket_id, name) do update set version = excluded.version`;

export const SINGLES: readonly Change[] = [
  { name: "an update", isAwake: true, run: touch },
  { name: "an update that rings", run: touch },
  {
    name: "an update by PostgREST",
    isAwake: true,
    run: (sql, isCaptured, nth) =>
      asRequest(sql, UPDATE(isCaptured, "charge = $1"), [(nth % 100) / 100, slug(nth)]),
  },
  {
    name: "an update of an unmapped column",
    isAwake: true,
    run: (sql, isCaptured, nth) =>
      sql.query(UPDATE(isCaptured, "created_at = to_timestamp($1)"), [nth, slug(nth)]),
  },
  {
    name: "an insert",
    isAwake: true,
    run: (sql, isCaptured, nth) =>
      sql.query(
        `insert into ${table(isCaptured)} (user_id, slug, name, status) values ('new', $1, 'N', 'active')`,
        [`n${nth}`],
      ),
  },
  {
    name: "an upload's row",
    isAwake: true,
    run: (sql, isCaptured, nth) =>
      asRequest(sql, OBJECT, [
        isCaptured ? "content" : "unwatched",
        `users/new/parts/${slug(nth)}.md`,
        crypto.randomUUID(),
      ]),
  },
];

const whole = (name: string, text: string): Change => ({
  name,
  run: (sql, isCaptured) => sql.query(text.replace("$table", table(isCaptured))),
});

/** In this order: each finds the rows the one before left. */
export const BULK: readonly Change[] = [
  {
    name: "insert",
    run: (sql, isCaptured, rows) =>
      sql.query(
        `insert into ${table(isCaptured)} (user_id, slug, name, status, body)
        select 'bulk', 'r' || i, 'Row', 'active', repeat('A line of text. ', 40) from generate_series(1, $1::int) as i`,
        [rows],
      ),
  },
  whole("update", "update $table set charge = 0.5 where user_id = 'bulk'"),
  whole("update of an unmapped column", "update $table set created_at = now() where user_id = 'bulk'"),
  whole("delete", "delete from $table where user_id = 'bulk'"),
];

/** A table like the captured one, and a bucket like the watched one. */
export async function addTwin(sql: Sql): Promise<void> {
  await sql.exec(`create table public.parts_twin (like public.parts including all);
    create trigger parts_touch before update on public.parts_twin for each row execute function public.parts_touch();
    insert into storage.buckets (id, name) values ('unwatched', 'unwatched');`);
  for (const isCaptured of [true, false])
    await sql.query(`insert into ${table(isCaptured)} (user_id, slug, name, status, body)
      select 'bench', 'r' || i, 'Row', 'active', repeat('A line of text. ', 40) from generate_series(1, 2000) as i`);
  await sql.exec("analyze public.parts; analyze public.parts_twin;");
}

/** The doorbell rings as ever, and nobody takes its requests off the queue; nor does cron sweep. */
export async function pgNetQueues({ net, sql }: Stack): Promise<void> {
  await net.stop();
  await sql.exec("select cron.unschedule(jobid) from cron.job");
}

export async function beAwake(sql: Sql): Promise<void> {
  await sql.query(
    "insert into frontrow.runs (id, worker, cause, heartbeat_at) values (gen_random_uuid(), 'bench', 'bench', now() + interval '1 hour')",
  );
}

/** As it was before the changes, and nobody awake. */
export async function clear(sql: Sql): Promise<void> {
  await sql.exec(`truncate frontrow.runs, net.http_request_queue;
    delete from public.parts where user_id = 'new'; delete from public.parts_twin where user_id = 'new';`);
  await vacuum(sql);
}

export async function vacuum(sql: Sql): Promise<void> {
  await sql.exec("truncate frontrow.dirty");
  for (const name of ["public.parts", "public.parts_twin", "storage.objects"])
    await sql.exec(`vacuum ${name}`);
}

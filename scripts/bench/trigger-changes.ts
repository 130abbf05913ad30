/** The changes whose capture is measured, on `public.parts` and its twins, and on objects. */
import type { Sql, Stack } from "../local/stack.ts";

/**
 * `with` capture, `without` any, and the `floor`: a trigger that only appends the paths to a log, in a few lines. It does
 * not see whether anything that matters changed, wakes nobody, and fails the user's statement when it fails.
 */
export const SIDES = ["with", "without", "floor"] as const;
export type Side = (typeof SIDES)[number];

export interface Change {
  name: string;
  /** Whether a worker is awake, so that nobody is rung. */
  isAwake?: boolean;
  /** `nth`: the how-manieth statement it is, or how many rows. */
  run(sql: Sql, side: Side, nth: number): Promise<unknown>;
}

const TABLES: Record<Side, string> = {
  with: "public.parts",
  without: "public.parts_twin",
  floor: "public.parts_floor",
};
const BUCKETS: Record<Side, string> = { with: "content", without: "unwatched", floor: "floor" };
const slug = (nth: number): string => `r${(nth % 2000) + 1}`;
const UPDATE = (side: Side, set: string) =>
  `update ${TABLES[side]} set ${set} where user_id = 'bench' and slug = $2`;

const touch: Change["run"] = (sql, side, nth) =>
  sql.query(UPDATE(side, "charge = $1"), [(nth % 100) / 100, slug(nth)]);

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
    run: (sql, side, nth) => asRequest(sql, UPDATE(side, "charge = $1"), [(nth % 100) / 100, slug(nth)]),
  },
  {
    name: "an update of an unmapped column",
    isAwake: true,
    run: (sql, side, nth) => sql.query(UPDATE(side, "created_at = to_timestamp($1)"), [nth, slug(nth)]),
  },
  {
    name: "an insert",
    isAwake: true,
    run: (sql, side, nth) =>
      sql.query(
        `insert into ${TABLES[side]} (user_id, slug, name, status) values ('new', $1, 'N', 'active')`,
        [`n${nth}`],
      ),
  },
  {
    name: "an upload's row",
    isAwake: true,
    run: (sql, side, nth) =>
      asRequest(sql, OBJECT, [BUCKETS[side], `users/new/parts/${slug(nth)}.md`, crypto.randomUUID()]),
  },
];

const whole = (name: string, text: string): Change => ({
  name,
  run: (sql, side) => sql.query(text.replace("$table", TABLES[side])),
});

/** In this order: each finds the rows the one before left. */
export const BULK: readonly Change[] = [
  {
    name: "insert",
    run: (sql, side, rows) =>
      sql.query(
        `insert into ${TABLES[side]} (user_id, slug, name, status, body)
        select 'bulk', 'r' || i, 'Row', 'active', repeat('A line of text. ', 40) from generate_series(1, $1::int) as i`,
        [rows],
      ),
  },
  whole("update", "update $table set charge = 0.5 where user_id = 'bulk'"),
  whole("update of an unmapped column", "update $table set created_at = now() where user_id = 'bulk'"),
  whole("delete", "delete from $table where user_id = 'bulk'"),
];

/** Tables like the captured one, and buckets like the watched one. */
export async function addTwins(sql: Sql): Promise<void> {
  for (const side of ["without", "floor"] as const)
    await sql.exec(`create table ${TABLES[side]} (like public.parts including all);
      create trigger parts_touch before update on ${TABLES[side]} for each row execute function public.parts_touch();
      insert into storage.buckets (id, name) values ('${BUCKETS[side]}', '${BUCKETS[side]}');`);
  const path = "'users/' || r.user_id || '/parts/' || r.slug || '.md'";
  await sql.exec(`
    create table public.floor_log (id bigint generated always as identity primary key, path text not null, store text not null);
    create function public.floor_rows() returns trigger language plpgsql security definer set search_path = '' as $$
    begin
      if tg_op = 'DELETE' then
        insert into public.floor_log (path, store) select ${path}, 'table' from old_rows as r;
      else
        insert into public.floor_log (path, store) select ${path}, 'table' from new_rows as r;
      end if;
      return null;
    end $$;
    create function public.floor_object() returns trigger language plpgsql security definer set search_path = '' as $$
    begin
      insert into public.floor_log (path, store) values (new.name, 'bucket');
      return null;
    end $$;
    create trigger floor_insert after insert on public.parts_floor referencing new table as new_rows
      for each statement execute function public.floor_rows();
    create trigger floor_update after update on public.parts_floor referencing old table as old_rows new table as new_rows
      for each statement execute function public.floor_rows();
    create trigger floor_delete after delete on public.parts_floor referencing old table as old_rows
      for each statement execute function public.floor_rows();
    create trigger floor_object after insert or update on storage.objects for each row
      when (new.bucket_id = 'floor') execute function public.floor_object();`);
  for (const table of Object.values(TABLES)) {
    await sql.query(`insert into ${table} (user_id, slug, name, status, body)
      select 'bench', 'r' || i, 'Row', 'active', repeat('A line of text. ', 40) from generate_series(1, 2000) as i`);
    await sql.exec(`analyze ${table}`);
  }
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
  await sql.exec("truncate frontrow.runs, net.http_request_queue");
  for (const table of Object.values(TABLES)) await sql.exec(`delete from ${table} where user_id = 'new'`);
  await vacuum(sql);
}

export async function vacuum(sql: Sql): Promise<void> {
  await sql.exec("truncate frontrow.dirty, public.floor_log");
  for (const name of [...Object.values(TABLES), "storage.objects"]) await sql.exec(`vacuum ${name}`);
}

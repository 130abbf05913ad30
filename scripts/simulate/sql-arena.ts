/** The arena of the real SQL: PGlite, the migrations, and a bucket whose requests are transactions on storage.objects. */
import { resolveConfig } from "../../shared/collections/mod.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { register } from "../../shared/sync/register.ts";
import type { Query } from "../local/database/sql.ts";
import { drainInOrder } from "../testing/effects.ts";
import { directHub, endWaits, type Garden, startGarden } from "../testing/garden.ts";
import { type SqlBucket, sqlBucket } from "../testing/sql-bucket.ts";
import {
  type Arena,
  type Attention,
  type FileChange,
  keyOf,
  pathOf,
  type Row,
  type RowChange,
  type RowTrigger,
  STILL,
  STILL_TEXT,
} from "./arena.ts";
import { configOf } from "./world.ts";

const TRIGGERS = `
  create table public.sim_counter (n int not null); insert into public.sim_counter values (0);
  create function public.sim_shout() returns trigger language plpgsql as $$
    begin new.name := upper(new.name); if new.body <> '' then new.body := rtrim(new.body, e'\\n') || e'\\n'; end if; return new; end $$;
  create function public.sim_trim() returns trigger language plpgsql as $$
    begin new.name := btrim(new.name); new.body := btrim(new.body, e' \\n'); return new; end $$;
  create function public.sim_count() returns trigger language plpgsql security definer as $$
    declare at int; begin
      update public.sim_counter set n = n + 1 returning n into at;
      new.body := regexp_replace(new.body, '\\n?<!-- written \\d+ -->\\n', e'\\n') || '<!-- written ' || at || e' -->\\n';
      return new; end $$;`;

export async function openSqlArena(): Promise<Arena> {
  const garden = await startGarden({ config: configOf(0) });
  await garden.sql.exec(TRIGGERS);
  const arena = new SqlArena(garden);
  await arena.plant();
  return arena;
}

class SqlArena implements Arena {
  readonly name = "sql";
  readonly lacks: Arena["lacks"] = new Set(["transactions", "clock"] as const);
  readonly hub: Arena["hub"];
  config: Arena["config"];
  bindings: ReadonlyMap<string, Binding>;
  readonly #garden: Garden;
  readonly #bucket: SqlBucket;
  readonly #lost = new Map<string, Uint8Array>();
  #policies = 0;
  #trigger: RowTrigger = "none";

  constructor(garden: Garden) {
    this.#garden = garden;
    this.#bucket = sqlBucket(garden.sql);
    this.hub = directHub(garden.sql);
    this.config = garden.config;
    this.bindings = garden.bindings;
  }

  get #sql() {
    return this.#garden.sql;
  }

  bucket() {
    return this.#bucket;
  }

  async configure(policies: number): Promise<void> {
    if (policies === this.#policies) return;
    this.#policies = policies;
    this.config = resolveConfig(configOf(policies));
    this.bindings = await register(this.hub, this.config);
  }

  readonly files: Arena["files"] = {
    text: (path) => this.#bucket.text(path),
    exists: async (path) => {
      const found = await this.#sql.query("select from storage.objects where name = $1", [path]);
      return found.length > 0;
    },
    write: async (changes) => {
      for (const change of changes) await this.#writeFile(change);
    },
    list: async (prefix) => {
      const found = await this.#sql.query<{ name: string }>(
        "select name from storage.objects where starts_with(name, $1) order by name",
        [prefix],
      );
      return found.map(({ name }) => name);
    },
    stale: (path) => {
      this.#bucket.stale.set(path, new TextEncoder().encode("---\nname: stale\nstatus: active\n---\n"));
    },
    lose: async (path) => {
      const [row] = await this.#sql.query<{ version: string }>(
        "select version from storage.objects where name = $1",
        [path],
      );
      const body = row && this.#bucket.bodies.get(row.version);
      if (!body) return;
      this.#lost.set(row.version, body);
      this.#bucket.bodies.delete(row.version);
    },
    lie: (path) => {
      this.#bucket.lies.add(path);
    },
    heal: async () => {
      for (const [version, body] of this.#lost) this.#bucket.bodies.set(version, body);
      this.#lost.clear();
    },
  };

  async #writeFile(change: FileChange): Promise<void> {
    if (change.op === "put") return await this.#bucket.put(change.path, change.text);
    if (change.op === "drop") return await this.#bucket.drop(change.path);
    const text = await this.#bucket.text(change.path);
    const version = crypto.randomUUID();
    this.#bucket.bodies.set(version, new TextEncoder().encode(text ?? ""));
    await this.#sql.query("update storage.objects set name = $2, version = $3 where name = $1", [
      change.path,
      change.to,
      version,
    ]);
  }

  readonly rows: Arena["rows"] = {
    row: async (path) => {
      const { user, slug } = keyOf(path);
      const [row] = await this.#sql.query<Row & { status: string }>(
        `select name, status::text, tags, notes, body from public.parts
         where user_id = $1 and slug = $2 and deleted_at is null`,
        [user, slug],
      );
      return row ?? null;
    },
    wire: async (path) => {
      const [wire] = await this.#sql.query<{ fields: Record<string, unknown>; body: string | null }>(
        "select v.fields, v.body from frontrow.collections as c, frontrow.read_rows(c, array[$1]) as v",
        [path],
      );
      return wire ?? null;
    },
    write: (changes) =>
      this.#sql.transaction(async (tx) => {
        for (const change of changes) await writeRow(tx, change);
      }),
    begin: () => Promise.reject(new Error("PGlite has one connection")),
    list: async (user) => {
      const found = await this.#sql.query<{ user_id: string; slug: string }>(
        "select user_id, slug from public.parts where deleted_at is null and starts_with(user_id, $1) order by 1, 2",
        [user],
      );
      return found.map(({ user_id, slug }) => pathOf(user_id, slug));
    },
    trigger: async (name: RowTrigger) => {
      if (name === this.#trigger) return;
      this.#trigger = name;
      await this.#sql.exec("drop trigger if exists sim_rewrites on public.parts");
      if (name === "none") return;
      await this.#sql.exec(
        `create trigger sim_rewrites before insert or update on public.parts for each row execute function public.sim_${name}()`,
      );
    },
  };

  async blind(write: () => Promise<void>): Promise<void> {
    await this.#triggers("disable");
    try {
      await write();
    } finally {
      await this.#triggers("enable");
    }
  }

  #triggers(verb: "enable" | "disable"): Promise<unknown> {
    return this.#sql.exec(
      `alter table public.parts ${verb} trigger all; alter table storage.objects ${verb} trigger all`,
    );
  }

  now(): number {
    return 0;
  }

  async advance(milliseconds: number): Promise<void> {
    if (milliseconds >= 90_000) await this.expire();
  }

  expire(): Promise<void> {
    return endWaits(this.#sql);
  }

  async sweep(): Promise<void> {
    await this.#sql.query("select frontrow.sweep()");
  }

  async status() {
    const [status] = await this.#sql.query<Record<string, number>>(
      `select documents::int, pending::int, quarantined::int, conflicts::int, halts::int, in_flight::int as "inFlight"
       from frontrow.status`,
    );
    return status as unknown as Awaited<ReturnType<Arena["status"]>>;
  }

  async attention(): Promise<Attention> {
    const [found] = await this.#sql.query<{
      data: Record<"quarantined" | "conflicts", string[]> & Pick<Attention, "halts">;
    }>(
      `select jsonb_build_object(
        'quarantined', coalesce((select jsonb_agg(path) from frontrow.quarantine), '[]'),
        'conflicts', coalesce((select jsonb_agg(path) from frontrow.conflicts where state = 'open'), '[]'),
        'halts', coalesce((select jsonb_agg(jsonb_build_object('id', h.id, 'kind', h.kind,
          'paths', array(select i.path from frontrow.halt_items as i where i.halt = h.id order by i.path)) order by h.id)
          from frontrow.halts as h where h.state = 'open'), '[]')) as data`,
    );
    const { quarantined, conflicts, halts } = found!.data;
    return {
      quarantined: new Set(quarantined),
      conflicts: new Set(conflicts),
      halted: new Set(halts.flatMap(({ paths }) => paths)),
      halts,
    };
  }

  async disputed(): Promise<Set<string>> {
    const found = await this.#sql.query<{ path: string }>("select distinct path from frontrow.conflicts");
    return new Set(found.map(({ path }) => path));
  }

  async kept(user: string): Promise<string> {
    const rows = await this.#sql.query(
      `select path, text from frontrow.revisions where path like $1 union all select path, text from frontrow.documents where path like $1
       union all select path, concat_ws('|', base_text, file_text, row_text) from frontrow.conflicts where path like $1`,
      [`users/${user}%`],
    );
    return JSON.stringify(rows);
  }

  async state(user: string): Promise<unknown> {
    return await this.#sql.query(
      `select path, revision::text as at from frontrow.documents where path like $1
       union all select name, version from storage.objects where name like $1
       union all select slug, updated_at::text from public.parts where user_id like $2 order by 1, 2`,
      [`users/${user}%`, `${user}%`],
    );
  }

  /** Those that no schedule touches singly. */
  async plant(): Promise<void> {
    for (const path of STILL) await this.#bucket.put(path, STILL_TEXT);
    await this.expire();
    await drainInOrder({ hub: this.hub, bucket: () => this.#bucket, bindings: this.bindings });
  }

  async clear(): Promise<void> {
    const others = "path not like 'users/still/%'";
    await this.#sql.transaction((tx) =>
      tx.exec(`
      set local storage.allow_delete_query = 'true';
      alter table public.parts disable trigger all;
      alter table storage.objects disable trigger all;
      delete from public.parts where user_id <> 'still';
      delete from storage.objects where name not like 'users/still/%';
      alter table public.parts enable trigger all;
      alter table storage.objects enable trigger all;
      delete from frontrow.documents where ${others};
      delete from frontrow.bases where ${others};
      delete from frontrow.revisions where ${others};
      truncate frontrow.dirty, frontrow.leases, frontrow.quarantine, frontrow.conflicts, frontrow.halts, frontrow.halt_items,
        frontrow.intents, frontrow.flows, frontrow.runs, frontrow.run_items;`),
    );
    this.#bucket.stale.clear();
    this.#bucket.lies.clear();
    this.#lost.clear();
    const { documents } = await this.status();
    if (documents < STILL.length) await this.plant();
  }

  stop(): Promise<void> {
    return this.#garden.stop();
  }
}

async function writeRow(tx: Query, change: RowChange): Promise<void> {
  if (change.op === "truncate") {
    await tx.exec("truncate public.parts");
    return;
  }
  const { user, slug } = keyOf(change.path);
  const where = "where user_id = $1 and slug = $2";
  if (change.op === "delete") await tx.query(`delete from public.parts ${where}`, [user, slug]);
  else if (change.op === "hide") {
    await tx.query(`update public.parts set deleted_at = now() ${where}`, [user, slug]);
  } else if (change.op === "rename") {
    const to = keyOf(change.to);
    await tx.query(`delete from public.parts ${where} and deleted_at is not null`, [to.user, to.slug]);
    await tx.query(`update public.parts set user_id = $3, slug = $4 ${where}`, [
      user,
      slug,
      to.user,
      to.slug,
    ]);
  } else if (change.op === "put") await putRow(tx, user, slug, change.set);
}

async function putRow(tx: Query, user: string, slug: string, set: Partial<Row>): Promise<void> {
  const values = Object.entries(set).map(([column, value]) => [
    column,
    column === "notes" && value ? JSON.stringify(value) : value,
  ]);
  const cast = (column: unknown) =>
    column === "notes" ? "::text::jsonb" : column === "status" ? "::public.part_status" : "";
  const columns = values.map(([column]) => column);
  const [live] = await tx.query(
    "select from public.parts where user_id = $1 and slug = $2 and deleted_at is null",
    [user, slug],
  );
  if (live) {
    const sets = columns.map((column, i) => `${column} = $${i + 3}${cast(column)}`);
    await tx.query(`update public.parts set ${sets.join(", ")} where user_id = $1 and slug = $2`, [
      user,
      slug,
      ...values.map(([, value]) => value),
    ]);
    return;
  }
  const places = columns.map((column, i) => `$${i + 3}${cast(column)}`);
  const excluded = columns.map((column) => `${column} = excluded.${column}`);
  await tx.query(
    `insert into public.parts (user_id, slug, ${columns.join(", ")}) values ($1, $2, ${places.join(", ")})
     on conflict (user_id, slug) do update set ${[...excluded, "deleted_at = null"].join(", ")}`,
    [user, slug, ...values.map(([, value]) => value)],
  );
}

/** The hub of sql/ passes the contract: on PGlite, and on the PostgreSQL that DATABASE_URL names. */
import { directHub, endWaits, type Garden, openValve, startGarden } from "../../scripts/testing/garden.ts";
import { testHub } from "./test-hub.ts";
import type { Cells, Ground } from "./test-hub-ground.ts";

testHub("postgres", async () => groundOf(await startGarden({ config: openValve })));

function groundOf(garden: Garden): Ground {
  const { sql, client } = garden;
  const files = client.storage.from("content");
  const keyIn = (path: string): [user: string, slug: string] => {
    const [, user, slug] = /^users\/([^/]+)\/\w+\/(.+)\.md$/.exec(path)!;
    return [user!, slug!];
  };
  const triggers = (verb: "enable" | "disable") =>
    sql.exec(`alter table public.parts ${verb} trigger all; alter table storage.objects ${verb} trigger all`);
  return {
    hub: directHub(sql),
    bucket: (name) => garden.bucket(name),
    files: {
      put: (path, text) => garden.upload(path, text),
      drop: (path) => garden.remove(path),
      async move(from, to) {
        const { error } = await files.move(from, to);
        if (error) throw error;
      },
      text: (path) => garden.read(path),
      async hollow(path) {
        await sql.query("update storage.objects set version = gen_random_uuid()::text where name = $1", [
          path,
        ]);
      },
    },
    rows: {
      async put(path, cells) {
        const key = keyIn(path);
        const names = Object.keys(cells);
        const values = names.map((name) => cells[name]);
        const is = "user_id = $1 and slug = $2";
        const sets = names.map((name, i) => `${name} = $${i + 3}`).join(", ");
        const found = await sql.query(`update public.parts set ${sets} where ${is} returning id`, [
          ...key,
          ...values,
        ]);
        if (found.length > 0) return;
        const places = names.map((_, i) => `, $${i + 3}`).join("");
        await sql.query(
          `insert into public.parts (user_id, slug${names.map((name) => `, ${name}`).join("")}) values ($1, $2${places})`,
          [...key, ...values],
        );
      },
      async delete(path) {
        await sql.query("delete from public.parts where user_id = $1 and slug = $2", keyIn(path));
      },
      async hide(path) {
        await sql.query(
          "update public.parts set deleted_at = now() where user_id = $1 and slug = $2",
          keyIn(path),
        );
      },
      async move(from, to) {
        await sql.query("update public.parts set slug = $3 where user_id = $1 and slug = $2", [
          ...keyIn(from),
          keyIn(to)[1],
        ]);
      },
      truncate: () => sql.exec("truncate public.parts"),
      async get(path) {
        const [row] = await sql.query<Cells>(
          "select name, status, tags, body from public.parts where user_id = $1 and slug = $2 and deleted_at is null",
          keyIn(path),
        );
        return row ?? null;
      },
      shout: (on) =>
        sql.exec(
          on
            ? `create function public.shout() returns trigger language plpgsql as $$ begin new.name := upper(new.name); return new; end $$;
               create trigger shout before insert or update on public.parts for each row execute function public.shout();`
            : "drop trigger shout on public.parts; drop function public.shout();",
        ),
    },
    async blind(write) {
      await triggers("disable");
      try {
        await write();
      } finally {
        await triggers("enable");
      }
    },
    async sweep() {
      await sql.query("select frontrow.sweep()");
    },
    endWaits: () => endWaits(sql),
    async history(path) {
      return await sql.query(
        `select r.revision::int as revision, r.store, r.deleted,
           case when not r.deleted then coalesce(r.text, d.text) end as text
         from frontrow.revisions as r join frontrow.documents as d using (collection, path)
         where path = $1 order by r.revision`,
        [path],
      );
    },
    clear: () =>
      sql.transaction((tx) =>
        tx.exec(`
          set local storage.allow_delete_query = 'true';
          alter table public.parts disable trigger all;
          alter table storage.objects disable trigger all;
          delete from public.parts;
          delete from storage.objects;
          alter table public.parts enable trigger all;
          alter table storage.objects enable trigger all;
          do $$
          declare
            entry record;
          begin
            for entry in select c.oid::regclass as name from pg_class as c
              where c.relnamespace = 'frontrow'::regnamespace and c.relkind = 'r' and c.relname not in ('collections', 'audit')
            loop
              execute format('delete from %s', entry.name);
            end loop;
          end $$;`),
      ),
    stop: () => garden.stop(),
  };
}

/**
 * The journal: what really happened, written down by the database itself in the transaction in which it happened. Every
 * committed write of an object or a row is here with what it replaced, whether its writer ever heard of it or not.
 */
import type { Sql } from "../local/database/sql.ts";
import { COLLECTIONS } from "./config.ts";

export interface Entry {
  store: "file" | "row";
  /** Frontrow's own write. */
  engine: boolean;
  /** null: nothing was there. */
  oldPath: string | null;
  /** null: deleted. */
  newPath: string | null;
  /** The content before and after: a file's text, a row's JSON. */
  before: string | null;
  after: string | null;
  /** Frontrow's write of a file replaced another version than the one it was meant for. */
  isBlind: boolean;
}

/** Header of a foreign Storage request: the versions its writer saw, by path, as JSON; null: nothing was there. */
export const SEEN = "x-torture-seen";

const MONITOR = `
create schema torture;
grant usage on schema torture to public;
create sequence torture.token;
create table torture.journal (
  id bigint generated always as identity primary key,
  store text not null, engine boolean not null, old_path text, new_path text,
  old_version text, new_version text, is_blind boolean not null default false,
  old_row jsonb, new_row jsonb
);
create table torture.weather (user_errors double precision not null);
insert into torture.weather values (0);

-- AFTER, as the fence: only there is OLD what was really replaced. A foreign request whose writer saw something else is
-- refused, as a careful editor would have it, so that every foreign write has seen what it replaces.
create function torture.watch_object() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  headers jsonb := nullif(current_setting('request.headers', true), '')::jsonb;
  intent uuid := (headers ->> 'x-frontrow-intent')::uuid;
  seen jsonb := (headers ->> '${SEEN}')::jsonb;
  replaced text := case when tg_op <> 'INSERT' then old.version end;
  named text := case when tg_op = 'INSERT' then new.name else old.name end;
  meant text;
begin
  if intent is null and seen is not null and seen ->> named is distinct from replaced then
    raise exception 'torture: % is not what its writer saw', named using errcode = '42501';
  end if;
  if intent is not null then
    select base_version into meant from frontrow.intents where id = intent;
  end if;
  insert into torture.journal (store, engine, old_path, new_path, old_version, new_version, is_blind)
  values ('file', intent is not null, case when tg_op <> 'INSERT' then old.name end,
    case when tg_op <> 'DELETE' then new.name end, replaced, case when tg_op <> 'DELETE' then new.version end,
    intent is not null and meant is distinct from replaced);
  return null;
end $$;
create trigger torture_insert_delete after insert or delete on storage.objects
  for each row execute function torture.watch_object();
create trigger torture_update after update on storage.objects for each row
  when (old.version is distinct from new.version or old.name is distinct from new.name)
  execute function torture.watch_object();

create function torture.watch_row() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  insert into torture.journal (store, engine, old_path, new_path, old_row, new_row)
  values ('row', coalesce(current_setting('frontrow.origin', true), '') = 'frontrow',
    case when tg_op <> 'INSERT' then tg_argv[0] || '/' || old.slug || '.md' end,
    case when tg_op <> 'DELETE' then tg_argv[0] || '/' || new.slug || '.md' end,
    case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
  return null;
end $$;

-- A user's trigger that fails now and then, for everybody.
create function torture.fail_at_random() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if random() < (select user_errors from torture.weather) then
    raise exception 'the user''s trigger has a bad day';
  end if;
  return new;
end $$;
${COLLECTIONS.map(
  (name) => `
create trigger torture_watch after insert or update or delete on public.${name}
  for each row execute function torture.watch_row('${name}');
create trigger torture_fail before insert or update on public.${name}
  for each row execute function torture.fail_at_random();`,
).join("\n")}`;

export function installMonitor(sql: Sql): Promise<void> {
  return sql.exec(MONITOR);
}

interface Line {
  store: "file" | "row";
  engine: boolean;
  old_path: string | null;
  new_path: string | null;
  old_version: string | null;
  new_version: string | null;
  is_blind: boolean;
  old_text: string | null;
  new_text: string | null;
}

/** The whole journal, oldest first. `textOf`: the bytes that were stored under a version, whatever became of them. */
export async function readJournal(
  sql: Sql,
  textOf: (version: string) => Promise<string | null>,
): Promise<Entry[]> {
  const lines = await sql.query<Line>(
    `select store, engine, old_path, new_path, old_version, new_version, is_blind,
      old_row::text as old_text, new_row::text as new_text from torture.journal order by id`,
  );
  const text = async (version: string | null) => (version === null ? null : await textOf(version));
  const entries: Entry[] = [];
  for (const line of lines) {
    entries.push({
      store: line.store,
      engine: line.engine,
      oldPath: line.old_path,
      newPath: line.new_path,
      before: line.store === "row" ? line.old_text : await text(line.old_version),
      after: line.store === "row" ? line.new_text : await text(line.new_version),
      isBlind: line.is_blind,
    });
  }
  return entries;
}

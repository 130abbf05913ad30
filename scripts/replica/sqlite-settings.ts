/** What a clone remembers of itself: settings, and the ids that were set aside for it. */
import type { IdBlock } from "../../shared/ids/mod.ts";
import type { LocalHub } from "../../shared/replica/local-hub.ts";
import type { Sql } from "./sql.ts";

type Settings = Pick<LocalHub, "get" | "set" | "settings" | "reserved" | "reserve">;

export function createSettings(sql: Sql): Settings {
  return {
    get: (key) => (sql.get("select value from settings where key = ?", key)?.value ?? null) as string | null,
    set(key, value) {
      if (value === null) sql.run("delete from settings where key = ?", key);
      else sql.run("insert or replace into settings (key, value) values (?, ?)", key, value);
    },

    settings: (prefix) =>
      sql
        .all(
          "select key, value from settings where substr(key, 1, ?) = ? order by key",
          prefix.length,
          prefix,
        )
        .map(({ key, value }) => [key as string, value as string]),
    reserved: (collection) =>
      sql.get("select first, last, next from id_blocks where collection = ?", collection) as IdBlock | null,
    reserve: (collection, { first, last, next }) =>
      void sql.run(
        "insert or replace into id_blocks (collection, first, last, next) values (?, ?, ?, ?)",
        collection,
        first,
        last,
        next,
      ),
  };
}

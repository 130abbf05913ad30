/** What the folder's files looked like when they were read. */
import type { LocalHub } from "../../shared/replica/local-hub.ts";
import type { Stamp } from "../../shared/stores/directory-stamps.ts";
import type { Sql } from "./sql.ts";

export function createStamps(sql: Sql): Pick<LocalHub, "stamps" | "saveStamps"> {
  return {
    stamps: () =>
      new Map(
        sql
          .all("select * from stamps")
          .map(({ path, ...stamp }) => [path as string, stamp as unknown as Stamp]),
      ),
    saveStamps: (stamps) =>
      sql.transaction(() => {
        const known = new Map(
          sql.all("select path, mtime, at from stamps").map((row) => [row.path as string, row]),
        );
        for (const path of known.keys())
          if (!stamps.has(path)) sql.run("delete from stamps where path = ?", path);
        for (const [path, { version, size, mtime, ctime, ino, at: when }] of stamps) {
          if (known.get(path)?.at === when) continue;
          sql.run(
            "insert or replace into stamps (path, version, size, mtime, ctime, ino, at) values (?, ?, ?, ?, ?, ?, ?)",
            path,
            version,
            size,
            mtime,
            ctime,
            ino,
            when,
          );
        }
      }),
  };
}

/** The origin's news that are not merged yet: one for each document, the newest. */
import type { Incoming, LocalHub } from "../../shared/replica/local-hub.ts";
import type { Row, Sql } from "./sql.ts";

export function createIncoming(sql: Sql): Pick<LocalHub, "receive" | "incoming" | "incomingOf"> {
  return {
    receive: (items, cursor) =>
      sql.transaction(() => {
        for (const { collection, path, revision, text, author, at: when } of items)
          sql.run(
            `insert into incoming (collection, path, revision, text, author, at)
             select ?1, ?2, ?3, ?4, ?5, ?6 where not exists (select 1 from documents
               where collection = ?1 and path = ?2 and cast(peer_version as integer) >= ?3)
             on conflict (collection, path) do update set revision = excluded.revision, text = excluded.text,
               author = excluded.author, at = excluded.at where excluded.revision > incoming.revision`,
            collection,
            path,
            revision,
            text,
            author,
            when,
          );
        if (cursor !== null)
          sql.run("insert or replace into settings (key, value) values (?, ?)", cursor.key, cursor.value);
      }),
    incoming: () => sql.all("select * from incoming order by seq").map(incomingOf),
    incomingOf({ collection, path }) {
      const row = sql.get("select * from incoming where collection = ? and path = ?", collection, path);
      return row && incomingOf(row);
    },
  };
}

function incomingOf({ collection, path, revision, text, author, at }: Row): Incoming {
  return { collection, path, revision, text, author, at } as Incoming;
}

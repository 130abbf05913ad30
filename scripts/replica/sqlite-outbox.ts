/** The outbox: which documents wait to be pushed, and which request each is part of once it is on its way. */
import { type DocumentName, keyOf } from "../../shared/hub/peer-hub.ts";
import type { LocalHub, OutboxItem } from "../../shared/replica/local-hub.ts";
import type { Row, Sql } from "./sql.ts";

type Outbox = Pick<LocalHub, "nextRequest" | "accepted" | "returned"> & {
  /** Puts a document there when the origin has another text, and takes it out when it has the same. */
  enqueue(name: DocumentName): void;
};

export function createOutbox(sql: Sql): Outbox {
  function enqueue({ collection, path }: DocumentName): void {
    const row = sql.get(
      "select revision, deleted, peer_version, peer_revision from documents where collection = ? and path = ?",
      collection,
      path,
    );
    if (row === null) return;
    const isAhead = row.peer_version === null ? row.deleted === 0 : row.revision !== row.peer_revision;
    // What is on its way may arrive: then this is news again.
    const isSent = sql.get(
      "select 1 from outbox where collection = ? and path = ? and request is not null",
      collection,
      path,
    );
    if (isAhead || isSent)
      sql.run("insert or ignore into outbox (collection, path) values (?, ?)", collection, path);
    else
      sql.run("delete from outbox where collection = ? and path = ? and request is null", collection, path);
  }

  function itemOf({ collection, path, revision, expected }: Row): OutboxItem {
    const text = sql.get(
      `select case when r.deleted = 0 then coalesce(r.text, d.text) end as text
       from revisions as r join documents as d using (collection, path)
       where r.collection = ? and r.path = ? and r.revision = ?`,
      collection!,
      path!,
      revision!,
    );
    return { collection, path, revision, expected, text: text?.text ?? null } as OutboxItem;
  }

  const sentItems = (request: string): OutboxItem[] =>
    sql.all("select * from outbox where request = ? order by seq", request).map(itemOf);

  return {
    enqueue,

    nextRequest: (most, skip) =>
      sql.transaction(() => {
        const isSkipped = (row: Row): boolean =>
          skip.has(keyOf({ collection: row.collection as string, path: row.path as string }));
        // One that was not answered goes out again, just as it was.
        const open = sql
          .all("select distinct request from outbox where request is not null order by seq")
          .map(({ request }) => ({ request: request as string, items: sentItems(request as string) }))
          .find(({ items }) => !items.some((item) => skip.has(keyOf(item))));
        if (open !== undefined) return open;
        const rows = sql.all(
          `select o.seq, o.collection, o.path, d.revision, cast(d.peer_version as integer) as expected,
            case when d.deleted = 0 then length(d.text) else 0 end as size
          from outbox as o join documents as d using (collection, path)
          where o.request is null
            and not exists (select 1 from outbox as s
              where s.collection = o.collection and s.path = o.path and s.request is not null)
            and not exists (select 1 from incoming as i where i.collection = o.collection and i.path = o.path)
            and not exists (select 1 from conflicts as k
              where k.collection = o.collection and k.path = o.path and k.state = 'open')
            and not exists (select 1 from quarantine as q where q.collection = o.collection and q.path = o.path
              and q.store = 'push' and q.version = cast(d.revision as text))
          order by o.seq limit ?`,
          most.documents + skip.size + 1,
        );
        const request = crypto.randomUUID();
        let bytes = 0;
        let count = 0;
        for (const row of rows) {
          if (isSkipped(row)) continue;
          bytes += row.size as number;
          if (count > 0 && (bytes > most.bytes || count >= most.documents)) break;
          count++;
          sql.run(
            "update outbox set request = ?, revision = ?, expected = ? where seq = ?",
            request,
            row.revision!,
            row.expected!,
            row.seq!,
          );
        }
        return count === 0 ? null : { request, items: sentItems(request) };
      }),

    accepted: (request, name, revision) =>
      sql.transaction(() => {
        const { collection, path } = name;
        const sent = sql.get(
          "delete from outbox where request = ? and collection = ? and path = ? returning revision",
          request,
          collection,
          path,
        );
        // Another process took the same answer in before.
        if (sent === null) return;
        sql.run(
          "update documents set peer_version = ?, peer_revision = ? where collection = ? and path = ?",
          revision === null ? null : String(revision),
          revision === null ? null : sent.revision!,
          collection,
          path,
        );
        if (revision !== null)
          sql.run(
            "delete from incoming where collection = ? and path = ? and revision <= ?",
            collection,
            path,
            revision,
          );
        enqueue(name);
      }),

    returned: (request, name) =>
      sql.transaction(() => {
        const { collection, path } = name;
        const sent = sql.run(
          "delete from outbox where request = ? and collection = ? and path = ?",
          request,
          collection,
          path,
        );
        if (sent > 0) enqueue(name);
      }),
  };
}

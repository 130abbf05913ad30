/** The local hub in one SQLite file. Every call is a transaction that takes the write lock first, and waits for it. */
import { DatabaseSync } from "node:sqlite";
import type { DocumentName } from "../../shared/hub/peer-hub.ts";
import type {
  LocalApply,
  LocalBase,
  LocalDocument,
  LocalEntry,
  LocalHistory,
  LocalHub,
} from "../../shared/replica/local-hub.ts";
import { migrate } from "./schema.ts";
import { createSql } from "./sql.ts";
import { createConflicts } from "./sqlite-conflicts.ts";
import { createIncoming } from "./sqlite-incoming.ts";
import { createOutbox } from "./sqlite-outbox.ts";
import { createQuarantine } from "./sqlite-quarantine.ts";
import { createRuns } from "./sqlite-runs.ts";
import { createSettings } from "./sqlite-settings.ts";
import { createStamps } from "./sqlite-stamps.ts";

/** Milliseconds to wait for another process that writes. */
const BUSY = 10_000;
type Row = Record<string, string | number | null>;

const ENTRY = `
  select d.collection, d.path, d.revision, d.deleted, d.digest, d.directory_version, d.directory_revision,
    d.peer_version, d.peer_revision, i.path is not null as incoming, k.path is not null as conflict,
    q.path is not null as quarantined,
    exists (select 1 from outbox as o where o.collection = d.collection and o.path = d.path) as queued,
    exists (select 1 from outbox as o where o.collection = d.collection and o.path = d.path
      and o.request is not null) as sent`;
const FROM = `
  from documents as d
  left join incoming as i on i.collection = d.collection and i.path = d.path
  left join conflicts as k on k.collection = d.collection and k.path = d.path and k.state = 'open'
  left join quarantine as q on q.collection = d.collection and q.path = d.path`;

/**
 * Opens the hub in `file`, and makes it when it is not there. Deletable: it is rebuilt from the files and the origin.
 * @throws {FrontrowError} `PROTOCOL_MISMATCH`
 */
export function openSqliteHub(file: string, now: () => Date = () => new Date()): LocalHub {
  const db = new DatabaseSync(file);
  // A power cut may take the last transactions, never the file: what they said is found again in the folder and at the
  // origin. A crash of the process takes nothing.
  db.exec(`pragma busy_timeout = ${BUSY}; pragma journal_mode = wal; pragma synchronous = normal`);
  migrate(db, file);
  const sql = createSql(db);
  const at = (): string => now().toISOString();
  const outbox = createOutbox(sql);
  const conflicts = createConflicts(sql, at);
  const quarantine = createQuarantine(sql, at);

  function entryOf(row: Row): LocalEntry {
    return {
      collection: row.collection as string,
      path: row.path as string,
      revision: row.revision as number,
      deleted: row.deleted === 1,
      digest: row.digest as string | null,
      directory: baseOf(row.directory_version, row.directory_revision),
      peer: baseOf(row.peer_version, row.peer_revision),
      queued: row.queued === 1,
      sent: row.sent === 1,
      incoming: row.incoming === 1,
      conflict: row.conflict === 1,
      quarantined: row.quarantined === 1,
    };
  }

  function document({ collection, path }: DocumentName): LocalDocument | null {
    const row = sql.get(`${ENTRY}, d.text ${FROM} where d.collection = ? and d.path = ?`, collection, path);
    return row && { ...entryOf(row), text: row.deleted === 1 ? null : (row.text as string) };
  }

  const revisionOf = ({ collection, path }: DocumentName): number | null =>
    (sql.get("select revision from documents where collection = ? and path = ?", collection, path)
      ?.revision ?? null) as number | null;

  function append(item: LocalApply): void {
    const { collection, path, author, message, tombstone } = item;
    let revision = item.expect ?? 0;
    const add = (text: string | null, digest: string | null, maker: string, by: string | null): void => {
      // The text that was the newest so far moves into the history.
      sql.run(
        `update revisions set text = (select text from documents where collection = ?1 and path = ?2)
         where collection = ?1 and path = ?2 and revision = ?3 and deleted = 0`,
        collection,
        path,
        revision,
      );
      revision++;
      sql.run(
        `insert into revisions (collection, path, revision, maker, author, message, digest, deleted, at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        collection,
        path,
        revision,
        maker,
        by,
        message,
        digest,
        text === null ? 1 : 0,
        at(),
      );
      sql.run(
        `insert into documents (collection, path, revision, text, digest, deleted) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (collection, path) do update set revision = ?3, text = coalesce(?4, text),
           digest = coalesce(?5, digest), deleted = ?6`,
        collection,
        path,
        revision,
        text,
        digest,
        text === null ? 1 : 0,
      );
    };
    for (const one of item.revisions) add(one.text, one.digest, one.maker, one.author);
    if (tombstone) add(null, null, item.taken?.text === null ? "peer" : "directory", author);
  }

  function setBase(
    { collection, path }: DocumentName,
    store: "directory" | "peer",
    base: LocalBase | null,
  ): void {
    sql.run(
      `update documents set ${store}_version = ?, ${store}_revision = ? where collection = ? and path = ?`,
      base?.version ?? null,
      base?.revision ?? null,
      collection,
      path,
    );
  }

  return {
    ...createSettings(sql),
    ...createIncoming(sql),
    ...createRuns(sql),
    ...createStamps(sql),
    ...outbox,
    ...conflicts,
    ...quarantine,

    together: (work) => sql.transaction(work),
    document,
    entries: () => sql.all(`${ENTRY} ${FROM} order by d.collection, d.path`).map(entryOf),
    textOf({ collection, path }, revision) {
      const row = sql.get(
        `select coalesce(r.text, case when d.revision = r.revision then d.text end) as text
         from revisions as r join documents as d using (collection, path)
         where r.collection = ? and r.path = ? and r.revision = ? and r.deleted = 0`,
        collection,
        path,
        revision,
      );
      return (row?.text ?? null) as string | null;
    },
    history: ({ collection, path }) =>
      sql
        .all(
          `select revision, maker, author, message, deleted, digest, at from revisions
           where collection = ? and path = ? order by revision desc`,
          collection,
          path,
        )
        .map((row) => ({ ...row, deleted: row.deleted === 1 }) as unknown as LocalHistory),

    apply: (item) =>
      sql.transaction(() => {
        if (revisionOf(item) !== item.expect) return "stale";
        append(item);
        const { directory, peer, taken, conflict, quarantine: problem } = item;
        if (directory !== undefined) setBase(item, "directory", directory);
        if (peer !== undefined) setBase(item, "peer", peer);
        if (conflict !== undefined) conflicts.note(item, conflict);
        if (taken !== undefined)
          sql.run(
            "delete from incoming where collection = ? and path = ? and revision = ?",
            item.collection,
            item.path,
            taken.revision,
          );
        if (problem !== undefined) quarantine.setQuarantine(item, problem);
        outbox.enqueue(item);
        return "applied";
      }),
    agree: (name, expect, directory) =>
      sql.transaction(() => {
        if (revisionOf(name) !== expect) return "stale";
        setBase(name, "directory", directory);
        return "applied";
      }),
    counts() {
      const one = (text: string): number => sql.get(`select count(*) as n from ${text}`)!.n as number;
      return {
        documents: one("documents where deleted = 0"),
        queued: one("(select distinct collection, path from outbox)"),
        incoming: one("incoming"),
        conflicts: one("conflicts where state = 'open'"),
        quarantined: one("quarantine"),
      };
    },

    close: () => db.close(),
  };
}

function baseOf(version: unknown, revision: unknown): LocalBase | null {
  return version === null ? null : { version: version as string, revision: revision as number };
}

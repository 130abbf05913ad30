/** The local hub's tables, version by version. A hub of an older version is taken forward when it is opened. */
import type { DatabaseSync } from "node:sqlite";
import { FrontrowError } from "../../shared/errors.ts";

/** Each is run once, in order; never edit one that was released. */
const STEPS: readonly string[] = [
  `
  create table settings (key text primary key, value text not null) without rowid, strict;
  create table documents (
    collection text not null, path text not null, revision integer not null, digest text,
    deleted integer not null default 0,
    directory_version text, directory_revision integer, peer_version text, peer_revision integer,
    text text, primary key (collection, path)) strict;
  -- The newest revision's text is kept in documents, once.
  create table revisions (
    collection text not null, path text not null, revision integer not null, maker text not null, author text,
    message text, digest text, deleted integer not null default 0, at text not null,
    text text, primary key (collection, path, revision)) strict;
  create table incoming (
    seq integer primary key autoincrement, collection text not null, path text not null, revision integer not null,
    text text, author text, at text not null, unique (collection, path)) strict;
  create table outbox (
    seq integer primary key autoincrement, collection text not null, path text not null,
    request text, revision integer, expected integer) strict;
  create index outbox_of on outbox (collection, path);
  -- One of them waits, and one may be on its way.
  create unique index outbox_waiting on outbox (collection, path) where request is null;
  create unique index outbox_sent on outbox (collection, path) where request is not null;
  create table conflicts (
    id integer primary key autoincrement, collection text not null, path text not null, state text not null,
    overlapping text not null, decided_by text not null, base text, ours text, theirs text, merged text,
    revision integer not null, peer_revision integer not null, their_author text,
    decision text, decider text, at text not null, resolved_at text) strict;
  create unique index conflicts_open on conflicts (collection, path) where state = 'open';
  create table quarantine (
    collection text not null, path text not null, store text not null, version text not null, code text not null,
    message text not null, line integer, hint text, at text not null,
    primary key (collection, path)) without rowid, strict;
  create table id_blocks (
    collection text primary key, first integer not null, last integer not null, next integer not null)
    without rowid, strict;
  create table runs (
    id integer primary key autoincrement, verb text not null, author text, counts text not null, error text,
    started_at text not null, milliseconds real not null) strict;
  create table stamps (
    path text primary key, version text not null, size text not null, mtime text not null, ctime text not null,
    ino text not null, at real not null) without rowid, strict;
  `,
];

/** "FRoN": what `file` and we know such a database by. */
const APPLICATION = 0x46526f4e;

/** @throws {FrontrowError} `PROTOCOL_MISMATCH` when a newer Frontrow made it, or it is no hub of ours. */
export function migrate(db: DatabaseSync, file: string): void {
  const pragma = (name: string): number => Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0]);
  const check = (): number => {
    const version = pragma("user_version");
    const application = pragma("application_id");
    if ((version > 0 || application !== 0) && application !== APPLICATION)
      throw mismatch(file, "it is another program's database", "Name another folder.");
    if (version > STEPS.length)
      throw mismatch(file, "a newer Frontrow made it", "Update Frontrow, or delete the file: it is rebuilt.");
    return version;
  };
  if (check() === STEPS.length) return;
  // Another process may be at it: whoever comes second finds nothing to do.
  db.exec("begin immediate");
  try {
    for (const step of STEPS.slice(check())) db.exec(step);
    db.exec(`pragma application_id = ${APPLICATION}; pragma user_version = ${STEPS.length}`);
    db.exec("commit");
  } catch (error) {
    db.exec("rollback");
    throw error;
  }
}

function mismatch(file: string, why: string, hint: string): FrontrowError {
  return new FrontrowError("PROTOCOL_MISMATCH", `Cannot open the local hub "${file}", as ${why}.`, {
    path: file,
    hint,
  });
}

/** Conflicts of a clone: both versions, until a person has decided, and afterwards as a record. */
import type { DocumentName } from "../../shared/hub/peer-hub.ts";
import type { LocalConflict, LocalConflictNote, LocalHub } from "../../shared/replica/local-hub.ts";
import type { Row, Sql } from "./sql.ts";

type Conflicts = Pick<LocalHub, "conflicts" | "conflictOf" | "decide"> & {
  /** What a merge came upon; null: nothing, which ends an open one. */
  note(name: DocumentName, found: LocalConflictNote | null): void;
};

export function createConflicts(sql: Sql, now: () => string): Conflicts {
  function note({ collection, path }: DocumentName, found: LocalConflictNote | null): void {
    const state = found?.held ? "open" : "resolved";
    if (state === "resolved") {
      const closed = sql.run(
        `update conflicts set state = 'resolved', resolved_at = ?,
           decided_by = case when decision is null then 'agreement' else 'person' end
         where collection = ? and path = ? and state = 'open'`,
        now(),
        collection,
        path,
      );
      if (found === null || closed > 0) return;
    }
    const { overlapping, decidedBy, base, ours, theirs, merged } = found!;
    const sides = sql.get(
      `select d.revision, coalesce(i.revision, 0) as peer_revision, i.author
       from (select 1) left join documents as d on d.collection = ?1 and d.path = ?2
       left join incoming as i on i.collection = ?1 and i.path = ?2`,
      collection,
      path,
    )!;
    const known = conflictOf({ collection, path });
    if (known?.ours === ours && known?.theirs === theirs && known.revision === (sides.revision ?? 0)) return;
    // It was about other versions than these, which are kept: nothing else may have them.
    sql.run(
      `update conflicts set state = 'resolved', resolved_at = ?, decided_by = 'newer'
       where collection = ? and path = ? and state = 'open'`,
      now(),
      collection,
      path,
    );
    sql.run(
      `insert into conflicts (collection, path, state, overlapping, decided_by, base, ours, theirs, merged, revision,
         peer_revision, their_author, at, resolved_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      collection,
      path,
      state,
      JSON.stringify(overlapping),
      decidedBy,
      base,
      ours,
      theirs,
      merged,
      sides.revision ?? 0,
      sides.peer_revision!,
      sides.author!,
      now(),
      state === "resolved" ? now() : null,
    );
  }

  function conflictOf({ collection, path }: DocumentName): LocalConflict | null {
    const row = sql.get(
      "select * from conflicts where collection = ? and path = ? and state = 'open'",
      collection,
      path,
    );
    return row && asConflict(row);
  }

  return {
    note,
    conflictOf,
    conflicts: (state) =>
      sql
        .all(`select * from conflicts ${state === "open" ? "where state = 'open'" : ""} order by id desc`)
        .map(asConflict),
    decide: (conflict, decision, decider) =>
      void sql.run(
        "update conflicts set decision = ?, decider = ? where id = ? and state = 'open'",
        JSON.stringify(decision),
        decider,
        conflict,
      ),
  };
}

function asConflict(row: Row): LocalConflict {
  const { id, collection, path, state, base, ours, theirs, merged, revision, decider, at } = row;
  return {
    ...({ id, collection, path, state, base, ours, theirs, merged, revision, decider, at } as LocalConflict),
    overlapping: JSON.parse(row.overlapping as string),
    held: state === "open",
    decidedBy: row.decided_by as string,
    peerRevision: row.peer_revision as number,
    theirAuthor: row.their_author as string | null,
    decision: row.decision === null ? null : JSON.parse(row.decision as string),
    resolvedAt: row.resolved_at as string | null,
  };
}

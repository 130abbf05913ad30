/** Statements of one SQLite connection, each prepared once, and transactions that take the write lock at their begin. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

export type Value = string | number | null;
export type Row = Record<string, Value>;

export interface Sql {
  get(text: string, ...values: Value[]): Row | null;
  all(text: string, ...values: Value[]): Row[];
  /** Answers how many rows were changed. */
  run(text: string, ...values: Value[]): number;
  /** Inside another transaction it is a part of that. */
  transaction<Result>(work: () => Result): Result;
}

export function createSql(db: DatabaseSync): Sql {
  const statements = new Map<string, Prepared>();
  let isOpen = false;
  const prepared = (text: string): Prepared => {
    const known = statements.get(text) ?? prepare(db, text);
    statements.set(text, known);
    return known;
  };
  return {
    get(text, ...values) {
      const { statement, order } = prepared(text);
      return (statement.get(...order(values)) as Row | undefined) ?? null;
    },
    all(text, ...values) {
      const { statement, order } = prepared(text);
      return statement.all(...order(values)) as Row[];
    },
    run(text, ...values) {
      const { statement, order } = prepared(text);
      return Number(statement.run(...order(values)).changes);
    },
    transaction(work) {
      if (isOpen) return work();
      db.exec("begin immediate");
      isOpen = true;
      try {
        const result = work();
        db.exec("commit");
        return result;
      } catch (error) {
        db.exec("rollback");
        throw error;
      } finally {
        isOpen = false;
      }
    },
  };
}

interface Prepared {
  statement: StatementSync;
  /** The values, one for each place they go. */
  order(values: Value[]): Value[];
}

/** Numbered places (`?1`) become plain ones, as Node 22 before 22.14 gives them no value. */
function prepare(db: DatabaseSync, text: string): Prepared {
  const places = [...text.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number) - 1);
  if (places.length === 0) return { statement: db.prepare(text), order: (values) => values };
  const statement = db.prepare(text.replaceAll(/\?\d+/g, "?"));
  return { statement, order: (values) => places.map((place) => values[place]!) };
}

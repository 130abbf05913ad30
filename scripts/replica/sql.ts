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
  const statements = new Map<string, StatementSync>();
  let isOpen = false;
  const prepared = (text: string): StatementSync => {
    const known = statements.get(text) ?? db.prepare(text);
    statements.set(text, known);
    return known;
  };
  return {
    get: (text, ...values) => (prepared(text).get(...values) as Row | undefined) ?? null,
    all: (text, ...values) => prepared(text).all(...values) as Row[],
    run: (text, ...values) => Number(prepared(text).run(...values).changes),
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

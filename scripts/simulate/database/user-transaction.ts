/**
 * A user's transaction that commits later than it works: nobody sees its rows and signals before, and then their numbers
 * are lower than those of signals seen long ago. The rows it touched are locked until it ends.
 */
import type { Database } from "./database.ts";
import type { Dirty } from "./records.ts";

export class UserTransaction {
  readonly #db: Database;
  readonly #statements: (() => void)[] = [];
  readonly #reserved: Pick<Dirty, "id" | "at">[] = [];
  #isOver = false;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * One or more statements on tables. They are carried out once more at the commit, so they must give the same again.
   * @throws {SqlError} 55P03 when another transaction holds a row of theirs.
   */
  run(statement: () => void): void {
    if (this.#isOver) throw new Error("the transaction is over");
    const { state, locks } = this.#db;
    const touched = new Set<string>();
    const known = new Set(state.dirty.list().map(({ id }) => id));
    this.#db.transaction(() =>
      this.#db.rolledBack(() => {
        this.#play([...this.#statements, statement], touched);
        const isReserved = new Set(this.#reserved.map(({ id }) => id));
        for (const { id, at } of state.dirty.list()) {
          if (!known.has(id) && !isReserved.has(id)) this.#reserved.push({ id, at });
        }
      }),
    );
    this.#statements.push(statement);
    for (const key of touched) locks.set(key, this);
  }

  commit(): void {
    this.#end();
    this.#db.transaction(() => this.#play(this.#statements, new Set()));
  }

  rollback(): void {
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    for (const [key, holder] of this.#db.locks) if (holder === this) this.#db.locks.delete(key);
  }

  #play(statements: readonly (() => void)[], touched: Set<string>): void {
    this.#db.acting = { transaction: this, reserved: [...this.#reserved], touched };
    try {
      for (const statement of statements) statement();
    } finally {
      this.#db.acting = null;
    }
  }
}

/** Tables that can take back what was done to them. Rows are values: they are replaced, never changed in place. */

/** Everything done since a mark, in the order to undo it. */
export class Journal {
  readonly #undo: (() => void)[] = [];

  note(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Carries out `work`, all of it or nothing. */
  atomically<T>(work: () => T): T {
    const mark = this.#undo.length;
    try {
      return work();
    } catch (error) {
      while (this.#undo.length > mark) this.#undo.pop()!();
      throw error;
    }
  }

  /** What was done so far stays. */
  commit(): void {
    this.#undo.length = 0;
  }
}

/** Rows by key. */
export class Keyed<Row> {
  readonly #rows: Map<string, Row>;
  readonly #journal: Journal;

  constructor(journal: Journal, rows: Iterable<readonly [string, Row]> = []) {
    this.#journal = journal;
    this.#rows = new Map(rows);
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  has(key: string): boolean {
    return this.#rows.has(key);
  }

  put(key: string, row: Row): void {
    const before = this.#rows.get(key);
    const wasThere = this.#rows.has(key);
    this.#journal.note(() => (wasThere ? this.#rows.set(key, before as Row) : this.#rows.delete(key)));
    this.#rows.set(key, row);
  }

  delete(key: string): void {
    const before = this.#rows.get(key);
    if (before === undefined) return;
    this.#journal.note(() => this.#rows.set(key, before));
    this.#rows.delete(key);
  }

  /** The rows as they are now; they may be put and deleted meanwhile. */
  list(): Row[] {
    return [...this.#rows.values()];
  }

  filter(is: (row: Row) => boolean): Row[] {
    const found: Row[] = [];
    for (const row of this.#rows.values()) if (is(row)) found.push(row);
    return found;
  }

  some(is: (row: Row) => boolean): boolean {
    for (const row of this.#rows.values()) if (is(row)) return true;
    return false;
  }

  entries(): Iterable<readonly [string, Row]> {
    return this.#rows.entries();
  }
}

/** One key of several texts. */
export function keyOf(...parts: readonly (string | number)[]): string {
  return parts.join("\0");
}

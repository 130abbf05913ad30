/**
 * A user's table: typed columns, constraints, a unique key, the user's own triggers, and the statement-level capture of
 * sql/54_row_capture.sql. Cells hold canonical texts.
 */
import { canonical } from "../../../shared/document/canonical.ts";
import type { ColumnType } from "../../../shared/document/value.ts";
import { FrontrowError } from "../../../shared/errors.ts";
import type { Database } from "./database.ts";
import { Keyed, keyOf } from "./journal.ts";
import type { Cell, Cells, Collection } from "./records.ts";
import { SqlError } from "./sql-error.ts";

export interface ColumnSpec {
  name: string;
  type: ColumnType;
  /** Of an enum. */
  labels?: readonly string[];
  notNull?: boolean;
  /** What a row gets that does not say. @default null */
  default?: Cell;
  /** A check constraint, for values that are not null. */
  check?: { constraint: string; holds(value: NonNullable<Cell>): boolean };
}

export interface TableSpec {
  name: string;
  /** @default "public" */
  schema?: string;
  columns: readonly ColumnSpec[];
  /** The columns of the unique key. */
  key: readonly string[];
  /** Whether it has deleted_at. */
  softDelete: boolean;
}

/** One row. `writes` counts how often it was written, as an updated_at would tell. */
export interface Row {
  id: number;
  cells: Cells;
  deletedAt: number | null;
  writes: number;
}

/** A user's trigger. `before` may rewrite the cells, or answer null to swallow the write; `after` may do anything. */
export interface UserTrigger {
  before?(cells: Cells, old: Cells | null): Cells | null;
  after?(operation: "insert" | "update" | "delete"): void;
}

type Change = Readonly<Record<string, Cell>>;

export class Table {
  readonly spec: TableSpec;
  readonly #db: Database;
  /** By key. */
  readonly #rows: Keyed<Row>;
  trigger: UserTrigger = {};

  constructor(db: Database, spec: TableSpec) {
    this.#db = db;
    this.spec = spec;
    this.#rows = new Keyed(db.journal);
  }

  /** All rows, softly deleted ones too. */
  rows(): Row[] {
    return this.#rows.list();
  }

  find(key: readonly string[]): Row | undefined {
    return this.#rows.get(keyOf(...key));
  }

  /** Inserts rows in one statement. @throws {SqlError} 23505, 23502, 23514, 22P02. */
  insert(given: readonly Change[]): number {
    return this.#statement("insert", () =>
      given.flatMap((change) => {
        const defaults = Object.fromEntries(
          this.spec.columns.map((column) => [column.name, column.default ?? null]),
        );
        return this.#write(null, { ...defaults, ...change } as Cells, null);
      }),
    );
  }

  /** Updates rows in one statement; answers how many. `deletedAt` sets or clears the soft deletion. */
  update(
    where: (row: Row) => boolean,
    change: Change | ((row: Row) => Change),
    deletedAt?: number | null,
  ): number {
    return this.#statement("update", () =>
      this.#rows.filter(where).flatMap((row) => {
        const cells = { ...row.cells, ...(typeof change === "function" ? change(row) : change) } as Cells;
        return this.#write(row, cells, deletedAt === undefined ? row.deletedAt : deletedAt);
      }),
    );
  }

  delete(where: (row: Row) => boolean): number {
    return this.#statement("delete", () =>
      this.#rows.filter(where).map((row) => {
        this.#touch(this.#keyOf(row.cells));
        this.#rows.delete(this.#keyOf(row.cells));
        return [row, null] as const;
      }),
    );
  }

  truncate(): void {
    this.#db.transaction(() => {
      for (const row of this.rows()) {
        this.#touch(this.#keyOf(row.cells));
        this.#rows.delete(this.#keyOf(row.cells));
      }
      if (this.#isSilent(1)) return;
      for (const collection of this.#collections()) {
        this.#db.mark(collection.name, "table", "", false);
        this.#db.ring();
      }
    });
  }

  /** Cells after a trip through their column's type. @throws {SqlError} 22P02 for a value the type cannot hold. */
  normalized(cells: Cells): Cells {
    const result: Record<string, Cell> = {};
    for (const column of this.spec.columns) {
      const cell = cells[column.name];
      if (cell !== undefined) result[column.name] = normalizedCell(column, cell);
    }
    return result;
  }

  default(name: string): Cell {
    return this.spec.columns.find((column) => column.name === name)?.default ?? null;
  }

  copyFrom(other: Table): void {
    for (const [key, row] of other.#rows.entries()) this.#rows.put(key, row);
    this.trigger = other.trigger;
  }

  #keyOf(cells: Cells): string {
    return keyOf(...this.spec.key.map((name) => String(cells[name])));
  }

  /** One statement: its rows, then the triggers over all of them. */
  #statement(
    operation: "insert" | "update" | "delete",
    work: () => (readonly [before: Row | null, after: Row | null])[],
  ): number {
    return this.#db.transaction(() => {
      const { session } = this.#db;
      const depth = ++session.depth;
      try {
        const changes = work();
        if (changes.length > 0) this.#capture(changes, depth);
        if (!this.#db.isReplica) this.trigger.after?.(operation);
        return changes.length;
      } finally {
        session.depth--;
      }
    });
  }

  #write(before: Row | null, given: Cells, deletedAt: number | null): (readonly [Row | null, Row])[] {
    const typed = this.normalized(given);
    const cells =
      this.trigger.before && !this.#db.isReplica ? this.trigger.before(typed, before?.cells ?? null) : typed;
    if (cells === null) return [];
    this.#check(cells);
    const key = this.#keyOf(cells);
    const oldKey = before && this.#keyOf(before.cells);
    for (const touched of new Set([key, oldKey ?? key])) this.#touch(touched);
    if (key !== oldKey && this.#rows.has(key)) {
      throw new SqlError("23505", "duplicate key", { constraint: `${this.spec.name}_key` });
    }
    if (oldKey !== null && oldKey !== key) this.#rows.delete(oldKey);
    const row = { id: before?.id ?? this.#db.nextId(), cells, deletedAt, writes: (before?.writes ?? 0) + 1 };
    this.#rows.put(key, row);
    return [[before, row]];
  }

  /** @throws {SqlError} 55P03: waiting for a row that another transaction holds is given up. */
  requireUnlocked(key: readonly string[]): void {
    const holder = this.#db.locks.get(keyOf(this.spec.name, ...key));
    if (holder && holder !== this.#db.acting?.transaction) throw new SqlError("55P03", "lock timeout");
  }

  #touch(key: string): void {
    this.requireUnlocked([key]);
    this.#db.acting?.touched.add(keyOf(this.spec.name, key));
  }

  #check(cells: Cells): void {
    for (const { name, notNull, check } of this.spec.columns) {
      const cell = cells[name] ?? null;
      if (cell === null) {
        if (notNull) throw new SqlError("23502", "null value", { column: name });
      } else if (check && !check.holds(cell)) {
        throw new SqlError("23514", "check violated", { constraint: check.constraint });
      }
    }
  }

  #collections(): Collection[] {
    return this.#db.state.collections.filter(({ table }) => table === this);
  }

  /** Our own write, one level deep, is an echo; what a user's trigger does in its wake is not. */
  #isSilent(depth: number): boolean {
    const { session, isReplica, without } = this.#db;
    return isReplica || (session.isEngine && depth === 1 && !without.has("origin"));
  }

  #capture(changes: readonly (readonly [Row | null, Row | null])[], depth: number): void {
    if (this.#isSilent(depth)) return;
    for (const collection of this.#collections()) {
      const gone = new Map<string, boolean>();
      for (const [before, after] of changes) {
        if (before && after && isSame(collection, before, after)) continue;
        if (before) note(pathOf(collection, before.cells), true);
        if (after) note(pathOf(collection, after.cells), collection.softDelete && after.deletedAt !== null);
      }
      for (const [path, isGone] of gone) {
        this.#db.mark(collection.name, "table", path, isGone);
        this.#db.ring();
      }
      function note(path: string | null, isGone: boolean): void {
        if (path !== null) gone.set(path, isGone && (gone.get(path) ?? true));
      }
    }
  }
}

/** The path of the document of a row; null where a key cannot be spelled. */
export function pathOf({ path, keyColumns }: Collection, cells: Cells): string | null {
  try {
    return path.build(Object.fromEntries(keyColumns.map((name) => [name, cells[name] as string])));
  } catch (error) {
    if (error instanceof FrontrowError) return null;
    throw error;
  }
}

/** Whether an update changed nothing that is mapped. */
function isSame({ columns, bodyColumn, softDelete }: Collection, before: Row, after: Row): boolean {
  const names = [...columns.map(({ column }) => column), ...(bodyColumn === null ? [] : [bodyColumn])];
  return (
    (!softDelete || before.deletedAt === after.deletedAt) &&
    names.every((name) => sameCell(before.cells[name], after.cells[name]))
  );
}

function sameCell(a: Cell | undefined, b: Cell | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function normalizedCell(column: ColumnSpec, cell: Cell): Cell {
  try {
    const value = canonical(column.type, cell) as Cell;
    if (column.labels && value !== null && !column.labels.includes(value as string)) {
      throw new SqlError("22P02", "no such label");
    }
    return value;
  } catch (error) {
    if (error instanceof FrontrowError) throw new SqlError("22P02", "a value does not fit its column");
    throw error;
  }
}

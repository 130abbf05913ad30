/**
 * A Supabase project in memory: Storage, the user's tables and the hub of sql/*.sql, for simulations. Everything shown is
 * decided by the clock and the random numbers passed in, so the same calls give the same answers. Every call is one
 * transaction, done before it returns; none waits.
 *
 *   const db = new Database({ now, random, tables: [gardenTable()], without: new Set(["cas"]), onRing });
 *   const { hub, bucket } = connectMemory(db);               // the real hub client and the real bucket store over it
 *   await register(hub, config);
 *   db.objects.upload("content", path, bytes);               // a user's; also remove, move, text, loseBody, faults
 *   db.table("parts").insert([{ user_id, slug, name, … }]);  // one statement; also update, delete, truncate, rows
 *   const tx = db.begin(); tx.run(() => …); tx.commit();     // a user's transaction that commits later
 *   db.blind(() => …);                                       // with all triggers off
 *   sweep(db); db.endWaits(); db.state.dirty …;              // pg_cron's job; every lease and back-off over; tables
 *   const other = db.fork({ now, random });                  // a copy to start from
 *
 * With `quarantine` off a drain may never end: whoever drains must count its effects.
 */
import type { Flow } from "./breaker.ts";
import { Journal, Keyed, keyOf } from "./journal.ts";
import { Objects } from "./objects.ts";
import type { Protection } from "./protections.ts";
import type {
  BaseRecord,
  Collection,
  Conflict,
  Dirty,
  Halt,
  HaltItem,
  HubDocument,
  Intent,
  Lease,
  Quarantine,
  Revision,
  RunItem,
  RunRecord,
} from "./records.ts";
import { Table, type TableSpec } from "./table.ts";
import { UserTransaction } from "./user-transaction.ts";

export interface DatabaseOptions {
  /** Milliseconds since 1970. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  tables?: readonly TableSpec[];
  without?: ReadonlySet<Protection>;
  /** The doorbell: called after a commit that rang it. */
  onRing?(): void;
}

/** The hub's tables, by key. */
export function emptyState(journal: Journal) {
  return {
    collections: new Keyed<Collection>(journal),
    documents: new Keyed<HubDocument>(journal),
    bases: new Keyed<BaseRecord>(journal),
    revisions: new Keyed<Revision>(journal),
    dirty: new Keyed<Dirty>(journal),
    leases: new Keyed<Lease>(journal),
    intents: new Keyed<Intent>(journal),
    quarantine: new Keyed<Quarantine>(journal),
    conflicts: new Keyed<Conflict>(journal),
    halts: new Keyed<Halt>(journal),
    haltItems: new Keyed<HaltItem>(journal),
    runs: new Keyed<RunRecord>(journal),
    runItems: new Keyed<RunItem>(journal),
    /** The breaker's memory. */
    flows: new Keyed<Flow>(journal),
    settings: new Keyed<unknown>(journal),
  };
}
export type State = ReturnType<typeof emptyState>;

/** What a transaction carries with it (`set_config(…, true)`). */
export interface Session {
  /** Our own row writes: `frontrow.origin`. */
  isEngine: boolean;
  /** Triggers inside triggers; 1 in a statement's own. */
  depth: number;
  /** The intent named in the request's headers. */
  intent: string | null;
  /** The version that the fence has recorded as the engine's own. */
  landed: string | null;
  rung: boolean;
}

const FRESH: Readonly<Session> = { isEngine: false, depth: 0, intent: null, landed: null, rung: false };

export class Database {
  readonly without: ReadonlySet<Protection>;
  readonly journal = new Journal();
  readonly state: State;
  readonly objects: Objects;
  readonly tables = new Map<string, Table>();
  /** session_replication_role = replica: no trigger fires. */
  isReplica = false;
  session: Session = { ...FRESH };
  #options: DatabaseOptions;
  #inside = false;
  /** Sequences: not rolled back. */
  #counters = { id: 0, uuid: 0 };
  /** Rows that a transaction still open has touched, by table and key. */
  readonly locks = new Map<string, UserTransaction>();
  /** The transaction that works now, the dirty ids it took before, and the rows it touches. */
  acting: {
    transaction: UserTransaction;
    reserved: Pick<Dirty, "id" | "at">[];
    touched: Set<string>;
  } | null = null;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.without = options.without ?? new Set();
    this.state = emptyState(this.journal);
    this.objects = new Objects(this);
    for (const spec of options.tables ?? []) this.tables.set(spec.name, new Table(this, spec));
  }

  now(): number {
    return this.#options.now();
  }

  random(): number {
    return this.#options.random();
  }

  /** The next number of the one sequence there is: dirty ids, fencing tokens and all others. */
  nextId(): number {
    return ++this.#counters.id;
  }

  nextUuid(): string {
    return `00000000-0000-4000-8000-${(++this.#counters.uuid).toString(16).padStart(12, "0")}`;
  }

  /** Of the name alone: two tables of one name in two schemas are not simulated. */
  table(name: string): Table {
    const table = this.tables.get(name);
    if (table === undefined) throw new Error(`the simulated database has no table ${name}`);
    return table;
  }

  /** One transaction. Inside another it is part of that one, and undone alone when it throws. */
  transaction<T>(work: () => T): T {
    if (this.#inside) return this.journal.atomically(work);
    this.#inside = true;
    this.session = { ...FRESH };
    let rung = false;
    try {
      const result = this.journal.atomically(work);
      rung = this.session.rung;
      return result;
    } finally {
      this.journal.commit();
      this.session = { ...FRESH };
      this.#inside = false;
      if (rung) this.#options.onRing?.();
    }
  }

  /** Carries out `work` and undoes it: a permission probe, a preview. */
  rolledBack<T>(work: () => T): T {
    const undo = {};
    let result!: T;
    const before = { ...this.session };
    try {
      this.journal.atomically(() => {
        result = work();
        throw undo;
      });
    } catch (error) {
      if (error !== undo) throw error;
    } finally {
      this.session = before;
    }
    return result;
  }

  /** A user's transaction of several statements, whose effects are seen only when it commits. */
  begin(): UserTransaction {
    return new UserTransaction(this);
  }

  /** With all triggers off, as a restore from backup works. */
  blind<T>(work: () => T): T {
    this.isReplica = true;
    try {
      return work();
    } finally {
      this.isReplica = false;
    }
  }

  /** Appends one dirty key. */
  mark(collection: string, store: string, path: string, gone: boolean): void {
    const { id, at } = this.acting?.reserved.shift() ?? { id: this.nextId(), at: this.now() };
    this.state.dirty.put(String(id), { id, collection, path, store, gone, at });
  }

  /** Rings the doorbell when this transaction commits, unless a worker is awake. */
  ring(): void {
    const now = this.now();
    const isAwake = this.state.runs.some((run) => run.finishedAt === null && run.heartbeatAt > now - 5000);
    if (!isAwake) this.session.rung = true;
  }

  /** A mistake in here, kept to be found: the engine takes every error of its hub for a hub that is away. */
  readonly defects: unknown[] = [];
  defect(error: unknown): unknown {
    this.defects.push(error);
    return error;
  }

  dirtyOf(collection: string, path: string): Dirty[] {
    return this.state.dirty.filter((dirty) => dirty.collection === collection && dirty.path === path);
  }

  /** Every lease runs out now and every back-off is over. */
  endWaits(): void {
    this.transaction(() => {
      for (const lease of this.state.leases.list()) {
        this.state.leases.put(keyOf(lease.collection, lease.path), {
          ...lease,
          until: Number.NEGATIVE_INFINITY,
          notBefore: Number.NEGATIVE_INFINITY,
        });
      }
    });
  }

  /** The same database again, going its own way from here. Not inside a transaction. */
  fork(options: Omit<DatabaseOptions, "tables">): Database {
    const copy = new Database({ ...options, tables: [...this.tables.values()].map(({ spec }) => spec) });
    copy.#counters = { ...this.#counters };
    copy.objects.copyFrom(this.objects);
    for (const [name, table] of this.tables) copy.table(name).copyFrom(table);
    for (const [name, table] of Object.entries(this.state)) {
      const target = copy.state[name as keyof State] as Keyed<unknown>;
      for (const [key, row] of table.entries()) target.put(key, row);
    }
    for (const [key, collection] of this.state.collections.entries()) {
      copy.state.collections.put(key, { ...collection, table: copy.table(collection.table.spec.name) });
    }
    copy.journal.commit();
    return copy;
  }
}

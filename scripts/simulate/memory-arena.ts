/** The arena in memory: the same engine and the real bucket store, over a database that copies the SQL's behaviour. */
import { resolveConfig } from "../../shared/collections/mod.ts";
import type { Binding } from "../../shared/sync/binding.ts";
import { register } from "../../shared/sync/register.ts";
import { drainInOrder } from "../testing/effects.ts";
import {
  type Arena,
  type Attention,
  type FileChange,
  FOLDER,
  keyOf,
  pathOf,
  type Row,
  type RowChange,
  STILL,
  STILL_TEXT,
} from "./arena.ts";
import { connectMemory, type MemoryConnection } from "./database/connect.ts";
import { Database } from "./database/database.ts";
import { gardenTable } from "./database/garden-table.ts";
import type { Protection } from "./database/protections.ts";
import type { Cell, Cells } from "./database/records.ts";
import { status } from "./database/report.ts";
import { readRow } from "./database/rows.ts";
import { sweep } from "./database/sweep.ts";
import type { Row as StoredRow, UserTrigger } from "./database/table.ts";
import { configOf } from "./world.ts";

const UTF8 = new TextEncoder();
/** 2026-11-20, in milliseconds. */
const BEGINNING = 1_795_132_800_000;

export async function openMemoryArena(without: ReadonlySet<Protection> = new Set()): Promise<Arena> {
  const arena = new MemoryArena(without);
  await arena.plant();
  return arena;
}

class MemoryArena implements Arena {
  readonly name = "memory";
  readonly lacks: Arena["lacks"] = new Set();
  config = resolveConfig(configOf(0));
  bindings: ReadonlyMap<string, Binding> = new Map();
  readonly #without: ReadonlySet<Protection>;
  /** As every schedule finds it. */
  #planted!: Database;
  #plantedBindings: ReadonlyMap<string, Binding> = new Map();
  #db: Database;
  #connection: MemoryConnection;
  #policies: number | null = null;
  #now = BEGINNING;
  #random = randomFrom(1);
  readonly #lost = new Map<string, Uint8Array>();

  constructor(without: ReadonlySet<Protection>) {
    this.#without = without;
    this.#db = new Database({ ...this.#surroundings(), tables: [gardenTable()] });
    this.#connection = connectMemory(this.#db);
  }

  #surroundings() {
    return { now: () => this.#now, random: () => this.#random(), without: this.#without };
  }

  /** Registers, and syncs those that stand still. */
  async plant(): Promise<void> {
    await this.configure(0);
    for (const path of STILL) this.#db.objects.upload(FOLDER, path, UTF8.encode(STILL_TEXT));
    await drainInOrder({ hub: this.hub, bucket: () => this.bucket(), bindings: this.bindings });
    this.#planted = this.#db;
    this.#plantedBindings = this.bindings;
    await this.clear();
  }

  get hub() {
    return this.#connection.hub;
  }

  bucket() {
    return this.#connection.bucket(FOLDER);
  }

  async configure(policies: number): Promise<void> {
    if (policies === this.#policies) return;
    this.#policies = policies;
    this.config = resolveConfig(configOf(policies));
    this.bindings = await register(this.hub, this.config);
  }

  get #objects() {
    return this.#db.objects;
  }

  get #table() {
    return this.#db.table("parts");
  }

  get #collection() {
    return this.#db.state.collections.list()[0]!;
  }

  readonly files: Arena["files"] = {
    text: async (path) => this.#objects.text(FOLDER, path),
    exists: async (path) => this.#objects.find(FOLDER, path) !== undefined,
    write: async (changes) => {
      for (const change of changes) this.#writeFile(change);
    },
    list: async (prefix) =>
      this.#objects.rows
        .list()
        .map(({ name }) => name)
        .filter((name) => name.startsWith(prefix))
        .sort(),
    stale: (path) => {
      const older = this.#objects.olderBytes(FOLDER, path);
      if (older) this.#objects.faults.stale.set(path, older);
    },
    lose: async (path) => {
      const object = this.#objects.find(FOLDER, path);
      const body = object && this.#objects.bodies.get(object.version);
      if (!body) return;
      this.#lost.set(object.version, body);
      this.#objects.loseBody(FOLDER, path);
    },
    lie: (path) => {
      this.#objects.faults.lyingRemoves.add(path);
    },
    heal: async () => {
      for (const [version, body] of this.#lost) this.#objects.bodies.set(version, body);
      this.#lost.clear();
    },
  };

  #writeFile(change: FileChange): void {
    const { faults } = this.#objects;
    // A user's own remove is not the one that lies.
    if (change.op === "put") this.#objects.upload(FOLDER, change.path, UTF8.encode(change.text));
    else if (change.op === "move") this.#objects.move(FOLDER, change.path, change.to);
    else {
      const isLie = faults.lyingRemoves.delete(change.path);
      this.#objects.remove(FOLDER, [change.path]);
      if (isLie) faults.lyingRemoves.add(change.path);
    }
  }

  readonly rows: Arena["rows"] = {
    row: async (path) => this.#row(path),
    wire: async (path) => readRow(this.#collection, path),
    write: async (changes) => {
      this.#db.transaction(() => {
        for (const change of changes) this.#writeRow(change);
      });
    },
    begin: async (changes) => {
      const transaction = this.#db.begin();
      transaction.run(() => {
        for (const change of changes) this.#writeRow(change);
      });
      return async () => transaction.commit();
    },
    list: async (user) =>
      this.#table
        .rows()
        .filter(({ cells, deletedAt }) => deletedAt === null && String(cells.user_id).startsWith(user))
        .map(({ cells }) => pathOf(String(cells.user_id), String(cells.slug)))
        .sort(),
    trigger: async (name) => {
      this.#table.trigger = TRIGGERS[name]();
    },
  };

  #find(path: string): StoredRow | undefined {
    const { user, slug } = keyOf(path);
    return this.#table.find([user, slug]);
  }

  #row(path: string): Row | null {
    const row = this.#find(path);
    if (!row || row.deletedAt !== null) return null;
    const { name, status, tags, notes, body } = row.cells;
    return {
      name: name as string,
      status: status as string,
      tags: tags as string[] | null,
      notes: notes == null ? null : JSON.parse(notes as string),
      body: body as string,
    };
  }

  #writeRow(change: RowChange): void {
    const table = this.#table;
    if (change.op === "truncate") {
      table.truncate();
      return;
    }
    const { user, slug } = keyOf(change.path);
    const is = ({ cells }: StoredRow) => cells.user_id === user && cells.slug === slug;
    if (change.op === "delete") table.delete(is);
    else if (change.op === "hide") table.update(is, {}, this.#now);
    else if (change.op === "rename") {
      const to = keyOf(change.to);
      table.delete(
        ({ cells, deletedAt }) => cells.user_id === to.user && cells.slug === to.slug && deletedAt !== null,
      );
      table.update(is, { user_id: to.user, slug: to.slug });
    } else {
      const cells = cellsOf(change.set);
      if (this.#find(change.path)) table.update(is, cells, null);
      else table.insert([{ user_id: user, slug, ...cells }]);
    }
  }

  async blind(write: () => Promise<void>): Promise<void> {
    this.#db.isReplica = true;
    try {
      await write();
    } finally {
      this.#db.isReplica = false;
    }
  }

  now(): number {
    return this.#now;
  }

  async advance(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
  }

  async expire(): Promise<void> {
    this.#db.endWaits();
  }

  async sweep(): Promise<void> {
    sweep(this.#db);
  }

  async status() {
    const { documents, pending, quarantined, conflicts, halts, in_flight } = status(
      this.#db,
      this.#collection,
    );
    return { documents, pending, quarantined, conflicts, halts, inFlight: in_flight };
  }

  async attention(): Promise<Attention> {
    const { quarantine, conflicts, halts, haltItems } = this.#db.state;
    const open = halts
      .filter(({ state }) => state === "open")
      .map(({ id, kind }) => ({
        id,
        kind,
        paths: haltItems
          .filter(({ halt }) => halt === id)
          .map(({ path }) => path)
          .sort(),
      }))
      .sort((a, b) => a.id - b.id);
    return {
      quarantined: new Set(quarantine.list().map(({ path }) => path)),
      conflicts: new Set(conflicts.filter(({ state }) => state === "open").map(({ path }) => path)),
      halted: new Set(open.flatMap(({ paths }) => paths)),
      halts: open,
    };
  }

  async disputed(): Promise<Set<string>> {
    return new Set(this.#db.state.conflicts.list().map(({ path }) => path));
  }

  async kept(user: string): Promise<string> {
    const { revisions, documents, conflicts } = this.#db.state;
    const isUsers = ({ path }: { path: string }) => path.startsWith(`users/${user}`);
    return JSON.stringify([
      revisions.filter(isUsers).map(({ path, text }) => [path, text]),
      documents.filter(isUsers).map(({ path, text }) => [path, text]),
      conflicts
        .filter(isUsers)
        .map(({ path, baseText, fileText, rowText }) => [path, baseText, fileText, rowText]),
    ]);
  }

  async state(user: string): Promise<unknown> {
    const isUsers = (path: string) => path.startsWith(`users/${user}`);
    return [
      this.#db.state.documents
        .filter(({ path }) => isUsers(path))
        .map(({ path, revision }) => [path, revision]),
      this.#objects.rows.filter(({ name }) => isUsers(name)).map(({ name, version }) => [name, version]),
      this.#table.rows().map(({ id, writes }) => [id, writes]),
    ];
  }

  async clear(): Promise<void> {
    this.#now = BEGINNING;
    this.#random = randomFrom(1);
    this.#lost.clear();
    this.#policies = 0;
    this.config = resolveConfig(configOf(0));
    this.bindings = this.#plantedBindings;
    this.#db = this.#planted.fork(this.#surroundings());
    this.#connection = connectMemory(this.#db);
  }

  async stop(): Promise<void> {}
}

function cellsOf({ notes, ...plain }: Partial<Row>): Record<string, Cell> {
  const cells = plain as Record<string, Cell>;
  return notes === undefined ? cells : { ...cells, notes: notes === null ? null : JSON.stringify(notes) };
}

/** As the functions of the same names in the arena of the real SQL. */
const TRIGGERS: Readonly<Record<"none" | "shout" | "trim" | "count", () => UserTrigger>> = {
  none: () => ({}),
  shout: () =>
    rewriting(({ name, body }) => ({
      name: name.toUpperCase(),
      body: body && `${body.replace(/\n+$/, "")}\n`,
    })),
  trim: () =>
    rewriting(({ name, body }) => ({
      name: name.replace(/^ +| +$/g, ""),
      body: body.replace(/^[ \n]+|[ \n]+$/g, ""),
    })),
  count: () => {
    let writes = 0;
    return rewriting(({ name, body }) => ({
      name,
      body: `${body.replace(/\n?<!-- written \d+ -->\n/, "\n")}<!-- written ${++writes} -->\n`,
    }));
  },
};

function rewriting(
  change: (row: { name: string; body: string }) => { name: string; body: string },
): UserTrigger {
  return {
    before: (cells: Cells) => ({
      ...cells,
      ...change({ name: String(cells.name), body: String(cells.body) }),
    }),
  };
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

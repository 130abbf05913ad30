/** Storage: objects, their bodies by version, and the fence and capture triggers of sql/40_objects.sql. */
import type { Database } from "./database.ts";
import { hash } from "./hash.ts";
import { Keyed, keyOf } from "./journal.ts";
import type { StoredObject } from "./records.ts";
import { SqlError } from "./sql-error.ts";

export interface UploadOptions {
  /** The header x-frontrow-intent. */
  intent?: string | null;
  /** @default true */
  upsert?: boolean;
  contentType?: string;
  cacheControl?: string | null;
  metadata?: Record<string, unknown> | null;
}

/** What Storage will get wrong next, by object name; each is used up. */
export interface StorageFaults {
  /** The next download serves these bytes. */
  stale: Map<string, Uint8Array>;
  /** The next remove answers "done" and does nothing. */
  lyingRemoves: Set<string>;
  /** The next download fails with this HTTP status. */
  failingReads: Map<string, number>;
}

export class Objects {
  readonly #db: Database;
  readonly rows: Keyed<StoredObject>;
  /** By version; take one away and it is lost. Old ones are kept for stale reads. */
  readonly bodies = new Map<string, Uint8Array>();
  /** All versions an object has had, oldest first, by bucket and name. */
  readonly #versions = new Map<string, string[]>();
  readonly faults: StorageFaults = { stale: new Map(), lyingRemoves: new Set(), failingReads: new Map() };

  constructor(db: Database) {
    this.#db = db;
    this.rows = new Keyed(db.journal);
  }

  find(bucket: string, name: string): StoredObject | undefined {
    return this.rows.get(keyOf(bucket, name));
  }

  /** What SQL says is there. */
  live(bucket: string, name: string): StoredObject | undefined {
    const object = this.find(bucket, name);
    const isTakenForAbsent = this.#db.without.has("evidence") && object && !this.bodies.has(object.version);
    return isTakenForAbsent ? undefined : object;
  }

  /** null: no object, or its body is lost. */
  bytes(bucket: string, name: string): Uint8Array | null {
    const object = this.find(bucket, name);
    return (object && this.bodies.get(object.version)) ?? null;
  }

  text(bucket: string, name: string): string | null {
    const bytes = this.bytes(bucket, name);
    return bytes === null ? null : new TextDecoder().decode(bytes);
  }

  /**
   * As Storage does it: a rolled-back probe, the body, then the row with its triggers. Answers the version.
   * @throws {SqlError} 42501 when the fence refuses, 23505 without `upsert` where something is.
   */
  upload(bucket: string, name: string, bytes: Uint8Array, options: UploadOptions = {}): string {
    const { intent = null, contentType = "text/markdown; charset=utf-8", cacheControl = null } = options;
    const version = this.#db.nextUuid();
    const row = { bucket, name, version, size: bytes.length, etag: `"${hash(bytes)}"`, contentType };
    const object: StoredObject = { ...row, cacheControl, userMetadata: options.metadata ?? {} };
    const write = (version: string) => {
      this.#db.session.intent = intent;
      const before = this.find(bucket, name);
      if (before && options.upsert === false) throw new SqlError("23505", "The resource already exists");
      this.#write(before, { ...object, version });
    };
    this.#db.transaction(() => this.#db.rolledBack(() => write("1")));
    this.#keep(bucket, name, version, bytes);
    this.#db.transaction(() => write(version));
    return version;
  }

  /** One request. Answers the names that are gone; a name that the fence skips, or that is not there, is not among them. */
  remove(bucket: string, names: readonly string[], intent: string | null = null): string[] {
    const lying = names.filter((name) => this.faults.lyingRemoves.delete(name));
    return this.#db.transaction(() => {
      this.#db.session.intent = intent;
      const removed = names.filter((name) => !lying.includes(name) && this.#delete(bucket, name));
      return [...removed, ...lying];
    });
  }

  /** One UPDATE of name and version. @throws {SqlError} 23505 where something is. */
  move(bucket: string, from: string, to: string): void {
    const before = this.find(bucket, from);
    if (before === undefined) throw new SqlError("P0002", "Object not found");
    if (this.find(bucket, to)) throw new SqlError("23505", "The resource already exists");
    const bytes = this.bodies.get(before.version);
    const version = this.#db.nextUuid();
    if (bytes) this.#keep(bucket, to, version, bytes);
    this.#db.transaction(() => {
      this.rows.delete(keyOf(bucket, from));
      this.rows.put(keyOf(bucket, to), { ...before, name: to, version });
      if (this.#db.isReplica) return;
      this.#capture([
        [before, true],
        [{ ...before, name: to, version }, false],
      ]);
    });
  }

  /** Row there, body not: a state Storage gets into by itself. */
  loseBody(bucket: string, name: string): boolean {
    const object = this.find(bucket, name);
    return object !== undefined && this.bodies.delete(object.version);
  }

  /** The bytes of the object's version before this one, for a stale read. */
  olderBytes(bucket: string, name: string): Uint8Array | null {
    const current = this.find(bucket, name)?.version;
    const older = this.#versions.get(keyOf(bucket, name))?.findLast((version) => version !== current);
    return (older && this.bodies.get(older)) || null;
  }

  copyFrom(other: Objects): void {
    for (const [key, row] of other.rows.entries()) this.rows.put(key, row);
    for (const [version, bytes] of other.bodies) this.bodies.set(version, bytes);
    for (const [key, versions] of other.#versions) this.#versions.set(key, [...versions]);
  }

  #keep(bucket: string, name: string, version: string, bytes: Uint8Array): void {
    this.bodies.set(version, bytes);
    const key = keyOf(bucket, name);
    this.#versions.set(key, [...(this.#versions.get(key) ?? []), version]);
  }

  #write(before: StoredObject | undefined, object: StoredObject): void {
    this.rows.put(keyOf(object.bucket, object.name), object);
    if (this.#db.isReplica || !this.#isGuarded(object.bucket)) return;
    this.#fencePut(before?.version ?? null, object);
    this.#capture([[object, false]]);
  }

  #fencePut(replaced: string | null, { bucket, name, version }: StoredObject): void {
    const { session, state } = this.#db;
    if (session.intent === null) return;
    const intent = state.intents.get(session.intent);
    const isMeant =
      intent?.operation === "put" &&
      intent.bucket === bucket &&
      intent.path === name &&
      intent.state === "open" &&
      intent.baseVersion === replaced;
    if (intent === undefined || (!isMeant && !this.#db.without.has("cas"))) {
      throw new SqlError(
        "42501",
        `frontrow_precondition: ${name} is not at the version this write was meant for`,
      );
    }
    state.intents.put(intent.id, {
      ...intent,
      state: "landed",
      landedVersion: version,
      settledAt: this.#db.now(),
    });
    session.landed = version;
  }

  #delete(bucket: string, name: string): boolean {
    const object = this.find(bucket, name);
    if (object === undefined) return false;
    const hasTriggers = !this.#db.isReplica && this.#isGuarded(bucket);
    if (hasTriggers && !this.#fenceDelete(object)) return false;
    this.rows.delete(keyOf(bucket, name));
    if (hasTriggers) this.#capture([[object, true]]);
    return true;
  }

  #fenceDelete({ bucket, name, version }: StoredObject): boolean {
    const { session, state } = this.#db;
    if (session.intent === null) return true;
    const intent = state.intents.get(session.intent);
    const isMeant =
      intent?.operation === "delete" &&
      intent.bucket === bucket &&
      intent.path === name &&
      intent.state === "open" &&
      intent.baseVersion === version;
    if (intent === undefined || (!isMeant && !this.#db.without.has("cas"))) {
      if (intent?.state === "open") {
        state.intents.put(intent.id, { ...intent, state: "cancelled", settledAt: this.#db.now() });
      }
      return false;
    }
    state.intents.put(intent.id, { ...intent, state: "landed", settledAt: this.#db.now() });
    session.landed = version;
    return true;
  }

  #isGuarded(bucket: string): boolean {
    return this.#db.state.collections.some((collection) => collection.bucket === bucket);
  }

  #capture(changes: readonly (readonly [object: StoredObject, gone: boolean])[]): void {
    const { session, state, without } = this.#db;
    for (const [{ bucket, name, version }, gone] of changes) {
      if (session.landed === version && !without.has("origin")) continue;
      for (const collection of state.collections.list()) {
        if (collection.bucket !== bucket || !collection.pattern.test(name)) continue;
        this.#db.mark(collection.name, "bucket", name, gone);
        this.#db.ring();
      }
    }
  }
}

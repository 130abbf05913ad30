/**
 * Where a schedule is played: a database with a hub in it, a bucket and a table, and everything that people, programs and
 * bad luck can do to them. Two arenas: the real SQL on PGlite, and a database in memory that is a hundred times as fast.
 */
import type { ResolvedConfig } from "../../shared/collections/mod.ts";
import type { Hub } from "../../shared/hub/hub.ts";
import type { Store } from "../../shared/stores/store.ts";
import type { Binding } from "../../shared/sync/binding.ts";

/** A row of the garden as its users see it. */
export interface Row {
  name: string;
  status: string;
  tags: string[] | null;
  notes: Record<string, unknown> | null;
  body: string;
}

export type FileChange =
  | { op: "put"; path: string; text: string }
  | { op: "drop"; path: string }
  /** The object gets another name, and a new version. */
  | { op: "move"; path: string; to: string };

export type RowChange =
  /** Inserts, updates or brings back a hidden row; what is not in `set` stays. */
  | { op: "put"; path: string; set: Partial<Row> }
  | { op: "delete"; path: string }
  | { op: "hide"; path: string }
  /** The row gets the key that `to` stands for. */
  | { op: "rename"; path: string; to: string }
  | { op: "truncate" };

/** What a user's trigger does to every row that is written: none, or a name from `world.ts`. */
export type RowTrigger = "none" | "shout" | "trim" | "count";

export interface Attention {
  quarantined: ReadonlySet<string>;
  conflicts: ReadonlySet<string>;
  /** Documents that wait behind an open halt. */
  halted: ReadonlySet<string>;
  halts: readonly { id: number; kind: string; paths: readonly string[] }[];
}

export interface Arena {
  readonly name: "memory" | "sql";
  /** What the arena cannot do; commands that need it are left out. */
  readonly lacks: ReadonlySet<"transactions" | "clock">;
  readonly hub: Hub;
  bucket(name: string): Store<Uint8Array>;
  readonly config: ResolvedConfig;
  /** Those of the last registration. */
  readonly bindings: ReadonlyMap<string, Binding>;
  /** Registers the garden with one of `POLICIES`; nothing when it has them. */
  configure(policies: number): Promise<void>;

  files: {
    text(path: string): Promise<string | null>;
    /** Whether SQL knows the object, be its body there or not. */
    exists(path: string): Promise<boolean>;
    /** One after the other, each a request of its own. */
    write(changes: readonly FileChange[]): Promise<void>;
    list(prefix: string): Promise<string[]>;
    /** The next read is served the body before this one, as a stale cache would. */
    stale(path: string): void;
    /** Its body is gone until `heal`, or until it is written again. */
    lose(path: string): Promise<void>;
    /** The next engine remove of it says "done" and does nothing. */
    lie(path: string): void;
    /** Brings lost bodies back. */
    heal(): Promise<void>;
  };
  rows: {
    /** The live row of a path. */
    row(path: string): Promise<Row | null>;
    /** As the hub reads it, for comparing with the file. */
    wire(path: string): Promise<{ fields: Record<string, unknown>; body: string | null } | null>;
    /** All in one transaction. */
    write(changes: readonly RowChange[]): Promise<void>;
    /** The same, with its signals logged now and visible only at the commit that is answered. */
    begin(changes: readonly RowChange[]): Promise<() => Promise<void>>;
    list(user: string): Promise<string[]>;
    trigger(name: RowTrigger): Promise<void>;
  };
  /** Runs with all triggers off on both sides. */
  blind(write: () => Promise<void>): Promise<void>;

  /** Milliseconds by the database's clock. Constant where the arena lacks a clock. */
  now(): number;
  advance(milliseconds: number): Promise<void>;
  /** Every lease runs out and every back-off is over. */
  expire(): Promise<void>;
  sweep(): Promise<void>;

  /** `frontrow.status`, summed. */
  status(): Promise<{
    documents: number;
    pending: number;
    quarantined: number;
    conflicts: number;
    halts: number;
    inFlight: number;
  }>;
  attention(): Promise<Attention>;
  /** Paths that ever had a conflict, open or not. */
  disputed(): Promise<Set<string>>;
  /** Every text the hub keeps of the user's documents: current, history, conflicts. */
  kept(user: string): Promise<string>;
  /** A fingerprint of everything that a second look must leave alone. */
  state(user: string): Promise<unknown>;
  /** Clears the stage for the next schedule. Those that stand still stay, and so may policies and trigger. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Files that no schedule touches singly, so that none empties the collection by accident. */
export const STILL = Array.from({ length: 6 }, (_, i) => `users/still/parts/s${i}.md`);
export const STILL_TEXT = "---\nname: Still\nstatus: active\n---\n";

export const FOLDER = "content";

/** `users/<user>/parts/<slug>.md` in parts; `kept` is where the config leads that leads elsewhere. */
export function keyOf(path: string): { user: string; slug: string } {
  const [, user, slug] = /^users\/([^/]+)\/(?:parts|kept)\/(.+)\.md$/.exec(path)!;
  return { user: user!, slug: slug! };
}

export function pathOf(user: string, slug: string): string {
  return `users/${user}/parts/${slug}.md`;
}

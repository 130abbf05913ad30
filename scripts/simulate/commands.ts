/** What can happen in a schedule, and how often. */
import fc from "fast-check";
import type { RowTrigger } from "./arena.ts";

export type Side = "file" | "row";
export type Slot = "name" | "tag" | "body" | "section" | "comment" | "clear" | "extra" | "note" | "status";

/** What becomes of one call a worker makes. `lost`: it never arrives · `unanswered`: done, and nobody is told. */
export type Fate = "done" | "lost" | "unanswered" | "repeated";

export type Command =
  | { do: "edit file" | "edit row" | "import"; doc: number; slot: Slot }
  | { do: "edit both"; doc: number; slot: Slot; same: boolean }
  /** With nothing else going on: counts what one edit costs. */
  | { do: "lone edit"; doc: number; slot: Slot; side: Side }
  | { do: "delete file" | "delete row" | "hide row"; doc: number }
  | { do: "re-create"; doc: number; side: Side }
  | { do: "rename file" | "rename row"; doc: number }
  | { do: "move"; doc: number; side: Side }
  | { do: "swap" | "chain"; doc: number; side: Side }
  | { do: "bad file" | "bad row" | "poison" | "killer"; doc: number }
  | { do: "drain" }
  | { do: "two drains"; order: number[] }
  | { do: "crash"; effect: number; when: "before" | "after" }
  | { do: "lose answer"; effect: number; fate?: Exclude<Fate, "done"> }
  | { do: "stale read" | "lying remove" | "body missing"; doc: number }
  | { do: "step"; worker: 0 | 1 | 2; effects: number; fate?: Fate }
  | { do: "expire" | "sweep" | "backfill" }
  | { do: "advance"; seconds: number }
  | { do: "resolve"; doc: number; keep: Side }
  | { do: "resume"; decision: "apply" | "restore" }
  | { do: "config"; to: number }
  | { do: "wipe"; how: "bucket" | "truncate" | "rows" }
  | { do: "restore"; side: Side; back: number }
  /** Rows of several documents in one transaction that commits when `commit` comes. */
  | { do: "begin"; doc: number; slot: Slot }
  | { do: "commit" }
  /** The next change is made with the triggers off. */
  | { do: "blind" };

export type Kind = Command["do"];

/** A program beside Frontrow that saves every file again in its own way. */
export type Peer = "none" | "crlf" | "order" | "trim" | "count";

/** What a schedule is played in. */
export interface World {
  /** Index into `POLICIES`. */
  policies: number;
  trigger: RowTrigger;
  peer: Peer;
}

export interface Schedule {
  world: World;
  commands: Command[];
}

export const DOCS = 3;

const doc = fc.nat(DOCS - 1);
const side = fc.constantFrom<Side>("file", "row");
const slot = fc.constantFrom<Slot>(
  ...([
    "name",
    "name",
    "tag",
    "body",
    "body",
    "section",
    "comment",
    "clear",
    "extra",
    "note",
    "status",
  ] as const),
);
const effect = fc.integer({ min: 1, max: 9 });
const one = <K extends Kind>(...kinds: K[]) => ({ do: fc.constantFrom(...kinds) });
const fates = fc.constantFrom<Fate>("done", "done", "done", "done", "lost", "unanswered", "repeated");

/** Weight and shape of each command. */
const WEIGHTED: readonly [weight: number, shape: Record<string, fc.Arbitrary<unknown>>][] = [
  [10, { ...one("edit file"), doc, slot }],
  [10, { ...one("edit row"), doc, slot }],
  [4, { ...one("edit both"), doc, slot, same: fc.boolean() }],
  [2, { ...one("lone edit"), doc, slot, side }],
  [1, { ...one("import"), doc, slot }],
  [4, { ...one("delete file", "delete row", "hide row"), doc }],
  [1, { ...one("re-create"), doc, side }],
  [2, { ...one("rename file", "rename row"), doc }],
  [1, { ...one("move"), doc, side }],
  [2, { ...one("swap", "chain"), doc, side }],
  [1, { ...one("bad file", "bad row", "poison", "killer"), doc }],
  [6, one("drain")],
  [1, { ...one("two drains"), order: fc.array(fc.nat(1), { minLength: 2, maxLength: 12 }) }],
  [4, { ...one("crash"), effect, when: fc.constantFrom("before", "after") }],
  [3, { ...one("lose answer"), effect, fate: fc.constantFrom("lost", "unanswered", "repeated") }],
  [2, { ...one("stale read", "stale read", "lying remove", "body missing"), doc }],
  [
    10,
    {
      ...one("step"),
      worker: fc.constantFrom(0, 0, 1, 1, 2),
      effects: fc.integer({ min: 1, max: 4 }),
      fate: fates,
    },
  ],
  [4, one("expire", "sweep", "backfill")],
  [1, { ...one("advance"), seconds: fc.constantFrom(10, 95, 700) }],
  [1, { ...one("resolve"), doc, keep: side }],
  [1, { ...one("resume"), decision: fc.constantFrom("apply", "restore") }],
  [1, { ...one("config"), to: fc.nat(5) }],
  [1, { ...one("wipe"), how: fc.constantFrom("bucket", "truncate", "rows") }],
  [1, { ...one("restore"), side, back: fc.nat(2) }],
  [1, { ...one("begin"), doc, slot }],
  [1, one("commit")],
  [1, one("blind")],
];

export function commandOf(without: ReadonlySet<Kind> = new Set()): fc.Arbitrary<Command> {
  const weighted = WEIGHTED.map(([weight, shape]) => ({ weight, arbitrary: fc.record(shape) }));
  const any = fc.oneof(...weighted) as unknown as fc.Arbitrary<Command>;
  return without.size === 0 ? any : any.filter((command) => !without.has(command.do));
}

function anyWorld(): fc.Arbitrary<World> {
  const mostly = <T extends string>(usual: T, ...others: T[]) =>
    fc.oneof(
      { weight: 12, arbitrary: fc.constant(usual) },
      ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })),
    );
  return fc.record({
    policies: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.nat(4) }),
    trigger: mostly<RowTrigger>("none", "shout", "trim", "count"),
    peer: mostly<Peer>("none", "crlf", "order", "trim", "count"),
  });
}

export interface ScheduleOptions {
  /** Commands, at most. @default 24 */
  most?: number;
  /** Kinds of commands that the arena cannot carry out. */
  without?: ReadonlySet<Kind>;
  /** @default any */
  world?: World;
}

export function scheduleOf(options: ScheduleOptions = {}): fc.Arbitrary<Schedule> {
  const { most = 24, without, world } = options;
  return fc.record({
    world: world ? fc.constant(world) : anyWorld(),
    commands: fc.array(commandOf(without), { minLength: 3, maxLength: most, size: "max" }),
  });
}

/** What a schedule has at hand while it is played. */
import type { Arena } from "./arena.ts";
import type { Fate, World } from "./commands.ts";
import type { Coverage } from "./coverage.ts";
import { Ledger } from "./ledger.ts";
import { Watch } from "./watch.ts";

export interface SceneOptions {
  arena: Arena;
  world: World;
  coverage: Coverage;
  /** A folder nobody has used in this arena. */
  user: string;
  /** Years by which the workers' clock is wrong. @default 0 */
  skew?: number;
}

export class Scene {
  readonly arena: Arena;
  readonly world: World;
  readonly coverage: Coverage;
  readonly ledger: Ledger;
  readonly watch: Watch;
  readonly user: string;
  readonly skew: number;
  /** Every document the schedule ever had, by path; the first `DOCS` are those that commands name. */
  readonly paths: string[];
  /** Whether the hub may still not know of something, as it happened with the triggers off. */
  unseen = false;
  /** The config leads elsewhere: the hub hears of nothing. */
  isElsewhere = false;
  /** The next foreign change is made with the triggers off. */
  isBlind = false;
  /** Documents whose reading throws, or kills the worker. */
  readonly poison = new Set<string>();
  readonly killers = new Set<string>();
  #names = 0;

  constructor({ arena, world, coverage, user, skew = 0 }: SceneOptions, paths: string[]) {
    this.arena = arena;
    this.world = world;
    this.coverage = coverage;
    this.user = user;
    this.skew = skew;
    this.paths = paths;
    this.ledger = new Ledger(user);
    const isRewritten = world.trigger !== "none" || world.peer !== "none";
    this.watch = new Watch(arena, coverage, isRewritten ? 12 : 2);
  }

  /** A slug that no document has had. */
  freshName(): string {
    return `n${++this.#names}`;
  }

  path(doc: number): string {
    return this.paths[doc]!;
  }

  /** Who writes to the bucket has the bodies back first: what nobody can read, nobody can have seen. */
  async heal(): Promise<void> {
    await this.arena.files.heal();
  }

  /** What `frontrow.status` says: nothing waits for anything. */
  async isQuiet(): Promise<boolean> {
    if (this.unseen) return false;
    const { pending, quarantined, conflicts, halts, inFlight } = await this.arena.status();
    return pending + quarantined + conflicts + halts + inFlight === 0;
  }
}

export type { Fate };
